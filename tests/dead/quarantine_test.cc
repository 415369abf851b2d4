// Messages that nobody can read, among good ones: each is put away with its bytes and a reason, in
// order, and comes back as it was.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/dead/graveyard.h"

namespace omnibus::testing {
namespace {

using ::testing::Not;

using QuarantineTest = GraveyardTest;

struct Bad {
  std::string name;
  std::string body;
};

std::vector<Bad> BadMessages() {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  std::string deep;
  for (int i = 0; i < 20000; ++i) deep += R"({"payload":)";
  std::string deep_list = R"({"payload":)" + std::string(50000, '[');
  return {{"empty", ""},
          {"white space", " \n\t "},
          {"a word", "hello"},
          {"every byte", all_bytes},
          {"zeros", std::string(1000, '\0')},
          {"half an object", R"({"event_id":"3f0c6c1e-0000-4000-8000-00)"},
          {"a list", "[1,2,3]"},
          {"a number", "42"},
          {"null", "null"},
          {"no fields", "{}"},
          {"deep objects", deep},
          {"deep lists", deep_list},
          {"a huge number", R"({"payload":{"number":)" + std::string(100000, '9') + "}}"},
          {"invalid UTF-8", "{\"payload\":\"\xff\xfe\xc3\x28\"}"},
          {"a lone surrogate", R"({"payload":"\ud800"})"},
          {"a byte order mark", "\xef\xbb\xbf{}"},
          {"huge", std::string(700'000, 'x')},
          {"two messages", "{}{}"}};
}

TEST_P(QuarantineTest, TakesEachUnreadableMessageWithItsBytesAndAReasonWhileGoodOnesFlow) {
  Open(8);
  diary_.FailWith(absl::OkStatus());
  const std::vector<Bad> bad = BadMessages();
  std::vector<std::int64_t> good;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    ASSERT_EQ(PublishRaw("thing.8", "pen", bad[i].body), absl::OkStatus()) << bad[i].name;
    good.push_back(static_cast<std::int64_t>(i));
    ASSERT_EQ(Publish(good.back(), "pen"), absl::OkStatus());
  }
  // The good ones behind the last bad one have come: nothing stands still.
  for (const char* module : {"picky-service", "other-service"}) {
    ASSERT_TRUE(Becomes([&] { return diary_.numbers(module).size() == good.size(); })) << module;
    EXPECT_EQ(diary_.numbers(module), good) << module;
  }
  // Where the type is in the body, what has none is for no module of ours to tell.
  const DeadLetterFilter picky{.modules = {"picky-service"}};
  ASSERT_TRUE(Buried(bad.size(), picky));
  const std::vector<BuriedMessage> letters = Listed(picky);
  ASSERT_EQ(letters.size(), bad.size());
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_TRUE(letters[i].body == bad[i].body) << bad[i].name << ": other bytes, or another order";
    EXPECT_EQ(letters[i].reason, "undecodable") << bad[i].name;
    EXPECT_THAT(letters[i].detail, Not(::testing::IsEmpty())) << bad[i].name;
    EXPECT_EQ(letters[i].key, "pen") << bad[i].name;
    ASSERT_EQ(letters[i].headers.size(), 1u) << bad[i].name;
    EXPECT_EQ(letters[i].headers[0].value, "elsewhere") << bad[i].name;
  }
}

TEST_P(QuarantineTest, GivesBackTheSameBytesWhichDieAgain) {
  Open(9);
  diary_.FailWith(absl::OkStatus());
  const std::string bytes = std::string("\0\xff{garbage", 10);
  ASSERT_EQ(PublishRaw("thing.9", "pen", bytes), absl::OkStatus());
  const DeadLetterFilter picky{.modules = {"picky-service"}};
  ASSERT_TRUE(Buried(1, picky));
  EXPECT_EQ(Letters()->Replay(picky)->done, 1);
  ASSERT_TRUE(Becomes([&] {
    const std::vector<BuriedMessage> listed = Listed(picky);
    return listed.size() == 1 && listed[0].replayed == 1;
  }));
  EXPECT_EQ(Listed(picky)[0].body, bytes);
  EXPECT_EQ(Letters()->Purge({.reasons = {"undecodable"}, .ids = {Listed(picky)[0].id}})->done, 1);
  EXPECT_TRUE(Buried(0, picky));
}

INSTANTIATE_TEST_SUITE_P(Each, QuarantineTest, ::testing::Values("memory", "kafka", "rabbitmq"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace omnibus::testing
