#include "cli/line_printer.h"

#include <utility>

#include "absl/time/time.h"

namespace omnibus::cli {

LinePrinter::LinePrinter(Output& out, Runtime& runtime)
    : out_(out), doorbell_(runtime.NewDoorbell()) {
  thread_ = runtime.Spawn("printer", [this] { Work(); });
}

LinePrinter::~LinePrinter() { Finish(); }

void LinePrinter::Print(std::string line) {
  {
    absl::MutexLock lock(&mu_);
    if (finished_) return;
    lines_.push_back(std::move(line));
  }
  doorbell_->Ring();
}

bool LinePrinter::failed() const {
  absl::MutexLock lock(&mu_);
  return failed_;
}

void LinePrinter::Finish() {
  {
    absl::MutexLock lock(&mu_);
    finished_ = true;
  }
  doorbell_->Ring();
  thread_->Join();
}

void LinePrinter::Work() {
  while (true) {
    std::vector<std::string> lines;
    bool finished = false;
    {
      absl::MutexLock lock(&mu_);
      lines.swap(lines_);
      finished = finished_;
    }
    for (const std::string& line : lines) out_.Line(line);
    if (!out_.status().ok()) {
      absl::MutexLock lock(&mu_);
      failed_ = true;
    }
    if (finished) return;
    if (lines.empty()) doorbell_->Wait(absl::InfiniteFuture());
  }
}

}  // namespace omnibus::cli
