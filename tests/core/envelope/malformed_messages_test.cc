// Odd and malformed messages: each gets the right value, or the right error.
#include <string>
#include <vector>

#include "envelope/envelope_codec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/json/contract_events.h"

namespace omnibus::testing {
namespace {

using ::testing::ValuesIn;

constexpr std::string_view kId = "d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001";

struct Case {
  std::string name;
  Dialect dialect;
  std::string type;
  std::string body;
  std::string expected;  // the payload written again in snake_case; else the error

  friend void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }
};

// A good order.created, apart from what stands in for one of its parts.
struct Order {
  std::string order_id = "10";
  std::string total_amount = "31.5";
  std::string items = R"([{"book_id":1,"quantity":2}])";
  std::string status = R"("created")";
  std::string more = "";  // behind the last field
};

std::string Payload(const Order& order) {
  return R"({"order_id":)" + order.order_id + R"(,"user_id":1,"total_amount":)" +
         order.total_amount + R"(,"items":)" + order.items + R"(,"status":)" + order.status +
         order.more + "}";
}

std::string SnakeBody(const std::string& payload) {
  return R"({"event_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","occurred_at":"2025-01-01T12:00:00Z",)"
         R"("correlation_id":"40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",)"
         R"("idempotency_key":"8c4be1e2-3519-4c7a-8bfa-1af7d1d80001","payload":)" +
         payload + "}";
}

std::string CamelBody(const std::string& type, const std::string& data) {
  return R"({"eventId":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","eventType":")" + type +
         R"(","occurredAt":"2025-01-01T12:00:00Z","data":)" + data + "}";
}

Case InOrder(const std::string& name, const Order& order, const std::string& expected) {
  return {name, Dialect::kSnake, "order.created", SnakeBody(Payload(order)), expected};
}

// The same with something else for the whole payload, or for the whole body.
Case InPayload(const std::string& name, const std::string& payload, const std::string& expected) {
  return {name, Dialect::kSnake, "order.created", SnakeBody(payload), expected};
}
Case InBody(const std::string& name, const std::string& body, const std::string& expected) {
  return {name, Dialect::kSnake, "order.created", body, expected};
}

// A booking.created that begins at this time.
Case InTime(const std::string& name, const std::string& start_time, const std::string& expected) {
  return {name, Dialect::kCamel, "booking.created",
          CamelBody("booking.created",
                    R"({"bookingId":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",)"
                    R"("userId":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d002",)"
                    R"("placeId":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d003","startTime":)" +
                        start_time + R"(,"endTime":"2025-01-02T10:00:00Z"})"),
          expected};
}

std::string BookingAt(const std::string& start_time) {
  return R"({"booking_id":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",)"
         R"("user_id":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d002",)"
         R"("place_id":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d003","start_time":")" +
         start_time + R"(","end_time":"2025-01-02T10:00:00Z"})";
}

// A booking.cancelled for this reason.
Case InText(const std::string& name, const std::string& reason, const std::string& expected) {
  return {
      name, Dialect::kCamel, "booking.cancelled",
      CamelBody("booking.cancelled",
                R"({"bookingId":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001","reason":)" + reason + "}"),
      expected};
}

std::string CancelledFor(const std::string& reason) {
  return R"({"booking_id":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001","reason":)" + reason + "}";
}

// A whole camel body of a booking.completed.
Case InCamel(const std::string& name, const std::string& body, const std::string& expected) {
  return {name, Dialect::kCamel, "booking.completed", body, expected};
}

const std::string kGood = Payload({});
const std::string kCompleted = R"({"booking_id":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001"})";
const std::string kCompletedData = R"({"bookingId":"0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001"})";

std::string Repeated(const std::string& text, int times) {
  std::string repeated;
  for (; times > 0; --times) repeated += text;
  return repeated;
}

// Lists, `depth` deep.
std::string Nested(int depth) { return Repeated("[", depth) + Repeated("]", depth); }

