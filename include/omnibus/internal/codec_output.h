// Where compact JSON is written to: a buffer that is large enough before the first character is
// stored, and what went wrong. Not for applications.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace omnibus::internal {

// How far behind what it writes a writer may store: it stores whole blocks, and counts on the next
// one to store over what was too much.
inline constexpr std::size_t kOutputSlack = 64;

// The dates that were written last, as text: working one out costs three times as much as all else
// of a time. A date has one place that it can be in.
struct DateTexts {
  static constexpr std::size_t kSize = 512;  // a year and more

  struct Entry {
    std::uint64_t year_month;  // "2025-12-"
    std::uint32_t day;         // "31T"
    std::uint32_t number;      // of the day; 0: none
  };

  alignas(64) std::array<Entry, kSize> entries = {};
};

// Thread-safety: none. Made to be used again: the buffer is kept.
class JsonOutput {
 public:
  // Forgets what was written.
  void Clear() { size_ = 0; }

  // Gives the place behind what was written, with room for `bound` characters and the slack.
  char* Reserve(std::size_t bound) {
    if (capacity_ - size_ < bound + kOutputSlack) [[unlikely]] {
      Grow(bound + kOutputSlack);
    }
    return buffer_.get() + size_;
  }

  // All up to `end` has been written.
  void Commit(const char* end) { size_ = static_cast<std::size_t>(end - buffer_.get()); }

  // Behind what was committed, `c`: the slack has room for it.
  void CommitOne(char c) { buffer_[size_++] = c; }

  std::string_view View() const { return {buffer_.get(), size_}; }

  DateTexts& dates() { return dates_; }

  // Both return null, so that a writer can return what they return.
  char* Fail(std::string_view what);
  // While an error is on its way out: what failed is within this field or element.
  char* FailedIn(std::string_view field);
  char* FailedIn(std::size_t element);

  // kInvalidArgument, with the path, after one of them.
  absl::Status status(std::string_view root) const;

 private:
  void Grow(std::size_t more);

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::string path_;
  std::string error_;
  DateTexts dates_;
};

}  // namespace omnibus::internal
