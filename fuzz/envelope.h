// One message through the whole decoder, and what was taken written and read again.
#pragma once

#include <string_view>

#include "envelope/envelope_codec.h"
#include "fuzz/check.h"
#include "tests/core/json/contract_events.h"

namespace omnibus::fuzz {

// `type`: what the routing key and the type property say.
inline void ReadTwice(Dialect dialect, std::string_view type, std::string_view body) {
  EnvelopeReader reader;
  ReceivedMessage message;
  message.routing_key = type;
  message.type = type;
  message.body = body;
  const absl::Status opened = reader.Open(dialect, message, testing::FindContractEvent);
  if (!opened.ok()) {
    Check(absl::IsInvalidArgument(opened) || absl::IsNotFound(opened), "errors have two codes");
    Check(absl::IsNotFound(opened) || !opened.message().empty(), "an error says what is wrong");
    return;
  }
  const EventPointer event = NewEvent(reader.type());
  if (!reader.ReadPayload(event.get()).ok()) return;

  EnvelopeWriter writer;
  CheckOk(writer.Write(dialect, Capabilities{}, reader.metadata(), reader.type(), event.get()),
          "what was read can be written");
  message.body = writer.message().body;
  EnvelopeReader again;
  CheckOk(again.Open(dialect, message, testing::FindContractEvent), "what was written is read");
  const EventPointer copy = NewEvent(again.type());
  CheckOk(again.ReadPayload(copy.get()), "what was written is read");
  Check(reader.type().equal(event.get(), copy.get()), "it is the same event");
  Check(reader.metadata().id == again.metadata().id &&
            reader.metadata().occurred_at == again.metadata().occurred_at,
        "it has the same id and time");
}

}  // namespace omnibus::fuzz
