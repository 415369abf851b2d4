// Health is red within two heartbeats of losing the broker, in the direction that is lost, green
// again by itself, and never green while the consumer is not registered at the broker.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/runtime.h"
#include "spdlog/spdlog.h"
#include "tests/faults/bus_on_trial.h"
#if OMNIBUS_HAS_KAFKA
#include "tests/faults/kafka_actions.h"
#endif
#include "tests/faults/rabbitmq_actions.h"
#include "tests/faults/transport_for_broker.h"

namespace omnibus::faults {
namespace {

using workshop::Ordered;

constexpr absl::Duration kPatience = absl::Seconds(30);
// For the thread that looks, on a loaded machine.
constexpr absl::Duration kLook = absl::Milliseconds(200);

absl::Time Now() { return SystemRuntime().Now(); }

// What a fault takes away. One direction's health is its connection's: where the broker refuses
// single channels, the outcomes of publishing say so, and health may say either.
enum class Direction { kLost, kKept, kEither };
struct Loss {
  std::string fault;
  Direction publishing = Direction::kLost;
  Direction consuming = Direction::kLost;
};

class HealthTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (!HasTransport(GetParam())) GTEST_SKIP() << "this build has no transport for it";
    spdlog::set_level(spdlog::level::critical);
    broker_ = ProxiedBroker::Start(GetParam());
    if (broker_ == nullptr) GTEST_SKIP() << "no such broker here";
    if (GetParam() == Kind::kRabbitMq) victim_.user = "victim";
    ASSERT_TRUE(PrepareVictim(*broker_, victim_));
    absl::StatusOr<std::unique_ptr<Bus>> bus =
        OpenBusOnTrial(GetParam(), broker_->address(victim_.user),
                       [](const Ordered&, Context&) { return absl::OkStatus(); });
    ASSERT_TRUE(bus.ok()) << bus.status();
    bus_ = *std::move(bus);
    ASSERT_TRUE(bus_->Publish(Ordered{1, "chair"}).ok());
    ASSERT_TRUE(TurnsGreen());
  }

  void TearDown() override {
    publishing_ = false;
    if (traffic_ != nullptr) traffic_->Join();
  }

  // A broker tells about an alarm only whoever publishes.
  void StartTraffic() {
    publishing_ = true;
    traffic_ = SystemRuntime().Spawn("traffic", [this] {
      while (publishing_) {
        bus_->PublishAsync(Ordered{1, "chair"}, [](absl::Status) {},
                           {.timeout = absl::Milliseconds(500)});
        SystemRuntime().SleepUntil(Now() + absl::Milliseconds(50));
      }
    });
  }

  std::optional<LinkHealth> Part(const std::string& begin) const {
    for (const Health::Part& part : bus_->GetHealth().parts) {
      if (part.name.rfind(begin, 0) == 0) return part.link;
    }
    return std::nullopt;
  }
  bool Green(const std::string& part) const { return Part(part)->healthy; }

  static bool Eventually(const std::function<bool()>& condition, absl::Duration patience) {
    const absl::Time deadline = Now() + patience;
    while (!condition()) {
      if (Now() > deadline) return false;
      SystemRuntime().SleepUntil(Now() + absl::Milliseconds(5));
    }
    return true;
  }
  bool TurnsGreen() const {
    return Eventually([&] { return bus_->GetHealth().healthy; }, kPatience);
  }

  // Whether the broker knows our consumer.
  bool IsRegistered() const {
#if OMNIBUS_HAS_KAFKA
    if (GetParam() == Kind::kKafka) return MembersOf(broker_->broker(), "workshop.joiner") == 1;
#endif
    return ConsumersOf(broker_->broker(), absl::StrCat(kOrders, ".joiner")) == 1;
  }

