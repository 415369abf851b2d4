// Did you mean ...?
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace omnibus {

// The name that was most likely meant by `name`, when one is near enough. Case, '_', '-' and '.'
// count for nothing.
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> names);

// "; did you mean \"prefetch\"?", or "; known: a, b, c", or nothing when there are no names.
std::string Suggestion(std::string_view name, std::span<const std::string> names);

}  // namespace omnibus
