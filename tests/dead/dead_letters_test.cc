// Dead letters over each transport: what is seen, what comes back, what stays.
#include "omnibus/dead_letters.h"

#include <algorithm>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/dead/graveyard.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using DeadLettersTest = GraveyardTest;

constexpr char kPicky[] = "picky-service";
constexpr char kOther[] = "other-service";

bool HasHeader(const Metadata& metadata, const std::string& name, const std::string& value) {
  return std::any_of(metadata.headers.begin(), metadata.headers.end(), [&](const auto& header) {
    return header.name == name && header.value == value;
  });
}

std::vector<std::int64_t> Range(std::int64_t first, std::int64_t last, std::int64_t step = 1) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = first; i <= last; i += step) numbers.push_back(i);
  return numbers;
}

TEST_P(DeadLettersTest, TellWhatDiedAndWhy) {
  Open(0);
  ASSERT_EQ(Publish(7, "pen"), absl::OkStatus());
  std::vector<BuriedMessage> seen_first;  // as nobody has read and put it back yet
  ASSERT_TRUE(Becomes([&] { return (seen_first = Listed()).size() == 1; }));
  ASSERT_TRUE(Becomes([&] { return !diary_.entries(kOther).empty(); }));
  const BuriedMessage letter = Listed()[0];
  EXPECT_EQ(letter.module, kPicky);
  EXPECT_EQ(letter.domain, "dead-test");
  EXPECT_EQ(letter.channel, channel());
  EXPECT_EQ(letter.queue, channel() + ".picky-service.dead");
  EXPECT_EQ(letter.type, "thing.0");
  EXPECT_EQ(letter.key, "pen");
  EXPECT_EQ(letter.event_id, diary_.entries(kOther)[0].metadata.id);
  EXPECT_EQ(letter.reason, "NOT_FOUND");
  EXPECT_EQ(letter.detail, "no such place");
  EXPECT_EQ(letter.attempts, 1);
  EXPECT_EQ(letter.replayed, 0);
  EXPECT_TRUE(letter.first_failed_at.has_value());
  EXPECT_GE(*letter.last_failed_at, *letter.first_failed_at);
  EXPECT_EQ(letter.offset.has_value(), !is("rabbitmq"));
  EXPECT_THAT(letter.body, HasSubstr("\"number\":7"));
  for (const NamedValue& header : letter.headers) EXPECT_THAT(header.name, Not(HasSubstr("dead_")));
  EXPECT_EQ(letter.id, seen_first[0].id) << "it is called the same whenever it is looked at";
}

TEST_P(DeadLettersTest, ComeBackAsTheSameEventToTheModuleThatFailedAlone) {
  Open(1);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Publish(i, "pen"), absl::OkStatus());
  ASSERT_TRUE(Buried(3));
  ASSERT_TRUE(Becomes([&] { return diary_.entries(kOther).size() == 3; }));
  diary_.FailWith(absl::OkStatus());
  std::vector<absl::Status> told;
  RemovalOptions options;
  options.progress = [&](const BuriedMessage&, const absl::Status& status) {
    told.push_back(status);
  };
  const absl::StatusOr<RemovalTally> tally = Letters()->Replay({}, options);
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 3);
  EXPECT_EQ(tally->failed, 0);
  EXPECT_FALSE(tally->stopped);
  EXPECT_THAT(told, ElementsAre(absl::OkStatus(), absl::OkStatus(), absl::OkStatus()));
  ASSERT_TRUE(Becomes([&] { return diary_.entries(kPicky).size() == 3; }));
  EXPECT_THAT(diary_.numbers(kPicky), ElementsAre(0, 1, 2));
  for (std::size_t i = 0; i < 3; ++i) {
    const Metadata again = diary_.entries(kPicky)[i].metadata;
    const Metadata first = diary_.entries(kOther)[i].metadata;
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(again.idempotency_key, first.idempotency_key);
    EXPECT_EQ(again.correlation_id, first.correlation_id);
    EXPECT_EQ(again.occurred_at, first.occurred_at);
    EXPECT_EQ(again.key, first.key);
    EXPECT_TRUE(HasHeader(again, "dead_replayed", "1"));
    EXPECT_THAT(again.headers, SizeIs(first.headers.size() + 1));
  }
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_EQ(Letters()->Replay({})->done, 0);
  Close();
  EXPECT_THAT(diary_.entries(kOther), SizeIs(3)) << "it had them";
  EXPECT_THAT(diary_.entries(kPicky), SizeIs(3));
}

