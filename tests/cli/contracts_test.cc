#include <string>

#include "tests/cli/command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kCamel[] =
    R"({"eventId":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d","eventType":"booking.cancelled",)"
    R"("occurredAt":"2025-01-01T12:00:00Z","data":{"bookingId":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7e","reason":"rain"}})";
constexpr char kSnake[] =
    R"({"event_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d","occurred_at":"2025-01-01T12:00:00Z",)"
    R"("correlation_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7e","idempotency_key":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7f",)"
    R"("payload":{"order_id":1,"items":[{"book_id":1,"quantity":2}]}})";

class Contracts : public CommandLineTest {
 protected:
  Finished Check(const std::string& messages, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"contracts", "check", "-"});
    return Omnibus(options, {.input = messages});
  }
};

TEST_F(Contracts, AreListed) {
  const Finished text = Omnibus({"contracts", "list"});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.output, AllOf(StartsWith("TYPE "), HasSubstr("booking.created "),
                                 HasSubstr("analytics-service -> (none)"),
                                 HasSubstr("order-service -> analytics-service, ...")));
  const Finished json = Omnibus({"contracts", "list", "--json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_THAT(
      json.output,
      HasSubstr(
          R"({"type":"stock.reserve.failed","channel":"bookstore.events","domain":"bookstore",)"
          R"("publisher":"catalog-service","consumers":["order-service","analytics-service"],)"
          R"("open":false,"key":"order_id",)"));
}

TEST_F(Contracts, AreShown) {
  const Finished text = Omnibus({"contracts", "show", "order.created"});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.output, AllOf(StartsWith("order.created: "), HasSubstr("bookstore.events"),
                                 HasSubstr("total_amount  decimal"), HasSubstr("required")));
  const Finished json = Omnibus({"contracts", "show", "order.created", "--json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_THAT(json.output, HasSubstr(R"({"name":"order_id","type":"integer","required":true})"));
}

TEST_F(Contracts, AGoodMessageKeepsToThem) {
  EXPECT_EQ(Check(kCamel).output, "(standard input):1: good: booking.cancelled\n");
  EXPECT_EQ(Check(kCamel, {"--json"}).output,
            "{\"line\":1,\"ok\":true,\"type\":\"booking.cancelled\"}\n");
  const Finished snake = Check(kSnake, {"--type", "stock.reserve.succeeded"});
  EXPECT_EQ(snake.code, 0) << snake.output;
  const std::string file = Write("message.json", kCamel);
  EXPECT_EQ(Omnibus({"contracts", "check", file}).output, file + ":1: good: booking.cancelled\n");
}

TEST_F(Contracts, AMessageMayBeLaidOutInAnyWay) {
  std::string pretty;
  for (const char c : std::string(kCamel)) {
    pretty += c;
    if (c == ',' || c == '{') pretty += "\n";
  }
  const Finished checked = Check("\n\n" + pretty + "\n");
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_EQ(checked.output, "(standard input):1: good: booking.cancelled\n");
}

TEST_F(Contracts, EachLineMayBeAMessage) {
  std::string broken = kCamel;
  broken.replace(broken.find("\"rain\""), 6, "17");
  const Finished checked =
      Check(std::string(kCamel) + "\n\n" + broken + "\nrubbish\n" + kCamel + "\n");
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.output,
              AllOf(HasSubstr("(standard input):1: good: booking.cancelled\n"),
                    HasSubstr("(standard input):3: data.reason: expected a string, found 17\n"),
                    HasSubstr("(standard input):4: "),
                    HasSubstr("(standard input):5: good: booking.cancelled\n")));
  EXPECT_THAT(checked.errors, HasSubstr("2 of 4 messages break their contract"));
}

TEST_F(Contracts, EachErrorHasItsPath) {
  std::string two = kSnake;
  two.replace(two.find("\"quantity\":2"), 12, "\"quantity\":\"two\"");
  const Finished checked = Check(two, {"--type", "stock.reserve.succeeded", "--json"});
  EXPECT_EQ(checked.code, 1);
  EXPECT_EQ(
      checked.output,
      "{\"line\":1,\"ok\":false,\"type\":\"stock.reserve.succeeded\","
      "\"path\":\"payload.items[0].quantity\",\"error\":\"payload.items[0].quantity: expected an "
      "integer, found \\\"two\\\"\"}\n");
}

TEST_F(Contracts, ATypeThatNobodyDeclaredBreaksThem) {
  std::string unknown = kCamel;
  unknown.replace(unknown.find("booking.cancelled"), 17, "booking.canceled");
  const Finished checked = Check(unknown);
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.output,
              HasSubstr("eventType: nobody declared the event type \"booking.canceled\"; did "
                        "you mean \"booking.cancelled\"?"));
}

TEST_F(Contracts, TheTypeOfTheSnakeEnvelopeHasToBeGiven) {
  const Finished checked = Check(kSnake);
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.output, HasSubstr("--type"));
  const Finished other = Check(kCamel, {"--type", "booking.created"});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.output, HasSubstr("expected \"booking.created\", found \"booking.cancelled\""));
}

TEST_F(Contracts, TheEnvelopeIsTheOneThatIsAskedFor) {
  const Finished checked = Check(kCamel, {"--envelope", "snake", "--type", "booking.cancelled"});
  EXPECT_EQ(checked.code, 1);
}

TEST_F(Contracts, NoMessageAndNoJsonAreFailures) {
  for (const char* input : {"", "\n \n", "rubbish", "{", "[1]", "\xEF\xBB\xBF{}", "{}"}) {
    EXPECT_EQ(Check(input).code, 1) << input;
  }
  EXPECT_THAT(Check("").errors, HasSubstr("there is no message"));
}

}  // namespace
}  // namespace omnibus::testing
