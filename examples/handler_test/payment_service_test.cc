// Tests of a handler, on the real bus, without a broker. Time is virtual: the minutes below pass in
// no time, and each run is the same.
#include "payment_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "omnibus/testing.h"

namespace shop {
namespace {

using ::testing::_;
using ::testing::NiceMock;
using ::testing::Return;

class MockBank : public Bank {
 public:
  MOCK_METHOD(absl::Status, Charge, (std::int64_t order_id, omnibus::Decimal amount), (override));
};

class PaymentServiceTest : public ::testing::Test {
 protected:
  static omnibus::TestBusOptions Options() {
    omnibus::TestBusOptions options;
    options.configuration = R"(
modules:
  payment-service:
    retry: { attempts: 4, first_delay: 10s, factor: 2, jitter: 0 }
)";
    return options;
  }

  void SetUp() override { ASSERT_TRUE(bus_.status().ok()) << bus_.status(); }

  void Ask(std::int64_t order_id, const omnibus::PublishOptions& options = {}) {
    const PaymentAsked event{order_id, omnibus::Decimal::FromUnits(315, 1)};
    const absl::Status status = bus_.Publish(event, options);
    ASSERT_TRUE(status.ok()) << status;
    bus_.RunUntilIdle();
  }

  const std::shared_ptr<NiceMock<MockBank>> bank_ = std::make_shared<NiceMock<MockBank>>();
  omnibus::TestBus bus_{std::make_unique<PaymentService>(bank_), Options()};
};

TEST_F(PaymentServiceTest, TellsThatTheBankHasPaid) {
  EXPECT_CALL(*bank_, Charge(7, omnibus::Decimal::FromUnits(3150, 2)));
  Ask(7);
  const std::vector<PaymentMade> made = bus_.Published<PaymentMade>();
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].order_id, 7);
}

TEST_F(PaymentServiceTest, AsksAgainWhenTheBankIsAway) {
  EXPECT_CALL(*bank_, Charge(7, _))
      .WillOnce(Return(absl::UnavailableError("closed")))
      .WillOnce(Return(absl::UnavailableError("still closed")))
      .WillOnce(Return(absl::OkStatus()));
  Ask(7);
  EXPECT_TRUE(bus_.Published<PaymentMade>().empty());
  bus_.Advance(absl::Seconds(29));  // the retries are after 10 s and 20 s more
  EXPECT_TRUE(bus_.Published<PaymentMade>().empty());
  bus_.Advance(absl::Seconds(2));
  EXPECT_EQ(bus_.Published<PaymentMade>().size(), 1u);
}

TEST_F(PaymentServiceTest, WhatTheBankRefusesIsADeadLetterAtOnce) {
  EXPECT_CALL(*bank_, Charge(7, _)).WillOnce(Return(absl::FailedPreconditionError("no money")));
  Ask(7);
  ASSERT_EQ(bus_.dead_letters().size(), 1u);
  EXPECT_EQ(bus_.dead_letters()[0].attempts, 1);
  EXPECT_TRUE(bus_.Published<PaymentMade>().empty());
}

TEST_F(PaymentServiceTest, ARepeatedEventIsPaidOnce) {
  EXPECT_CALL(*bank_, Charge(7, _)).Times(1);
  omnibus::PublishOptions same;
  same.idempotency_key = omnibus::RandomUuid(1, 2);
  Ask(7, same);
  Ask(7, same);
}

}  // namespace
}  // namespace shop
