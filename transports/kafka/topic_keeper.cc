#include "transports/kafka/topic_keeper.h"

#include <spdlog/logger.h>

#include <utility>

#include "transports/kafka/topology.h"

namespace omnibus::kafka {
namespace {

constexpr absl::Duration kAttempt = absl::Seconds(2);
// A topic that is missing is reported by everybody who uses it, again and again.
constexpr absl::Duration kPause = absl::Seconds(1);
// Everybody asks for metadata once a second: a topic that comes back before its consumers have
// missed it looks to them like the old one, whose positions they go on from.
constexpr absl::Duration kNoticed = absl::Seconds(2);

}  // namespace

TopicKeeper::TopicKeeper(const KafkaOptions& options, Runtime& runtime,
                         std::shared_ptr<spdlog::logger> log)
    : options_(options), runtime_(runtime), log_(std::move(log)), bell_(runtime.NewDoorbell()) {}

TopicKeeper::~TopicKeeper() {
  std::unique_ptr<Thread> thread;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  if (thread == nullptr) return;
  bell_->Ring();
  thread->Join();
}

void TopicKeeper::Keep(const Topology& topology) {
  absl::MutexLock lock(&mu_);
  topology_.channels.insert(topology_.channels.end(), topology.channels.begin(),
                            topology.channels.end());
  topology_.groups.insert(topology_.groups.end(), topology.groups.begin(), topology.groups.end());
  for (std::string& name : TopicNames(topology)) kept_.insert(std::move(name));
  if (thread_ == nullptr && !stopping_) thread_ = runtime_.Spawn("kafka-topics", [this] { Run(); });
}

void TopicKeeper::Missing(const std::string& topic) {
  {
    absl::MutexLock lock(&mu_);
    if (missing_ || !kept_.contains(topic)) return;
    missing_ = true;
  }
  bell_->Ring();
}

void TopicKeeper::Run() {
  while (true) {
    Topology topology;
    bool declare = false;
    {
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
      declare = std::exchange(missing_, false);
      if (declare) topology = topology_;
    }
    if (!declare) {
      bell_->Wait(absl::InfiniteFuture());
      continue;
    }
    const absl::Time noticed = runtime_.Now() + kNoticed;
    while (runtime_.Now() < noticed) {
      bell_->Wait(noticed);
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
    }
    const absl::Status status = DeclareTopics(options_, topology, DeclareMode::kDeclare,
                                              runtime_.Now() + kAttempt, runtime_, log_);
    // Whoever misses it goes on saying so.
    if (!status.ok()) log_->warn("kafka: declare again: {}", std::string(status.message()));
    bell_->Wait(runtime_.Now() + kPause);
  }
}

}  // namespace omnibus::kafka
