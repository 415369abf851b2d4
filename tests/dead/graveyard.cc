#include "tests/dead/graveyard.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "omnibus/codec.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/sinks/null_sink.h"
#include "spdlog/spdlog.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {

inline constexpr DomainName kDomain = {
    .name = "dead-test", .services = {"source-service", "picky-service", "other-service"}};

template <int N>
struct Thing {
  std::int64_t number;
  std::string name;
};

inline constexpr std::array<std::string_view, kChannels> kNames = {
    "dead-test-0.events",  "dead-test-1.events",  "dead-test-2.events",  "dead-test-3.events",
    "dead-test-4.events",  "dead-test-5.events",  "dead-test-6.events",  "dead-test-7.events",
    "dead-test-8.events",  "dead-test-9.events",  "dead-test-10.events", "dead-test-11.events",
    "dead-test-12.events", "dead-test-13.events", "dead-test-14.events", "dead-test-15.events"};
inline constexpr std::array<std::string_view, kChannels> kTypes = {
    "thing.0", "thing.1", "thing.2",  "thing.3",  "thing.4",  "thing.5",  "thing.6",  "thing.7",
    "thing.8", "thing.9", "thing.10", "thing.11", "thing.12", "thing.13", "thing.14", "thing.15"};

}  // namespace omnibus::testing

template <int N>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Thing<N>> = {
    .type = omnibus::testing::kTypes[N],
    .channel = omnibus::testing::kNames[N],
    .domain = &omnibus::testing::kDomain,
    .publisher = "source-service",
    .consumers = {"picky-service", "other-service"},
    .key = "name"};

namespace omnibus::testing {
namespace {

template <int N>
class Reader final : public Module {
 public:
  Reader(std::string_view name, Diary& diary, bool picky)
      : Module(kDomain, name), diary_(diary), picky_(picky) {}

  void Describe(ModuleDescription& module) override {
    module.Handles<Thing<N>>([this](const Thing<N>& thing, Context& context) {
      const absl::Status status = picky_ ? diary_.failure() : absl::OkStatus();
      if (status.ok()) diary_.Note(std::string(name()), context.metadata(), thing.number);
      return status;
    });
  }

