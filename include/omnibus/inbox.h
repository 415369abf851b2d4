// Remembers which effects a module has taken, so that a repeated message has its effect once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/uuid.h"

namespace omnibus {

// One module's. Thread-safety: any thread, concurrently.
class Inbox {
 public:
  enum class Claim {
    kFresh,    // ours now: handle it, then Complete() or Abandon()
    kRunning,  // another delivery of the same effect is being handled: ask again later
    kTaken,    // it has had its effect: settle, and do nothing
  };

  virtual ~Inbox() = default;

  virtual absl::StatusOr<Claim> Begin(const Uuid& idempotency_key) = 0;

  // The effect was taken, and what it published is confirmed.
  virtual absl::Status Complete(const Uuid& idempotency_key) = 0;

  // The handling failed, or was cut off: the next delivery is fresh.
  virtual void Abandon(const Uuid& idempotency_key) = 0;
};

using InboxFactory =
    std::function<std::unique_ptr<Inbox>(std::string_view domain, std::string_view module)>;

struct MemoryInboxOptions {
  std::size_t max_keys = 100'000;  // the oldest go first
  absl::Duration max_age = absl::Hours(24);
};

// Held in memory: what a restart delivers again has its effect again.
std::unique_ptr<Inbox> MakeMemoryInbox(const MemoryInboxOptions& options, Runtime& runtime);

}  // namespace omnibus
