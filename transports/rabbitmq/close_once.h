// Makes Close() idempotent, also when several threads call it at once.
#pragma once

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/waiters.h"

namespace omnibus::rabbitmq {

// Thread-safety: any thread, concurrently.
class CloseOnce {
 public:
  // The first caller runs `close`; all others wait for it until `deadline`. All get what it
  // returned.
  template <typename CloseFunction>
  absl::Status Run(Runtime& runtime, absl::Time deadline, CloseFunction close) {
    bool first = false;
    {
      const internal::Locked lock(mu_);
      first = !std::exchange(begun_, true);
    }
    if (first) {
      absl::Status status = close();
      const internal::Locked lock(mu_);
      result_ = status;
      waiters_.Ring();
      return status;
    }
    const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return result_.has_value(); };
    if (!waiters_.Await(mu_, runtime, deadline, ended)) {
      return Error(absl::StatusCode::kDeadlineExceeded, "close",
                   "another thread is still closing it");
    }
    const internal::Locked lock(mu_);
    return *result_;
  }

 private:
  internal::Lock mu_;
  bool begun_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Status> result_ ABSL_GUARDED_BY(mu_);
  Waiters waiters_;  // locks mu_ by itself
};

}  // namespace omnibus::rabbitmq
