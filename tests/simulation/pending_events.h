// What a simulated consumer has for whoever waits at it: the same for all of them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/transport.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// Thread-safety: see World.
class PendingEvents {
 public:
  PendingEvents(World& world, Process& process)
      : world_(world), process_(process), bell_(world.runtime.NewDoorbell()) {}

  // A message, to be filled in.
  ConsumerEvent& AddMessage() {
    bell_->Ring();
    return events_.emplace_back();
  }

  void Add(ConsumerEvent::Kind kind, std::uint64_t epoch, std::vector<std::uint32_t> sources) {
    ConsumerEvent& event = AddMessage();
    event.kind = kind;
    event.epoch = epoch;
    event.sources = std::move(sources);
  }

  // Messages that `which` has something against.
  void Drop(const std::function<bool(const DeliveryTag&)>& which) {
    std::erase_if(events_, [&](const ConsumerEvent& event) {
      return event.kind == ConsumerEvent::Kind::kMessage && which(event.message.tag);
    });
  }

  // As Consumer::Wait(). `hand_out` sees each message before it is given away.
  absl::Status Wait(absl::Time deadline, std::size_t max, std::vector<ConsumerEvent>& events,
                    const std::function<void(ConsumerEvent&)>& hand_out);

  void Interrupt() {
    interrupted_ = true;
    bell_->Ring();
  }

  // Whoever waits is told; nothing is given away any more.
  void Close() {
    closed_ = true;
    bell_->Ring();
  }
  bool closed() const { return closed_; }

 private:
  World& world_;
  Process& process_;
  const std::unique_ptr<Doorbell> bell_;
  std::deque<ConsumerEvent> events_;
  bool closed_ = false;
  bool interrupted_ = false;
};

}  // namespace omnibus::simulation
