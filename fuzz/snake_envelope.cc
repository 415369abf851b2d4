#include <cstddef>
#include <cstdint>

#include "fuzz/envelope.h"

// The type is not in the body, so each message is read as each of them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto events = omnibus::testing::ContractEvents();
  for (const omnibus::EventType* event : events) {
    omnibus::fuzz::ReadTwice(omnibus::Dialect::kSnake, event->contract->type,
                             {reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
