// Foreign hands on Kafka: kcat, Python's confluent-kafka and Kafka's own Java client put messages
// in and read what our services make of them. What they see is the contract; nothing here knows how
// we read and write it.
#include <signal.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/foreign/foreign_client.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {
namespace {

using ::testing::Ge;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr char kUuid[] = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
// What is derived from a cause has version 5.
constexpr char kDerivedUuid[] =
    "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
constexpr char kTime[] =
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.([0-9]{3}){1,3})?Z";

constexpr char kPlace[] = "5a1e0000-0000-4000-8000-000000000001";
constexpr char kCoworking[] = "c0c00000-0000-4000-8000-000000000001";
constexpr char kCorrelation[] = "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001";
constexpr char kKey[] = "8c4be1e2-3519-4c7a-8bfa-1af7d1d80001";
constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// Ids that differ in a number.
std::string Event(int number) {
  const std::string digits = std::to_string(number);
  return "e0e00000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}
std::string Booking(int number) {
  const std::string digits = std::to_string(number);
  return "b00c0000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

std::string Created(int number, const std::string& place = kPlace) {
  return "{\"eventId\":\"" + Event(number) +
         "\",\"eventType\":\"booking.created\",\"occurredAt\":\"2025-06-01T10:00:00Z\","
         "\"data\":{\"bookingId\":\"" +
         Booking(number) + "\",\"userId\":\"0a5e0000-0000-4000-8000-000000000001\",\"placeId\":\"" +
         place + "\",\"startTime\":\"2025-06-02T12:30:00Z\",\"endTime\":\"2025-06-02T14:00:00Z\"}}";
}

class ForeignKafka : public ForeignTest {
 protected:
  void SetUp() override {
    if (!CanRun({"kcat", "-V"})) GTEST_SKIP() << "no kcat here";
    if (!CanRun({kPython, "-c", "import confluent_kafka"})) {
      GTEST_SKIP() << "no python3-confluent-kafka here";
    }
    std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kKafka);
    if (!broker.has_value()) GTEST_SKIP() << kNoKafka;
    broker_.emplace(std::move(*broker));
  }

  std::string Configuration(const std::string& envelope, int partitions) const {
    return Write(envelope + ".yaml",
                 "bus: {transport: kafka, envelope: " + envelope +
                     "}\ntransports: {kafka: {brokers: '" + broker_->address() +
                     "'}}\nchannels:\n  booking.events: {partitions: 1}\n" +
                     "  analytics.events: {partitions: " + std::to_string(partitions) +
                     "}\nmodules:\n  coworking/analytics-service:\n    concurrency: 1\n"
                     "    start_from: earliest\n    settings: {places: [{place_id: " +
                     kPlace + ", coworking_id: " + kCoworking + ", time_zone: Asia/Tokyo}]}\n");
  }

  std::unique_ptr<Subprocess> StartAnalytics(int partitions = 1) const {
    auto service = std::make_unique<Subprocess>(Omnibus(
        {"run", "coworking/analytics-service", "--config", Configuration("camel", partitions)}));
    EXPECT_TRUE(service->WaitForErrors("ready: coworking/analytics-service\n"))
        << service->errors();
    return service;
  }

  // Puts one message in.
  void Kcat(const std::string& topic, const std::string& body,
            const std::vector<std::string>& options = {}) const {
    std::vector<std::string> command = {"kcat", "-P", "-q", "-b", broker_->address(), "-t", topic};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(Write("message", body));  // all of it, line breaks too, is one message
    RunClient(command);
  }

  // Reads the first `count`, as soon as they are there. Its headers are one part, "headers".
  std::vector<ForeignMessage> KcatRead(const std::string& topic, int count) const {
    return ParseMessages(
        RunClient({"kcat", "-C", "-q", "-b", broker_->address(), "-t", topic, "-o", "beginning",
                   "-c", std::to_string(count), "-f",
                   "partition: %p\\noffset: %o\\nkey: %k\\nheaders: %h\\nbody: %s\\n\\n"}));
  }

  std::string Python(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(),
                     {kPython, OMNIBUS_FOREIGN_CLIENTS "/kafka_client.py", broker_->address()});
    return RunClient(arguments, input);
  }

  std::optional<PrivateBroker> broker_;
};

