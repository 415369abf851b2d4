// Looks up host names on a thread of its own: the system's resolver may block for many seconds, and
// an I/O thread keeps deadlines.
#pragma once

#include <sys/socket.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/runtime.h"
#include "transports/rabbitmq/wakeup.h"

namespace omnibus::rabbitmq {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

struct Resolved {
  absl::Status status;  // kUnavailable: the name is not known (now)
  std::vector<SocketAddress> addresses;
};

// Thread-safety: any thread, concurrently. The destructor waits for a look-up that runs.
class Resolver {
 public:
  // One question. Nobody has to wait for the answer.
  class Query {
   public:
    // The answer, once.
    std::optional<Resolved> Take();

   private:
    friend class Resolver;
    std::string host_;
    int port_ = 0;
    std::shared_ptr<Wakeup> wakeup_;
    absl::Mutex mu_;
    std::optional<Resolved> answer_ ABSL_GUARDED_BY(mu_);
  };

  explicit Resolver(Runtime& runtime) : runtime_(runtime), bell_(runtime.NewDoorbell()) {}
  ~Resolver();

  // Signals `wakeup` once there is an answer. Numeric addresses are answered at once.
  std::shared_ptr<Query> Ask(const std::string& host, int port, std::shared_ptr<Wakeup> wakeup);

 private:
  void Run();

  Runtime& runtime_;
  const std::unique_ptr<Doorbell> bell_;
  absl::Mutex mu_;
  std::unique_ptr<Thread> thread_ ABSL_GUARDED_BY(mu_);  // from the first name on
  std::deque<std::shared_ptr<Query>> queries_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace omnibus::rabbitmq
