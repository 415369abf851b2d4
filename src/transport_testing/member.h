// One consumer of a check, and one that works on a thread of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "transport_testing/expectations.h"
#include "transport_testing/history.h"

namespace omnibus::transport_testing {

inline absl::Time Now() { return SystemRuntime().Now(); }
inline absl::Time In(absl::Duration delay) { return Now() + delay; }

// The header by which the history knows a message.
inline constexpr char kIdHeader[] = "kit-id";

// One received message, copied.
struct Received {
  std::string id;
  std::string channel;
  std::string type;
  std::string key;
  std::string property_id;
  std::string correlation_id;
  std::string body;
  std::map<std::string, std::string> headers;
  DeliveryTag tag;
  bool redelivered = false;
};

enum class Settling { kAtOnce, kNot };

// One consumer, which writes what it sees into the history.
//
// Thread-safety: one thread; Settle() and Close() from any.
class Member : public Expectations {
 public:
  struct Name {
    std::string group;
    std::string member;
  };
  Member(std::unique_ptr<Consumer> consumer, Name name, History& history, Findings& findings,
         absl::Duration patience);

  // Waits until it is registered at the broker; what comes meanwhile is kept for Receive().
  void WaitUntilReady();

  // Receives until it has `count` messages, or `deadline` has passed.
  std::vector<Received> Receive(std::size_t count, Settling settling, absl::Time deadline);
  std::vector<Received> Receive(std::size_t count, Settling settling) {
    return Receive(count, settling, In(patience_));
  }
  // What comes within the time, be it nothing.
  std::vector<Received> ReceiveFor(absl::Duration time, Settling settling) {
    return Receive(~std::size_t{0}, settling, In(time));
  }

  // Whether it was accepted.
  bool Settle(const Received& message);

  // The consumer's; the history learns of it when all that was settled was told.
  absl::Status Close(absl::Time deadline);
  absl::Status Close() { return Close(In(patience_)); }

  Consumer& consumer() const { return *consumer_; }

  // All from any thread. Of its sources, those that it owns now; how often some were revoked, and
  // how often some were lost; and those that said that they had been delivered before.
  std::size_t assigned() const { return assigned_; }
  std::size_t revocations() const { return revocations_; }
  std::size_t losses() const { return losses_; }
  std::size_t redelivered() const { return redelivered_; }

 private:
  void Pull(absl::Time deadline, std::size_t max);
  void Take(ConsumerEvent event);

  const std::unique_ptr<Consumer> consumer_;
  const Name name_;
  History& history_;
  const absl::Duration patience_;
  std::vector<Received> backlog_;  // came, and was not asked for yet
  std::set<std::uint32_t> owned_;
  std::atomic<std::size_t> assigned_ = 0;
  std::atomic<std::size_t> revocations_ = 0;
  std::atomic<std::size_t> losses_ = 0;
  std::atomic<std::size_t> redelivered_ = 0;
};

// A member that receives on a thread of its own, until it is stopped, and settles at once.
class Worker {
 public:
  explicit Worker(std::unique_ptr<Member> member);
  ~Worker();

  void Stop();
  // Stops it, and closes the consumer.
  void Leave(absl::Duration patience);
  std::size_t received() const { return received_.load(); }
  const Member& member() const { return *member_; }
  std::size_t assigned() const { return member_->assigned(); }

 private:
  const std::unique_ptr<Member> member_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> received_ = 0;
  std::unique_ptr<Thread> thread_;
};

std::vector<std::string> IdsOf(const std::vector<Received>& messages);

}  // namespace omnibus::transport_testing
