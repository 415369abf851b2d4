// Makes declared topics again when somebody has deleted them.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"

namespace spdlog {
class logger;
}

namespace omnibus::kafka {

// Whom a producer or consumer tells that a topic is not there. Any thread; does not block.
using TopicMissing = std::function<void(const std::string& topic)>;

// Thread-safety: any thread, concurrently.
class TopicKeeper {
 public:
  TopicKeeper(const KafkaOptions& options, Runtime& runtime, std::shared_ptr<spdlog::logger> log);
  ~TopicKeeper();  // waits for a declaration that is under way, 2 s at most

  // What was declared is kept from here on.
  void Keep(const Topology& topology);
  void Missing(const std::string& topic);

 private:
  void Run();

  const KafkaOptions options_;
  Runtime& runtime_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::unique_ptr<Doorbell> bell_;

  absl::Mutex mu_;
  std::unique_ptr<Thread> thread_ ABSL_GUARDED_BY(mu_);  // from the first Keep() on
  Topology topology_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> kept_ ABSL_GUARDED_BY(mu_);
  bool missing_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace omnibus::kafka