// The headers as kcat prints them, whatever their order.
std::set<std::string> Headers(const ForeignMessage& message) {
  std::set<std::string> headers;
  std::istringstream text(Part(message, "headers"));
  for (std::string header; std::getline(text, header, ',');) headers.insert(header);
  return headers;
}

// What analytics records of Created(number): to the byte, but for what the service chooses.
void ExpectRecord(const ForeignMessage& message, int number) {
  const std::string body = Part(message, "body");
  EXPECT_THAT(Member(body, "eventId"), MatchesRegex(kUuid));
  EXPECT_THAT(Member(body, "occurredAt"), MatchesRegex(kTime));
  EXPECT_EQ(body, "{\"eventId\":\"" + Member(body, "eventId") +
                      R"(","eventType":"analytics.booking.recorded","occurredAt":")" +
                      Member(body, "occurredAt") + R"(","data":{"bookingId":")" + Booking(number) +
                      R"(","coworkingId":")" + kCoworking + R"(","hour":21}})");
  EXPECT_EQ(Part(message, "key"), Booking(number));
}

// Its headers: the chain's, and one of its own.
void ExpectHeaders(const ForeignMessage& message, std::set<std::string> expected) {
  std::set<std::string> headers = Headers(message);
  const auto key = std::find_if(headers.begin(), headers.end(), [](const std::string& header) {
    return header.starts_with("idempotency_key=");
  });
  ASSERT_NE(key, headers.end()) << Part(message, "headers");
  EXPECT_THAT(*key, MatchesRegex(std::string("idempotency_key=") + kDerivedUuid));
  headers.erase(key);
  EXPECT_EQ(headers, expected);
}

TEST_F(ForeignKafka, ABookingFromKcatIsRecordedForKcat) {
  const std::unique_ptr<Subprocess> analytics = StartAnalytics();
  // Neither headers nor key: its id stands for both chain and effect.
  Kcat("booking.events", Created(1));
  // A chain of theirs.
  const std::vector<std::string> chain = {"-k", Booking(2),
                                          "-H", std::string("correlation_id=") + kCorrelation,
                                          "-H", std::string("idempotency_key=") + kKey,
                                          "-H", std::string("traceparent=") + kTrace,
                                          "-H", "tenant=theirs"};
  Kcat("booking.events", Created(2), chain);
  // The same effect once more has none.
  Kcat("booking.events", Created(2), chain);
  // Headers that cannot be read are as good as none; the other spelling, any white space and order,
  // a zone, and what nobody knows are fine.
  std::string odd =
      "\n{ \"data\": {\"endTime\":\"2025-06-02T17:00:00+03:00\", \"x\":[{}],\n"
      "\"startTime\":\"2025-06-02T15:30:00.000+03:00\", \"placeId\":\"" +
      std::string(kPlace) +
      "\",\"userId\":\"0A5E0000-0000-4000-8000-000000000001\",\"bookingId\":\"" + Booking(3) +
      "\"},\t\"occurred_at\":\"2025-06-01T10:00:00z\",\"event_type\":"
      "\"booking.created\",\"event_id\":\"" +
      Event(3) + "\",\"seq\":1e3}\n";
  Kcat("booking.events", odd,
       {"-k", Booking(3), "-H", "correlation_id=theirs", "-H", "idempotency_key="});

  const std::vector<ForeignMessage> records = KcatRead("analytics.events", 3);
  ASSERT_THAT(records, SizeIs(3));
  ExpectRecord(records[0], 1);
  ExpectHeaders(records[0], {"correlation_id=" + Event(1), "causation_id=" + Event(1)});
  ExpectRecord(records[1], 2);
  ExpectHeaders(records[1], {std::string("correlation_id=") + kCorrelation,
                             "causation_id=" + Event(2), std::string("traceparent=") + kTrace});
  ExpectRecord(records[2], 3);
  ExpectHeaders(records[2], {"correlation_id=" + Event(3), "causation_id=" + Event(3)});

  // Its place in their group's books: all that was read is done, and nothing after it.
  analytics->Signal(SIGTERM);
  EXPECT_EQ(analytics->Wait(), 0) << analytics->errors();
  EXPECT_EQ(Python({"committed", "coworking.analytics-service", "booking.events", "0"}), "4\n");
}

