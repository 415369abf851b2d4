// Prints lines that come from any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cli/output.h"
#include "omnibus/runtime.h"

namespace omnibus::cli {

// Writes on a thread of its own, so that a slow reader of standard output holds nobody up.
class LinePrinter {
 public:
  // Nobody else uses `out` until Finish() has returned. Both outlive this.
  LinePrinter(Output& out, Runtime& runtime);
  ~LinePrinter();
  LinePrinter(const LinePrinter&) = delete;
  LinePrinter& operator=(const LinePrinter&) = delete;

  // In the order of the calls. Does not block. Lines after Finish() are dropped. Any thread.
  void Print(std::string line);

  // Whether standard output cannot be written to any more. Any thread.
  bool failed() const;

  // Waits until all is written. Idempotent; one thread.
  void Finish();

 private:
  void Work();

  Output& out_;
  const std::unique_ptr<Doorbell> doorbell_;
  mutable absl::Mutex mu_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  bool failed_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::cli
