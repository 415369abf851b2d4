// The texts of value types, written into and read from plain characters without allocating. Not for
// applications: these are the parts that the JSON codec and the envelopes are made of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "omnibus/decimal.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::internal {

inline constexpr std::size_t kUuidText = 36;       // exactly
inline constexpr std::size_t kTimestampText = 30;  // at most: 2025-01-01T12:00:00.123456789Z
inline constexpr std::size_t kDecimalText = 21;    // at most: -0.922337203685477580

// Each writes at most as many characters as said above, and returns the end of what it wrote.
char* WriteUuid(const Uuid& uuid, char* out);
char* WriteTimestamp(Timestamp timestamp, char* out);
char* WriteDecimal(Decimal decimal, char* out);

bool ReadUuid(std::string_view text, Uuid& uuid);

// Null when `text` was read; else what is wrong with it: "no such month".
const char* ReadTimestamp(std::string_view text, Timestamp& timestamp);

enum class DecimalResult { kRead, kNoNumber, kNotExact };
DecimalResult ReadDecimal(std::string_view text, Decimal& decimal);

// `text` for an error message: at most some 40 characters of it, and nothing that a terminal or a
// log could choke on.
std::string Clipped(std::string_view text);
std::string Quoted(std::string_view text);  // the same, in quotes

}  // namespace omnibus::internal
