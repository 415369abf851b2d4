#include "omnibus/uuid.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "boost/uuid/name_generator_sha1.hpp"
#include "omnibus/internal/codec_text.h"

namespace omnibus {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The value of a hexadecimal digit, or -1.
constexpr std::array<std::int8_t, 256> kHexValue = [] {
  std::array<std::int8_t, 256> values = {};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<std::int8_t>(10 + i);
    values['A' + i] = static_cast<std::int8_t>(10 + i);
  }
  return values;
}();

constexpr bool DashBefore(int byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

namespace internal {

char* WriteUuid(const Uuid& uuid, char* out) {
  int index = 0;
  for (const std::uint8_t byte : uuid) {
    if (DashBefore(index++)) *out++ = '-';
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
  return out;
}

bool ReadUuid(std::string_view text, Uuid& uuid) {
  if (text.size() != kUuidText) return false;
  const char* in = text.data();
  int index = 0;
  for (std::uint8_t& byte : uuid) {
    if (DashBefore(index++) && *in++ != '-') return false;
    const int high = kHexValue[static_cast<unsigned char>(*in++)];
    const int low = kHexValue[static_cast<unsigned char>(*in++)];
    if ((high | low) < 0) return false;
    byte = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace internal

std::string ToString(const Uuid& uuid) {
  std::string text(internal::kUuidText, '\0');
  internal::WriteUuid(uuid, text.data());
  return text;
}

absl::StatusOr<Uuid> ParseUuid(std::string_view text) {
  Uuid uuid = {};
  if (internal::ReadUuid(text, uuid)) return uuid;
  return absl::InvalidArgumentError(
      absl::StrCat("expected a UUID, found ", internal::Quoted(text)));
}

Uuid RandomUuid(std::uint64_t high, std::uint64_t low) {
  high = (high & ~std::uint64_t{0xf000}) | 0x4000;                     // version 4
  low = (low & ~(std::uint64_t{3} << 62)) | (std::uint64_t{1} << 63);  // RFC 4122's variant
  Uuid uuid = {};
  for (int i = 0; i < 8; ++i) {
    uuid.data[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    uuid.data[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return uuid;
}

Uuid NameUuid(const Uuid& name_space, std::string_view name) {
  return boost::uuids::name_generator_sha1(name_space)(name.data(), name.size());
}

}  // namespace omnibus
