// What the codec takes from the heap, once its buffers have grown: nothing to write a message;
// to read one, what the event's own vectors and long strings need.
#include <string>

#include "envelope/envelope_codec.h"
#include "gtest/gtest.h"
#include "omnibus/internal/codec_target.h"
#include "tests/core/json/contract_events.h"
#include "tests/support/allocation_counter.h"

namespace omnibus::testing {
namespace {

template <typename E>
class Allocations {
 public:
  Allocations(Dialect dialect, E event) : dialect_(dialect), event_(std::move(event)) {
    metadata_.id = RandomUuid(1, 2);
    metadata_.type = Type().contract->type;
    metadata_.occurred_at = {1'735'732'800'123'000'000};
    metadata_.correlation_id = RandomUuid(3, 4);
    metadata_.idempotency_key = RandomUuid(5, 6);
    for (int round = 0; round < 3; ++round) {  // buffers grow
      Write();
      Read();
    }
  }

  long ToWrite() {
    return Counted([this] { Write(); });
  }
  long ToRead() {
    return Counted([this] { Read(); });
  }

 private:
  static const EventType& Type() { return EventTypeOf<E>(); }

  template <typename Work>
  static long Counted(Work work) {
    const int before = AllocationsSoFar();
    work();
    return AllocationsSoFar() - before;
  }

  void Write() {
    if (!writer_.Write(dialect_, Capabilities{}, metadata_, Type(), &event_).ok()) std::abort();
  }

  void Read() {
    message_.body = writer_.message().body;
    message_.key = writer_.message().key;
    message_.routing_key = Type().contract->type;
    E event;
    const auto lookup = [](std::string_view) { return &Type(); };
    if (!reader_.Open(dialect_, message_, lookup).ok() || !reader_.ReadPayload(&event).ok()) {
      std::abort();
    }
  }

  const Dialect dialect_;
  const E event_;
  Metadata metadata_;
  EnvelopeWriter writer_;
  EnvelopeReader reader_;
  ReceivedMessage message_;
};

class SteadyState : public ::testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (!internal::RunsQuickReads()) GTEST_SKIP() << "this processor has the general way only";
  }
};

TEST_P(SteadyState, WritesAndReadsAnEventOfFixedSizeWithoutTheHeap) {
  Allocations<BookingCreated> messages(GetParam(), {});
  EXPECT_EQ(messages.ToWrite(), 0);
  EXPECT_EQ(messages.ToRead(), 0);
}

TEST_P(SteadyState, WritesAListWithoutTheHeapAndReadsItWithOneAllocation) {
  OrderCreated order = {};
  order.items.resize(100);
  Allocations<OrderCreated> messages(GetParam(), order);
  EXPECT_EQ(messages.ToWrite(), 0);
  EXPECT_EQ(messages.ToRead(), 1);
}

INSTANTIATE_TEST_SUITE_P(Dialects, SteadyState, ::testing::Values(Dialect::kCamel, Dialect::kSnake),
                         [](const auto& each) { return std::string(DialectName(each.param)); });

}  // namespace
}  // namespace omnibus::testing
