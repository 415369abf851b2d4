// The fixture of the suite that every transport passes: what a test says, and what it checks.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "tests/behaviours/history.h"

namespace omnibus::behaviours {

// What the transport's capabilities do not say, and some tests have to know.
struct Features {
  // What is settled out of order is not delivered again to the next owner, though something before
  // it is.
  bool remembers_settled_out_of_order = true;
  // Sources move between the members of a group, by kRevoked and Release().
  bool moves_sources = false;
  // Members of a group that this machine can carry at once.
  int crowd = 50;
  // Largest body that a test should really send; 0: the capability's.
  std::size_t largest_sent_body = 0;
};

struct TransportUnderTest {
  std::string name;
  Features features;

  // Each call makes one more transport to the same broker. `queue` bounds the local queue (or what
  // stands for it); 0: the default. Nothing: there is no broker here, and `missing` says so.
  std::function<std::unique_ptr<Transport>(int queue)> make;
  std::string missing;
};

// For GoogleTest.
inline void PrintTo(const TransportUnderTest& under_test, std::ostream* out) {
  *out << under_test.name;
}

inline absl::Time Now() { return SystemRuntime().Now(); }
inline absl::Time In(absl::Duration delay) { return Now() + delay; }
// How long a test waits for what must happen, on a busy machine.
inline constexpr absl::Duration kPatience = absl::Seconds(40);

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
// Thread-safety: one thread; Settle() from any.
class Member {
 public:
  Member(std::unique_ptr<Consumer> consumer, std::string group, std::string name, History& history);

  // Waits until it is registered at the broker; what comes meanwhile is kept for Receive().
  void WaitUntilReady();

  // Receives until it has `count` messages, or `deadline` has passed.
  std::vector<Received> Receive(std::size_t count, Settling settling,
                                absl::Time deadline = In(kPatience));
  // What comes within the time, be it nothing.
  std::vector<Received> ReceiveFor(absl::Duration time, Settling settling) {
    return Receive(~std::size_t{0}, settling, In(time));
  }

  // Whether it was accepted.
  bool Settle(const Received& message);

  Consumer& consumer() { return *consumer_; }
  // Of its sources, those that it owns now. From any thread.
  std::size_t assigned() const { return assigned_; }

 private:
  void Pull(absl::Time deadline, std::size_t max);
  void Take(ConsumerEvent event);

  const std::unique_ptr<Consumer> consumer_;
  const std::string group_;
  const std::string name_;
  History& history_;
  std::vector<Received> backlog_;  // came, and was not asked for yet
  std::set<std::uint32_t> owned_;
  std::atomic<std::size_t> assigned_ = 0;
};

// A member that receives on a thread of its own, until it is stopped, and settles at once.
class Worker {
 public:
  explicit Worker(std::unique_ptr<Member> member);
  ~Worker();

  void Stop();
  std::size_t received() const { return received_.load(); }
  std::size_t assigned() const { return member_->assigned(); }

 private:
  const std::unique_ptr<Member> member_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> received_ = 0;
  std::unique_ptr<Thread> thread_;
};

class TransportBehaviour : public ::testing::TestWithParam<TransportUnderTest> {
 protected:
  void SetUp() override;
  // Unless a test has looked at the history itself, it must be clean.
  void TearDown() override;

  const Features& features() const { return GetParam().features; }
  Transport& transport() { return *transport_; }
  Producer& producer() { return *producer_; }
  Capabilities capabilities() const { return transport_->GetCapabilities(); }

  // As if the process had been replaced: a new transport to the same broker.
  void Reopen(int queue = 0);

  // Another name in each test, and each time that it runs.
  std::string Unique(std::string_view name) const;

  // Declares a channel, and groups that are due all that is published to it from now on. Returns
  // its name.
  std::string Declare(std::string_view name, const std::vector<std::string>& groups,
                      int partitions = 0);

  // A message that is published; id and history are the fixture's.
  struct Message {
    std::string key = {};
    std::string body = "body";
    std::string type = "thing.happened";
    std::string sender = "test";
    std::string correlation_id = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool mandatory = true;
    absl::Duration timeout = kPatience;
  };

  // Sends, and writes the outcome into the history. Returns what Send() returned.
  absl::Status Send(const std::string& channel, const Message& message, Completion done = nullptr,
                    std::string* id = nullptr);
  // Sends again while the queue is full.
  void SendPatiently(const std::string& channel, const Message& message);
  // Sends, and waits for the outcome: the one of Send() or of the completion.
  absl::Status Publish(const std::string& channel, const Message& message,
                       std::string* id = nullptr);
  // `count` messages, taking turns over `keys` keys, and waits for all outcomes.
  void PublishMany(const std::string& channel, int count, int keys = 10);
  void Flush();

  ConsumerOptions OptionsOf(const std::string& channel, const std::string& group) const;
  // Joins the group, and waits until it is ready.
  std::unique_ptr<Member> Join(const std::string& channel, const std::string& group);
  std::unique_ptr<Member> Open(const ConsumerOptions& options);

  // Members that work, once the group has found its balance: each has something of `partitions`.
  std::vector<std::unique_ptr<Worker>> Crowd(const std::string& channel, const std::string& group,
                                             std::size_t members, std::size_t partitions);

  // Waits until they have that many together.
  static bool WaitFor(const std::vector<std::unique_ptr<Worker>>& workers, std::size_t count);

  // The test has looked itself.
  Report TakeReport();

  History history_;

 private:
  const std::uint64_t run_ = SystemRuntime().Random();
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Producer> producer_;
  std::atomic<int> last_id_ = 0;
  int last_member_ = 0;
  bool reported_ = false;
};

std::vector<std::string> IdsOf(const std::vector<Received>& messages);

}  // namespace omnibus::behaviours
