// What travels with each event, whatever the broker and the dialect.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus {

// The spelling of the envelope on the wire (see docs/contracts.md).
enum class Dialect {
  kCamel,  // {"eventId", "eventType", "occurredAt", "data"}: the Kafka house style
  kSnake,  // {"event_id", "occurred_at", "correlation_id", "idempotency_key", "payload"}: AMQP's
};

std::string_view DialectName(Dialect dialect);  // "camel", "snake"
absl::StatusOr<Dialect> ParseDialect(std::string_view name);

struct NamedValue {
  std::string name;
  std::string value;

  friend bool operator==(const NamedValue&, const NamedValue&) = default;
};

// The canonical envelope, without the payload.
struct Metadata {
  Uuid id = {};                      // of this event
  std::string type;                  // "order.created"
  Timestamp occurred_at = {};        // when it happened, UTC
  Uuid correlation_id = {};          // of the chain of events that it belongs to
  std::optional<Uuid> causation_id;  // the id of the event whose handler published it
  Uuid idempotency_key = {};         // of the effect that it stands for
  std::string traceparent;           // W3C trace context, passed on unread; empty: none
  std::string key;                   // partition key; empty: none
  std::vector<NamedValue> headers;   // the application's own, passed on unread

  friend bool operator==(const Metadata&, const Metadata&) = default;
};

}  // namespace omnibus
