// Payloads that stand alone, as the command line and front doors take them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "tests/core/json/contract_events.h"

namespace {

using namespace omnibus;

void ReadTwice(const EventType& type, std::string_view json, Naming naming) {
  const absl::StatusOr<EventPointer> event = ParsePayloadInEitherNaming(type, json, naming, "data");
  if (!event.ok()) {
    fuzz::Check(absl::IsInvalidArgument(event.status()), "errors have one code");
    return;
  }
  const absl::StatusOr<std::string> text = FormatPayload(type, event->get(), naming);
  fuzz::CheckOk(text.status(), "what was read can be written");
  const absl::StatusOr<EventPointer> copy = ParsePayload(type, *text, naming, "data");
  fuzz::CheckOk(copy.status(), "what was written is read");
  fuzz::Check(type.equal(event->get(), copy->get()), "it is the same event");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto events = testing::ContractEvents();
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  for (const EventType* event : events) {
    for (const Naming naming : {Naming::kCamel, Naming::kSnake}) ReadTwice(*event, json, naming);
  }
  return 0;
}