TEST_F(ForeignKafka, WhatCannotBeHandledIsADeadLetterWithAllThatItHad) {
  const std::unique_ptr<Subprocess> analytics = StartAnalytics();
  const std::string dead = "booking.events.analytics-service.dead";
  std::string undecodable = Created(1);
  undecodable.replace(undecodable.find(Booking(1)), 36, "eleven");
  Kcat("booking.events", undecodable,
       {"-k", "their key", "-H", "origin=tills", "-H",
        std::string("correlation_id=") + kCorrelation});
  Python({"put", "booking.events"}, std::string("\xff\xfe\n\0 no JSON", 12));
  // A place that nobody knows.
  Kcat("booking.events", Created(2, "5a1e0000-0000-4000-8000-00000000ffff"), {"-k", Booking(2)});
  // None of them stops the next one.
  Kcat("booking.events", Created(3), {"-k", Booking(3)});
  const std::vector<ForeignMessage> records = KcatRead("analytics.events", 1);
  ASSERT_THAT(records, SizeIs(1));
  ExpectRecord(records[0], 3);

  std::map<std::string, ForeignMessage> letters;  // by the offset of the original
  for (ForeignMessage& letter : ParseMessages(Python({"read", dead, "3"}))) {
    EXPECT_THAT(Part(letter, "header dead_first_failed_at"), MatchesRegex(kTime));
    EXPECT_THAT(Part(letter, "header dead_last_failed_at"), MatchesRegex(kTime));
    for (const char* name :
         {"header dead_first_failed_at", "header dead_last_failed_at", "partition", "offset"}) {
      letter.erase(name);
    }
    letters.emplace(Part(letter, "header dead_offset"), letter);
  }
  ASSERT_THAT(letters, SizeIs(3));
  EXPECT_EQ(
      letters["0"],
      (ForeignMessage{{"key", "their key"},
                      {"header origin", "tills"},
                      {"header correlation_id", kCorrelation},
                      {"header dead_channel", "booking.events"},
                      {"header dead_module", "analytics-service"},
                      {"header dead_reason", "undecodable"},
                      {"header dead_detail", "data.bookingId: expected a UUID, found \"eleven\""},
                      {"header dead_attempts", "0"},
                      {"header dead_partition", "0"},
                      {"header dead_offset", "0"},
                      {"body", undecodable}}));
  EXPECT_EQ(Part(letters["1"], "body"), std::string("\\xff\\xfe\\n\0 no JSON", 19));
  EXPECT_EQ(Part(letters["1"], "key"), "(none)");
  EXPECT_EQ(Part(letters["1"], "header dead_reason"), "undecodable");
  EXPECT_EQ(Part(letters["2"], "key"), Booking(2));
  EXPECT_EQ(Part(letters["2"], "header dead_reason"), "NOT_FOUND");
  EXPECT_EQ(Part(letters["2"], "header dead_attempts"), "1");
  EXPECT_EQ(Part(letters["2"], "body"), Created(2, "5a1e0000-0000-4000-8000-00000000ffff"));
}

