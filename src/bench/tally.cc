#include "bench/tally.h"

#include <algorithm>
#include <cstddef>

namespace omnibus::bench {
namespace {

// Without a number of messages: 16 million, in 2 MB.
constexpr std::int64_t kMostBits = std::int64_t{1} << 24;

constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 62) - 1;

std::uint64_t ReadEight(const Uuid& id, std::size_t from) {
  std::uint64_t value = 0;
  for (std::size_t i = from; i < from + 8; ++i) value = value << 8 | *(id.begin() + i);
  return value;
}

}  // namespace

Uuid IdOf(std::uint64_t run, std::uint64_t sequence) {
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    *(id.begin() + i) = static_cast<std::uint8_t>(run >> (56 - 8 * i));
    *(id.begin() + 8 + i) = static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
  }
  *(id.begin() + 6) = static_cast<std::uint8_t>((*(id.begin() + 6) & 0x0F) | 0x40);
  *(id.begin() + 8) = static_cast<std::uint8_t>((*(id.begin() + 8) & 0x3F) | 0x80);
  return id;
}

std::uint64_t RunOf(const Uuid& id) { return ReadEight(id, 0); }

std::uint64_t SequenceOf(const Uuid& id) { return ReadEight(id, 8) & kSequenceMask; }

Tally::Tally(std::optional<std::uint64_t> run, std::int64_t expected)
    : any_run_(!run.has_value()),
      run_(run.has_value() ? RunOf(IdOf(*run, 0)) : 0),
      bits_(static_cast<std::size_t>(std::min(expected, kMostBits) / 64 + 1)) {}

Tally::Arrival Tally::Add(const Uuid& id) {
  const std::uint64_t run = RunOf(id), sequence = SequenceOf(id);
  std::uint64_t ours = run_.load(std::memory_order_relaxed);
  if (ours == 0 && any_run_ && run_.compare_exchange_strong(ours, run)) ours = run;
  if (run != ours && !any_run_) return Arrival::kForeign;
  if (run == ours && sequence / 64 < bits_.size()) {
    const std::uint64_t bit = std::uint64_t{1} << (sequence % 64);
    const std::uint64_t before = bits_[sequence / 64].fetch_or(bit, std::memory_order_relaxed);
    return (before & bit) == 0 ? Arrival::kFirst : Arrival::kAgain;
  }
  absl::MutexLock lock(&mu_);
  return others_.emplace(run, sequence).second ? Arrival::kFirst : Arrival::kAgain;
}

}  // namespace omnibus::bench
