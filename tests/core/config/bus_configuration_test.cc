#include "config/bus_configuration.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omnibus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<BusConfiguration> Read(const std::string& yaml) {
  absl::StatusOr<Setting> parsed = ParseSettings(yaml, "o.yaml");
  if (!parsed.ok()) return parsed.status();
  return ReadBusConfiguration(*parsed);
}

std::string ErrorOf(const std::string& yaml) {
  const absl::Status status = Read(yaml).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << yaml;
  return std::string(status.message());
}

constexpr char kWhole[] = R"(
bus:
  transport: rabbitmq
  envelope: snake
  declare: own
  drain: 5s
transports:
  rabbitmq:
    url: amqp://guest:guest@localhost:5672/
    consumer: { prefetch: 256 }
  other: { kind: kafka, brokers: localhost:9092 }
channels:
  booking.events: { transport: other, envelope: camel, partitions: 8, replication: 3 }
modules:
  catalog-service:
    concurrency: 4
    start_from: latest
    ordered: false
    in_flight: 10
    retry: { attempts: 7, first_delay: 50ms, factor: 3, max_delay: 10s, jitter: 0 }
    settings: { stock: [{book_id: 1, available: 2}] }
  coworking/analytics-service: { concurrency: 2 }
)";

TEST(BusConfiguration, ReadsAllThatTheDesignShows) {
  absl::StatusOr<BusConfiguration> read = Read(kWhole);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->transport, "rabbitmq");
  EXPECT_EQ(read->envelope, Dialect::kSnake);
  EXPECT_EQ(read->declare, DeclareScope::kOwn);
  EXPECT_EQ(read->drain, absl::Seconds(5));
  EXPECT_EQ(read->publish_timeout, absl::Seconds(30));
  EXPECT_EQ(read->transports.at("rabbitmq").kind, "rabbitmq");
  EXPECT_EQ(read->transports.at("other").kind, "kafka");
  EXPECT_EQ(read->transports.at("other").options.Find("brokers").text(), "localhost:9092");
  EXPECT_FALSE(read->transports.at("other").options.Find("kind"));
  EXPECT_EQ(read->Channel("booking.events").transport, "other");
  EXPECT_EQ(read->Channel("booking.events").envelope, Dialect::kCamel);
  EXPECT_EQ(read->Channel("booking.events").partitions, 8);
  EXPECT_EQ(read->Channel("booking.events").replication, 3);
  EXPECT_EQ(read->Channel("other").transport, std::nullopt);

  const ModuleConfiguration& catalog = read->Module("bookstore", "catalog-service");
  EXPECT_EQ(catalog.concurrency, 4);
  EXPECT_EQ(catalog.start_from, StartFrom::kLatest);
  EXPECT_FALSE(catalog.ordered);
  EXPECT_EQ(catalog.in_flight, 10u);
  EXPECT_EQ(catalog.retry.attempts, 7);
  EXPECT_EQ(catalog.retry.max_delay, absl::Seconds(10));
  EXPECT_EQ(catalog.settings.Find("stock").items().size(), 1u);
  EXPECT_EQ(read->Module("coworking", "analytics-service").concurrency, 2);
  EXPECT_EQ(read->Module("bookstore", "analytics-service").concurrency, 1);
}

TEST(BusConfiguration, IsTheMemoryTransportWhenNothingIsSaid) {
  absl::StatusOr<BusConfiguration> read = Read("");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->transport, "memory");
  EXPECT_EQ(read->envelope, std::nullopt);
  EXPECT_EQ(read->transports.at("memory").kind, "memory");
  EXPECT_EQ(read->Module("any", "thing").retry.attempts, 5);
}

TEST(BusConfiguration, RefusesUnknownKeysOnEachLevel) {
  EXPECT_EQ(ErrorOf("buss: {}\n"), "o.yaml:1:1: unknown key \"buss\"; did you mean \"bus\"?");
  EXPECT_EQ(ErrorOf("bus: {trasport: memory}\n"),
            "o.yaml:1:7: bus: unknown key \"trasport\"; did you mean \"transport\"?");
  EXPECT_EQ(ErrorOf("channels: {a.b: {partition: 1}}\n"),
            "o.yaml:1:18: channels.a.b: unknown key \"partition\"; did you mean \"partitions\"?");
  EXPECT_EQ(ErrorOf("modules: {m: {retry: {attempt: 1}}}\n"),
            "o.yaml:1:23: modules.m.retry: unknown key \"attempt\"; did you mean \"attempts\"?");
}

TEST(BusConfiguration, RefusesATransportThatIsNotDeclared) {
  EXPECT_EQ(ErrorOf("bus:\n  transport: rabbit\ntransports:\n  rabbitmq: {}\n"),
            "o.yaml:2:14: bus.transport: \"rabbit\" is not declared under transports; did you mean "
            "\"rabbitmq\"?");
  EXPECT_EQ(ErrorOf("channels: {c: {transport: kafka}}\n"),
            "o.yaml:1:27: channels.c.transport: \"kafka\" is not declared under transports; known: "
            "memory");
}

