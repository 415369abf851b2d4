#include "tests/transports/rabbitmq/rabbitmq_test.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/internal/absl_view.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {

bool Becomes(const std::function<bool()>& condition, absl::Duration limit) {
  const absl::Time deadline = In(limit);
  while (!condition()) {
    if (SystemRuntime().Now() > deadline) return false;
    SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
  }
  return true;
}

struct Outcomes::Shared {
  absl::Mutex mu;
  std::vector<absl::Status> outcomes;
};

std::shared_ptr<Outcomes::Shared> Outcomes::NewShared() { return std::make_shared<Shared>(); }

Completion Outcomes::Expect() {
  ++expected_;
  return [shared = shared_](absl::Status status) {
    absl::MutexLock lock(&shared->mu);
    shared->outcomes.push_back(std::move(status));
  };
}

std::size_t Outcomes::count() const {
  absl::MutexLock lock(&shared_->mu);
  return shared_->outcomes.size();
}

std::vector<absl::Status> Outcomes::All(absl::Duration limit) {
  EXPECT_TRUE(Becomes([&] { return count() >= expected_; }, limit))
      << count() << " of " << expected_ << " outcomes";
  absl::MutexLock lock(&shared_->mu);
  EXPECT_LE(shared_->outcomes.size(), expected_);
  return shared_->outcomes;
}

absl::Status Publish(Producer& producer, const OutgoingMessage& message, absl::Duration within) {
  Outcomes outcomes;
  if (absl::Status status = producer.Send(message, In(within), outcomes.Expect()); !status.ok()) {
    return status;
  }
  const std::vector<absl::Status> all = outcomes.All(within + absl::Seconds(5));
  return all.empty() ? absl::InternalError("the completion was never called") : all.front();
}

std::vector<ReceivedMessage> Receive(Consumer& consumer, std::size_t count, absl::Duration within,
                                     std::vector<ConsumerEvent>* changes) {
  std::vector<ReceivedMessage> messages;
  const absl::Time deadline = In(within);
  while (messages.size() < count && SystemRuntime().Now() < deadline) {
    std::vector<ConsumerEvent> events;
    const absl::Status status = consumer.Wait(deadline, count - messages.size(), events);
    if (!status.ok()) {
      ADD_FAILURE() << status;
      break;
    }
    for (ConsumerEvent& event : events) {
      if (event.kind == ConsumerEvent::Kind::kMessage) {
        messages.push_back(std::move(event.message));
      } else if (changes != nullptr) {
        changes->push_back(std::move(event));
      }
    }
  }
  return messages;
}

std::size_t Settle(Consumer& consumer, const ReceivedMessage& message) {
  return consumer.Settle(std::span(&message.tag, 1));
}

void RabbitMqTest::SetUp() {
  const std::optional<std::string> url = RabbitMqUrl();
  if (!url) GTEST_SKIP() << kNoRabbitMq;
  options_.url = *url;
  prefix_ = absl::StrCat(::testing::UnitTest::GetInstance()->current_test_info()->name(), "-",
                         getpid(), "-", SystemRuntime().Random() % 1000000);
  transport_ = Connect(options_);
}

std::unique_ptr<Transport> RabbitMqTest::Connect(const RabbitMqOptions& options) {
  static const std::shared_ptr<spdlog::logger> logger = spdlog::stderr_logger_mt("rabbitmq");
  auto transport = MakeRabbitMqTransport(options, SystemRuntime(), logger);
  EXPECT_TRUE(transport.ok()) << transport.status();
  return transport.ok() ? *std::move(transport) : nullptr;
}

std::string RabbitMqTest::Name(std::string_view suffix) const {
  return absl::StrCat(prefix_, ".", AbslView(suffix));
}

void RabbitMqTest::Declare(const std::string& channel, const std::vector<std::string>& modules,
                           const std::vector<std::string>& types) {
  Topology topology;
  topology.channels.push_back({.name = channel});
  for (const std::string& module : modules) {
    topology.groups.push_back(
        {.channel = channel, .domain = "tests", .module = module, .types = types});
  }
  const absl::Status status = transport_->Declare(topology, DeclareMode::kDeclare, In(kSoon));
  ASSERT_TRUE(status.ok()) << status;
}

std::unique_ptr<Producer> RabbitMqTest::OpenProducer() {
  auto producer = transport_->OpenProducer();
  EXPECT_TRUE(producer.ok()) << producer.status();
  return *std::move(producer);
}

absl::StatusOr<std::unique_ptr<Consumer>> RabbitMqTest::Open(
    const std::string& module, std::vector<Subscription> subscriptions, StartFrom start_from) {
  ConsumerOptions options;
  options.domain = "tests";
  options.module = module;
  options.subscriptions = std::move(subscriptions);
  options.start_from = start_from;
  return transport_->OpenConsumer(options);
}

std::unique_ptr<Consumer> RabbitMqTest::Join(const std::string& channel,
                                             const std::string& module) {
  auto consumer = Open(module, {{Destination::kChannel, channel, {}}});
  EXPECT_TRUE(consumer.ok()) << consumer.status();
  return *std::move(consumer);
}

std::unique_ptr<Consumer> RabbitMqTest::Read(const std::string& queue, const std::string& module) {
  auto consumer = Open(module, {{Destination::kQueue, queue, {}}});
  EXPECT_TRUE(consumer.ok()) << consumer.status();
  return *std::move(consumer);
}

}  // namespace omnibus::testing
