// The kit finds fault with a transport that deserves it. These are decorators over memory, as a
// transport of somebody else's might be, each wrong in one way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <sstream>
#include <utility>

#include "omnibus/transport_testing.h"
#include "omnibus/transports/memory.h"

namespace omnibus::transport_testing {
namespace {

using ::testing::HasSubstr;

enum class Flaw { kNone, kLoses, kRepeats, kConfirmsWhatItRefused };

class FlawedProducer final : public Producer {
 public:
  FlawedProducer(std::unique_ptr<Producer> inner, Flaw flaw)
      : inner_(std::move(inner)), flaw_(flaw) {}

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    const bool now = ++sent_ % 7 == 0;
    if (flaw_ == Flaw::kLoses && now) {
      std::move(done)(absl::OkStatus());
      return absl::OkStatus();
    }
    if (flaw_ == Flaw::kRepeats && now) {
      (void)inner_->Send(message, deadline, [](absl::Status) {});
    }
    if (flaw_ == Flaw::kConfirmsWhatItRefused) {
      return inner_->Send(message, deadline, [done = std::move(done)](absl::Status) mutable {
        std::move(done)(absl::OkStatus());
      });
    }
    return inner_->Send(message, deadline, std::move(done));
  }
  absl::Status Flush(absl::Time deadline) override { return inner_->Flush(deadline); }
  absl::Status Close(absl::Time deadline) override { return inner_->Close(deadline); }
  LinkHealth Health() const override { return inner_->Health(); }

 private:
  const std::unique_ptr<Producer> inner_;
  const Flaw flaw_;
  std::atomic<int> sent_ = 0;
};

class FlawedTransport final : public Transport {
 public:
  FlawedTransport(std::unique_ptr<Transport> inner, Flaw flaw)
      : inner_(std::move(inner)), flaw_(flaw) {}

  Capabilities GetCapabilities() const override { return inner_->GetCapabilities(); }
  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    return inner_->Declare(topology, mode, deadline);
  }
  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    absl::StatusOr<std::unique_ptr<Producer>> producer = inner_->OpenProducer();
    if (!producer.ok()) return producer;
    return std::make_unique<FlawedProducer>(*std::move(producer), flaw_);
  }
  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    return inner_->OpenConsumer(options);
  }

 private:
  const std::unique_ptr<Transport> inner_;
  const Flaw flaw_;
};

TransportUnderTest With(Flaw flaw) {
  TransportUnderTest mine;
  mine.name = "flawed";
  mine.declared.properties = true;
  mine.declared.ordered_by_key = true;
  mine.declared.replay = true;
  mine.declared.side_queues = true;
  mine.declared.routes_by_type = true;
  mine.declared.moves_sources = true;
  mine.make = [broker = MakeMemoryBroker(),
               flaw](const MakeOptions& make) -> absl::StatusOr<std::unique_ptr<Transport>> {
    MemoryOptions options;
    options.broker = broker;
    absl::StatusOr<std::unique_ptr<Transport>> memory =
        MakeMemoryTransport(std::move(options), *make.runtime, nullptr);
    if (!memory.ok()) return memory;
    return std::make_unique<FlawedTransport>(*std::move(memory), flaw);
  };
  return mine;
}

Score ScoreOf(const TransportUnderTest& under_test, const std::string& only) {
  Settings settings;
  settings.patience = absl::Seconds(2);
  settings.only = only;
  return Examine(under_test, settings);
}

TEST(Kit, PassesWhatIsRight) {
  const Score score = ScoreOf(With(Flaw::kNone), "DeliversEverythingOnce");
  EXPECT_FALSE(score.failed());
  EXPECT_EQ(score.VerdictOf(1), Verdict::kPassed);
  EXPECT_EQ(score.VerdictOf(2), Verdict::kNotTested) << "nobody asked for it";
}

TEST(Kit, FindsWhatIsLost) {
  const Score score = ScoreOf(With(Flaw::kLoses), "DeliversEverythingOnce");
  EXPECT_EQ(score.VerdictOf(1), Verdict::kFailed);
  std::ostringstream table;
  PrintTable(score, table);
  EXPECT_THAT(table.str(), HasSubstr("DeliversEverythingOnce: FAILED"));
  EXPECT_THAT(ToJson(score), HasSubstr("\"verdict\":\"FAILED\""));
}

TEST(Kit, FindsWhatIsRepeated) {
  EXPECT_EQ(ScoreOf(With(Flaw::kRepeats), "DeliversEverythingOnce").VerdictOf(1), Verdict::kFailed);
}

TEST(Kit, FindsAConfirmThatIsNone) {
  const Score score = ScoreOf(With(Flaw::kConfirmsWhatItRefused), "AChannelThatNobodyDeclared");
  EXPECT_EQ(score.VerdictOf(23), Verdict::kFailed);
}

TEST(Kit, FindsWhatIsDeclaredAndAbsentAndWhatIsThereUndeclared) {
  TransportUnderTest mine = With(Flaw::kNone);
  mine.declared.routes_by_type = false;
  EXPECT_EQ(ScoreOf(mine, "OtherTypesStayAway").VerdictOf(50), Verdict::kFailed);
  mine = With(Flaw::kNone);
  mine.declared.acknowledges_each = true;
  mine.declared.remembers_settled_out_of_order = false;
  EXPECT_EQ(ScoreOf(mine, "SettledOutOfOrderIsRemembered").VerdictOf(50), Verdict::kFailed);
}

TEST(Kit, SaysWhatItCouldNotTest) {
  TransportUnderTest mine = With(Flaw::kNone);
  mine.declared.remote = true;
  const Score score = ScoreOf(mine, "ARestartOfTheBroker");
  EXPECT_FALSE(score.failed());
  EXPECT_EQ(score.VerdictOf(39), Verdict::kNotTested);
  EXPECT_THAT(score.results.at(0).detail, HasSubstr("Faults::"));
}

}  // namespace
}  // namespace omnibus::transport_testing