TEST(BusConfiguration, RefusesValuesThatMakeNoSense) {
  EXPECT_THAT(ErrorOf("bus: {envelope: xml}\n"),
              HasSubstr("expected one of camel, snake, found \"xml\""));
  EXPECT_THAT(ErrorOf("bus: {declare: [all]}\n"), HasSubstr("expected one of all, own, never"));
  EXPECT_THAT(ErrorOf("bus: {drain: 20}\n"),
              HasSubstr("o.yaml:1:14: bus.drain: expected a duration"));
  EXPECT_THAT(ErrorOf("bus: {publish_timeout: 0s}\n"), HasSubstr("must be more than 0"));
  EXPECT_EQ(ErrorOf("modules: {m: {concurrency: 0}}\n"),
            "o.yaml:1:28: modules.m.concurrency: must be 1 or more");
  EXPECT_EQ(ErrorOf("modules: {m: {concurrency: many}}\n"),
            "o.yaml:1:28: modules.m.concurrency: expected an integer, found \"many\"");
  EXPECT_THAT(ErrorOf("modules: {m: {concurrency: 5000}}\n"), HasSubstr("1024 or less"));
  EXPECT_THAT(ErrorOf("modules: {m: {start_from: now}}\n"), HasSubstr("earliest, latest, error"));
  EXPECT_THAT(ErrorOf("modules: {m: {retry: {jitter: 2}}}\n"), HasSubstr("from 0 to 1"));
  EXPECT_THAT(ErrorOf("modules: {m: {retry: {factor: 0.5}}}\n"), HasSubstr("1 or more"));
  EXPECT_THAT(ErrorOf("modules: {m: {retry: {first_delay: 5s, max_delay: 1s}}}\n"),
              HasSubstr("not be less"));
  EXPECT_THAT(ErrorOf("channels: {c: {partitions: 0}}\n"), HasSubstr("1 or more"));
  EXPECT_THAT(ErrorOf("channels: [c]\n"), HasSubstr("expected a mapping"));
  EXPECT_THAT(ErrorOf("modules: {m: {settings: 1}}\n"), HasSubstr("expected a mapping"));
  EXPECT_THAT(ErrorOf("transports: {kafka: here}\n"),
              HasSubstr("transports.kafka: expected a mapping"));
}

TEST(CheckNames, WantsEachModuleAndChannelToBeKnownAndClear) {
  const ModuleName modules[] = {{"bookstore", "catalog-service"},
                                {"bookstore", "analytics-service"},
                                {"coworking", "analytics-service"}};
  const std::string_view channels[] = {"bookstore.events", "booking.events"};

  absl::StatusOr<BusConfiguration> good = Read(
      "modules: {catalog-service: {}, coworking/analytics-service: {}}\nchannels: {booking.events: "
      "{}}\n");
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_TRUE(CheckNames(*good, modules, channels).ok());

  absl::StatusOr<BusConfiguration> bad = Read(
      "modules: {catalogue-service: {}, analytics-service: {}}\nchannels: {bookings.event: {}}\n");
  ASSERT_TRUE(bad.ok()) << bad.status();
  EXPECT_THAT(
      std::string(CheckNames(*bad, modules, channels).message()),
      AllOf(
          HasSubstr("o.yaml:1:11: modules: there is no module \"catalogue-service\"; did you mean "
                    "\"catalog-service\"?"),
          HasSubstr("o.yaml:1:34: modules: \"analytics-service\" is ambiguous: write "
                    "bookstore/analytics-service or coworking/analytics-service"),
          HasSubstr("o.yaml:2:12: channels: there is no channel \"bookings.event\"; did you mean "
                    "\"booking.events\"?")));
}

TEST(CheckNames, SaysWhereTheNamesOfAnotherProgramGo) {
  const ModuleName modules[] = {{"bookstore", "catalog-service"}};
  const std::string_view channels[] = {"bookstore.events"};
  absl::StatusOr<BusConfiguration> configuration =
      Read("modules: {frost-service: {}}\nchannels: {weather: {}}\n");
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_THAT(
      std::string(CheckNames(*configuration, modules, channels).message()),
      AllOf(HasSubstr("o.yaml:1:11: modules: there is no module \"frost-service\"; known here: "
                      "bookstore/catalog-service (what belongs to another program goes into a file "
                      "of its own"),
            HasSubstr("o.yaml:2:12: channels: there is no channel \"weather\"; known: "
                      "bookstore.events (what belongs to another program")));
}

}  // namespace
}  // namespace omnibus
