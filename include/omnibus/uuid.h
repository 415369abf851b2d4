// Universally unique identifiers: Boost.Uuid's type, with the spelling that the contracts ask for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "boost/uuid/uuid.hpp"

namespace omnibus {

using Uuid = boost::uuids::uuid;

// 36 characters, small hex: 8-4-4-4-12 (RFC 4122, section 3).
std::string ToString(const Uuid& uuid);

// Reads the 36-character form, in small or capital hex; kInvalidArgument for anything else (braces,
// missing dashes, other lengths).
absl::StatusOr<Uuid> ParseUuid(std::string_view text);

// A random UUID (RFC 4122, version 4) made from 128 random bits of the caller's.
Uuid RandomUuid(std::uint64_t high, std::uint64_t low);

// The UUID of `name` within `name_space` (RFC 4122, version 5: SHA-1): always the same for the same
// two.
Uuid NameUuid(const Uuid& name_space, std::string_view name);

}  // namespace omnibus
