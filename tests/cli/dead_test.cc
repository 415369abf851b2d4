// omnibus dead, beside a service whose messages die, over real brokers.
#include <signal.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/cli/broker_command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DeadCommandTest : public BrokerCommandLineTest {
 protected:
  void SetUp() override {
    BrokerCommandLineTest::SetUp();
    if (!IsSkipped()) file_ = Configuration();
  }

  Finished Dead(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "dead");
    arguments.insert(arguments.end(), {"--config", file_, "--key", booking_});
    return Omnibus(arguments);
  }

  std::string file_;
  const std::string booking_ = RandomId();  // the key
};

TEST_P(DeadCommandTest, WhatDiedIsListedShownMendedAndReplayed) {
  Subprocess service(Command({"run", "coworking/analytics-service", "--config", file_}));
  ASSERT_TRUE(service.WaitForErrors("ready: ", std::chrono::seconds(60))) << service.errors();
  const std::string unknown = "00000000-0000-4000-8000-00000000dead";
  const auto booking = [&](const std::string& place) {
    return R"({"booking_id":")" + booking_ + R"(","user_id":")" + booking_ + R"(","place_id":")" +
           place + R"(","start_time":"2030-01-01T09:00:00Z","end_time":"2030-01-01T10:00:00Z"})";
  };
  ASSERT_EQ(
      Omnibus({"publish", "booking.created", "--data", booking(unknown), "--config", file_}).code,
      0);
  ASSERT_TRUE(service.WaitForErrors("went to the dead letters", std::chrono::seconds(60)))
      << service.errors();

  const Finished listed = Dead({"list", "--json", "--module", "coworking/analytics-service"});
  ASSERT_EQ(listed.code, 0) << listed.errors;
  ASSERT_THAT(listed.output,
              AllOf(HasSubstr("\"type\":\"booking.created\""), HasSubstr("\"attempts\":1"),
                    HasSubstr("\"key\":\"" + booking_ + "\"")));
  const std::string id = listed.output.substr(listed.output.find("\"id\":\"") + 6, 36);

  const Finished shown = Dead({"show", "--id", id, "--body"});
  ASSERT_EQ(shown.code, 0) << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr(unknown));

  const Finished dry = Dead({"replay", "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.errors;
  EXPECT_THAT(dry.output, HasSubstr(id));
  EXPECT_THAT(dry.errors, HasSubstr("would have replayed 1 dead letter"));

  const Finished wrong =
      Dead({"replay", "--id", id, "--edit", Write("wrong.json", "{\"booking_id\": 1}")});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("expected"));

  // Dies again: one that lies there has been replayed once.
  const Finished replayed = Dead({"replay", "--id", id, "--json"});
  EXPECT_EQ(replayed.code, 0) << replayed.errors;
  EXPECT_THAT(replayed.output, HasSubstr("\"outcome\":\"replayed\""));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  Finished again;
  do {
    again = Dead({"list", "--json"});
  } while (again.output.find("\"replayed\":1") == std::string::npos &&
           std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(again.output, HasSubstr("\"replayed\":1"));
  EXPECT_EQ(Dead({"replay", "--id", id}).code, 1) << "that one is gone";

  const Finished purged = Dead({"purge", "--before", "0s"});
  EXPECT_EQ(purged.code, 0) << purged.errors;
  EXPECT_EQ(purged.output, "purged 1 dead letter\n");
  EXPECT_THAT(Dead({"list"}).output, IsEmpty());
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(std::chrono::seconds(40)), 0) << service.errors();
}

INSTANTIATE_TEST_SUITE_P(Each, DeadCommandTest, ::testing::Values("kafka", "rabbitmq"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace omnibus::testing
