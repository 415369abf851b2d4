// Whether one client instance hears from its brokers; says in the log, once each, when it is cut
// off and when it is back.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/transport.h"

namespace spdlog {
class logger;
}

namespace omnibus::kafka {

// Thread-safety: any thread, concurrently.
class LinkMonitor {
 public:
  // `name` says who is cut off: "producer", "consumer bookstore.catalog-service".
  LinkMonitor(std::string name, std::shared_ptr<spdlog::logger> log);

  // librdkafka's log. Kept out of ours but for debugging: it repeats itself, and what matters comes
  // as an error too.
  void OnLog(int syslog_level, std::string_view facility, std::string_view text);
  // librdkafka's errors. That all brokers are down is one of them; the others say why.
  void OnError(rd_kafka_resp_err_t error, std::string_view reason);
  // librdkafka's statistics, twice a second: which brokers are up, and which of them owe us an
  // answer for too long.
  void OnStatistics(std::string_view json);
  // A broker has answered.
  void OnAnswer();

  // The group has told us what is ours.
  void OnMember();
  // Whether the group is known to have us: not after a break, until it has answered a heartbeat.
  bool GroupHasUs() const;

  LinkHealth Get() const;
  // As Get() says it, without the reason.
  bool healthy() const;
  // Set once the broker has refused our name or password, until it has answered.
  absl::Status LoginError() const;

 private:
  enum class State { kConnecting, kUp, kDown };
  struct Seen;

  std::optional<Seen> Read(std::string_view json) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  void SetDown(std::string_view reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetUp(std::string detail) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string name_;
  const std::shared_ptr<spdlog::logger> log_;

  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kConnecting;
  std::string last_error_ ABSL_GUARDED_BY(mu_);
  std::string detail_ ABSL_GUARDED_BY(mu_);
  absl::Status login_error_ ABSL_GUARDED_BY(mu_);
  int silent_reports_ ABSL_GUARDED_BY(mu_) = 0;
  // Brokers that owed an answer in the last report, and the bytes that had come from each.
  std::map<std::string, std::int64_t, std::less<>> owing_ ABSL_GUARDED_BY(mu_);
  bool group_has_us_ ABSL_GUARDED_BY(mu_) = true;
  std::int64_t heartbeats_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace omnibus::kafka
