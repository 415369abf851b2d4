// A simulated broker with exchanges and queues, as RabbitMQ has them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/queue_tools.h"
#include "omnibus/transport_plugin.h"
#include "tests/simulation/link.h"
#include "tests/simulation/record.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// Messages are handed out one by one to whoever consumes a queue, and acknowledged one by one. What
// a lost channel had goes back to its place, and is marked as redelivered.
//
// Thread-safety: see World. All but what declares is called on the loop's thread.
class QueueBroker {
 public:
  QueueBroker(World& world, Witness& witness) : world_(world), witness_(witness) {}

  void Declare(const Topology& topology);
  // Publishes what is no event at all to all queues of the exchange.
  void Inject(const std::string& exchange, const std::string& key, const std::string& body);

  absl::StatusOr<QueueExtent> Measure(std::string_view queue) const;

  // The outcome as the publisher's channel tells it.
  absl::Status Publish(const Record& message, bool to_queue, bool mandatory);

  struct Delivery {
    std::uint64_t channel = 0;
    std::int64_t tag = 0;
    bool redelivered = false;
  };
  using Deliver = std::function<void(const Record&, const Delivery&)>;
  struct Channel {
    std::string queue;
    Link* link = nullptr;
    std::uint64_t session = 0;
    std::size_t prefetch = 1;
    Deliver deliver;                  // called at the client's end
    std::function<void()> cancelled;  // likewise
  };
  // What is there already is on its way to the client when this returns, as far as `prefetch` goes.
  void Consume(Channel channel);
  // Whether that one is still its. Nobody at a client's end can know.
  bool Holds(std::uint64_t channel, std::int64_t tag) const;
  void Acknowledge(std::uint64_t channel, std::int64_t tag, bool multiple);
  // All channels of that connection are gone.
  void Gone(const Link& link, std::uint64_t session);

  // Of a client that closes, on its own thread: its channels are gone, behind all that it has sent.
  // Whether it has heard so.
  bool Leave(Link& link, Process& process, absl::Time deadline);

  // Takes the consumers off their queues now and then, as the weather wants.
  void StartCancelling();

  World& world() { return world_; }
  Witness& witness() { return witness_; }

 private:
  struct Entry {
    std::shared_ptr<const Record> record;
    bool redelivered = false;
  };
  struct Queue {
    std::map<std::int64_t, Entry> ready;  // by position
    std::int64_t positions = 0;
    std::vector<std::string> types;  // that it is bound by; empty: reached by its name alone
  };
  struct Open {
    Channel channel;
    std::int64_t tags = 0;
    std::map<std::int64_t, std::pair<std::int64_t, Entry>> unacknowledged;  // by tag: position
  };

  void Put(const std::string& queue, const std::shared_ptr<const Record>& record);
  void Pump(const std::string& queue);
  void GiveBack(std::uint64_t channel);

  World& world_;
  Witness& witness_;
  std::map<std::string, std::vector<std::string>> exchanges_;  // their queues
  std::map<std::string, Queue> queues_;
  std::vector<std::shared_ptr<const Record>> records_;  // all there ever were: others view them
  std::map<std::uint64_t, Open> channels_;
  std::map<std::string, std::int64_t> published_;  // how many, by where to
  std::uint64_t numbers_ = 0;
  std::uint64_t turns_ = 0;
};

TransportPlugin MakeQueuePlugin(QueueBroker& broker, Process& process);

std::unique_ptr<Consumer> OpenQueueConsumer(QueueBroker& broker, Process& process,
                                            std::size_t prefetch, const ConsumerOptions& options);
// Of `queue`, for tools.
std::unique_ptr<Consumer> OpenQueueReader(QueueBroker& broker, Process& process,
                                          std::string_view queue);

}  // namespace omnibus::simulation
