// Each fault does what its name says, and leaves a broker that serves.
#include "tests/faults/fault.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "omnibus/runtime.h"
#include "spdlog/spdlog.h"
#include "tests/faults/transport_for_broker.h"

namespace omnibus::faults {
namespace {

constexpr std::size_t kDisk = 48u << 20;
constexpr absl::Duration kPatience = absl::Seconds(20);

class FaultTest : public ::testing::TestWithParam<Kind> {
 protected:
  void Start(std::size_t disk_bytes = 0) {
    if (!HasTransport(GetParam())) GTEST_SKIP() << "this build has no transport for it";
    broker_ = ProxiedBroker::Start(GetParam(), disk_bytes);
    if (broker_ == nullptr) GTEST_SKIP() << "no such broker here";
    if (GetParam() == Kind::kRabbitMq) victim_.user = "victim";
    ASSERT_TRUE(PrepareVictim(*broker_, victim_));
    spdlog::set_level(spdlog::level::err);  // each fault is warned of, many times
    transport_ = MakeTransport(GetParam(), broker_->address(victim_.user));
    ASSERT_NE(transport_, nullptr);
    ASSERT_EQ(Declare(kPatience), absl::OkStatus());
    ASSERT_LT(TimeUntilItServes(*transport_, victim_.channel, kPatience), kPatience);
  }

  absl::Status Declare(absl::Duration within) {
    const Topology topology = {.channels = {{.name = victim_.channel}},
                               .groups = {{.channel = victim_.channel,
                                           .domain = "test",
                                           .module = victim_.module,
                                           .types = {"thing.happened"}}}};
    return transport_->Declare(topology, DeclareMode::kDeclare, SystemRuntime().Now() + within);
  }

  void Suffer(const Fault& fault) {
    SCOPED_TRACE(fault.name);
    ASSERT_TRUE(fault.begin(*broker_, victim_));
    // What makes publishing slower does not stop it.
    const bool stops =
        !fault.passes_by_itself && fault.name != "delayed" && fault.name != "throttled";
    if (stops) {
      EXPECT_EQ(TimeUntilItServes(*transport_, victim_.channel, absl::Milliseconds(700)),
                absl::InfiniteDuration())
          << "the fault does nothing";
    }
    ASSERT_TRUE(fault.end(*broker_, victim_));
    if (fault.destroys_messages) {
      ASSERT_EQ(Declare(kPatience), absl::OkStatus());
    }
    EXPECT_LT(TimeUntilItServes(*transport_, victim_.channel, kPatience), kPatience)
        << "it does not serve again";
  }

  Victim victim_ = {.channel = "events", .module = "billing"};
  std::unique_ptr<ProxiedBroker> broker_;
  std::unique_ptr<Transport> transport_;
};

TEST_P(FaultTest, StopsTheBrokerFromServingAndLeavesOneThatServes) {
  Start();
  if (IsSkipped() || HasFatalFailure()) return;
  for (const Fault& fault : FaultsOf(GetParam())) {
    if (!fault.needs_disk) Suffer(fault);
  }
}

TEST_P(FaultTest, FillsADiskAndEmptiesIt) {
  const std::vector<Fault> faults = FaultsOf(GetParam());
  const auto full = std::find_if(faults.begin(), faults.end(),
                                 [](const Fault& fault) { return fault.needs_disk; });
  if (full == faults.end()) {
    GTEST_SKIP() << "this broker is told that its disk is full, or its transport was not built";
  }
  Start(kDisk);
  if (IsSkipped() || HasFatalFailure()) return;
  Suffer(*full);
}

INSTANTIATE_TEST_SUITE_P(Brokers, FaultTest, ::testing::Values(Kind::kKafka, Kind::kRabbitMq),
                         [](const auto& param_info) { return KindName(param_info.param); });

}  // namespace
}  // namespace omnibus::faults
