// Retries that are put off to the group's retry queue: order within the key, attempts and due times
// that outlive the process.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bus/delivery.h"
#include "bus/retry_queue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/bus.h"
#include "omnibus/configuration.h"
#include "omnibus/testing.h"
#include "omnibus/transports/memory.h"
#include "tests/core/bus/workshop.h"

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;
using workshop::Joiner;
using workshop::Ordered;

// The delays are 1, 2, 4 ... minutes.
constexpr char kMinutes[] =
    "modules: {joiner: {concurrency: 2, retry: {attempts: 4, first_delay: 1m, max_delay: 12h, "
    "jitter: 0}}}";

class RetryQueueTest : public ::testing::Test {
 protected:
  // Fails its first `failures_` attempts with "first"; notes what it did as "what/attempt".
  std::unique_ptr<omnibus::TestBus> Start(const std::string& configuration = kMinutes) {
    omnibus::TestBusOptions options;
    options.configuration = configuration;
    options.broker = broker_;
    options.start = now_;
    options.seed = ++starts_;  // or the next process would give its events the same ids
    return std::make_unique<omnibus::TestBus>(
        std::make_unique<Joiner>([this](const Ordered& order, omnibus::Context& context) {
          if (order.what == "first" && context.attempt() <= failures_) {
            return absl::UnavailableError("not now");
          }
          done_.push_back(order.what + "/" + std::to_string(context.attempt()));
          return absl::OkStatus();
        }),
        options);
  }

  // Stops one bus and starts the next one, a little later.
  std::unique_ptr<omnibus::TestBus> Restart(std::unique_ptr<omnibus::TestBus> bus,
                                            const std::string& configuration = kMinutes) {
    EXPECT_TRUE(bus->Close().ok());
    now_ = bus->runtime().WallTime() + absl::Seconds(1);
    bus.reset();
    return Start(configuration);
  }

  static void Order(omnibus::TestBus& bus, std::int64_t bench, const std::string& what) {
    ASSERT_TRUE(bus.Publish(Ordered{bench, what}).ok());
    bus.RunUntilIdle();
  }

  const std::shared_ptr<omnibus::MemoryBroker> broker_ = omnibus::MakeMemoryBroker();
  absl::Time now_ = omnibus::SimulatedRuntime::kStart;
  int failures_ = 1;
  std::uint64_t starts_ = 0;
  std::vector<std::string> done_;
};

TEST_F(RetryQueueTest, WhatIsPutOffComesWhenItIsDue) {
  const auto bus = Start();
  Order(*bus, 1, "first");
  bus->Advance(absl::Seconds(59));
  EXPECT_THAT(done_, IsEmpty());
  bus->Advance(absl::Seconds(2));
  EXPECT_THAT(done_, ElementsAre("first/2"));
  bus->Advance(absl::Hours(1));
  EXPECT_EQ(done_.size(), 1u);
}

TEST_F(RetryQueueTest, WhatFollowsUnderTheKeyComesBehindItAndOtherKeysFlow) {
  const auto bus = Start();
  Order(*bus, 1, "first");
  Order(*bus, 1, "second");
  Order(*bus, 2, "other");
  Order(*bus, 1, "third");
  EXPECT_THAT(done_, ElementsAre("other/1"));
  bus->Advance(absl::Seconds(61));
  EXPECT_THAT(done_, ElementsAre("other/1", "first/2", "second/1", "third/1"));
  Order(*bus, 1, "fourth");
  EXPECT_EQ(done_.back(), "fourth/1");
}

TEST_F(RetryQueueTest, OrderHoldsThroughSeveralRetries) {
  failures_ = 3;
  const auto bus = Start();
  Order(*bus, 1, "first");
  bus->Advance(absl::Seconds(30));
  Order(*bus, 1, "second");
  bus->Advance(absl::Minutes(2));
  Order(*bus, 1, "third");
  bus->Advance(absl::Minutes(3));
  EXPECT_THAT(done_, IsEmpty());
  bus->Advance(absl::Minutes(3));
  EXPECT_THAT(done_, ElementsAre("first/4", "second/1", "third/1"));
}

