// demo: the reference domains' stories in one process, on the memory transport.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "simdjson.h"
#include "tests/cli/command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::chrono::seconds kPromised(15);

class DemoCommandLine : public CommandLineTest {
 protected:
  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  // Within the time that is promised.
  static Finished Demo(std::vector<std::string> options = {}) {
    options.insert(options.begin(), "demo");
    const auto start = std::chrono::steady_clock::now();
    Finished finished = Omnibus(std::move(options));
    EXPECT_LT(std::chrono::steady_clock::now() - start, kPromised);
    return finished;
  }

  // Its broker cannot be reached.
  std::string Far() const {
    return Write("far.yaml",
                 "bus: {transport: far, drain: 10s}\n"
                 "transports: {far: {kind: rabbitmq, url: 'amqp://127.0.0.1:1/'}}\n");
  }
};

TEST_F(DemoCommandLine, ShowsEveryEventAndTheStateThatItLeft) {
  const Finished demo = Demo();
  EXPECT_EQ(demo.code, 0) << demo.errors << demo.output;
  const std::vector<std::string> lines = Lines(demo.output);
  EXPECT_THAT(lines, Contains(ContainsRegex(
                         "^[0-9:.]+Z  bookstore\\.events +stock\\.reserve\\.request  +"
                         "[0-9]+  order-service -> catalog-service.*  \\{\"order_id\":")));
  EXPECT_THAT(lines, Contains(ContainsRegex("^[0-9:.]+Z  booking\\.events +booking\\.completed +"
                                            "[0-9a-f-]{36}  ")));
  EXPECT_THAT(lines, Contains(HasSubstr("dead letter of coworking/analytics-service")));
  EXPECT_THAT(demo.output,
              AllOf(HasSubstr("\n\nbookstore: stock\n  book  available\n  1     8\n  3     0\n"),
                    HasSubstr("\n\ncoworking: totals\n")));
  EXPECT_THAT(demo.output, Not(HasSubstr("\033"))) << "colours are for terminals";
}

TEST_F(DemoCommandLine, GivesEachEventAndTheStateToProgramsOnAnotherTransportThanConfigured) {
  const Finished demo = Demo({"--json", "--config", Far(), "--transport", "memory"});
  EXPECT_EQ(demo.code, 0) << demo.errors << demo.output;
  std::vector<std::string> lines = Lines(demo.output);
  ASSERT_GT(lines.size(), 20u);

  simdjson::dom::parser parser;
  simdjson::dom::element last;
  ASSERT_EQ(parser.parse(lines.back()).get(last), simdjson::SUCCESS) << lines.back();
  bool ok = false;
  EXPECT_EQ(last["ok"].get(ok), simdjson::SUCCESS);
  EXPECT_TRUE(ok);
  std::string_view copies;
  EXPECT_EQ(last["state"]["bookstore"]["stock"].at(0)["available"].get(copies), simdjson::SUCCESS);
  EXPECT_EQ(copies, "8");
  simdjson::dom::array bookings;
  EXPECT_EQ(last["state"]["coworking"]["bookings"].get(bookings), simdjson::SUCCESS);
  EXPECT_EQ(bookings.size(), 5u);

  lines.pop_back();
  std::set<std::string> types, ids;
  for (const std::string& line : lines) {
    simdjson::dom::element event;
    ASSERT_EQ(parser.parse(line).get(event), simdjson::SUCCESS) << line;
    for (const char* name : {"channel", "type", "id", "occurred_at", "correlation_id",
                             "idempotency_key", "key", "publisher"}) {
      EXPECT_TRUE(event[name].is_string()) << name << " in " << line;
    }
    EXPECT_TRUE(event["consumers"].is_array()) << line;
    EXPECT_TRUE(event["payload"].is_object()) << line;
    EXPECT_TRUE(event["headers"].is_object()) << line;
    std::string_view cause;
    if (!event["causation_id"].is_null()) {
      ASSERT_EQ(event["causation_id"].get(cause), simdjson::SUCCESS) << line;
      EXPECT_THAT(ids, Contains(cause)) << "shown before its cause: " << line;
    }
    types.emplace(std::string_view(event["type"]));
    EXPECT_TRUE(ids.emplace(std::string_view(event["id"])).second) << "shown twice: " << line;
  }
  for (const char* type : {"order.created", "stock.reserve.request", "stock.reserve.succeeded",
                           "stock.reserve.failed", "booking.created", "booking.cancelled"}) {
    EXPECT_THAT(types, Contains(type));
  }
}

TEST_F(DemoCommandLine, IsNotRightWhenItIsStopped) {
  Subprocess demo(Command({"demo", "--json"}));
  ASSERT_TRUE(demo.WaitForOutput("booking.created")) << demo.errors();
  demo.Signal(SIGINT);
  EXPECT_EQ(demo.Wait(std::chrono::seconds(10)), 1) << demo.errors();
  EXPECT_THAT(demo.errors(), HasSubstr("stopped by a signal"));
  EXPECT_THAT(Lines(demo.output()).back(), HasSubstr("\"ok\":false}"));
}

TEST_F(DemoCommandLine, EndsWhenNobodyReadsIt) {
  Subprocess demo(Command({"demo"}));
  ASSERT_TRUE(demo.WaitForOutput("booking.created")) << demo.errors();
  demo.CloseOutput();
  EXPECT_EQ(demo.Wait(kPromised), 1);
}

TEST_F(DemoCommandLine, RefusesATransportThatIsNotConfigured) {
  const Finished refused = Omnibus({"demo", "--transport", "memmory"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.errors, AllOf(HasSubstr("--transport memmory"), HasSubstr("\"memory\"")));
  EXPECT_THAT(refused.output, IsEmpty());
}

TEST_F(DemoCommandLine, SaysThatADomainHasNoStories) {
  const Finished refused = RunToEnd({OMNIBUS_OWN_EXECUTABLE, "demo"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("demonstration"));
}

#if OMNIBUS_HAS_RABBITMQ
TEST_F(DemoCommandLine, SaysThatItsBrokerCannotBeReached) {
  const Finished demo = Omnibus({"demo", "--config", Far(), "--timeout", "2s"});
  EXPECT_EQ(demo.code, 1);
  EXPECT_THAT(demo.errors, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(demo.output, IsEmpty());
}
#endif

}  // namespace
}  // namespace omnibus::testing
