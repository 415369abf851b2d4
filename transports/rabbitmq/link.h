// A connection that is always being kept up, and the thread that does it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "transports/rabbitmq/connection.h"

namespace spdlog {
class logger;
}

namespace omnibus::rabbitmq {

// What a link is for. All is called on the link's thread, and must not block.
class LinkSession {
 public:
  virtual ~LinkSession() = default;

  // A connection is open. No channel is.
  virtual void OnUp(Connection& connection) = 0;
  virtual void OnFrame(Connection& connection, const amqp_frame_t& frame) = 0;
  // An attempt to connect failed, or the connection was lost.
  virtual void OnDown(const absl::Status& why) = 0;
  // Does what is due, after every wake-up. Returns when it wants to be called next at the latest.
  // Null: not up.
  virtual absl::Time OnTurn(Connection* connection) = 0;
  // The last call.
  virtual void OnEnd() = 0;
};

// Thread-safety: any thread.
class Link {
 public:
  // Connects in the background, for ever. `settings` and `session` outlive the link.
  Link(const ConnectionSettings& settings, std::string name, std::shared_ptr<spdlog::logger> logger,
       LinkSession& session);
  ~Link();

  // Makes the session's OnTurn() run soon.
  void Wake() { wakeup_->Signal(); }

  // Ends the session, says goodbye to the broker until `deadline`, and joins the thread. Not
  // concurrently with itself.
  void Stop(absl::Time deadline);

 private:
  void Run();
  void Goodbye(Connection& connection);
  std::optional<absl::Time> StopBy() const;

  const ConnectionSettings& settings_;
  const std::string name_;
  const std::shared_ptr<spdlog::logger> logger_;
  LinkSession& session_;
  const std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();
  mutable absl::Mutex mu_;
  std::optional<absl::Time> stop_by_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Thread> thread_;  // last: it uses all of the above
};

}  // namespace omnibus::rabbitmq
