// The verbs of the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/rabbitmq.h"

namespace omnibus::testing {

inline constexpr absl::Duration kSoon = absl::Seconds(20);  // much longer than anything takes

inline absl::Time In(absl::Duration duration) { return SystemRuntime().Now() + duration; }

// False when it is not true within `limit`.
bool Becomes(const std::function<bool()>& condition, absl::Duration limit = kSoon);

// What was sent, and its outcome.
class Outcomes {
 public:
  // Counts the outcome of each completion that it gave out.
  Completion Expect();
  // All outcomes in the order that they came; fails the test when they are not complete by `limit`.
  std::vector<absl::Status> All(absl::Duration limit = kSoon);
  std::size_t count() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_ = NewShared();
  std::size_t expected_ = 0;
  static std::shared_ptr<Shared> NewShared();
};

absl::Status Publish(Producer& producer, const OutgoingMessage& message,
                     absl::Duration within = kSoon);

// Takes `count` messages, settles none. Changes of what it owns go to `changes`, if that is there.
std::vector<ReceivedMessage> Receive(Consumer& consumer, std::size_t count,
                                     absl::Duration within = kSoon,
                                     std::vector<ConsumerEvent>* changes = nullptr);
std::size_t Settle(Consumer& consumer, const ReceivedMessage& message);

// A transport to the shared broker, and names of this test's own.
class RabbitMqTest : public ::testing::Test {
 protected:
  void SetUp() override;

  std::unique_ptr<Transport> Connect(const RabbitMqOptions& options);
  // A unique name that tells its test.
  std::string Name(std::string_view suffix) const;
  // Declares `channel` with one group for each module, bound by `types`.
  void Declare(const std::string& channel, const std::vector<std::string>& modules,
               const std::vector<std::string>& types = {"thing.happened"});
  std::unique_ptr<Producer> OpenProducer();
  std::unique_ptr<Consumer> Join(const std::string& channel, const std::string& module);
  absl::StatusOr<std::unique_ptr<Consumer>> Open(const std::string& module,
                                                 std::vector<Subscription> subscriptions,
                                                 StartFrom start_from = StartFrom::kEarliest);
  // Consumes, or browses without a module, a queue.
  std::unique_ptr<Consumer> Read(const std::string& queue, const std::string& module);

  static OutgoingMessage Message(const std::string& channel, std::string_view body,
                                 std::string_view key = {}) {
    OutgoingMessage message;
    message.channel = channel;
    message.type = "thing.happened";
    message.key = key;
    message.body = body;
    return message;
  }

  RabbitMqOptions options_;  // with the url of the broker
  std::unique_ptr<Transport> transport_;

 private:
  std::string prefix_;
};

}  // namespace omnibus::testing
