// The event that is measured: one of the program's own types, on a channel of the benchmark's own,
// so that no service of the user's ever sees one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "omnibus/domain.h"
#include "omnibus/envelope.h"
#include "omnibus/event_type.h"

namespace omnibus::bench {

// The benchmark's own domain: "omnibus-bench", whose group is omnibus-bench.bench-consumer.
const DomainName& BenchDomain();
inline constexpr std::string_view kConsumer = "bench-consumer";

// "omnibus-bench.order.created"
std::string ChannelFor(const EventType& type);

// Thread-safety: constant once it is made.
class Sample {
 public:
  // `data` is the payload, spelled as in the struct or on the wire; empty: that of M2 for a type
  // that takes it, else a default-constructed event. `original` outlives the sample.
  // kInvalidArgument: `data` is no such payload, or the default event cannot be encoded.
  static absl::StatusOr<std::unique_ptr<Sample>> Make(const EventType& original,
                                                      std::string_view data, std::string channel);
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  // Makes the event larger until its body has at least `bytes`: pads its first string, or repeats
  // the first element of its first list. kInvalidArgument: it has neither.
  absl::Status GrowTo(std::size_t bytes, Dialect dialect);

  // As the original, on the benchmark's channel.
  const EventType& type() const { return type_; }
  const void* event() const { return event_.get(); }

  // The size of a message's body.
  absl::StatusOr<std::size_t> BodyBytes(Dialect dialect) const;

 private:
  Sample() = default;

  std::string channel_;
  Contract contract_;
  EventType type_;
  EventPointer event_;
};

// What a sample needs to be configured: `channels.<channel>` and `modules.bench-consumer` are known
// names then.
Domain DomainOf(const Sample& sample);

}  // namespace omnibus::bench
