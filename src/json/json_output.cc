#include "omnibus/internal/codec_output.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec.h"
#include "omnibus/internal/codec_text.h"

namespace omnibus::internal {

void JsonOutput::Grow(std::size_t more) {
  const std::size_t capacity = std::max({size_ + more, 2 * capacity_, std::size_t{1024}});
  auto buffer = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ != 0) std::memcpy(buffer.get(), buffer_.get(), size_);
  buffer_ = std::move(buffer);
  capacity_ = capacity;
}

char* JsonOutput::Fail(std::string_view what) {
  error_ = what;
  path_.clear();
  return nullptr;
}

char* JsonOutput::FailedIn(std::string_view field) {
  const bool dot = !path_.empty() && path_.front() != '[';
  path_ = absl::StrCat(Clipped(field), dot ? "." : "", path_);
  return nullptr;
}

char* JsonOutput::FailedIn(std::size_t element) {
  const bool dot = !path_.empty() && path_.front() != '[';
  path_ = absl::StrCat("[", element, "]", dot ? "." : "", path_);
  return nullptr;
}

absl::Status JsonOutput::status(std::string_view root) const {
  const bool dot = !root.empty() && !path_.empty() && path_.front() != '[';
  return absl::InvalidArgumentError(
      absl::StrCat(AbslView(root), dot ? "." : "", path_, ": ", error_));
}

JsonOutput& ThreadOutput() {
  thread_local JsonOutput output;
  output.Clear();
  return output;
}

}  // namespace omnibus::internal