TEST_P(DeadLettersTest, ThatAreNotMeantStayInTheirOrder) {
  Open(2);
  for (int i = 1; i <= 35; ++i) {  // several windows
    ASSERT_EQ(Publish(i, i % 2 == 0 ? "even" : "odd"), absl::OkStatus());
  }
  ASSERT_TRUE(Buried(35));
  const absl::StatusOr<RemovalTally> purged = Letters()->Purge({.keys = {"odd"}});
  ASSERT_TRUE(purged.ok()) << purged.status();
  EXPECT_EQ(purged->done, 18);
  ASSERT_TRUE(Buried(17));
  for (int look = 0; look < 3; ++look) EXPECT_EQ(Numbers(Listed()), Range(2, 34, 2)) << look;
  const std::vector<BuriedMessage> listed = Listed();
  DeadLetterFilter some;
  for (int i : {0, 5, 16}) some.ids.push_back(listed[static_cast<std::size_t>(i)].id);
  some.ids.push_back(*listed[7].event_id);
  EXPECT_EQ(Letters()->Purge(some)->done, 4);
  ASSERT_TRUE(Buried(13));
  EXPECT_THAT(Numbers(Listed()), ElementsAre(4, 6, 8, 10, 14, 18, 20, 22, 24, 26, 28, 30, 32));
}

TEST_P(DeadLettersTest, AreFoundByWhatIsKnownOfThem) {
  Open(3);
  ASSERT_EQ(Publish(1, "a"), absl::OkStatus());
  ASSERT_TRUE(Buried(1));
  diary_.FailWith(absl::InvalidArgumentError("the cup is broken"));
  ASSERT_EQ(Publish(2, "b"), absl::OkStatus());
  ASSERT_TRUE(Buried(2));
  const auto numbers = [&](DeadLetterFilter filter) { return Numbers(Listed(filter)); };
  EXPECT_THAT(numbers({}), ElementsAre(1, 2));
  EXPECT_THAT(numbers({.modules = {kPicky}}), ElementsAre(1, 2));
  EXPECT_THAT(numbers({.modules = {"dead-test/picky-service"}}), ElementsAre(1, 2));
  EXPECT_THAT(numbers({.modules = {kOther}}), IsEmpty());
  EXPECT_THAT(numbers({.channels = {"elsewhere"}}), IsEmpty());
  EXPECT_THAT(numbers({.types = {"thing.3"}}), ElementsAre(1, 2));
  EXPECT_THAT(numbers({.types = {"thing.4"}}), IsEmpty());
  EXPECT_THAT(numbers({.keys = {"b", "c"}}), ElementsAre(2));
  EXPECT_THAT(numbers({.reasons = {"not_found"}}), ElementsAre(1));
  EXPECT_THAT(numbers({.reasons = {"Cup is"}}), ElementsAre(2));
  const std::vector<BuriedMessage> listed = Listed();
  DeadLetterFilter times;
  times.since = listed[1].last_failed_at;
  EXPECT_THAT(numbers(times), ElementsAre(2));
  times.before = listed[1].last_failed_at;
  EXPECT_THAT(numbers(times), IsEmpty());
  times.since.reset();
  EXPECT_THAT(numbers(times), ElementsAre(1));
  EXPECT_THAT(numbers({.ids = {*listed[0].event_id}}), ElementsAre(1));
}

TEST_P(DeadLettersTest, ThatDieAgainAreReplayedOnceEach) {
  Open(4);
  for (int i = 0; i < 25; ++i) ASSERT_EQ(Publish(i, "pen"), absl::OkStatus());
  ASSERT_TRUE(Buried(25));
  const absl::StatusOr<RemovalTally> tally = Letters()->Replay({});
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 25);
  ASSERT_TRUE(Becomes([&] {
    const std::vector<BuriedMessage> listed = Listed();
    return listed.size() == 25 && std::all_of(listed.begin(), listed.end(),
                                              [](const auto& each) { return each.replayed == 1; });
  }));
  EXPECT_EQ(Numbers(Listed()), Range(0, 24));
}

