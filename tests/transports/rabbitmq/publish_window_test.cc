#include "transports/rabbitmq/publish_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace omnibus::rabbitmq {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PublishWindowTest : public ::testing::Test {
 protected:
  void Add(std::string_view id, std::string_view key = "") {
    OutgoingMessage message;
    message.channel = "events";
    message.type = "type";
    message.id = id;
    message.key = key;
    message.body = "body";
    auto record = std::make_unique<PublishRecord>();
    ASSERT_EQ(record->Fill(message, 100), absl::OkStatus());
    record->done = [](absl::Status) {};
    window_.Add(std::move(record));
  }

  std::vector<std::string> Take(std::uint64_t number, bool multiple) {
    std::vector<std::string> taken;
    window_.Take(number, multiple,
                 [&](PublishRecordPtr record) { taken.emplace_back(record->id()); });
    return taken;
  }

  PublishWindow window_{4};
};

TEST_F(PublishWindowTest, KnowsWhatIsFollowedByOneOfItsKey) {
  for (const char* key : {"a", "b", "a", ""}) Add("id", key);
  std::vector<bool> followed;
  const auto taker = [&](PublishRecordPtr record) {
    followed.push_back(window_.IsFollowed(*record));
  };
  window_.Take(3, false, taker);
  window_.Take(1, false, taker);  // though the later one is out already
  window_.Take(2, false, taker);
  window_.Take(4, false, taker);
  EXPECT_THAT(followed, ElementsAre(false, true, false, false));
  // Slots are used again.
  for (const char* key : {"a", "", "b", "b"}) Add("id", key);
  followed.clear();
  window_.Take(8, true, taker);
  EXPECT_THAT(followed, ElementsAre(false, false, true, false));
}

TEST_F(PublishWindowTest, ConfirmsComeInAnyOrderOneOrManyAtATime) {
  for (const char* id : {"a", "b", "c", "d"}) Add(id);
  EXPECT_TRUE(window_.full());
  EXPECT_THAT(Take(2, false), ElementsAre("b"));
  EXPECT_TRUE(window_.full()) << "the oldest is still out";
  EXPECT_THAT(Take(2, false), IsEmpty()) << "twice";
  EXPECT_THAT(Take(3, true), ElementsAre("a", "c"));
  EXPECT_FALSE(window_.full());
  Add("e");
  Add("f");
  EXPECT_THAT(Take(0, true), ElementsAre("d", "e", "f"));
  EXPECT_TRUE(window_.empty());
  EXPECT_THAT(Take(0, true), IsEmpty());
  EXPECT_THAT(Take(99, true), IsEmpty()) << "never sent";
}

TEST_F(PublishWindowTest, RestartsAtOneWithWhatIsUnconfirmedInOrder) {
  for (const char* id : {"a", "b", "c"}) Add(id);
  Take(2, false);
  std::vector<std::string> left;
  window_.Restart([&](PublishRecordPtr record) { left.emplace_back(record->id()); });
  EXPECT_THAT(left, ElementsAre("a", "c"));
  Add("x");
  EXPECT_THAT(Take(1, false), ElementsAre("x"));
}

TEST_F(PublishWindowTest, FindsTheOldestThatLooksTheSameAndHasNoOutcome) {
  for (const char* id : {"a", "b", "b"}) Add(id);
  PublishRecord* const first = window_.Find("events", "type", "b", "body");
  ASSERT_NE(first, nullptr);
  first->done = nullptr;
  PublishRecord* const second = window_.Find("events", "type", "b", "body");
  ASSERT_NE(second, nullptr);
  EXPECT_NE(first, second);
  second->done = nullptr;
  EXPECT_EQ(window_.Find("events", "type", "b", "body"), nullptr);
  EXPECT_EQ(window_.Find("events", "other", "a", "body"), nullptr);
  EXPECT_EQ(window_.Find("events", "type", "a", "other"), nullptr);
}

}  // namespace
}  // namespace omnibus::rabbitmq
