#include "cli/environment.h"

#include <cstdio>

#include "omnibus/internal/absl_view.h"

namespace omnibus::cli {

int Complain(std::string_view message, int code) {
  std::string text;
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    text += "omnibus: " + std::string(message.substr(0, end)) + "\n";
    message = end == std::string_view::npos ? std::string_view() : message.substr(end + 1);
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  return code;
}

int Complain(const absl::Status& status, int code) {
  if (status.message().empty()) return Complain(absl::StatusCodeToString(status.code()), code);
  return Complain(StdView(status.message()), code);
}

int CodeOf(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? kWrong : kFailed;
}

}  // namespace omnibus::cli
