// What happens to one message in a module, from the lane to the settling: inbox, handler, retries,
// dead letter.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "bus/delivery.h"
#include "bus/module_identity.h"
#include "bus/pool.h"
#include "bus/sender.h"
#include "bus/worker_pool.h"
#include "config/bus_configuration.h"
#include "omnibus/inbox.h"
#include "omnibus/observer.h"

namespace omnibus {

// Where a delivery came from, as far as handling it has to know.
struct Origin {
  Consumer* consumer = nullptr;
  Sender* sender = nullptr;  // of the same broker, for dead letters
};

// Thread-safety: any thread, concurrently.
class Handling {
 public:
  // `module` outlives this.
  Handling(const ModuleIdentity& module, const ModuleConfiguration& configuration,
           absl::Duration publish_timeout, std::unique_ptr<Inbox> inbox, Observer* observer);

  WorkerPool& workers() { return workers_; }

  // A delivery to fill, and one that was filled after all in vain.
  Delivery* NewDelivery() { return pool_.Take(); }
  void Admit(Delivery* delivery);  // counts it: before it goes to the workers

  // How many more may be admitted. When there is no room, `doorbell` is rung once there is.
  std::size_t Room() const;
  void WaitForRoom(Doorbell* doorbell, absl::Time deadline);

  // What has not begun does not begin any more, and is left unsettled.
  void Drain();
  // Waits until all that was admitted has ended. False: `deadline` passed first.
  bool WaitUntilEmpty(absl::Time deadline);

  std::size_t in_flight() const { return in_flight_.load(); }
  int running_handlers() const { return running_.load(); }

 private:
  void Process(Delivery* delivery);
  void Handle(Delivery* delivery);
  absl::Status Call(Delivery* delivery);
  void Conclude(Delivery* delivery);
  void Fail(Delivery* delivery, absl::Status status);
  void Bury(Delivery* delivery);
  void ConcludeBurial(Delivery* delivery);
  void Settle(Delivery* delivery);
  void Release(Delivery* delivery);
  bool Leaving(const Delivery& delivery) const;
  static void OnEffectsEnded(void* delivery);

  const ModuleIdentity& module_;
  const ModuleConfiguration configuration_;
  const absl::Duration publish_timeout_;
  const std::unique_ptr<Inbox> inbox_;
  Observer* const observer_;
  Pool<Delivery> pool_;
  WorkerPool workers_;
  const std::unique_ptr<Doorbell> empty_;
  std::atomic<bool> draining_ = false;
  std::atomic<std::size_t> in_flight_ = 0;
  std::atomic<int> running_ = 0;  // handlers
  std::atomic<int> waiting_for_room_ = 0;
  absl::Mutex mu_;
  std::vector<Doorbell*> waiters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
