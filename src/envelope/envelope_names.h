// The names of all that an envelope consists of. The only place where they are spelled.
#pragma once

#include <array>
#include <string_view>

namespace omnibus::envelope {

inline constexpr std::string_view kEventTypeHeader = "event_type";
inline constexpr std::string_view kCorrelationIdHeader = "correlation_id";
inline constexpr std::string_view kIdempotencyKeyHeader = "idempotency_key";
inline constexpr std::string_view kCausationIdHeader = "causation_id";
inline constexpr std::string_view kTraceparentHeader = "traceparent";
inline constexpr std::string_view kPartitionKeyHeader = "partition_key";

enum class Part { kId, kType, kOccurredAt, kCorrelationId, kIdempotencyKey, kPayload };

struct Spelling {
  std::string_view name;
  Part part;
};

// Read in this order when they are missing. In camel either spelling is read; the first one of each
// part is written.
inline constexpr std::array kCamelFields = {
    Spelling{"eventId", Part::kId},
    Spelling{"eventType", Part::kType},
    Spelling{"occurredAt", Part::kOccurredAt},
    Spelling{"data", Part::kPayload},
    Spelling{"event_id", Part::kId},
    Spelling{"event_type", Part::kType},
    Spelling{"occurred_at", Part::kOccurredAt},
};
inline constexpr std::array kSnakeFields = {
    Spelling{"event_id", Part::kId},
    Spelling{"occurred_at", Part::kOccurredAt},
    Spelling{"correlation_id", Part::kCorrelationId},
    Spelling{"idempotency_key", Part::kIdempotencyKey},
    Spelling{"payload", Part::kPayload},
};

}  // namespace omnibus::envelope
