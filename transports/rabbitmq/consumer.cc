#include "transports/rabbitmq/consumer.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/queue_tools.h"
#include "transports/rabbitmq/close_once.h"
#include "transports/rabbitmq/consumer_link.h"
#include "transports/rabbitmq/consumer_source.h"
#include "transports/rabbitmq/delivery_queue.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/link.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::size_t kMaxSources =
    1024;  // each has a channel, and the broker's channel_max is 2047

std::size_t SmallestPrefetch(const std::vector<SourceSpec>& specs) {
  int smallest = specs.front().prefetch;
  for (const SourceSpec& spec : specs) smallest = std::min(smallest, spec.prefetch);
  return static_cast<std::size_t>(smallest);
}

class RabbitMqConsumer final : public Consumer, public QueueTaker {
 public:
  RabbitMqConsumer(const ConnectionSettings& settings, const DeclaredTopology& topology,
                   std::shared_ptr<spdlog::logger> logger, DeliveryPool& pool,
                   const std::vector<SourceSpec>& specs, const std::string& name)
      : settings_(settings),
        queue_(settings.runtime, specs.size(), SmallestPrefetch(specs)),
        browses_(std::any_of(
            specs.begin(), specs.end(),
            [](const SourceSpec& spec) { return spec.kind == SourceSpec::Kind::kBrowse; })),
        session_(settings, topology, logger, pool, queue_, specs),
        link_(settings, name, std::move(logger), session_) {}

  ~RabbitMqConsumer() override { Close(absl::InfinitePast()).IgnoreError(); }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    return queue_.Wait(deadline, max_events, events);
  }

  void Interrupt() override { queue_.Interrupt(); }

  std::size_t Settle(std::span<const DeliveryTag> tags) override {
    return End(tags, /*taken=*/false);
  }

  std::size_t Take(std::span<const DeliveryTag> tags) override {
    return browses_ ? End(tags, /*taken=*/true) : tags.size();
  }

  void Release(std::uint64_t) override {
  }  // nothing is ever revoked: a queue is shared, message by message

  absl::Status Close(absl::Time deadline) override {
    queue_.Close();
    return close_.Run(settings_.runtime, deadline, [&] {
      session_.Drain();
      link_.Wake();
      const bool heard = session_.AwaitDrained(deadline);
      link_.Stop(deadline);
      if (heard) return absl::OkStatus();
      return Error(
          absl::StatusCode::kDeadlineExceeded, "close consumer",
          "the broker has not heard all that was settled; some of it may be delivered again");
    });
  }

  LinkHealth Health() const override { return session_.GetHealth(); }

 private:
  std::size_t End(std::span<const DeliveryTag> tags, bool taken) {
    bool wake = false;
    const std::size_t dropped = queue_.Settle(tags, taken, wake);
    if (wake) link_.Wake();
    return dropped;
  }

  const ConnectionSettings& settings_;
  DeliveryQueue queue_;
  const bool browses_;
  ConsumerLink session_;
  CloseOnce close_;
  Link link_;
};

absl::Status CheckSideQueues(const ConsumerOptions& options, const Subscription& subscription) {
  for (const std::string& queue : subscription.queues) {
    const auto refuse = [&queue](std::string_view why) {
      return Error(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("open consumer: side queue '", queue, "'"), why);
    };
    if (options.module.empty()) return refuse("only a group has side queues");
    if (subscription.destination != Destination::kChannel) return refuse("a queue has none");
    if (queue.empty() || queue.size() > 255) return refuse("a name has from 1 to 255 bytes");
    std::ptrdiff_t named = 0;
    for (const Subscription& each : options.subscriptions) {
      named += std::count(each.queues.begin(), each.queues.end(), queue);
      if (each.destination == Destination::kQueue && each.channel == queue) ++named;
    }
    if (named > 1) return refuse("it is subscribed to twice");
  }
  return absl::OkStatus();
}

// AMQP has 16 bits for it, and 0 would be without limit.
int SideWindow(const ConsumerOptions& options) {
  return static_cast<int>(std::clamp<std::size_t>(options.queue_window, 1, 65535));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Consumer>> MakeConsumer(const ConnectionSettings& settings,
                                                       const DeclaredTopology& topology,
                                                       std::shared_ptr<spdlog::logger> logger,
                                                       DeliveryPool& pool,
                                                       const ConsumerOptions& options) {
  const auto refuse = [](std::string_view what) {
    return Error(absl::StatusCode::kInvalidArgument, "open consumer", what);
  };
  if (options.subscriptions.empty()) return refuse("it subscribes to nothing");

  std::vector<SourceSpec> specs;
  const auto add = [&](std::string_view channel, int prefetch) -> SourceSpec& {
    SourceSpec& spec = specs.emplace_back();
    spec.index = static_cast<std::uint32_t>(specs.size() - 1);
    spec.channel = pool.Intern(channel);
    spec.prefetch = prefetch;
    return spec;
  };
  for (const Subscription& subscription : options.subscriptions) {
    if (subscription.channel.empty() || subscription.channel.size() > 255) {
      return refuse("a channel's name has from 1 to 255 bytes");
    }
    if (absl::Status status = CheckSideQueues(options, subscription); !status.ok()) return status;
    std::vector<std::uint32_t> sides;
    for (const std::string& queue : subscription.queues) {
      SourceSpec& side = add(queue, SideWindow(options));
      side.queue = queue;
      side.side = true;
      sides.push_back(side.index);
    }
    SourceSpec& spec = add(subscription.channel, settings.options.consumer.prefetch);
    spec.after = std::move(sides);
    const bool nobodys = options.module.empty();
    if (subscription.destination == Destination::kQueue) {
      spec.kind = nobodys ? SourceSpec::Kind::kBrowse : SourceSpec::Kind::kShared;
      spec.queue = subscription.channel;
    } else if (nobodys) {
      if (options.start_from == StartFrom::kEarliest) {
        return refuse(
            absl::StrCat("reading ", subscription.channel,
                         " from the earliest event needs a group, whose queue holds the backlog"));
      }
      spec.kind = SourceSpec::Kind::kTemporary;
      spec.types = subscription.types;
    } else {
      spec.queue = QueueName(subscription.channel, options.module);
      if (spec.queue.size() > 255) return refuse("the queue's name is longer than 255 bytes");
    }
  }
  if (specs.size() > kMaxSources) return refuse("too many subscriptions and side queues");
  const std::string name =
      options.module.empty() ? "reader" : absl::StrCat("consumer ", options.module);
  return std::make_unique<RabbitMqConsumer>(settings, topology, std::move(logger), pool, specs,
                                            name);
}

}  // namespace omnibus::rabbitmq
