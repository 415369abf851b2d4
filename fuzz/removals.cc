// The records behind dead letters that say which are gone: a wrong one must hide nothing else.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dead/removals.h"
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnibus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ReceivedMessage message;
  message.headers.push_back({dead::kRemovedHeader, text});
  dead::Removals removals;
  fuzz::Check(removals.Add(message), "it is a removal, whatever it says");
  std::vector<dead::Place> places;
  for (std::int64_t partition = 0; partition < 3; ++partition) {
    for (std::int64_t offset = 0; offset < 40; ++offset) {
      if (removals.Contains({partition, offset})) places.push_back({partition, offset});
    }
  }
  const std::string written = dead::FormatRemoved(places);
  message.headers[0].value = written;
  dead::Removals again;
  again.Add(message);
  for (std::int64_t partition = 0; partition < 3; ++partition) {
    for (std::int64_t offset = 0; offset < 40; ++offset) {
      fuzz::Check(again.Contains({partition, offset}) == removals.Contains({partition, offset}),
                  "what was written is read");
    }
  }
  return 0;
}
