// run, publish and tail, without a broker: inside one process, and with none to be reached.
#include <signal.h>

#include <chrono>
#include <string>

#include "tests/cli/command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kData[] = R"({"order_id":1,"user_id":7,"items":[{"book_id":1,"quantity":2}]})";
constexpr char kUuid[] = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\n";

class Services : public CommandLineTest {
 protected:
  // Nothing listens there.
  std::string Unreachable() const {
    return Write("unreachable.yaml",
                 "bus: {transport: far}\n"
                 "transports: {far: {kind: rabbitmq, url: 'amqp://guest:guest@127.0.0.1:1/'}}\n");
  }

  Finished Publish(std::vector<std::string> options, const std::string& input = "") const {
    options.insert(options.begin(), {"publish", "stock.reserve.request", "--config", Memory()});
    return Omnibus(options, {.input = input});
  }
};

TEST_F(Services, RunUntilTheyAreToldToStop) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    Subprocess service(
        Command({"run", "catalog-service", "coworking/analytics-service", "--config", Memory()}));
    ASSERT_TRUE(service.WaitForErrors("ready: catalog-service coworking/analytics-service\n"))
        << service.errors();
    service.Signal(signal);
    EXPECT_EQ(service.Wait(), 0) << service.errors();
    EXPECT_THAT(service.output(), IsEmpty());
  }
}

TEST_F(Services, RefuseWrongSettings) {
  const std::string file =
      Write("wrong.yaml", "modules:\n  catalog-service:\n    settings: {stock: [{book: 1}]}\n");
  const Finished refused = Omnibus({"run", "catalog-service", "--config", file});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.errors, HasSubstr(file + ":3:"));
}

TEST_F(Services, PublishPrintsTheEventsId) {
  const Finished published = Publish({"--data", kData});
  EXPECT_EQ(published.code, 0) << published.errors;
  EXPECT_THAT(published.output, MatchesRegex(kUuid));
  EXPECT_THAT(published.errors, HasSubstr("nobody will receive"));
}

TEST_F(Services, PublishReadsItsDataFromAFileAndFromStandardInput) {
  EXPECT_EQ(Publish({"--data", "@" + Write("data.json", kData)}).code, 0);
  EXPECT_EQ(Publish({"--data", "-"}, std::string("\n ") + kData + "\n").code, 0);
}

TEST_F(Services, PublishTakesIdsAndTellsThem) {
  const Finished published = Publish({"--data", kData, "--json", "--key", "k", "--correlation-id",
                                      "0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d", "--idempotency-key",
                                      "0190C6F8-3E2A-4B7C-9C1D-2F3E4A5B6C7E"});
  EXPECT_EQ(published.code, 0) << published.errors;
  EXPECT_THAT(published.output,
              AllOf(StartsWith("{\"id\":\""),
                    HasSubstr("\"type\":\"stock.reserve.request\",\"channel\":\"bookstore.events\","
                              "\"correlation_id\":\"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d\","
                              "\"idempotency_key\":\"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7e\"}\n")));
}

TEST_F(Services, PublishRefusesDataThatBreaksTheContract) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "data.order_id: missing"},
      {R"({"order_id":1,"user_id":7,"items":[{"book_id":1,"quantity":"two"}]})",
       "data.items[0].quantity: expected an integer, found \"two\""},
      {R"({"order_id":1,"user_id":7,"items":[]} and more)", "expected the end"},
      {"rubbish", "expected an object"},
      {"", "omnibus: "},
  };
  for (const auto& [data, error] : wrong) {
    const Finished refused = Publish({"--data", data});
    EXPECT_EQ(refused.code, 1) << data;
    EXPECT_THAT(refused.errors, HasSubstr(error));
    EXPECT_THAT(refused.output, IsEmpty());
  }
}

TEST_F(Services, TailStopsWhenItIsTold) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Subprocess tail(Command({"tail", "bookstore.events", "--config", Memory()}));
    ASSERT_TRUE(tail.WaitForErrors("ready: bookstore.events\n")) << tail.errors();
    tail.Signal(signal);
    EXPECT_EQ(tail.Wait(), 0) << tail.errors();
  }
}

TEST_F(Services, TailOfACountIsBoundedByTheTimeout) {
  const Finished tail = Omnibus(
      {"tail", "bookstore.events", "--config", Memory(), "--count", "3", "--timeout", "1s"});
  EXPECT_EQ(tail.code, 1);
  EXPECT_THAT(tail.errors, HasSubstr("0 of 3 events came within 1s"));
}

TEST_F(Services, OfAUsersOwnHaveTheSameCommands) {
  const std::string own = OMNIBUS_OWN_EXECUTABLE;
  EXPECT_THAT(RunToEnd({own, "contracts", "list"}).output, HasSubstr("thing.sold"));
  EXPECT_EQ(RunToEnd({own, "contracts", "show", "order.created"}).code, 2);
  EXPECT_EQ(RunToEnd({own, "publish", "thing.sold", "--data", "{\"thing\":\"pen\"}", "--config",
                      Memory()})
                .code,
            0);
  Subprocess service({own, "run", "stock-service", "--config", Memory()});
  ASSERT_TRUE(service.WaitForErrors("ready: stock-service\n")) << service.errors();
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(), 0) << service.errors();
}

TEST_F(Services, EndAtOnceAtTheSecondSignal) {
  // This one does not stop by itself.
  Subprocess service({OMNIBUS_OWN_EXECUTABLE, "run", "till-service", "--config", Memory()});
  ASSERT_TRUE(service.WaitForErrors("ready: till-service\n")) << service.errors();
  service.Signal(SIGTERM);
  ASSERT_TRUE(service.WaitForErrors("another signal ends it at once")) << service.errors();
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(std::chrono::seconds(5)), 128 + SIGTERM);
}

#if OMNIBUS_HAS_RABBITMQ
TEST_F(Services, SayThatNoBrokerCanBeReachedWithinTheTimeout) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"publish", "stock.reserve.request", "--data", kData},
        std::vector<std::string>{"tail", "bookstore.events"},
        std::vector<std::string>{"run", "catalog-service"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--config", Unreachable(), "--timeout", "2s"});
    const auto start = std::chrono::steady_clock::now();
    const Finished finished = Omnibus(arguments);
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(finished.code, 1) << command[0];
    EXPECT_THAT(finished.errors, AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("guest:guest"))))
        << command[0];
    EXPECT_LT(took, std::chrono::seconds(6)) << command[0];
  }
}

TEST_F(Services, RunWaitsForItsBrokerAndCanBeStoppedMeanwhile) {
  Subprocess service(Command({"run", "catalog-service", "--config", Unreachable()}));
  ASSERT_TRUE(service.WaitForErrors("127.0.0.1:1")) << service.errors();
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(), 0) << service.errors();
}
#endif

}  // namespace
}  // namespace omnibus::testing
