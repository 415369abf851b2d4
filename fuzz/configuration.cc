// A configuration file, up to what the bus makes of it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/bus_configuration.h"
#include "fuzz/check.h"
#include "omnibus/configuration.h"

namespace {

using namespace omnibus;

template <typename T>
void Parse(std::string_view text) {
  T value = {};
  const absl::Status status = ParseScalar(text, value);
  fuzz::Check(status.ok() || absl::IsInvalidArgument(status), "errors have one code");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Parse<bool>(text);
  Parse<std::int64_t>(text);
  Parse<double>(text);
  Parse<absl::Duration>(text);
  Parse<Decimal>(text);
  Parse<Uuid>(text);
  const absl::StatusOr<Setting> settings = ParseSettings(text, "fuzz.yaml");
  if (!settings.ok()) {
    fuzz::Check(absl::IsInvalidArgument(settings.status()), "errors have one code");
    fuzz::Check(!settings.status().message().empty(), "an error says what is wrong");
    return 0;
  }
  const absl::StatusOr<BusConfiguration> bus = ReadBusConfiguration(*settings);
  fuzz::Check(bus.ok() || !bus.status().message().empty(), "an error says what is wrong");
  return 0;
}
