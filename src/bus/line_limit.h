// How many lines a module writes about messages that go wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace omnibus {

// Where every message goes wrong, a line for each would fill the disk of the log, and be most of
// what the module still does. The first ones of a second say what there is to say.
//
// Thread-safety: any thread, concurrently.
class LineLimit {
 public:
  static constexpr int kLinesPerSecond = 10;

  // What to put at the end of a line that may be written; none: it may not.
  std::optional<std::string> Take(absl::Time now) {
    absl::MutexLock lock(&mu_);
    if (now >= next_second_) {
      next_second_ = now + absl::Seconds(1);
      written_ = 0;
    }
    if (written_ == kLinesPerSecond) {
      ++left_out_;
      return std::nullopt;
    }
    ++written_;
    return TellOfThose();
  }

  // Of those that no line has told of yet; empty: there are none.
  std::string Rest() {
    absl::MutexLock lock(&mu_);
    return TellOfThose();
  }

 private:
  std::string TellOfThose() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (left_out_ == 0) return "";
    const std::uint64_t count = left_out_;
    left_out_ = 0;
    return absl::StrCat(" (lines left out about failed messages: ", count, ")");
  }

  absl::Mutex mu_;
  absl::Time next_second_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  int written_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t left_out_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace omnibus
