// The head of an envelope's body, read in one go if it is written as EnvelopeWriter does it.
#pragma once

#include <string_view>

#include "omnibus/envelope.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::envelope {

struct QuickHead {
  Uuid id = {};
  Timestamp occurred_at;
  std::string_view type;      // camel only
  Uuid correlation_id = {};   // snake only
  Uuid idempotency_key = {};  // snake only
  std::string_view payload;   // the rest of the body, from the payload on
};

// False for any other spelling, be it right or wrong, and on processors that it was not made for.
bool ReadQuickHead(Dialect dialect, std::string_view body, QuickHead& head);

}  // namespace omnibus::envelope
