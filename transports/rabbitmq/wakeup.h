// Wakes an I/O thread that polls.
#pragma once

#include <atomic>

namespace omnibus::rabbitmq {

// An eventfd. Thread-safety: Signal() from any thread; Clear() and fd() from the thread that polls.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // Makes fd() readable. Cheap when it is already.
  void Signal();
  void Clear();
  int fd() const {
    return fd_;
  }  // -1: the process is out of file descriptors, and poll() ignores it

 private:
  const int fd_;
  std::atomic<bool> signalled_ = false;
};

}  // namespace omnibus::rabbitmq
