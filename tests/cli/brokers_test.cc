// The command line between processes, over real brokers.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/broker_command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCancelled[] =
    R"({"booking_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d","reason":"rain"})";

class OverABroker : public BrokerCommandLineTest {
 protected:
  const std::string id_ = RandomId();  // a correlation id
};

TEST_P(OverABroker, WhatOneProcessPublishesAnotherOneTails) {
  const std::string file = Configuration();
  Subprocess tail(Command({"tail", "booking.events", "--json", "--config", file}));
  ASSERT_TRUE(tail.WaitForErrors("ready: booking.events\n")) << tail.errors();
  const Finished published = Omnibus({"publish", "booking.cancelled", "--data", kCancelled,
                                      "--config", file, "--correlation-id", id_});
  ASSERT_EQ(published.code, 0) << published.errors;
  const std::string id = published.output.substr(0, 36);
  ASSERT_TRUE(tail.WaitForOutput(id)) << tail.output() << tail.errors();
  ASSERT_TRUE(tail.WaitForOutput("rain\"}}\n"));
  EXPECT_THAT(
      tail.output(),
      AllOf(HasSubstr("{\"channel\":\"booking.events\",\"type\":\"booking.cancelled\",\"id\":\"" +
                      id + "\""),
            HasSubstr("\"correlation_id\":\"" + id_ + "\",\"causation_id\":null,"),
            HasSubstr("\"key\":\"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d\",\"headers\":{}"),
            HasSubstr(GetParam() == "kafka" ? "\"payload\":{\"bookingId\":"
                                            : "\"payload\":{\"booking_id\":")));
  tail.Signal(SIGTERM);
  EXPECT_EQ(tail.Wait(), 0) << tail.errors();
}

TEST_P(OverABroker, ATailEndsWhenNobodyReadsItAnyMore) {
  const std::string file = Configuration();
  Subprocess tail(Command({"tail", "booking.events", "--config", file}));
  ASSERT_TRUE(tail.WaitForErrors("ready: booking.events\n")) << tail.errors();
  tail.CloseOutput();
  ASSERT_EQ(Omnibus({"publish", "booking.cancelled", "--data", kCancelled, "--config", file}).code,
            0);
  EXPECT_EQ(tail.Wait(), 0) << tail.errors();
}

TEST_P(OverABroker, AServiceAnswersWhatIsPublishedToIt) {
  const std::string file =
      Write("service.yaml", "bus: {transport: " + GetParam() + "}\ntransports: {" + GetParam() +
                                ": {" + options_ +
                                "}}\nmodules: {catalog-service: {settings: {stock: [{book_id: 1, "
                                "available: 100000}]}}}\n");
  Subprocess service(Command({"run", "catalog-service", "--config", file}));
  ASSERT_TRUE(service.WaitForErrors("ready: catalog-service\n", std::chrono::seconds(60)))
      << service.errors();
  Subprocess tail(Command({"tail", "bookstore.events", "--json", "--config", file}));
  ASSERT_TRUE(tail.WaitForErrors("ready: bookstore.events\n")) << tail.errors();
  const std::string order = std::to_string(std::random_device()() + 1000u);
  ASSERT_EQ(Omnibus({"publish", "stock.reserve.request", "--data",
                     "{\"order_id\":" + order +
                         ",\"user_id\":7,\"items\":[{\"book_id\":1,\"quantity\":2}]}",
                     "--correlation-id", id_, "--config", file})
                .code,
            0);
  EXPECT_TRUE(tail.WaitForOutput("\"type\":\"stock.reserve.succeeded\""))
      << tail.output() << service.errors();
  EXPECT_TRUE(tail.WaitForOutput("\"key\":\"" + order + "\""));
  EXPECT_THAT(tail.output(), HasSubstr(id_));
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(std::chrono::seconds(40)), 0) << service.errors();
}

