#include "bus/needs.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/testing.h"
#include "tests/core/bus/workshop.h"

namespace omnibus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A broker that can do nothing but carry messages.
constexpr Capabilities kNothing;

class NeedsTest : public ::testing::Test {
 protected:
  NeedsTest() : joiner_([](const workshop::Ordered&, Context&) { return absl::OkStatus(); }) {
    plan_.module = &joiner_;
  }

  std::string Complaint() {
    const absl::Status status = CheckNeeds(plan_, "old", "carrier", kNothing);
    EXPECT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
    return std::string(status.message());
  }

  workshop::Joiner joiner_;
  ModulePlan plan_;
};

TEST_F(NeedsTest, AModuleThatNeedsNothingIsContentWithAnything) { EXPECT_EQ(Complaint(), ""); }

TEST_F(NeedsTest, EachIsToldWithModuleNeedTransportAndHelp) {
  plan_.description.Needs(Need::kOrderWithinKey);
  EXPECT_THAT(Complaint(),
              AllOf(HasSubstr("module workshop.joiner"), HasSubstr("order within a key"),
                    HasSubstr("transport old (carrier)"), HasSubstr("Kafka")));
  plan_.description.Needs(Need::kReplay);
  plan_.description.Needs(Need::kDelayedRetry);
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("replay"), HasSubstr("outlive the process")));
}

TEST_F(NeedsTest, ParkingNeedsSideQueues) {
  plan_.configuration.after_dead_letter = AfterDeadLetter::kPark;
  EXPECT_THAT(Complaint(), HasSubstr("after_dead_letter: continue"));
}

TEST_F(NeedsTest, WhatTheBrokerHasIsEnough) {
  for (const Need need : {Need::kOrderWithinKey, Need::kReplay, Need::kDelayedRetry}) {
    plan_.description.Needs(need);
  }
  const Capabilities all{.ordered_by_key = true, .replay = true, .side_queues = true};
  EXPECT_TRUE(CheckNeeds(plan_, "log", "kafka", all).ok());
}

}  // namespace
}  // namespace omnibus
