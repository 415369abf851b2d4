#include "benchmarks/codec_messages.h"

#include <cstdlib>
#include <iostream>
#include <random>

#include "envelope/envelope_codec.h"
#include "omnibus/event_type.h"

namespace benchmarks {
namespace {

using Random = std::mt19937_64;

constexpr std::size_t kMany = 512;
constexpr std::size_t kLarge = 64;

omnibus::Uuid AnyUuid(Random& random) {
  const std::uint64_t high = random();
  return omnibus::RandomUuid(high, random());
}

// Within one year, in whole steps.
omnibus::Timestamp AnyTime(Random& random, std::int64_t step) {
  constexpr std::int64_t kYear2025 = 1'735'689'600'000'000'000;
  constexpr std::int64_t kYear = std::int64_t{365} * 86'400'000'000'000;
  return {kYear2025 + static_cast<std::int64_t>(random() % (kYear / step)) * step};
}

// From 1 on, of 1 to `digits` digits, as many of each length.
std::int64_t AnyNumber(Random& random, int digits) {
  std::int64_t low = 1;
  for (std::uint64_t more = random() % static_cast<std::uint64_t>(digits); more > 0; --more)
    low *= 10;
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(9 * low));
}

omnibus::Metadata AnyMetadata(Random& random, const omnibus::EventType& type) {
  omnibus::Metadata metadata;
  metadata.id = AnyUuid(random);
  metadata.type = type.contract->type;
  metadata.occurred_at = AnyTime(random, 1'000'000);
  metadata.correlation_id = AnyUuid(random);
  metadata.idempotency_key = AnyUuid(random);
  return metadata;
}

coworking::BookingCreated AnyBooking(Random& random) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {.booking_id = AnyUuid(random),
          .user_id = AnyUuid(random),
          .place_id = AnyUuid(random),
          .start_time = AnyTime(random, kSecond),
          .end_time = AnyTime(random, kSecond)};
}

bookstore::OrderCreated AnyOrder(Random& random, std::size_t items) {
  bookstore::OrderCreated order;
  order.order_id = AnyNumber(random, 6);
  order.user_id = AnyNumber(random, 6);
  order.total_amount = omnibus::Decimal::FromUnits(AnyNumber(random, 5), 2);
  for (std::size_t i = 0; i < items; ++i) {
    order.items.push_back({.book_id = AnyNumber(random, 4), .quantity = AnyNumber(random, 1)});
  }
  return order;
}

template <typename E, typename Make>
Corpus<E> MakeCorpus(omnibus::Dialect dialect, std::size_t count, Make make) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  Random random(20250101);
  Corpus<E> corpus;
  corpus.dialect = dialect;
  omnibus::EnvelopeWriter writer;
  double size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    corpus.messages.push_back({AnyMetadata(random, type), make(random)});
    const auto& [metadata, event] = corpus.messages.back();
    if (!writer.Write(dialect, {}, metadata, type, &event).ok()) {
      std::cerr << "a message could not be written\n";
      std::exit(1);
    }
    corpus.bodies.emplace_back(writer.message().body);
    size += static_cast<double>(corpus.bodies.back().size());
  }
  corpus.mean_size = size / static_cast<double>(count);
  return corpus;
}

}  // namespace

const Corpus<coworking::BookingCreated>& M1() {
  static const auto corpus = MakeCorpus<coworking::BookingCreated>(
      omnibus::Dialect::kCamel, kMany, [](Random& random) { return AnyBooking(random); });
  return corpus;
}

const Corpus<bookstore::OrderCreated>& M2() {
  static const auto corpus = MakeCorpus<bookstore::OrderCreated>(
      omnibus::Dialect::kSnake, kMany, [](Random& random) { return AnyOrder(random, 2); });
  return corpus;
}

const Corpus<bookstore::OrderCreated>& M3() {
  static const auto corpus = MakeCorpus<bookstore::OrderCreated>(
      omnibus::Dialect::kSnake, kLarge, [](Random& random) { return AnyOrder(random, 100); });
  return corpus;
}

}  // namespace benchmarks