TEST_F(RetryQueueTest, AttemptsAndDueTimesOutliveTheProcess) {
  failures_ = 2;
  auto bus = Start();
  Order(*bus, 1, "first");
  bus->Advance(absl::Seconds(30));
  bus = Restart(std::move(bus));
  bus->Advance(absl::Seconds(28));
  bus->Advance(absl::Seconds(3));  // the second attempt, and now two minutes
  bus = Restart(std::move(bus));
  bus->Advance(absl::Seconds(110));
  EXPECT_THAT(done_, IsEmpty());
  bus->Advance(absl::Seconds(10));
  EXPECT_THAT(done_, ElementsAre("first/3"));
}

TEST_F(RetryQueueTest, OrderOutlivesTheProcess) {
  auto bus = Start();
  Order(*bus, 1, "first");
  Order(*bus, 1, "second");
  bus = Restart(std::move(bus));
  Order(*bus, 1, "third");
  Order(*bus, 2, "other");
  EXPECT_THAT(done_, ElementsAre("other/1"));
  bus->Advance(absl::Minutes(2));
  EXPECT_THAT(done_, ElementsAre("other/1", "first/2", "second/1", "third/1"));
}

TEST_F(RetryQueueTest, TheKeyGoesOnAfterItsDeadLetter) {
  failures_ = 9;
  const auto bus = Start();
  Order(*bus, 1, "first");
  Order(*bus, 1, "second");
  bus->Advance(absl::Minutes(8));
  ASSERT_EQ(bus->dead_letters().size(), 1u);
  EXPECT_EQ(bus->dead_letters()[0].attempts, 4);
  EXPECT_EQ(bus->dead_letters()[0].channel, "workshop.orders");
  EXPECT_THAT(done_, ElementsAre("second/1"));
}

TEST_F(RetryQueueTest, WhatIsPutOffForLongIsPutOffAnewAndKeepsItsOrder) {
  const auto bus = Start("modules: {joiner: {retry: {first_delay: 3h, jitter: 0}}}");
  Order(*bus, 1, "first");
  Order(*bus, 1, "second");
  bus->Advance(absl::Hours(2));
  Order(*bus, 1, "third");
  bus->Advance(absl::Minutes(59));
  EXPECT_THAT(done_, IsEmpty());
  bus->Advance(absl::Minutes(2));
  EXPECT_THAT(done_, ElementsAre("first/2", "second/1", "third/1"));
}

TEST_F(RetryQueueTest, WhatFindsNoRoomWaitsInTheProcess) {
  const auto bus = Start("modules: {joiner: {retry: {limit: 1, first_delay: 1m, jitter: 0}}}");
  for (std::int64_t bench = 1; bench <= 3; ++bench) Order(*bus, bench, "first");
  Order(*bus, 1, "second");
  Order(*bus, 4, "other");
  EXPECT_THAT(done_, ElementsAre("other/1"));
  bus->Advance(absl::Seconds(62));
  EXPECT_THAT(done_, ElementsAre("other/1", "first/2", "first/2", "first/2", "second/1"));
}

TEST_F(RetryQueueTest, UnorderedModulesPutNothingOffBehindAnother) {
  const auto bus =
      Start("modules: {joiner: {ordered: false, retry: {first_delay: 1m, jitter: 0}}}");
  Order(*bus, 1, "first");
  Order(*bus, 1, "second");
  EXPECT_THAT(done_, ElementsAre("second/1"));
  bus->Advance(absl::Seconds(61));
  EXPECT_THAT(done_, ElementsAre("second/1", "first/2"));
}