  void Suffer(const Loss& loss) {
    SCOPED_TRACE(loss.fault);
    const bool publishing = loss.publishing == Direction::kLost;
    const bool consuming = loss.consuming == Direction::kLost;
    const Fault fault = FaultNamed(GetParam(), loss.fault);
    ASSERT_TRUE(fault.begin(*broker_, victim_));
    const absl::Time begun = Now();
    absl::Time publish_red = absl::InfiniteFuture();
    absl::Time consume_red = absl::InfiniteFuture();
    const auto look = [&] {
      if (publish_red > Now() && !Green("publish")) publish_red = Now();
      if (consume_red > Now() && !Green("consume")) consume_red = Now();
      return (!publishing || publish_red <= Now()) && (!consuming || consume_red <= Now());
    };
    const absl::Duration bound = TwoHeartbeats(GetParam()) + kLook;
    Eventually(look, bound + absl::Seconds(5));
    const auto shown = [&](absl::Time red) {
      return red == absl::InfiniteFuture() ? "never" : absl::FormatDuration(red - begun);
    };
    std::printf("%-24s publish red after %s, consume red after %s\n", loss.fault.c_str(),
                shown(publish_red).c_str(), shown(consume_red).c_str());
    if (publishing) {
      EXPECT_LE(publish_red - begun, bound);
    } else if (loss.publishing == Direction::kKept) {
      EXPECT_TRUE(Green("publish")) << Part("publish")->detail;
    }
    if (consuming) {
      EXPECT_LE(consume_red - begun, bound);
    } else if (loss.consuming == Direction::kKept) {
      EXPECT_TRUE(Green("consume")) << Part("consume")->detail;
    }
    // It stays red for as long as it lasts.
    const absl::Time until = Now() + TwoHeartbeats(GetParam());
    bool stays = true;
    while (Now() < until && stays) {
      stays = !(publishing && Green("publish")) && !(consuming && Green("consume"));
      EXPECT_TRUE(stays) << "green again, while it lasts";
      SystemRuntime().SleepUntil(Now() + absl::Milliseconds(5));
    }

    ASSERT_TRUE(fault.end(*broker_, victim_));
    const absl::Time ended = Now();
    EXPECT_TRUE(TurnsGreen()) << "publish: " << Part("publish")->detail
                              << "; consume: " << Part("consume")->detail;
    std::printf("%-24s green again after %s\n", "", absl::FormatDuration(Now() - ended).c_str());
    EXPECT_TRUE(IsRegistered()) << "green, and the broker does not know the consumer";
    // What was deleted may have been missed only now, and is to be there for the next round.
    EXPECT_TRUE(Eventually([&] { return bus_->Publish(Ordered{1, "chair"}).ok(); }, kPatience));
    EXPECT_TRUE(Eventually([&] { return Green("consume") && IsRegistered(); }, kPatience))
        << Part("consume")->detail;
  }

  Victim victim_ = {.channel = kOrders, .module = "joiner"};
  std::unique_ptr<ProxiedBroker> broker_;
  std::unique_ptr<Bus> bus_;
  std::atomic<bool> publishing_ = false;
  std::unique_ptr<Thread> traffic_;
};

TEST_P(HealthTest, IsRedWithinTwoHeartbeatsOfLosingTheBrokerAndGreenAgainByItself) {
  for (const char* fault : {"frozen", "black-hole", "black-hole-to-broker", "black-hole-to-client",
                            "refused", "killed", "stopped"}) {
    Suffer({.fault = fault});
  }
}

TEST_P(HealthTest, IsRedInTheDirectionThatTheBrokerRefuses) {
  StartTraffic();
  if (GetParam() == Kind::kRabbitMq) {
    Suffer({.fault = "memory-alarm", .consuming = Direction::kKept});
    Suffer({.fault = "disk-full", .consuming = Direction::kKept});
  }
  Suffer({.fault = "revoked", .publishing = Direction::kEither});
}

TEST_P(HealthTest, IsNeverGreenWhileTheConsumerIsNotRegistered) {
  // What destroys the registration alone, or lasts so long that the broker forgets us.
  const Fault deleted = FaultNamed(GetParam(), "deleted");
  const Fault hole = FaultNamed(GetParam(), "black-hole");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(deleted.begin(*broker_, victim_));
    EXPECT_TRUE(Eventually([&] { return Green("consume") && IsRegistered(); }, kPatience))
        << Part("consume")->detail;
    ASSERT_TRUE(hole.begin(*broker_, victim_));
    ASSERT_TRUE(Eventually([&] { return !IsRegistered(); }, kPatience)) << "it is not forgotten";
    EXPECT_FALSE(Green("consume"));
    ASSERT_TRUE(hole.end(*broker_, victim_));
    ASSERT_TRUE(Eventually([&] { return Green("consume"); }, kPatience));
    EXPECT_TRUE(IsRegistered()) << "green, and the broker does not know the consumer";
    // What was deleted may have been missed only now, and is to be there for the next round.
    EXPECT_TRUE(Eventually([&] { return bus_->Publish(Ordered{1, "chair"}).ok(); }, kPatience));
    EXPECT_TRUE(Eventually([&] { return Green("consume") && IsRegistered(); }, kPatience))
        << Part("consume")->detail;
  }
}

INSTANTIATE_TEST_SUITE_P(Brokers, HealthTest, ::testing::Values(Kind::kKafka, Kind::kRabbitMq),
                         [](const auto& param_info) { return KindName(param_info.param); });

}  // namespace
}  // namespace omnibus::faults
