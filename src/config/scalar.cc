#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "config/secrets.h"
#include "omnibus/configuration.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

absl::Status Expected(const char* what, std::string_view found) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", what, ", found ", Quoted(found)));
}

bool IsInteger(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

absl::Status ParseScalar(std::string_view text, bool& value) {
  if (text == "true" || text == "True" || text == "TRUE") {
    value = true;
  } else if (text == "false" || text == "False" || text == "FALSE") {
    value = false;
  } else {
    return Expected("true or false", text);
  }
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, std::int64_t& value) {
  if (!IsInteger(text)) return Expected("an integer", text);
  std::int64_t parsed = 0;
  if (!absl::SimpleAtoi(AbslView(text), &parsed)) return Expected("an integer of 64 bits", text);
  value = parsed;
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, double& value) {
  double parsed = 0;
  // Abseil trims white space, which YAML leaves only where it was quoted.
  if (text.find_first_of(" \t\n\r\v\f") != std::string_view::npos ||
      !absl::SimpleAtod(AbslView(text), &parsed) || !std::isfinite(parsed)) {
    return Expected("a number", text);
  }
  value = parsed;
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, std::string& value) {
  value = std::string(text);
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, absl::Duration& value) {
  absl::Duration parsed;
  if (!absl::ParseDuration(AbslView(text), &parsed) || parsed == absl::InfiniteDuration()) {
    return Expected("a duration such as 200ms, 20s, 15m or 1h30m", text);
  }
  if (parsed < absl::ZeroDuration()) return Expected("a duration that is not negative", text);
  value = parsed;
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, Decimal& value) {
  absl::StatusOr<Decimal> parsed = ParseDecimal(text);
  if (!parsed.ok()) {
    return absl::IsOutOfRange(parsed.status())
               ? Expected("a decimal that can be held exactly", text)
               : Expected("a decimal number", text);
  }
  value = *parsed;
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, Uuid& value) {
  absl::StatusOr<Uuid> parsed = ParseUuid(text);
  if (!parsed.ok()) return Expected("a uuid", text);
  value = *parsed;
  return absl::OkStatus();
}

}  // namespace omnibus
