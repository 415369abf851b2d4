#include "tests/simulation/log_clients.h"
#include "tests/simulation/pending_events.h"

namespace omnibus::simulation {
namespace {

// Reads a side queue from its beginning, as nobody's: it is in no group, and leaves all as it is.
class LogReader final : public Consumer {
 public:
  LogReader(LogBroker& broker, Process& process, std::string_view queue)
      : broker_(broker),
        link_(broker.world().NewLink(process, process.name() + ", reader", LinkPurpose::kConsume)),
        events_(broker.world(), process) {
    for (const std::uint32_t partition : broker.PartitionsOf(queue)) next_[partition] = 0;
    Link::Ends ends;
    ends.up = [this] { Begin(); };
    ends.down = [this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) events_.Add(ConsumerEvent::Kind::kLost, 1, Sources());
    };
    link_.Open(std::move(ends));
  }

  ~LogReader() override { link_.Close(); }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    return events_.Wait(deadline, max_events, events, [](ConsumerEvent&) {});
  }
  void Interrupt() override { events_.Interrupt(); }
  std::size_t Settle(std::span<const DeliveryTag>) override { return 0; }
  void Release(std::uint64_t) override {}

  absl::Status Close(absl::Time) override {
    events_.Close();
    link_.Close();
    return absl::OkStatus();
  }

  LinkHealth Health() const override { return {link_.up(), "simulated"}; }

 private:
  std::vector<std::uint32_t> Sources() const {
    std::vector<std::uint32_t> sources;
    for (const auto& [partition, next] : next_) sources.push_back(partition);
    return sources;
  }

  // What had come already, comes no second time.
  void Begin() {
    events_.Add(ConsumerEvent::Kind::kAssigned, 1, Sources());
    for (const auto& [partition, next] : next_) {
      link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(),
                      partition = partition, next = next] {
        broker.Fetch(partition, /*ownership=*/0, next, link, session,
                     [this, partition](const Record& record) { Receive(partition, record); });
      });
    }
  }

  void Receive(std::uint32_t partition, const Record& record) {
    if (record.position != next_[partition]) return;
    ++next_[partition];
    ConsumerEvent& event = events_.AddMessage();
    View(record, event.message);
    event.message.tag = {1, partition, record.position};
    event.message.partition = record.partition;
    event.message.offset = record.position;
  }

  LogBroker& broker_;
  Link& link_;
  PendingEvents events_;
  std::map<std::uint32_t, std::int64_t> next_;  // by partition
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Consumer> OpenLogReader(LogBroker& broker, Process& process,
                                        std::string_view queue) {
  return std::make_unique<LogReader>(broker, process, queue);
}

}  // namespace omnibus::simulation