 private:
  Diary& diary_;
  const bool picky_;
};

// What a test needs to know of its channel's types.
struct Cast {
  const EventType* type;
  std::vector<std::unique_ptr<Module>> (*modules)(Diary& diary);
  absl::Status (*publish)(Bus& bus, std::int64_t number, const std::string& key);
};

template <int N>
Cast MakeCast() {
  return {&EventTypeOf<Thing<N>>(),
          [](Diary& diary) {
            std::vector<std::unique_ptr<Module>> modules;
            modules.push_back(std::make_unique<Reader<N>>("picky-service", diary, true));
            modules.push_back(std::make_unique<Reader<N>>("other-service", diary, false));
            return modules;
          },
          [](Bus& bus, std::int64_t number, const std::string& key) {
            return bus.Publish(Thing<N>{number, key});
          }};
}

const Cast& CastOf(int channel) {
  static const auto casts = []<int... N>(std::integer_sequence<int, N...>) {
    return std::array<Cast, kChannels>{MakeCast<N>()...};
  }
  (std::make_integer_sequence<int, kChannels>());
  return casts[static_cast<std::size_t>(channel)];
}

std::shared_ptr<spdlog::logger> Log() {
  if (std::getenv("OMNIBUS_TEST_LOG") != nullptr) return spdlog::default_logger();
  return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace

void GraveyardTest::SetUp() {
  std::string options;
  if (is("kafka")) {
    const std::optional<std::string> brokers = KafkaBrokers();
    if (!brokers.has_value()) GTEST_SKIP() << kNoKafka;
    options = "brokers: '" + *brokers + "'";
  } else if (is("rabbitmq")) {
    const std::optional<std::string> url = RabbitMqUrl();
    if (!url.has_value()) GTEST_SKIP() << kNoRabbitMq;
    // A small window: whoever holds more than this at a time sees no more.
    options = "url: '" + *url + "', consumer: {prefetch: 10}";
  }
  const std::string yaml =
      "bus: {transport: " + GetParam() + "}\n" +
      (options.empty() ? "" : "transports: {" + GetParam() + ": {" + options + "}}\n") +
      "modules: {picky-service: {" + picky_ + "}}\n";
  absl::StatusOr<Setting> configuration = ParseSettings(yaml, "test.yaml");
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  configuration_ = *configuration;
  transports_ = DefaultTransports();
  for (TransportPlugin& each : transports_) {
    if (each.kind == "memory") each = MakeMemoryPlugin(MakeMemoryBroker());
  }
}

void GraveyardTest::TearDown() { Close(); }

void GraveyardTest::Open(int channel) {
  channel_ = channel;
  Reopen();
  // What an earlier run has left, where a broker outlives it.
  ASSERT_EQ(Letters()->Purge({}).status(), absl::OkStatus());
}

void GraveyardTest::Reopen() {
  BusOptions options;
  options.configuration = configuration_;
  options.transports = transports_;
  options.modules = CastOf(channel_).modules(diary_);
  options.events = {&type()};
  options.log = Log();
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  ASSERT_TRUE(bus.ok()) << bus.status();
  bus_ = *std::move(bus);
  ASSERT_EQ(bus_->WaitUntilReady(absl::Seconds(30)), absl::OkStatus());
}

void GraveyardTest::Close() {
  if (bus_ == nullptr) return;
  EXPECT_EQ(bus_->Close(absl::Seconds(20)), absl::OkStatus());
  bus_ = nullptr;
}

absl::Status GraveyardTest::Publish(std::int64_t number, const std::string& key) {
  return CastOf(channel_).publish(*bus_, number, key);
}

absl::Status GraveyardTest::PublishRaw(const std::string& type, const std::string& key,
                                       const std::string& body) {
  const TransportPlugin* plugin = nullptr;
  for (const TransportPlugin& each : transports_) {
    if (each.kind == GetParam()) plugin = &each;
  }
  absl::StatusOr<std::unique_ptr<Transport>> transport = plugin->make(
      GetParam(), configuration_.Find("transports").Find(GetParam()), SystemRuntime(), Log());
  if (!transport.ok()) return transport.status();
  absl::StatusOr<std::unique_ptr<Producer>> producer = (*transport)->OpenProducer();
  if (!producer.ok()) return producer.status();
  const HeaderView header{"origin", "elsewhere"};
  OutgoingMessage message;
  message.channel = kNames[static_cast<std::size_t>(channel_)];
  message.type = type;
  message.key = key;
  message.body = body;
  message.headers = {&header, 1};
  message.mandatory = false;
  absl::Mutex mu;
  std::optional<absl::Status> outcome;
  const absl::Time deadline = SystemRuntime().Now() + absl::Seconds(20);
  absl::Status sent = (*producer)->Send(message, deadline, [&](absl::Status status) {
    absl::MutexLock lock(&mu);
    outcome = std::move(status);
  });
  if (sent.ok()) {
    absl::MutexLock lock(&mu);
    mu.AwaitWithTimeout(
        absl::Condition(
            +[](std::optional<absl::Status>* value) { return value->has_value(); }, &outcome),
        absl::Seconds(30));
    sent = outcome.value_or(absl::DeadlineExceededError("no outcome in time"));
  }
  (void)(*producer)->Close(deadline);
  return sent;
}

std::unique_ptr<DeadLetters> GraveyardTest::Letters(std::stop_token stop, absl::Duration timeout) {
  DeadLettersOptions options;
  options.configuration = configuration_;
  options.transports = transports_;
  options.events = {&type()};
  options.log = Log();
  options.stop = std::move(stop);
  options.timeout = timeout;
  absl::StatusOr<std::unique_ptr<DeadLetters>> letters = DeadLetters::Open(std::move(options));
  EXPECT_TRUE(letters.ok()) << letters.status();
  return *std::move(letters);
}

std::vector<BuriedMessage> GraveyardTest::Listed(const DeadLetterFilter& filter) {
  std::vector<BuriedMessage> listed;
  const absl::Status status = Letters()->Browse(filter, [&](const BuriedMessage& message) {
    listed.push_back(message);
    return true;
  });
  EXPECT_EQ(status, absl::OkStatus());
  return listed;
}

::testing::AssertionResult GraveyardTest::Becomes(const std::function<bool()>& condition,
                                                  absl::Duration timeout) {
  Runtime& runtime = SystemRuntime();
  const absl::Time deadline = runtime.Now() + timeout;
  while (!condition()) {
    if (runtime.Now() >= deadline) return ::testing::AssertionFailure() << "it did not";
    runtime.SleepUntil(runtime.Now() + absl::Milliseconds(20));
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult GraveyardTest::Buried(std::size_t count,
                                                 const DeadLetterFilter& filter) {
  std::size_t last = 0;
  const auto result = Becomes([&] { return (last = Listed(filter).size()) == count; });
  if (result) return result;
  return ::testing::AssertionFailure() << last << " lie there, not " << count;
}

const EventType& GraveyardTest::type() const { return *CastOf(channel_).type; }
std::string GraveyardTest::channel() const {
  return std::string(kNames[static_cast<std::size_t>(channel_)]);
}

std::vector<std::int64_t> GraveyardTest::Numbers(const std::vector<BuriedMessage>& letters) {
  std::vector<std::int64_t> numbers;
  for (const BuriedMessage& letter : letters) {
    const std::string mark = "\"number\":";
    const std::size_t at = letter.body.find(mark);
    std::int64_t number = -1;
    if (at != std::string::npos) {
      const std::string rest = letter.body.substr(at + mark.size());
      (void)absl::SimpleAtoi(rest.substr(0, rest.find_first_not_of("-0123456789")), &number);
    }
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace omnibus::testing

template struct omnibus::Codec<omnibus::testing::Thing<0>>;
template struct omnibus::Codec<omnibus::testing::Thing<1>>;
template struct omnibus::Codec<omnibus::testing::Thing<2>>;
template struct omnibus::Codec<omnibus::testing::Thing<3>>;
template struct omnibus::Codec<omnibus::testing::Thing<4>>;
template struct omnibus::Codec<omnibus::testing::Thing<5>>;
template struct omnibus::Codec<omnibus::testing::Thing<6>>;
template struct omnibus::Codec<omnibus::testing::Thing<7>>;
template struct omnibus::Codec<omnibus::testing::Thing<8>>;
template struct omnibus::Codec<omnibus::testing::Thing<9>>;
template struct omnibus::Codec<omnibus::testing::Thing<10>>;
template struct omnibus::Codec<omnibus::testing::Thing<11>>;
template struct omnibus::Codec<omnibus::testing::Thing<12>>;
template struct omnibus::Codec<omnibus::testing::Thing<13>>;
template struct omnibus::Codec<omnibus::testing::Thing<14>>;
template struct omnibus::Codec<omnibus::testing::Thing<15>>;
