// Conversions between std::string_view and Abseil's. Packaged builds of Abseil may have a
// string_view type of their own, in C++20 too; our interfaces take the standard one.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace omnibus {

constexpr absl::string_view AbslView(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

constexpr std::string_view StdView(absl::string_view text) {
  return std::string_view(text.data(), text.size());
}

}  // namespace omnibus