std::vector<Case> Texts() {
  return {
      // The document as a whole.
      InBody("Empty", "", "(message): expected an object, found nothing"),
      InBody("Blank", " \n\t", "(message): expected an object, found nothing"),
      InBody("ByteOrderMark", "\xef\xbb\xbf" + SnakeBody(kGood),
             "(message): expected an object, found a byte order mark"),
      InBody("NoJson", "hello", "(message): expected an object, found hello"),
      InBody("Number", "12", "(message): expected an object, found 12"),
      InBody("Null", "null", "(message): expected an object, found null"),
      InBody("List", "[" + SnakeBody(kGood) + "]", "(message): expected an object, found a list"),
      InBody("String", R"("text")", R"((message): expected an object, found "text")"),
      InBody("EmptyObject", "{}", "event_id: missing"),
      InBody("Nul", std::string(1, '\0'), "(message): expected an object, found \\x00"),
      InBody("NulBehind", SnakeBody(kGood) + std::string(1, '\0'),
             "(message): expected the end after the object, found \\x00"),
      InBody("TextBehind", SnakeBody(kGood) + " x",
             "(message): expected the end after the object, found x"),
      InBody("SecondObject", SnakeBody(kGood) + "{}",
             "(message): expected the end after the object, found {}"),
      InBody("BracketBehind", SnakeBody(kGood) + "}",
             "(message): expected the end after the object, found }"),
      InBody("WhiteSpaceAround", "\r\n\t " + SnakeBody(kGood) + " \r\n\t", kGood),
      InBody("CutOffBehindABracket", SnakeBody(kGood).substr(0, SnakeBody(kGood).size() - 1),
             "payload: expected \",\" or \"}\" after it, found the end of the message"),
      InBody("CutOffInAString", SnakeBody(kGood).substr(0, 30),
             "(message): cut off: expected the end of a string, found the end of the message"),
      InBody("CutOffBehindAComma", SnakeBody(kGood).substr(0, SnakeBody(kGood).find("\"payload")),
             "(message): cut off: expected \"}\", found the end of the message"),
      InBody("CutOffToOneCharacter", "{",
             "(message): cut off: expected \"}\", found the end of the message"),
      InBody("Comment", "{/* none */}", "(message): expected a field's name, found /*"),

      // The shape.
      InOrder("CommaBehindTheLastField", {.more = ","},
              "payload: expected a field's name, found }"),
      InOrder("NoComma", {.more = R"( "x":1)"},
              "payload.status: expected \",\" or \"}\" after it, found \"x\""),
      InOrder("TwoColons", {.more = R"(,"x":"a":"b")"},
              "payload.x: expected \",\" or \"}\" after it, found :"),
      InOrder("NoColon", {.more = R"(,"x" 1)"},
              "payload: expected \":\" after a field's name, found 1"),
      InOrder("NoValue", {.more = R"(,"x":)"}, "payload.x: expected a value, found }"),
      InOrder("NameWithoutQuotes", {.more = ",x:1"}, "payload: expected a field's name, found x"),
      InOrder("SingleQuotes", {.more = ",'x':1"}, "payload: expected a field's name, found 'x'"),
      InOrder("CommaBehindTheLastElement", {.items = R"([{"book_id":1,"quantity":2},])"},
              "payload.items[1]: expected an object, found ]"),
      InOrder("WrongBracket", {.items = R"([{"book_id":1,"quantity":2}})"},
              "payload.items[0]: expected \",\" or \"]\" after it, found }"),
      InOrder("NoCommaInAList", {.items = R"([{"book_id":1,"quantity":2}{}])"},
              "payload.items[0]: expected \",\" or \"]\" after it, found {"),

      // What is unknown is checked all the same.
      InOrder("UnknownFields",
              {.more = R"(,"x":[{"y":[true,false,null,-0.5e+3,"\u00e4"]},{}],"x":1)"}, kGood),
      InOrder("NotANumberInUnknown", {.more = R"(,"x":[NaN])"},
              "payload.x[0]: expected a value, found NaN"),
      InOrder("LeadingZeroInUnknown", {.more = R"(,"x":{"y":01})"},
              "payload.x.y: expected a value, found 01"),
      InOrder("PointWithoutDigitsInUnknown", {.more = R"(,"x":1.)"},
              "payload.x: expected a value, found 1."),
      InOrder("PlusInUnknown", {.more = R"(,"x":+1)"}, "payload.x: expected a value, found +1"),
      InOrder("MisspeltLiteralInUnknown", {.more = R"(,"x":True)"},
              "payload.x: expected a value, found True"),
      InOrder("NulInUnknown", {.more = std::string(",\"x\":1\0", 7)},
              "payload.x: expected a value, found 1\\x00"),
      InOrder("BadEscapeInUnknown", {.more = R"(,"x":"\q")"},
              "payload.x: expected a valid escape, found \\q"),
      InOrder("LoneSurrogateInUnknown", {.more = R"(,"x":"\ud800")"},
              "payload.x: expected a surrogate pair, found \\ud800"),
      InOrder("LoneSurrogateInAName", {.more = R"(,"\udc00":1)"},
              "payload.\\udc00: expected a surrogate pair, found \\udc00"),
      InOrder("HugeNumberInUnknown", {.more = R"(,"x":1e400)"}, kGood),
      InOrder("Deep", {.more = R"(,"x":)" + Nested(90)}, kGood),
      InOrder("TooDeep", {.more = R"(,"x":)" + Nested(100'000)},
              "payload.x" + Repeated("[0]", 38) + "...: nested deeper than 100 levels"),

      // Characters.
      InText("InvalidUtf8", "\"\xff\"",
             "(message): expected UTF-8, found the byte \\xff after 187 bytes"),
      InText("OverlongUtf8", "\"\xc0\xaf\"",
             "(message): expected UTF-8, found the byte \\xc0 after 187 bytes"),
      InText("SurrogateInUtf8", "\"\xed\xa0\x80\"",
             "(message): expected UTF-8, found the byte \\xed after 187 bytes"),
      InText("CutOffUtf8", "\"\xe2\x82\"",
             "(message): expected UTF-8, found the byte \\xe2 after 187 bytes"),
      InText("RawControlCharacter", "\"a\nb\"",
             "(message): expected control characters in strings to be escaped, found \\x0a after "
             "188 bytes"),
      InText("RawNul", std::string("\"a\0b\"", 5),
             "(message): expected control characters in strings to be escaped, found \\x00 after "
             "188 bytes"),
      InText("LoneHighSurrogate", R"("\ud83d x")",
             "data.reason: expected a surrogate pair, found \\ud83d"),
      InText("LoneLowSurrogate", R"("\ude00")",
             "data.reason: expected a surrogate pair, found \\ude00"),
      InText("SwappedSurrogates", R"("\ude00\ud83d")",
             "data.reason: expected a surrogate pair, found \\ude00"),
      InText("ShortEscape", R"("\u12")", "data.reason: expected a valid escape, found \\u12"),
      InText("WrongEscape", R"("\x41")", "data.reason: expected a valid escape, found \\x"),
      InText("SurrogatePair", R"("\ud83d\ude00")", CancelledFor("\"\xf0\x9f\x98\x80\"")),
      InText("EscapedNul", R"("a\u0000b")", CancelledFor(R"("a\u0000b")")),
      InText("AllEscapes", R"("\"\\\/\b\f\n\r\t\u0041")", CancelledFor(R"("\"\\/\b\f\n\r\tA")")),
      InText("NoString", "12", "data.reason: expected a string, found 12"),
      InText("NullString", "null", "data.reason: expected a string, found null"),
  };
}

std::vector<Case> Values() {
  return {
      // Integers.
      InOrder("TextForAnInteger",
              {.items = R"([{"book_id":1,"quantity":2},{"book_id":1,"quantity":"two"}])"},
              R"(payload.items[1].quantity: expected an integer, found "two")"),
      InOrder("FractionForAnInteger", {.order_id = "2.0"},
              "payload.order_id: expected an integer, found 2.0"),
      InOrder("ExponentForAnInteger", {.order_id = "1e1"},
              "payload.order_id: expected an integer, found 1e1"),
      InOrder("NullForAnInteger", {.order_id = "null"},
              "payload.order_id: expected an integer, found null"),
      InOrder("BooleanForAnInteger", {.order_id = "true"},
              "payload.order_id: expected an integer, found true"),
      InOrder("LeadingZero", {.order_id = "010"},
              "payload.order_id: expected an integer, found 010"),
      InOrder("IntegerTooLarge", {.order_id = "9223372036854775808"},
              "payload.order_id: expected an integer from -9223372036854775808 to "
              "9223372036854775807, found 9223372036854775808"),
      InOrder("LargestInteger", {.order_id = "9223372036854775807"},
              Payload({.order_id = "9223372036854775807"})),
      InOrder("SmallestInteger", {.order_id = "-9223372036854775808"},
              Payload({.order_id = "-9223372036854775808"})),
      InOrder("LongIntegerIsClipped", {.order_id = std::string(60, '1')},
              "payload.order_id: expected an integer from -9223372036854775808 to "
              "9223372036854775807, found 1111111111111111111111111111111111111111..."),

      // Money.
      InOrder("TooManyNines", {.total_amount = "30.999999999999999999"},
              "payload.total_amount: expected a decimal that can be held exactly, found "
              "30.999999999999999999"),
      InOrder("HugeExponent", {.total_amount = "1e400"},
              "payload.total_amount: expected a decimal that can be held exactly, found 1e400"),
      InOrder("TinyExponent", {.total_amount = "1e-400"},
              "payload.total_amount: expected a decimal that can be held exactly, found 1e-400"),
      InOrder("DecimalAsText", {.total_amount = R"("31.5")"},
              R"(payload.total_amount: expected a decimal number, found "31.5")"),
      InOrder("DecimalWithTrailingZeros", {.total_amount = "2.0"}, Payload({.total_amount = "2"})),
      InOrder("DecimalWithExponent", {.total_amount = "2e0"}, Payload({.total_amount = "2"})),
      InOrder("DecimalWithBigExponent", {.total_amount = "315E-1"}, kGood),
      InOrder("DecimalZero", {.total_amount = "-0.00e99"}, Payload({.total_amount = "0"})),
      InOrder("DecimalWithoutDigitsBehindThePoint", {.total_amount = "31."},
              "payload.total_amount: expected a decimal number, found 31."),

      // Enumerations, lists, objects.
      InOrder("UnknownEnumerator", {.status = R"("shipped")"},
              R"(payload.status: expected "created", found "shipped")"),
      InOrder("EnumeratorInCapitals", {.status = R"("Created")"},
              R"(payload.status: expected "created", found "Created")"),
      InOrder("NumberForAnEnumerator", {.status = "0"},
              R"(payload.status: expected "created", found 0)"),
      InOrder("EscapedEnumerator", {.status = R"("cre\u0061ted")"}, kGood),
      InOrder("ObjectForAList", {.items = "{}"}, "payload.items: expected a list, found an object"),
      InOrder("NullForAList", {.items = "null"}, "payload.items: expected a list, found null"),
      InOrder("EmptyList", {.items = "[ ]"}, Payload({.items = "[]"})),
      InOrder("ListForAnObject", {.items = "[[1,2]]"},
              "payload.items[0]: expected an object, found a list"),
      InOrder("MissingInAList", {.items = R"([{"quantity":2}])"},
              "payload.items[0].book_id: missing"),
      InPayload("NoPayloadObject", "[]", "payload: expected an object, found a list"),
      InPayload("NullPayload", "null", "payload: expected an object, found null"),
      InPayload("EmptyPayload", "{}", "payload.order_id: missing"),

      // Fields.
      InOrder("FieldTwice", {.more = R"(,"order_id":10)"}, "payload.order_id: given twice"),
      InOrder("FieldTwiceByEscape", {.more = R"(,"order\u005fid":10)"},
              "payload.order_id: given twice"),
      InOrder("FieldTwiceInAList", {.items = R"([{"book_id":1,"book_id":1,"quantity":2}])"},
              "payload.items[0].book_id: given twice"),
      InOrder("CamelNameInSnake", {.more = R"(,"orderId":"unknown here")"}, kGood),
      InPayload(
          "OtherOrder",
          R"({"status":"created","items":[{"quantity":2,"book_id":1}],"total_amount":31.5,"user_id":1,"order_id":10})",
          kGood),

      // Times.
      InTime("Offset", R"("2025-01-02T12:00:00+03:00")", BookingAt("2025-01-02T09:00:00Z")),
      InTime("OffsetOverMidnight", R"("2025-01-01T22:30:00-10:45")",
             BookingAt("2025-01-02T09:15:00Z")),
      InTime("SmallLetters", R"("2025-01-02t09:00:00z")", BookingAt("2025-01-02T09:00:00Z")),
      InTime("Fraction", R"("2025-01-02T09:00:00.5Z")", BookingAt("2025-01-02T09:00:00.500Z")),
      InTime("NineDigits", R"("2025-01-02T09:00:00.123456789Z")",
             BookingAt("2025-01-02T09:00:00.123456789Z")),
      InTime("ZerosInAFraction", R"("2025-01-02T09:00:00.000100000Z")",
             BookingAt("2025-01-02T09:00:00.000100Z")),
      InTime("LeapSecond", R"("2016-12-31T23:59:60Z")", BookingAt("2017-01-01T00:00:00Z")),
      InTime("LeapSecondElsewhere", R"("2017-01-01T01:59:60.25+02:00")",
             BookingAt("2017-01-01T00:00:00.250Z")),
      InTime("LeapDay", R"("2024-02-29T00:00:00Z")", BookingAt("2024-02-29T00:00:00Z")),
      InTime(
          "NoLeapSecond", R"("2025-01-02T09:00:60Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-02T09:00:60Z" (no leap second there))"),
      InTime(
          "NoLeapDay", R"("2025-02-29T00:00:00Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-02-29T00:00:00Z" (no such day))"),
      InTime(
          "NoSuchMonth", R"("2025-13-01T00:00:00Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-13-01T00:00:00Z" (no such month))"),
      InTime(
          "NoSuchHour", R"("2025-01-01T24:00:00Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01T24:00:00Z" (no such time of day))"),
      InTime(
          "NoSeconds", R"("2025-01-01T12:00Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01T12:00Z" (no seconds))"),
      InTime(
          "NoZone", R"("2025-01-01T12:00:00")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01T12:00:00" (no zone: Z, or an offset as +03:00))"),
      InTime(
          "NoT", R"("2025-01-01 12:00:00Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01 12:00:00Z" (no T after the date))"),
      InTime(
          "TenDigits", R"("2025-01-01T12:00:00.1234567890Z")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01T12:00:00.1234567890Z" (a fraction has 1 to 9 digits))"),
      InTime(
          "OffsetWithoutColon", R"("2025-01-01T12:00:00+0300")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01T12:00:00+0300" (an offset looks like +03:00))"),
      InTime(
          "DateAlone", R"("2025-01-01")",
          R"(data.startTime: expected an RFC 3339 time, found "2025-01-01" (no T after the date))"),
      InTime("UnixTime", "1735732800",
             "data.startTime: expected an RFC 3339 time, found 1735732800"),
      InTime(
          "YearOutOfRange", R"("9999-12-31T23:59:59Z")",
          R"(data.startTime: expected an RFC 3339 time, found "9999-12-31T23:59:59Z" (out of range: the years 1678 to 2261))"),
  };
}

std::vector<Case> Envelopes() {
  const std::string id = R"("eventId":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001")";
  const std::string type = R"("eventType":"booking.completed")";
  const std::string time = R"("occurredAt":"2025-01-01T12:00:00Z")";
  const std::string data = R"("data":)" + kCompletedData;
  const auto body = [](const std::vector<std::string>& fields) {
    std::string text;
    for (const std::string& field : fields) text += (text.empty() ? "{" : ",") + field;
    return text + "}";
  };
  return {
      InCamel("Camel", body({id, type, time, data}), kCompleted),
      InCamel("DataFirst", body({data, time, type, id}), kCompleted),
      InCamel("DataBetween", body({id, data, R"("more":[1])", type, time}), kCompleted),
      InCamel("SnakeSpelling",
              body({R"("event_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001")",
                    R"("event_type":"booking.completed")",
                    R"("occurred_at":"2025-01-01T12:00:00Z")", data}),
              kCompleted),
      InCamel("BothSpellingsTheSame",
              body({id, type, time, data, R"("event_id":"D3A2C1E4-7C9B-4A1E-9F4C-0E5B14B7C001")"}),
              kCompleted),
      InCamel("BothSpellingsDiffer",
              body({id, R"("event_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c002")", type, time, data}),
              "event_id: differs from the same field in the other spelling"),
      InCamel("BothSpellingsDifferBehindTheData",
              body({id, type, time, data, R"("occurred_at":"2025-01-01T12:00:01Z")"}),
              "occurred_at: differs from the same field in the other spelling"),
      InCamel("BothTypesDiffer", body({id, type, R"("event_type":"booking.created")", time, data}),
              "event_type: differs from the same field in the other spelling"),
      InCamel("IdTwice", body({id, id, type, time, data}), "eventId: given twice"),
      InCamel("DataTwice", body({id, type, time, data, data}), "data: given twice"),
      InCamel("NoId", body({type, time, data}), "eventId: missing"),
      InCamel("NoType", body({id, time, data}), "eventType: missing"),
      InCamel("NoTime", body({id, type, data}), "occurredAt: missing"),
      InCamel("NoData", body({id, type, time}), "data: missing"),
      InCamel("NumberForTheId", body({R"("eventId":12)", type, time, data}),
              "eventId: expected a UUID, found 12"),
      InCamel("IdInBraces",
              body({R"("eventId":"{d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001}")", type, time, data}),
              R"(eventId: expected a UUID, found "{d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001}")"),
      InCamel("IdWithoutDashes",
              body({R"("eventId":"d3a2c1e47c9b4a1e9f4c0e5b14b7c001")", type, time, data}),
              R"(eventId: expected a UUID, found "d3a2c1e47c9b4a1e9f4c0e5b14b7c001")"),
      InCamel("IdWithOtherLetters",
              body({R"("eventId":"g3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001")", type, time, data}),
              R"(eventId: expected a UUID, found "g3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001")"),
      InCamel("NullForTheTime", body({id, type, R"("occurredAt":null)", data}),
              "occurredAt: expected an RFC 3339 time, found null"),
      InCamel("NumberForTheType", body({id, R"("eventType":5)", time, data}),
              "eventType: expected a string, found 5"),
      InCamel("UndeclaredType", body({id, R"("eventType":"booking.moved")", time, data}),
              R"(eventType: expected a declared event type, found "booking.moved")"),
      InCamel(
          "CapitalHexInTheData",
          body({id, type, time, R"("data":{"bookingId":"0B9D6C1E-3D0F-4B57-8F7E-2F54C6A7D001"})"}),
          kCompleted),
      InCamel("SnakeNameInTheData", body({id, type, time, R"("data":)" + kCompleted}),
              "data.bookingId: missing"),
      InCamel("EarlyDataIsMalformed", body({R"("data":{"bookingId":7})", id, type, time}),
              "data.bookingId: expected a UUID, found 7"),
      InCamel("EarlyDataIsNoObject", body({R"("data":7)", id, type, time}),
              "data: expected an object, found 7"),
      InCamel("EarlyDataIsNoJson", body({R"("data":{"x":[1 2]})", id, type, time}),
              "data.x[0]: expected \",\" or \"]\" after it, found 2"),
      InBody(
          "NoCorrelationId",
          R"({"event_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","occurred_at":"2025-01-01T12:00:00Z",)"
          R"("idempotency_key":"8c4be1e2-3519-4c7a-8bfa-1af7d1d80001","payload":)" +
              kGood + "}",
          "correlation_id: missing"),
      InBody(
          "NoIdempotencyKey",
          R"({"event_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","occurred_at":"2025-01-01T12:00:00Z",)"
          R"("correlation_id":"40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001","payload":)" +
              kGood + "}",
          "idempotency_key: missing"),
      InBody("CamelBodyInSnake", CamelBody("order.created", kGood), "event_id: missing"),
  };
}

class Messages : public ::testing::TestWithParam<Case> {};

// Behind the rest of the message, so that reading past its end would be seen by a sanitizer.
std::string ReadAgain(const Case& each, EnvelopeReader& reader) {
  const std::vector<char> exact(each.body.begin(), each.body.end());
  ReceivedMessage message;
  message.body = std::string_view(exact.data(), exact.size());
  message.routing_key = each.type;
  absl::Status status = reader.Open(each.dialect, message, FindContractEvent);
  if (!status.ok()) return std::string(status.message());
  EventPointer event = NewEvent(reader.type());
  status = reader.ReadPayload(event.get());
  if (!status.ok()) return std::string(status.message());
  EXPECT_EQ(ToString(reader.metadata().id), kId);
  return *FormatPayload(reader.type(), event.get(), Naming::kSnake);
}

TEST_P(Messages, GetTheRightValueOrTheRightError) {
  EnvelopeReader reader;
  EXPECT_EQ(ReadAgain(GetParam(), reader), GetParam().expected);
}

TEST(ManyMessages, LeaveNothingBehindInTheirReader) {
  EnvelopeReader reader;
  for (const std::vector<Case>& cases : {Texts(), Values(), Envelopes()}) {
    for (const Case& each : cases) {
      EXPECT_EQ(ReadAgain(each, reader), each.expected) << each.name;
    }
  }
}

const auto kName = [](const auto& each) { return each.param.name; };
INSTANTIATE_TEST_SUITE_P(Text, Messages, ValuesIn(Texts()), kName);
INSTANTIATE_TEST_SUITE_P(Value, Messages, ValuesIn(Values()), kName);
INSTANTIATE_TEST_SUITE_P(Envelope, Messages, ValuesIn(Envelopes()), kName);

}  // namespace
}  // namespace omnibus::testing
