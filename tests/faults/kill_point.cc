#include "tests/faults/kill_point.h"

#include <signal.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "omnibus/transport.h"

namespace omnibus::faults {
namespace {

// Longer than a settled message waits for its commit, and than the broker needs.
constexpr absl::Duration kCommitted = absl::Milliseconds(500);

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

class KillableProducer final : public Producer {
 public:
  KillableProducer(std::unique_ptr<Producer> producer, KillPoint& kill)
      : producer_(std::move(producer)), kill_(kill) {}

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    const absl::Status status = producer_->Send(
        message, deadline, [&kill = kill_, done = std::move(done)](absl::Status outcome) mutable {
          kill.Pass("confirmed");
          done(std::move(outcome));
        });
    kill_.Pass("published");
    return status;
  }
  absl::Status Flush(absl::Time deadline) override { return producer_->Flush(deadline); }
  absl::Status Close(absl::Time deadline) override { return producer_->Close(deadline); }
  LinkHealth Health() const override { return producer_->Health(); }

 private:
  const std::unique_ptr<Producer> producer_;
  KillPoint& kill_;
};

class KillableConsumer final : public Consumer {
 public:
  KillableConsumer(std::unique_ptr<Consumer> consumer, KillPoint& kill)
      : consumer_(std::move(consumer)), kill_(kill) {}

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    const std::size_t before = events.size();
    const absl::Status status = consumer_->Wait(deadline, max_events, events);
    const bool any = std::any_of(
        events.begin() + static_cast<std::ptrdiff_t>(before), events.end(),
        [](const ConsumerEvent& event) { return event.kind == ConsumerEvent::Kind::kMessage; });
    if (any) kill_.Pass("received");
    if (settled_at_.load() < absl::ToUnixNanos(SystemRuntime().Now() - kCommitted)) {
      kill_.Pass("committed");
    }
    return status;
  }
  void Interrupt() override { consumer_->Interrupt(); }
  std::size_t Settle(std::span<const DeliveryTag> tags) override {
    kill_.Pass("settling");
    const std::size_t dropped = consumer_->Settle(tags);
    kill_.Pass("settled");
    std::int64_t never = kNever;
    settled_at_.compare_exchange_strong(never, absl::ToUnixNanos(SystemRuntime().Now()));
    return dropped;
  }
  void Release(std::uint64_t epoch) override { consumer_->Release(epoch); }
  absl::Status Close(absl::Time deadline) override { return consumer_->Close(deadline); }
  LinkHealth Health() const override { return consumer_->Health(); }

 private:
  const std::unique_ptr<Consumer> consumer_;
  KillPoint& kill_;
  std::atomic<std::int64_t> settled_at_ = kNever;  // the first one; Unix nanoseconds
};

class KillableTransport final : public Transport {
 public:
  KillableTransport(std::unique_ptr<Transport> transport, KillPoint& kill)
      : transport_(std::move(transport)), kill_(kill) {}

  Capabilities GetCapabilities() const override { return transport_->GetCapabilities(); }
  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    return transport_->Declare(topology, mode, deadline);
  }
  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    absl::StatusOr<std::unique_ptr<Producer>> producer = transport_->OpenProducer();
    if (!producer.ok()) return producer.status();
    return std::make_unique<KillableProducer>(*std::move(producer), kill_);
  }
  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport_->OpenConsumer(options);
    if (!consumer.ok()) return consumer.status();
    return std::make_unique<KillableConsumer>(*std::move(consumer), kill_);
  }

 private:
  const std::unique_ptr<Transport> transport_;
  KillPoint& kill_;
};

}  // namespace

void KillPoint::Pass(std::string_view point) {
  if (point == point_ && left_.fetch_sub(1) == 1) raise(SIGKILL);
}

TransportPlugin WithKillPoints(TransportPlugin plugin, KillPoint& kill) {
  plugin.make =
      [make = std::move(plugin.make), &kill](
          std::string_view name, const Setting& options, Runtime& runtime,
          std::shared_ptr<spdlog::logger> log) -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<std::unique_ptr<Transport>> made = make(name, options, runtime, std::move(log));
    if (!made.ok()) return made.status();
    return std::make_unique<KillableTransport>(*std::move(made), kill);
  };
  return plugin;
}

}  // namespace omnibus::faults
