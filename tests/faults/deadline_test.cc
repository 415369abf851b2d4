// Every public call that has a deadline keeps it, whatever the broker does: the same table of calls
// against each way in which a broker does not answer.
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/bus.h"
#include "omnibus/runtime.h"
#include "spdlog/spdlog.h"
#include "tests/core/bus/workshop.h"
#include "tests/faults/fault.h"
#include "tests/faults/stall_meter.h"
#include "tests/faults/transport_for_broker.h"

namespace omnibus::faults {
namespace {

using workshop::Ordered;

// What a call may take beyond its deadline.
constexpr absl::Duration kGrace = absl::Milliseconds(100);
constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr std::size_t kDisk = 48u << 20;
// A machine that kept this very process waiting for so long makes a measurement void: it is taken
// again, a few times.
constexpr absl::Duration kStalled = absl::Milliseconds(20);
constexpr int kMeasurements = 5;

absl::Time Now() { return SystemRuntime().Now(); }

constexpr char kChannel[] = "workshop.orders";  // of the Ordered

struct Suffering {
  Kind kind;
  std::string fault;
};

void PrintTo(const Suffering& suffering, std::ostream* out) {
  *out << KindName(suffering.kind) << " " << suffering.fault;
}

// What the calls of a transport are made on, prepared while the broker still answers.
struct TransportCalls {
  std::unique_ptr<Producer> producer;
  std::unique_ptr<Producer> flushed;
  std::vector<std::unique_ptr<Producer>> to_close;
  std::unique_ptr<Consumer> consumer;
  DeliveryTag held;
};

class DeadlineTest : public ::testing::TestWithParam<Suffering> {
 protected:
  void SetUp() override {
    if (!HasTransport(GetParam().kind)) GTEST_SKIP() << "this build has no transport for it";
    spdlog::set_level(spdlog::level::critical);  // the broker is gone: everybody says so
    const Fault fault = FaultNamed(GetParam().kind, GetParam().fault);
    broker_ = ProxiedBroker::Start(GetParam().kind, fault.needs_disk ? kDisk : 0);
    if (broker_ == nullptr) GTEST_SKIP() << "no such broker here, or no disk of its own for it";
    transport_ = MakeTransport(GetParam().kind, broker_->address());
    ASSERT_NE(transport_, nullptr);
    ASSERT_EQ(Declare("before", Now() + kPatience), absl::OkStatus());
    ASSERT_LT(TimeUntilItServes(*transport_, kChannel, kPatience), kPatience);
  }

  absl::Status Declare(const std::string& name, absl::Time deadline) {
    const Topology topology = {.channels = {{.name = name}, {.name = kChannel}},
                               .groups = {{.channel = kChannel,
                                           .domain = "test",
                                           .module = "measured",
                                           .types = {"thing.happened"}}}};
    return transport_->Declare(topology, DeclareMode::kDeclare, deadline);
  }

  // Calls, and fails if it does not end in time. A measurement while the machine stalled does not
  // count as one.
  void ExpectInTime(const std::string& name, absl::Duration within,
                    const std::function<void(absl::Time deadline)>& call) {
    for (int i = 1; i <= kMeasurements; ++i) {
      stalls_.Take();
      const absl::Time deadline = Now() + within;
      call(deadline);
      const absl::Duration late = Now() - deadline;
      const absl::Duration stalled = stalls_.Take();
      RecordProperty(absl::StrCat(name, "_late_ms"),
                     static_cast<int>(absl::ToInt64Milliseconds(late)));
      if (late <= kGrace) return;
      if (stalled < kStalled || i == kMeasurements) {
        ADD_FAILURE() << name << " ended " << absl::FormatDuration(late)
                      << " after its deadline; the machine stalled for "
                      << absl::FormatDuration(stalled);
        return;
      }
    }
  }

  std::shared_ptr<std::promise<absl::Time>> Send(Producer& producer, absl::Time deadline,
                                                 std::size_t bytes = 100) {
    auto ended = std::make_shared<std::promise<absl::Time>>();
    const std::string body(bytes, ' ');
    OutgoingMessage message;
    message.channel = kChannel;
    message.type = "thing.happened";
    message.key = "key";
    message.body = body;
    const absl::Status sent =
        producer.Send(message, deadline, [ended](absl::Status) { ended->set_value(Now()); });
    if (!sent.ok()) ended->set_value(Now());
    return ended;
  }