TEST_P(DeadLettersTest, AreReplayedWithAnotherPayloadThatKeepsToTheContract) {
  Open(5);
  for (int i = 1; i <= 2; ++i) ASSERT_EQ(Publish(i, "pen"), absl::OkStatus());
  ASSERT_TRUE(Buried(2));
  diary_.FailWith(absl::OkStatus());
  const std::vector<BuriedMessage> before = Listed();
  RemovalOptions options;
  options.edited = R"({"number": 10, "name": "ink"})";
  EXPECT_TRUE(absl::IsFailedPrecondition(Letters()->Replay({}, options).status()))
      << "there are two";
  const DeadLetterFilter one{.ids = {before[0].id}};
  for (
      const char* wrong :
      {R"({"number": "ten", "name": "ink"})", R"({"number": 10})", "{", "",
       R"({"event_id":"3f0c6c1e-0000-4000-8000-000000000000","eventId":"3f0c6c1e-0000-4000-8000-000000000000","eventType":"thing.5","occurred_at":"2030-01-01T00:00:00Z","occurredAt":"2030-01-01T00:00:00Z","correlation_id":"3f0c6c1e-0000-4000-8000-000000000000","idempotency_key":"3f0c6c1e-0000-4000-8000-000000000000","payload":{"number":1,"name":"x"},"data":{"number":1,"name":"x"}})"}) {
    options.edited = wrong;
    const absl::StatusOr<RemovalTally> refused = Letters()->Replay(one, options);
    EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << wrong << refused.status();
  }
  EXPECT_THAT(Listed(), SizeIs(2));
  options.edited = "\n {\"number\": 10, \"name\": \"ink\"} \n";
  options.dry_run = true;
  EXPECT_EQ(Letters()->Replay(one, options)->done, 1);
  EXPECT_THAT(Listed(), SizeIs(2)) << "nothing was done";
  options.dry_run = false;
  const absl::StatusOr<RemovalTally> replayed = Letters()->Replay(one, options);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->done, 1);
  ASSERT_TRUE(Becomes([&] { return !diary_.entries(kPicky).empty(); }));
  EXPECT_EQ(diary_.entries(kPicky)[0].number, 10);
  EXPECT_EQ(diary_.entries(kPicky)[0].metadata.id, before[0].event_id);
  ASSERT_TRUE(Buried(1));
  EXPECT_EQ(Numbers(Listed()), Range(2, 2));
}

TEST_P(DeadLettersTest, ThatWereNotReachedWhenItWasStoppedStay) {
  Open(6);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Publish(i, "pen"), absl::OkStatus());
  ASSERT_TRUE(Buried(20));
  for (int look = 0; look < 3; ++look) ASSERT_EQ(Numbers(Listed()), Range(0, 19)) << look;
  diary_.FailWith(absl::OkStatus());
  std::stop_source stop;
  int replayed = 0;
  RemovalOptions options;
  options.rate = 40;
  options.progress = [&](const BuriedMessage&, const absl::Status& status) {
    EXPECT_EQ(status, absl::OkStatus());
    if (++replayed == 7) stop.request_stop();
  };
  const absl::Time start = SystemRuntime().Now();
  const absl::StatusOr<RemovalTally> tally = Letters(stop.get_token())->Replay({}, options);
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_GE(SystemRuntime().Now() - start, absl::Milliseconds(150)) << "6 waits of 25 ms";
  EXPECT_TRUE(tally->stopped);
  EXPECT_GE(tally->done, 7);
  EXPECT_LT(tally->done, 20);
  EXPECT_EQ(tally->done, replayed);
  ASSERT_TRUE(Buried(static_cast<std::size_t>(20 - tally->done)));
  EXPECT_EQ(Numbers(Listed()), Range(tally->done, 19));
  ASSERT_TRUE(Becomes(
      [&] { return diary_.entries(kPicky).size() == static_cast<std::size_t>(tally->done); }));
}

TEST_P(DeadLettersTest, OfNobodyAreNone) {
  channel_ = 7;  // nobody has declared it
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_EQ(Letters()->Replay({})->done, 0);
  EXPECT_EQ(Letters()->Purge({})->done, 0);
}

INSTANTIATE_TEST_SUITE_P(Each, DeadLettersTest, ::testing::Values("memory", "kafka", "rabbitmq"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace omnibus::testing
