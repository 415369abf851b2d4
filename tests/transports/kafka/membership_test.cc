// Members that come and go while all of them settle as fast as they can.
#include <atomic>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

using Kind = ConsumerEvent::Kind;

class KafkaMembershipTest : public KafkaTest {
 protected:
  // A member that settles each message at once, until it is told to end.
  class Member {
   public:
    Member(KafkaMembershipTest& test, const std::string& topic)
        : test_(test),
          consumer_(Join(*test.members_, topic, "billing")),
          thread_([this] { Run(); }) {}
    ~Member() {
      ending_ = true;
      consumer_->Interrupt();
      thread_.join();
      EXPECT_EQ(consumer_->Close(In(absl::Seconds(15))), absl::OkStatus());
    }
    const Consumer& consumer() const { return *consumer_; }

   private:
    void Run() {
      while (!ending_) {
        std::vector<ConsumerEvent> events;
        EXPECT_EQ(consumer_->Wait(In(absl::Milliseconds(100)), 50, events), absl::OkStatus());
        for (const ConsumerEvent& event : events) {
          if (event.kind == Kind::kMessage) test_.Take(*consumer_, event.message);
          if (event.kind == Kind::kRevoked) consumer_->Release(event.epoch);
          if (event.kind == Kind::kLost) ++test_.lost_;
        }
      }
    }

    KafkaMembershipTest& test_;
    const std::unique_ptr<Consumer> consumer_;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
  };

  void SetUp() override {
    KafkaTest::SetUp();
    if (transport_ == nullptr) return;
    // A commit is due nearly always, so one of them meets each moment of a rebalance.
    KafkaOptions options = Options();
    options.commit_every = 1;
    options.commit_after = absl::Milliseconds(1);
    members_ = Connect(options);
  }

  void Take(Consumer& consumer, const ReceivedMessage& message) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++taken_[std::string(message.body)];
    }
    consumer.Settle({&message.tag, 1});
  }

  std::size_t taken() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return taken_.size();
  }

  std::unique_ptr<Transport> members_;
  std::atomic<int> lost_ = 0;
  std::mutex mutex_;
  std::map<std::string, int> taken_;
};

TEST_F(KafkaMembershipTest, NobodyLosesItsPartitionsToACommitThatComesBehindAJoin) {
  constexpr int kComings = 12;
  const std::string topic = Topic(12);
  std::atomic<bool> ending = false;
  int published = 0;
  std::thread publisher([&] {
    auto producer = *transport_->OpenProducer();
    std::vector<std::future<absl::Status>> outcomes;
    while (!ending) {
      const std::string number = absl::StrCat(published++);
      outcomes.push_back(Send(*producer, topic, number, number));
      SystemRuntime().SleepUntil(In(absl::Microseconds(500)));
    }
    for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), absl::OkStatus());
  });
  {
    const Member one(*this, topic);
    const Member two(*this, topic);
    EXPECT_TRUE(WaitUntilHealthy(one.consumer()) && WaitUntilHealthy(two.consumer()));
    for (int i = 0; i < kComings; ++i) {
      // It goes as soon as it has come: others still give it what is its share.
      const Member third(*this, topic);
      EXPECT_TRUE(WaitUntilHealthy(third.consumer()));
    }
    ending = true;
    publisher.join();
    EXPECT_TRUE(Eventually([&] { return taken() == static_cast<std::size_t>(published); }));
  }
  EXPECT_EQ(lost_, 0);
  int again = 0;
  for (const auto& [body, times] : taken_) again += times - 1;
  EXPECT_EQ(again, 0) << "of " << published;
}

TEST_F(KafkaMembershipTest, NobodysReaderUsesNoProcessorWhileNothingComes) {
  const std::string topic = Topic(3);
  auto reader = Join(topic, "");
  ASSERT_TRUE(WaitUntilHealthy(*reader));
  const std::clock_t before = std::clock();  // of the processor's time
  std::vector<ConsumerEvent> events;
  const absl::Time until = In(absl::Seconds(1));
  while (SystemRuntime().Now() < until)
    ASSERT_EQ(reader->Wait(until, 10, events), absl::OkStatus());
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 4);
}

}  // namespace
}  // namespace omnibus::testing