TEST_P(OverABroker, AGroupsBacklogIsTakenFromIt) {
  const std::string file = Configuration();
  const std::string group = "audit-" + id_.substr(0, 8);
  // The group exists from now on.
  EXPECT_EQ(Omnibus({"tail", "booking.events", "--group", group, "--count", "1", "--timeout",
                     GetParam() == "kafka" ? "8s" : "2s", "--config", file})
                .code,
            1);
  ASSERT_EQ(Omnibus({"publish", "booking.cancelled", "--data", kCancelled, "--correlation-id", id_,
                     "--config", file})
                .code,
            0);
  Subprocess tail(Command(
      {"tail", "booking.events", "--group", group, "--from", "earliest", "--config", file}));
  EXPECT_TRUE(tail.WaitForOutput(id_)) << tail.output() << tail.errors();
  tail.Signal(SIGTERM);
  EXPECT_EQ(tail.Wait(), 0);
}

TEST_P(OverABroker, AChannelThatDoesNotExistIsNamed) {
  // Its channel is made by nobody.
  const std::string file = Configuration(", declare: never");
  const std::vector<std::vector<std::string>> commands = {
      {"publish", "thing.sold", "--data", "{\"thing\":\"pen\"}"},
      {"tail", "cli-test.shop.events"},
      {"run", "stock-service"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.begin(), OMNIBUS_OWN_EXECUTABLE);
    command.insert(command.end(), {"--config", file, "--timeout", "20s"});
    const Finished refused = RunToEnd(command);
    EXPECT_EQ(refused.code, 1) << command[1];
    EXPECT_THAT(refused.errors, HasSubstr("cli-test.shop.events")) << command[1];
  }
}

INSTANTIATE_TEST_SUITE_P(Each, OverABroker, ::testing::Values("kafka", "rabbitmq"),
                         [](const auto& each) { return each.param; });

class OverRabbitMq : public CommandLineTest {};

TEST_F(OverRabbitMq, TheDemoLeavesAloneWhatAnotherRunLeft) {
  // Other tests run services of the same groups on the broker that they share.
  std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kRabbitMq);
  if (!broker.has_value()) GTEST_SKIP() << kNoRabbitMq;
  const std::string file =
      Write("omnibus.yaml", "bus: {transport: rabbitmq}\ntransports: {rabbitmq: {url: '" +
                                broker->address() + "'}}\n");
  const std::vector<std::pair<std::string, std::string>> left = {
      {"order.created",
       R"({"order_id":1,"user_id":1,"total_amount":1,"items":[],"status":"created"})"},
      {"stock.reserve.request",
       R"({"order_id":1,"user_id":1,"items":[{"book_id":3,"quantity":1}]})"},
      {"booking.created",
       R"({"booking_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d",)"
       R"("user_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7e",)"
       R"("place_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7f",)"
       R"("start_time":"2026-01-01T10:00:00Z","end_time":"2026-01-01T11:00:00Z"})"}};
  for (const auto& [type, data] : left) {
    const Finished published = Omnibus({"publish", type, "--data", data, "--config", file});
    ASSERT_EQ(published.code, 0) << published.errors;
  }
  const Finished demo = Omnibus({"demo", "--config", file});
  EXPECT_EQ(demo.code, 0) << demo.errors;
}

TEST_F(OverRabbitMq, AWrongPasswordIsAnErrorAtOnce) {
  const std::optional<std::string> url = RabbitMqUrl();
  if (!url.has_value()) GTEST_SKIP() << kNoRabbitMq;
  const std::string wrong = "amqp://guest:swordfish" + url->substr(url->rfind('@'));
  const std::string file =
      Write("omnibus.yaml",
            "bus: {transport: rabbitmq}\ntransports: {rabbitmq: {url: '" + wrong + "'}}\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"run", "catalog-service"},
        std::vector<std::string>{"tail", "bookstore.events"},
        std::vector<std::string>{"publish", "stock.reserve.request", "--data",
                                 R"({"order_id":1,"user_id":7,"items":[]})"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--config", file});
    const auto start = std::chrono::steady_clock::now();
    const Finished refused = Omnibus(arguments);
    EXPECT_EQ(refused.code, 1) << command[0];
    EXPECT_THAT(refused.errors,
                AllOf(HasSubstr("refused the login"), HasSubstr("check user and password"),
                      Not(HasSubstr("swordfish"))))
        << command[0];
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << command[0];
  }
}

}  // namespace
}  // namespace omnibus::testing