  std::unique_ptr<Producer> NewProducer() { return *transport_->OpenProducer(); }
  // One that has reached the broker.
  std::unique_ptr<Producer> UsedProducer() {
    std::unique_ptr<Producer> producer = NewProducer();
    Send(*producer, Now() + kPatience)->get_future().get();
    return producer;
  }
  std::unique_ptr<Consumer> NewConsumer() {
    return *transport_->OpenConsumer({.domain = "test",
                                      .module = "measured",
                                      .subscriptions = {{.channel = kChannel, .types = {}}}});
  }
  // One that holds a message, and is healthy.
  std::unique_ptr<Consumer> BusyConsumer(DeliveryTag& tag) {
    std::unique_ptr<Consumer> consumer = NewConsumer();
    const std::unique_ptr<Producer> producer = UsedProducer();
    std::vector<ConsumerEvent> events;
    while (events.empty() || events.back().kind != ConsumerEvent::Kind::kMessage) {
      EXPECT_TRUE(consumer->Wait(Now() + kPatience, 1, events).ok());
    }
    tag = events.back().message.tag;
    return consumer;
  }

  absl::StatusOr<std::unique_ptr<Bus>> OpenBus(absl::Duration open_timeout) {
    BusOptions options;
    options.transports = DefaultTransports();
    options.open_timeout = open_timeout;
    const std::string yaml =
        absl::StrCat("bus: {transport: ", KindName(GetParam().kind), "}\ntransports: {",
                     KindName(GetParam().kind), ": ",
                     TransportSettings(GetParam().kind, broker_->address()), "}");
    options.configuration = *ParseSettings(yaml, "configuration of the test");
    options.modules.push_back(std::make_unique<workshop::Joiner>(
        [](const Ordered&, Context&) { return absl::OkStatus(); }));
    options.events = EventTypesOf<Ordered>();
    return Bus::Open(std::move(options));
  }

  std::unique_ptr<Bus> ReadyBus() {
    absl::StatusOr<std::unique_ptr<Bus>> bus = OpenBus(kPatience);
    EXPECT_TRUE(bus.ok()) << bus.status();
    if (!bus.ok()) return nullptr;
    EXPECT_EQ((*bus)->WaitUntilReady(kPatience), absl::OkStatus());
    EXPECT_EQ((*bus)->Publish(Ordered{1, "chair"}), absl::OkStatus());
    return *std::move(bus);
  }

  TransportCalls PrepareTransport();
  void MeasureTransport(TransportCalls calls);
  void MeasureBus(std::vector<std::unique_ptr<Bus>> buses);

