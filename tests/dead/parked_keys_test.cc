// What is parked, as it is read from the dead letters.
#include "dead/parked_keys.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/simulated_runtime.h"
#include "omnibus/transports/memory.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/null_sink.h"

namespace omnibus::dead {
namespace {

using ::testing::ElementsAre;

constexpr char kDead[] = "orders.joiner.dead";

Uuid EventOf(std::int64_t offset) { return RandomUuid(1, static_cast<std::uint64_t>(offset)); }

class ParkedKeysTest : public ::testing::Test {
 protected:
  ParkedKeysTest() {
    Topology topology;
    topology.channels.push_back({"orders"});
    topology.groups.push_back({"orders", "workshop", "joiner", {}});
    EXPECT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, absl::InfiniteFuture()),
              absl::OkStatus());
  }

  // Event 0 is the dead letter that parks the key; all others are behind it. `copy` tells copies
  // of one event apart. No offset: as from a broker without one.
  void Bury(std::int64_t offset, int copy = 0, bool has_offset = true) {
    const std::string id = ToString(EventOf(offset));
    const std::string behind = ToString(EventOf(0));
    const std::string place = absl::StrCat(offset);
    const std::string detail = absl::StrCat(copy);
    std::vector<HeaderView> headers = {{"dead_detail", detail}};
    if (offset == 0) headers.insert(headers.end(), {{"dead_parks", "true"}});
    if (offset != 0) {
      headers.insert(headers.end(), {{"dead_reason", "parked"}, {"dead_behind", behind}});
    }
    if (has_offset) {
      headers.insert(headers.end(), {{"dead_partition", "0"}, {"dead_offset", place}});
    }
    OutgoingMessage message;
    message.destination = Destination::kQueue;
    message.channel = kDead;
    message.key = "bench";
    message.id = id;
    message.headers = headers;
    EXPECT_EQ(producer_->Send(message, absl::InfiniteFuture(),
                              [](const absl::Status& sent) { EXPECT_EQ(sent, absl::OkStatus()); }),
              absl::OkStatus());
    runtime_.RunUntilIdle();
  }

  // The offsets of what comes back.
  std::vector<std::int64_t> Followers() {
    const DeadQueue queue{kDead, "memory", "workshop", "joiner", "orders", Dialect::kSnake};
    const std::vector<const EventType*> events;
    spdlog::logger log("test", std::make_shared<spdlog::sinks::null_sink_mt>());
    const WalkOptions walk{events, runtime_, log, absl::Seconds(5), {}};
    const absl::StatusOr<ParkedKeys> keys = ReadParkedKeys(queue, *transport_, walk);
    EXPECT_TRUE(keys.ok()) << keys.status();
    std::vector<std::int64_t> offsets;
    if (!keys.ok() || keys->size() != 1) return offsets;
    for (const ParkedKey::Follower& follower : keys->front().followers) {
      if (follower.repeats) continue;
      std::int64_t offset = 1;
      while (EventOf(offset) != follower.letter.buried.event_id) ++offset;
      offsets.push_back(offset);
    }
    return offsets;
  }

  SimulatedRuntime runtime_{1};
  const std::unique_ptr<Transport> transport_ =
      *MakeMemoryTransport({.broker = MakeMemoryBroker()}, runtime_, nullptr);
  const std::unique_ptr<Producer> producer_ = *transport_->OpenProducer();
};

// An earlier owner of the partition has buried one more, after the key was released.
TEST_F(ParkedKeysTest, CopiesFromBeforeDoNotChangeTheOrderOfALog) {
  Bury(0);
  Bury(3);
  for (const std::int64_t offset : {1, 2, 3}) Bury(offset, /*copy=*/1);
  EXPECT_THAT(Followers(), ElementsAre(1, 2, 3));
}

TEST_F(ParkedKeysTest, WithoutOffsetsTheOrderOfTheLettersCounts) {
  Bury(0);
  Bury(2, 0, /*has_offset=*/false);
  Bury(1, 0, /*has_offset=*/false);
  Bury(2, 1, /*has_offset=*/false);
  EXPECT_THAT(Followers(), ElementsAre(2, 1));
}

}  // namespace
}  // namespace omnibus::dead