// A handler takes longer than its broker waits with the partition, which then stays here after all.
TEST_F(RetryQueueTest, WhatIsTakenAwayAndComesBackIsNotTakenForARepetition) {
  omnibus::TestBusOptions options;
  options.configuration =
      "channels: {workshop.orders: {partitions: 2}}\n"
      "transports: {memory: {release_timeout: 2s}}\n"
      "modules: {joiner: {concurrency: 8, retry: {first_delay: 1m, jitter: 0}}}";
  options.broker = broker_;
  omnibus::TestBus bus(
      std::make_unique<Joiner>([this](const Ordered& order, omnibus::Context& context) {
        if (order.what == "first" && context.attempt() == 1) {
          return absl::UnavailableError("not now");
        }
        if (order.what == "first") {
          context.runtime().SleepUntil(context.runtime().Now() + absl::Seconds(10));
        }
        done_.push_back(std::to_string(order.bench) + " " + order.what);
        return absl::OkStatus();
      }),
      options);
  std::vector<std::string> ordered;
  for (const std::string what : {"first", "second"}) {
    for (std::int64_t bench = 1; bench <= 8; ++bench) {
      Order(bus, bench, what);
      ordered.push_back(std::to_string(bench) + " " + what);
    }
  }
  bus.Advance(absl::Seconds(61));
  ASSERT_THAT(done_, IsEmpty());
  {
    // It would get one partition, and does not wait for it.
    omnibus::BusOptions other;
    other.configuration = *omnibus::ParseSettings(options.configuration, "test");
    other.transports.push_back(omnibus::MakeMemoryPlugin(broker_));
    other.modules.push_back(std::make_unique<Joiner>(
        [](const Ordered&, omnibus::Context&) { return absl::OkStatus(); }));
    other.runtime = &bus.runtime();
    const auto opened = omnibus::Bus::Open(std::move(other));
    ASSERT_TRUE(opened.ok()) << opened.status();
    bus.Advance(absl::Seconds(1));
  }
  ASSERT_THAT(done_, IsEmpty());
  bus.Advance(absl::Minutes(5));
  EXPECT_THAT(done_, UnorderedElementsAreArray(ordered));
}

TEST_F(RetryQueueTest, ItIsTheSameMessageEachTime) {
  const auto bus = Start();
  Order(*bus, 1, "first");
  bus->Advance(absl::Minutes(2));
  EXPECT_EQ(bus->handled().size(), 2u);
  EXPECT_EQ(bus->handled()[1].attempt, 2);
  EXPECT_EQ(bus->handled()[0].metadata.id, bus->handled()[1].metadata.id);
  EXPECT_EQ(bus->handled()[0].metadata, bus->handled()[1].metadata);
}

// Whoever stops hands on what lies before what has begun, whatever it is.
TEST(RetryCopyTest, ACopyReleasesWhatItsOriginalReleases) {
  using Release = omnibus::Delivery::Release;
  const auto as_it_is = [](absl::Time time) { return time; };
  for (const Release release : {Release::kNone, Release::kReplay, Release::kDrop, Release::kDone}) {
    omnibus::Delivery original;
    original.message.channel = "workshop.orders";
    original.release = release;
    const omnibus::RetryCopy copy(original, "joiner", as_it_is);
    omnibus::ReceivedMessage received;
    received.headers.assign(copy.message().headers.begin(), copy.message().headers.end());
    omnibus::Delivery delivery;
    omnibus::TakeRetryHeaders(received, delivery, as_it_is);
    EXPECT_EQ(delivery.release, release);
  }
}

// Whoever sends a letter back counts from where its release was, and others from what was put off
// before.
TEST(RetryCopyTest, WhereTheOriginalStoodInALogIsWorthMoreThanANumber) {
  const auto as_it_is = [](absl::Time time) { return time; };
  for (const std::int64_t offset : {-1, 0, 17}) {
    omnibus::Delivery original;
    original.message.channel = "workshop.orders";
    original.message.offset = offset;
    original.sequence = 5;
    const omnibus::RetryCopy copy(original, "joiner", as_it_is);
    omnibus::ReceivedMessage received;
    received.headers.assign(copy.message().headers.begin(), copy.message().headers.end());
    omnibus::Delivery delivery;
    omnibus::TakeRetryHeaders(received, delivery, as_it_is);
    EXPECT_EQ(received.offset, offset);
    EXPECT_EQ(delivery.sequence, offset < 0 ? 5u : 0u);
  }
}

}  // namespace