TEST_F(ForeignKafka, WhatWePublishIsReadByKcatInEitherDialect) {
  const auto publish = [this](const std::string& envelope) {
    return RunClient(
               Omnibus({"publish", "booking.cancelled", "--config", Configuration(envelope, 1),
                        "--correlation-id", kCorrelation, "--idempotency-key", kKey, "--data",
                        "{\"booking_id\":\"" + Booking(1) +
                            "\",\"reason\":\"снег \\\"и\\\" лёд\\n\"}"}))
        .substr(0, 36);
  };
  const std::string camel_id = publish("camel");
  const std::string snake_id = publish("snake");
  const std::vector<ForeignMessage> read = KcatRead("booking.events", 2);
  ASSERT_THAT(read, SizeIs(2));

  const std::string camel = Part(read[0], "body");
  EXPECT_THAT(Member(camel, "occurredAt"), MatchesRegex(kTime));
  EXPECT_EQ(camel, "{\"eventId\":\"" + camel_id +
                       R"(","eventType":"booking.cancelled","occurredAt":")" +
                       Member(camel, "occurredAt") + R"(","data":{"bookingId":")" + Booking(1) +
                       R"(","reason":"снег \"и\" лёд\n"}})");
  EXPECT_EQ(Part(read[0], "key"), Booking(1));
  EXPECT_EQ(Headers(read[0]), (std::set<std::string>{std::string("correlation_id=") + kCorrelation,
                                                     std::string("idempotency_key=") + kKey}));

  const std::string snake = Part(read[1], "body");
  EXPECT_THAT(Member(snake, "occurred_at"), MatchesRegex(kTime));
  EXPECT_EQ(snake, "{\"event_id\":\"" + snake_id + R"(","occurred_at":")" +
                       Member(snake, "occurred_at") + R"(","correlation_id":")" + kCorrelation +
                       R"(","idempotency_key":")" + kKey + R"(","payload":{"booking_id":")" +
                       Booking(1) + R"(","reason":"снег \"и\" лёд\n"}})");
  EXPECT_EQ(Part(read[1], "key"), Booking(1));
  EXPECT_EQ(Headers(read[1]), (std::set<std::string>{"event_type=booking.cancelled"}));
}

TEST_F(ForeignKafka, AKeyIsOnThePartitionWhereJavasClientPutsIt) {
  if (!CanRun({"java", "-version"})) GTEST_SKIP() << "no Java here";
  std::string jars = RunClient({OMNIBUS_BROKER_SCRIPTS "/kafka", "fetch"});
  jars.resize(jars.find_last_not_of('\n') + 1);
  if (!CanRun({"sh", "-c", "ls \"$0\"/kafka-tools-*.jar", jars})) {
    GTEST_SKIP() << "no kafka-tools in OMNIBUS_TEST_KAFKA_JARS: it has the console producer";
  }

  // Ours: what analytics records of some bookings, and keys of other shapes from the command line.
  constexpr int kBookings = 24;
  std::vector<std::string> keys;
  std::string bookings;
  for (int i = 0; i < kBookings; ++i) {
    keys.push_back(Booking(i * 7919));
    bookings += Created(i * 7919) + "\n";
  }
  const std::unique_ptr<Subprocess> analytics = StartAnalytics(7);
  RunClient({"kcat", "-P", "-q", "-b", broker_->address(), "-t", "booking.events"}, bookings);
  for (const char* key : {"a", "two words", "ключ ёжика"}) {
    keys.push_back(key);
    RunClient(Omnibus({"publish", "analytics.booking.recorded", "--key", key, "--config",
                       Configuration("camel", 7), "--data",
                       "{\"bookingId\":\"" + Booking(1) + "\",\"coworkingId\":\"" + kCoworking +
                           "\",\"hour\":1}"}));
  }
  const int ours = static_cast<int>(keys.size());
  KcatRead("analytics.events", ours);  // all of ours are there

  std::string lines;
  for (const std::string& key : keys) lines += key + "\t{}\n";
  RunClient({"java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
             "-Djava.net.preferIPv4Stack=true", "-cp", jars + "/*",
             "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", broker_->address(),
             "--topic", "analytics.events", "--property", "parse.key=true"},
            lines);
  std::vector<std::string> python = {"keys", "analytics.events"};
  python.insert(python.end(), keys.begin(), keys.end());
  Python(python);

  std::map<std::string, std::vector<std::string>> partitions;  // by key, of all that has it
  std::set<std::string> used;
  for (const ForeignMessage& message : KcatRead("analytics.events", 3 * ours)) {
    partitions[Part(message, "key")].push_back(Part(message, "partition"));
    used.insert(Part(message, "partition"));
  }
  EXPECT_THAT(partitions, SizeIs(keys.size()));
  for (const std::string& key : keys) {
    EXPECT_THAT(partitions[key], SizeIs(3)) << key;
    EXPECT_THAT(std::set<std::string>(partitions[key].begin(), partitions[key].end()), SizeIs(1))
        << key;
  }
  EXPECT_THAT(used, SizeIs(Ge(std::size_t{5})));  // of 7
}

}  // namespace
}  // namespace omnibus::testing
