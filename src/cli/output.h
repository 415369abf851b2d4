// Standard output, where results go.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace omnibus::cli {

// Thread-safety: one thread.
class Output {
 public:
  // Writes the line, and its end, at once: who reads along sees each result when it is there. After
  // an error all else is thrown away.
  void Line(std::string_view line);
  // The same, with nothing added.
  void Bytes(std::string_view bytes);

  // OK; kCancelled: the reader has gone away; kUnavailable: it cannot be written (a full disk, a
  // closed descriptor).
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// Makes sure that descriptors 0, 1 and 2 are taken, so that no connection gets one of them and then
// our results: where one was closed, reading finds the end, and writing to standard output fails.
// And a reader that goes away is an error, not a signal.
void GuardStandardStreams();

}  // namespace omnibus::cli
