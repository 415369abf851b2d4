#include "bench/serialization.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "bench/numbers.h"
#include "envelope/envelope_codec.h"

namespace omnibus::bench {
namespace {

constexpr int kRounds = 11;

// Keeps the optimizer from leaving out what made `data`.
void Use(const void* data) { asm volatile("" : : "r"(data) : "memory"); }

Spread SpreadOf(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {Quantile(samples, 0.5), samples.front(), samples.back()};
}

// One dialect's work, each on one message.
class Bench {
 public:
  Bench(const Sample& sample, Dialect dialect) : sample_(sample), dialect_(dialect) {
    metadata_.id = RandomUuid(1, 2);
    metadata_.correlation_id = RandomUuid(3, 4);
    metadata_.idempotency_key = RandomUuid(5, 6);
    metadata_.type = sample.type().contract->type;
    metadata_.occurred_at = {1'735'732'800'123'000'000};
  }

  // Writes one message for the others, and reads it back.
  absl::Status Prepare() {
    const EventType& type = sample_.type();
    const absl::Status written = writer_.Write(dialect_, {}, metadata_, type, sample_.event());
    if (!written.ok()) return written;
    body_ = writer_.message().body;
    copy_.resize(body_.size());
    headers_.assign(writer_.message().headers.begin(), writer_.message().headers.end());
    for (const HeaderView& header : headers_) {
      received_.headers.push_back(header);
    }
    received_.body = body_;
    received_.routing_key = type.contract->type;
    received_.type = type.contract->type;
    EventPointer read = NewEvent(type);
    if (absl::Status status = Read(read.get()); !status.ok()) return status;
    if (type.equal(read.get(), sample_.event())) return absl::OkStatus();
    return absl::InternalError("what was read is not what was written");
  }

  void Encode() {
    (void)writer_.Write(dialect_, {}, metadata_, sample_.type(), sample_.event());
    Use(writer_.message().body.data());
  }
  // The event's own storage is made and freed with it, as the bus does.
  void Decode() {
    const EventType& type = sample_.type();
    type.construct(storage_.data());
    (void)Read(storage_.data());
    Use(storage_.data());
    type.destroy(storage_.data());
  }
  void Copy() {
    std::memcpy(copy_.data(), body_.data(), body_.size());
    Use(copy_.data());
  }

  std::size_t body_bytes() const { return body_.size(); }
  void MakeStorage() { storage_.resize(sample_.type().size / sizeof(std::max_align_t) + 1); }

 private:
  absl::Status Read(void* event) {
    const EventType& type = sample_.type();
    const auto lookup = [&type](std::string_view) { return &type; };
    if (absl::Status status = reader_.Open(dialect_, received_, lookup); !status.ok()) {
      return status;
    }
    return reader_.ReadPayload(event);
  }

  const Sample& sample_;
  const Dialect dialect_;
  Metadata metadata_;
  EnvelopeWriter writer_;
  EnvelopeReader reader_;
  std::string body_;
  std::string copy_;
  std::vector<HeaderView> headers_;
  ReceivedMessage received_;
  std::vector<std::max_align_t> storage_;
};

// Nanoseconds for each call, over about `time`.
double Time(Runtime& runtime, absl::Duration time, const std::function<void(int)>& work) {
  constexpr int kBatch = 256;
  std::int64_t calls = 0;
  const absl::Time start = runtime.Now();
  absl::Time now = start;
  while (now < start + time) {
    work(kBatch);
    calls += kBatch;
    now = runtime.Now();
  }
  return absl::ToDoubleNanoseconds(now - start) / static_cast<double>(calls);
}

}  // namespace

absl::StatusOr<std::vector<SerializationResult>> MeasureSerialization(const Sample& sample,
                                                                      Runtime& runtime,
                                                                      absl::Duration duration,
                                                                      std::stop_token stop) {
  std::vector<SerializationResult> results;
  for (const Dialect dialect : {Dialect::kCamel, Dialect::kSnake}) {
    Bench bench(sample, dialect);
    if (absl::Status status = bench.Prepare(); !status.ok()) return status;
    bench.MakeStorage();
    const std::function<void(int)> works[] = {
        [&](int n) {
          while (n-- > 0) bench.Encode();
        },
        [&](int n) {
          while (n-- > 0) bench.Decode();
        },
        [&](int n) {
          while (n-- > 0) bench.Copy();
        },
    };
    std::vector<double> samples[3];
    const absl::Duration each = duration / (2 * 3 * kRounds);
    for (int round = 0; round < kRounds; ++round) {
      if (stop.stop_requested()) return absl::CancelledError("stopped by a signal");
      for (std::size_t i = 0; i < 3; ++i) samples[i].push_back(Time(runtime, each, works[i]));
    }
    results.push_back({dialect, bench.body_bytes(), SpreadOf(samples[0]), SpreadOf(samples[1]),
                       SpreadOf(samples[2])});
  }
  return results;
}

}  // namespace omnibus::bench
