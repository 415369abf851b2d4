#include "transports/rabbitmq/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace omnibus::rabbitmq {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Wakeup::~Wakeup() {
  if (fd_ >= 0) close(fd_);
}

void Wakeup::Signal() {
  if (signalled_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

void Wakeup::Clear() {
  if (!signalled_.load(std::memory_order_acquire)) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = read(fd_, &count, sizeof count);
  // Last: a signal from here on writes again. One that came before is seen by whoever looks at its
  // work after Clear().
  signalled_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace omnibus::rabbitmq
