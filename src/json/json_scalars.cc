#include <charconv>

#include "json/json_state.h"

namespace omnibus {

bool JsonValue::Read(bool& value) {
  const std::string_view token = state_->Token();
  if (token != "true" && token != "false") return state_->FailExpected("true or false");
  value = token == "true";
  return true;
}

bool JsonValue::Read(double& value) {
  const std::string_view token = state_->Token();
  if (!internal::IsNumber(token)) return state_->FailExpected("a number");
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc()) return true;
  return state_->FailExpected("a number within the range of a double");
}

bool JsonValue::ReadText(std::string_view& value) {
  State& s = *state_;
  std::string_view content;
  if (!s.Content(s.Token(), content)) return s.FailExpected("a string");
  return s.Meaning(content, s.text, value);
}

bool JsonValue::Read(std::string& value) {
  std::string_view text;
  if (!ReadText(text)) return false;
  value.assign(text);
  return true;
}

bool JsonValue::Read(Uuid& value) {
  State& s = *state_;
  std::string_view content;
  std::string_view text;
  if (!s.Content(s.Token(), content)) return s.FailExpected("a UUID");
  if (!s.Meaning(content, s.text, text)) return false;
  return internal::ReadUuid(text, value) || s.FailExpected("a UUID");
}

bool JsonValue::Read(Timestamp& value) {
  State& s = *state_;
  std::string_view content;
  std::string_view text;
  if (!s.Content(s.Token(), content)) return s.FailExpected("an RFC 3339 time");
  if (!s.Meaning(content, s.text, text)) return false;
  const char* const problem = internal::ReadTimestamp(text, value);
  if (problem == nullptr) return true;
  return s.Fail(absl::StrCat("expected an RFC 3339 time, found ", internal::Quoted(text), " (",
                             problem, ")"));
}

bool JsonValue::Read(Decimal& value) {
  switch (internal::ReadDecimal(state_->Token(), value)) {
    case internal::DecimalResult::kRead:
      return true;
    case internal::DecimalResult::kNotExact:
      return state_->FailExpected("a decimal that can be held exactly");
    case internal::DecimalResult::kNoNumber:
      break;
  }
  return state_->FailExpected("a decimal number");
}

bool JsonValue::ReadInteger(std::int64_t min, std::int64_t max, std::int64_t& value) {
  const std::string_view token = state_->Token();
  if (!internal::IsInteger(token)) return state_->FailExpected("an integer");
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc() && value >= min && value <= max) return true;
  return state_->FailExpected(StdView(absl::StrCat("an integer from ", min, " to ", max)));
}

bool JsonValue::ReadUnsigned(std::uint64_t max, std::uint64_t& value) {
  std::string_view token = state_->Token();
  if (!internal::IsInteger(token)) return state_->FailExpected("an integer");
  if (token == "-0") token = "0";
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc() && value <= max) return true;
  return state_->FailExpected(StdView(absl::StrCat("an integer from 0 to ", max)));
}

}  // namespace omnibus
