#include "bench/meter.h"

#include <sys/resource.h>

namespace omnibus::bench {
namespace {

constexpr std::int64_t kStride = 1000;

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

Moment Now(Runtime& runtime) { return {runtime.Now(), CpuSeconds()}; }

void Meter::Add() {
  const std::int64_t count = count_.fetch_add(1) + 1;
  const bool reached = count >= target_.load();
  if (count == 1) {
    absl::MutexLock lock(&mu_);
    first_ = Now(runtime_);
  }
  if (reached || count % kStride == 0) Mark();
  if (reached) doorbell_.Ring();
}

void Meter::SetTarget(std::int64_t target) {
  target_ = target;
  if (count_.load() < target) return;
  Mark();
  doorbell_.Ring();
}

void Meter::Mark() {
  absl::MutexLock lock(&mu_);
  last_ = Now(runtime_);
}

Moment Meter::first() const {
  absl::MutexLock lock(&mu_);
  return first_;
}

Moment Meter::last() const {
  absl::MutexLock lock(&mu_);
  return last_;
}

}  // namespace omnibus::bench
