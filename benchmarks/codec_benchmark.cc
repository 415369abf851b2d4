// What it costs to write an event into its envelope, and to read it back: M1 is coworking's
// booking.created in camel, M2 the bookstore's order.created with two items in snake. memcpy of the
// same bytes gives the scale.
#include <cstring>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "domains/bookstore/events.h"
#include "domains/coworking/events.h"
#include "envelope/envelope_codec.h"
#include "omnibus/event_type.h"

namespace {

using omnibus::Dialect;

omnibus::Metadata MakeMetadata(const omnibus::EventType& type) {
  omnibus::Metadata metadata;
  metadata.id = omnibus::RandomUuid(1, 2);
  metadata.type = type.contract->type;
  metadata.occurred_at = {1'735'732'800'123'000'000};
  metadata.correlation_id = omnibus::RandomUuid(3, 4);
  metadata.idempotency_key = omnibus::RandomUuid(5, 6);
  return metadata;
}

coworking::BookingCreated M1() {
  return {.booking_id = omnibus::RandomUuid(7, 8),
          .user_id = omnibus::RandomUuid(9, 10),
          .place_id = omnibus::RandomUuid(11, 12),
          .start_time = {1'735'736'400'000'000'000},
          .end_time = {1'735'740'000'000'000'000}};
}

bookstore::OrderCreated M2() {
  return {.order_id = 10,
          .user_id = 1,
          .total_amount = omnibus::Decimal::FromUnits(315, 1),
          .items = {{1, 2}, {5, 1}},
          .status = bookstore::NewOrderStatus::created};
}

template <typename E>
void Encode(benchmark::State& state, const E& event, Dialect dialect) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  const omnibus::Metadata metadata = MakeMetadata(type);
  omnibus::EnvelopeWriter writer;
  std::size_t bytes = 0;
  for (auto _ : state) {
    if (!writer.Write(dialect, {}, metadata, type, &event).ok()) state.SkipWithError("encode");
    bytes += writer.message().body.size();
    benchmark::DoNotOptimize(writer.message().body.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

template <typename E>
void Decode(benchmark::State& state, const E& event, Dialect dialect) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  omnibus::EnvelopeWriter writer;
  if (!writer.Write(dialect, {}, MakeMetadata(type), type, &event).ok()) return;
  const std::string body(writer.message().body);
  const std::string name(type.contract->type);
  omnibus::ReceivedMessage message;
  message.body = body;
  message.routing_key = name;
  omnibus::EnvelopeReader reader;
  for (auto _ : state) {
    E read;
    const auto lookup = [&type](std::string_view) { return &type; };
    if (!reader.Open(dialect, message, lookup).ok() || !reader.ReadPayload(&read).ok()) {
      state.SkipWithError("decode");
    }
    benchmark::DoNotOptimize(read);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}

void Copy(benchmark::State& state) {
  const std::string from(345, 'x');
  std::string to(from.size(), ' ');
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::ClobberMemory();
  }
}

BENCHMARK_CAPTURE(Encode, M1, M1(), Dialect::kCamel);
BENCHMARK_CAPTURE(Encode, M2, M2(), Dialect::kSnake);
BENCHMARK_CAPTURE(Decode, M1, M1(), Dialect::kCamel);
BENCHMARK_CAPTURE(Decode, M2, M2(), Dialect::kSnake);
BENCHMARK(Copy)->Name("memcpy/345");

}  // namespace
