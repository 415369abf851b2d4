#include "domains/support/settings.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace domain_support {

void ReadHttp(omnibus::SettingsReader& reader, std::string& address) {
  const omnibus::Setting setting = reader.Take("http");
  if (!setting) return;
  const std::string text(setting.text());
  const std::size_t colon = text.rfind(':');
  std::uint32_t port = 0;
  // Whether the machine has such an address shows when the service starts.
  if (setting.kind() != omnibus::Setting::Kind::kScalar || colon == std::string::npos ||
      !absl::SimpleAtoi(absl::string_view(text).substr(colon + 1), &port) || port > 65535) {
    reader.Fail(setting, "http", "expected an address and a port, such as 127.0.0.1:8080");
    return;
  }
  address = text;
}

std::string ItemName(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

}  // namespace domain_support
