#include <pthread.h>

#include <mutex>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "omnibus/runtime.h"
#include "runtime/random.h"
#include "runtime/steady_clock.h"
#include "runtime/system_doorbell.h"

namespace omnibus {
namespace {

void NameThisThread(const std::string& name) {
  // Linux shows 15 characters, and refuses more.
  const std::string shown = name.substr(0, 15);
#ifdef __APPLE__
  pthread_setname_np(shown.c_str());
#else
  pthread_setname_np(pthread_self(), shown.c_str());
#endif
}

class SystemThread final : public Thread {
 public:
  explicit SystemThread(std::thread thread) : thread_(std::move(thread)) {}

  void Join() override {
    std::call_once(joined_, [this] { thread_.join(); });
  }

 private:
  std::once_flag joined_;
  std::thread thread_;
};

class SystemRuntimeImpl final : public Runtime {
 public:
  absl::Time Now() override { return SteadyNow(); }
  absl::Time WallTime() override { return absl::Now(); }
  std::uint64_t Random() override { return ThreadRandom(); }

  std::unique_ptr<Doorbell> NewDoorbell() override { return std::make_unique<SystemDoorbell>(); }

  std::unique_ptr<Thread> Spawn(std::string name, std::function<void()> body) override {
    return std::make_unique<SystemThread>(
        std::thread([name = std::move(name), body = std::move(body)] {
          NameThisThread(name);
          body();
        }));
  }

  void SleepUntil(absl::Time deadline) override {
    std::this_thread::sleep_until(ToSteadyClock(deadline));
  }
};

}  // namespace

Runtime& SystemRuntime() {
  // Never destroyed: threads may still ask for the time while the process ends.
  static SystemRuntimeImpl& runtime = *new SystemRuntimeImpl;
  return runtime;
}

}  // namespace omnibus