  const Victim victim_ = {.channel = kChannel, .module = "measured"};
  std::unique_ptr<ProxiedBroker> broker_;
  std::unique_ptr<Transport> transport_;
  StallMeter stalls_;
};

TransportCalls DeadlineTest::PrepareTransport() {
  TransportCalls calls;
  calls.producer = UsedProducer();
  calls.flushed = UsedProducer();
  for (int i = 0; i < kMeasurements + 1; ++i) calls.to_close.push_back(UsedProducer());
  calls.consumer = BusyConsumer(calls.held);
  return calls;
}

void DeadlineTest::MeasureTransport(TransportCalls calls) {
  // No structured binding: clang 14 lets no lambda use one.
  auto& producer = calls.producer;
  auto& flushed = calls.flushed;
  auto& closed = calls.to_close;
  auto& consumer = calls.consumer;
  auto& tag = calls.held;

  for (const absl::Duration within :
       {absl::ZeroDuration(), absl::Milliseconds(50), absl::Milliseconds(700)}) {
    ExpectInTime(absl::StrCat("send_", absl::ToInt64Milliseconds(within)), within,
                 [&](absl::Time deadline) { Send(*producer, deadline)->get_future().get(); });
  }
  // More than the sockets hold: a client that writes blindly would hang.
  ExpectInTime("send_much", absl::Milliseconds(700), [&](absl::Time deadline) {
    std::vector<std::shared_ptr<std::promise<absl::Time>>> sent;
    for (int i = 0; i < 30; ++i) sent.push_back(Send(*producer, deadline, 500'000));
    for (const auto& one : sent) one->get_future().get();
  });
  ExpectInTime("flush", absl::Milliseconds(300), [&](absl::Time deadline) {
    Send(*flushed, Now() + absl::Seconds(5));
    (void)flushed->Flush(deadline);
  });
  ExpectInTime("health", absl::ZeroDuration(), [&](absl::Time) {
    (void)producer->Health();
    (void)consumer->Health();
  });
  ExpectInTime("wait", absl::Milliseconds(300), [&](absl::Time deadline) {
    std::vector<ConsumerEvent> events;
    do {
      EXPECT_TRUE(consumer->Wait(deadline, 100, events).ok());
    } while (Now() < deadline);
  });
  ExpectInTime("declare", absl::Milliseconds(700),
               [&](absl::Time deadline) { (void)Declare("while", deadline); });
  ExpectInTime("open_producer", absl::ZeroDuration(),
               [&](absl::Time) { closed.push_back(NewProducer()); });
  ExpectInTime("settle", absl::ZeroDuration(), [&](absl::Time) {
    (void)consumer->Settle({&tag, 1});
  });
  ExpectInTime("release", absl::ZeroDuration(), [&](absl::Time) { consumer->Release(1); });
  ExpectInTime("interrupt", absl::ZeroDuration(), [&](absl::Time) { consumer->Interrupt(); });
  // One that never reached the broker, and one that holds something that was settled.
  ExpectInTime("close_new_consumer", absl::Milliseconds(300), [&](absl::Time deadline) {
    const std::unique_ptr<Consumer> late = NewConsumer();
    (void)late->Close(deadline);
  });
  ExpectInTime("close_consumer", absl::Milliseconds(300),
               [&](absl::Time deadline) { (void)consumer->Close(deadline); });
  ExpectInTime("close_producer", absl::Milliseconds(300), [&](absl::Time deadline) {
    Send(*closed.back(), Now() + absl::Seconds(5));
    (void)closed.back()->Close(deadline);
    closed.pop_back();
  });
  ExpectInTime("close_producer_at_once", absl::ZeroDuration(), [&](absl::Time deadline) {
    Send(*closed.back(), Now() + absl::Seconds(5));
    (void)closed.back()->Close(deadline);
    closed.pop_back();
  });
}

void DeadlineTest::MeasureBus(std::vector<std::unique_ptr<Bus>> buses) {
  std::vector<std::unique_ptr<Bus>> kept;  // closed ones: their destructors are no part of it
  Bus& bus = *buses[0];

  const PublishOptions soon = {.timeout = absl::Milliseconds(400)};
  ExpectInTime("publish", *soon.timeout, [&](absl::Time) {
    (void)bus.Publish(Ordered{1, "table"}, soon);
  });
  ExpectInTime("publish_async", *soon.timeout, [&](absl::Time) {
    std::vector<std::future<void>> outcomes;
    for (int i = 0; i < 100; ++i) {
      auto outcome = std::make_shared<std::promise<void>>();
      outcomes.push_back(outcome->get_future());
      bus.PublishAsync(
          Ordered{i, "bench"}, [outcome](absl::Status) { outcome->set_value(); }, soon);
    }
    for (std::future<void>& outcome : outcomes) outcome.get();
  });
  ExpectInTime("get_health", absl::ZeroDuration(), [&](absl::Time) { (void)bus.GetHealth(); });
  ExpectInTime("wait_until_ready", absl::Milliseconds(300),
               [&](absl::Time) { (void)bus.WaitUntilReady(absl::Milliseconds(300)); });
  ExpectInTime("open", absl::Milliseconds(900),
               [&](absl::Time) { (void)OpenBus(absl::Milliseconds(900)).status(); });
  // Another one for each measurement: once it is closed there is nothing to measure any more.
  ExpectInTime("close", absl::Milliseconds(600), [&](absl::Time) {
    ASSERT_GT(buses.size(), 3u);
    buses.back()->PublishAsync(Ordered{1, "shelf"}, [](absl::Status) {});
    (void)buses.back()->Close(absl::Milliseconds(600));
    kept.push_back(std::move(buses.back()));
    buses.pop_back();
  });
  buses.resize(3);
  ExpectInTime("close_at_once", absl::ZeroDuration(), [&](absl::Time) {
    ASSERT_GT(buses.size(), 1u);
    (void)buses.back()->Close(absl::ZeroDuration());
    kept.push_back(std::move(buses.back()));
    buses.pop_back();
  });
}

TEST_P(DeadlineTest, EveryCallEndsInTime) {
  TransportCalls calls = PrepareTransport();
  std::vector<std::unique_ptr<Bus>> buses;
  for (int i = 0; i < 5; ++i) {
    buses.push_back(ReadyBus());
    ASSERT_NE(buses.back(), nullptr);
  }
  ASSERT_TRUE(FaultNamed(GetParam().kind, GetParam().fault).begin(*broker_, victim_));
  // The bus first: nobody has noticed yet.
  MeasureBus(std::move(buses));
  MeasureTransport(std::move(calls));
  ASSERT_TRUE(FaultNamed(GetParam().kind, GetParam().fault).end(*broker_, victim_));
}

INSTANTIATE_TEST_SUITE_P(Brokers, DeadlineTest,
                         ::testing::Values(Suffering{Kind::kKafka, "frozen"},
                                           Suffering{Kind::kKafka, "black-hole"},
                                           Suffering{Kind::kKafka, "disk-full"},
                                           Suffering{Kind::kRabbitMq, "frozen"},
                                           Suffering{Kind::kRabbitMq, "black-hole"},
                                           Suffering{Kind::kRabbitMq, "memory-alarm"},
                                           Suffering{Kind::kRabbitMq, "disk-full"}),
                         [](const auto& param_info) {
                           std::string name = KindName(param_info.param.kind);
                           for (const char c : "_" + param_info.param.fault) {
                             name += c == '-' ? '_' : c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace omnibus::faults
