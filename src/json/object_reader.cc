#include "omnibus/internal/codec_read.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_fields.h"
#include "omnibus/internal/codec_text.h"

namespace omnibus::internal {
namespace {

std::string_view NameOf(const FieldReader& field, Naming naming) {
  return field.names[static_cast<std::size_t>(naming)];
}

// Most messages have their fields in the order of the struct: `guess` is tried first.
std::size_t FindField(std::span<const FieldReader> fields, Naming naming, std::string_view name,
                      std::size_t guess) {
  if (guess < fields.size() && NameOf(fields[guess], naming) == name) return guess;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (NameOf(fields[i], naming) == name) return i;
  }
  return fields.size();
}

// `"push" or "email"`; of a long enumeration only the first ones.
std::string DescribeNames(std::span<const std::string_view> names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == kShown) return absl::StrCat(text, " or ", names.size() - kShown, " more");
    const bool last = i + 1 == names.size();
    absl::StrAppend(&text, i == 0 ? "" : last ? " or " : ", ", Quoted(names[i]));
  }
  return text;
}

}  // namespace

bool ReadFields(JsonValue& from, Naming naming, std::span<const FieldReader> fields,
                std::span<void* const> places) {
  if (!from.BeginObject()) return false;
  std::array<bool, kMaxFields> seen = {};
  std::size_t next = 0;
  for (std::string_view name; from.NextField(name);) {
    const std::size_t index = FindField(fields, naming, name, next);
    if (index == fields.size()) {
      if (!from.Skip()) return false;
      continue;
    }
    if (seen[index]) return from.Fail("given twice");
    seen[index] = true;
    if (!fields[index].read(from, naming, places[index])) return false;
    next = index + 1;
  }
  if (!from.ok()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].required && !seen[i]) return from.FailMissing(NameOf(fields[i], naming));
  }
  return true;
}

bool ReadEnumerator(JsonValue& from, std::span<const std::string_view> names, std::size_t& index) {
  if (!from.IsString()) return from.FailExpected(DescribeNames(names));
  std::string_view text;
  if (!from.ReadText(text)) return false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) {
      index = i;
      return true;
    }
  }
  return from.FailExpected(DescribeNames(names));
}

bool FailLength(JsonValue& from, std::size_t expected, std::size_t found) {
  return from.Fail(
      StdView(absl::StrCat("expected a list of ", expected, ", found one of ", found)));
}

}  // namespace omnibus::internal
