#include "transports/rabbitmq/nacked_publishes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace omnibus::rabbitmq {
namespace {

using ::testing::ElementsAre;

PublishRecordPtr Record(std::uint64_t number, std::string_view channel) {
  OutgoingMessage message;
  message.channel = channel;
  message.type = "type";
  message.id = "id";
  auto record = std::make_unique<PublishRecord>();
  EXPECT_EQ(record->Fill(message, 100), absl::OkStatus());
  record->number = number;
  return record;
}

TEST(NackedPublishes, GoBackInTheOrderInWhichTheyWereSentBeforeAllOthers) {
  const absl::Time now = absl::UnixEpoch();
  NackedPublishes nacked;
  nacked.Add(Record(3, "events"), now);
  nacked.Add(Record(1, "events"), now);
  std::deque<PublishRecordPtr> waiting;
  waiting.push_back(Record(5, "events"));
  nacked.MoveTo(waiting);
  std::vector<std::uint64_t> numbers;
  for (const PublishRecordPtr& record : waiting) numbers.push_back(record->number);
  EXPECT_THAT(numbers, ElementsAre(1, 3, 5));
  EXPECT_TRUE(nacked.empty());
}

TEST(NackedPublishes, HoldBackWhatGoesToTheSameChannelAndNothingElse) {
  const absl::Time now = absl::UnixEpoch();
  NackedPublishes nacked;
  EXPECT_FALSE(nacked.Holds(*Record(1, "events")));
  nacked.Add(Record(1, "events"), now);
  EXPECT_TRUE(nacked.Holds(*Record(2, "events")));
  EXPECT_FALSE(nacked.Holds(*Record(2, "others")));
}

TEST(NackedPublishes, AreDueAPauseAfterTheFirst) {
  const absl::Time now = absl::UnixEpoch();
  NackedPublishes nacked;
  EXPECT_EQ(nacked.due(), absl::InfiniteFuture());
  nacked.Add(Record(1, "events"), now);
  const absl::Time due = nacked.due();
  EXPECT_GT(due, now);
  nacked.Add(Record(2, "events"), now + absl::Milliseconds(150));
  EXPECT_EQ(nacked.due(), due) << "nobody waits longer for those that come after it";
}

}  // namespace
}  // namespace omnibus::rabbitmq
