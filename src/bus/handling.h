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
#include "bus/line_limit.h"
#include "bus/module_identity.h"
#include "bus/parking.h"
#include "bus/pool.h"
#include "bus/sender.h"
#include "bus/side_message.h"
#include "bus/worker_pool.h"
#include "config/bus_configuration.h"
#include "omnibus/inbox.h"
#include "omnibus/observer.h"

namespace omnibus {

// Where a delivery came from, as far as handling it has to know.
struct Origin {
  Consumer* consumer = nullptr;
  Sender* sender = nullptr;  // of the same broker, for what is put off and for dead letters
  bool has_retry_queue = false;
};

// Thread-safety: any thread, concurrently.
class Handling {
 public:
  // What is put off for longer than this is put into the retry queue anew: a broker gives up a
  // consumer that keeps a message unsettled for too long (RabbitMQ: half an hour).
  static constexpr absl::Duration kRenewAfter = absl::Minutes(10);

  // How many are admitted at a time, at most: enough that waking up and locking cost little for
  // each, and little enough that the first ones do not wait.
  static constexpr std::size_t kBatch = 256;

  // `module` outlives this.
  Handling(const ModuleIdentity& module, const ModuleConfiguration& configuration,
           absl::Duration publish_timeout, std::unique_ptr<Inbox> inbox, Observer* observer);

  WorkerPool& workers() { return workers_; }

  // A delivery to fill, and one that was filled after all in vain.
  Delivery* NewDelivery() { return pool_.Take(); }
  void Discard(Delivery* delivery) { pool_.Return(delivery); }
  void Admit(Delivery* delivery);  // counts it: before it goes to the workers
  // Admits one that was put off. True: it goes to the workers; false: later, by itself.
  bool AdmitPutOff(Delivery* delivery);

  // How many more may be admitted. When there is no room, `doorbell` is rung once there is some for
  // a batch, or for a worker that has nothing else to do.
  std::size_t Room() const;
  void WaitForRoom(Doorbell* doorbell, absl::Time deadline);

  // What came from sources that are `leaving` and has not begun does not begin any more, and is
  // left unsettled. Drain(): the same for all.
  void LetGo();
  void Drain();
  // What was put off, and waited for the rest of it to come from that source, goes on.
  void CatchUp(Source& source);
  // Forgets what was put off and came from sources that are lost.
  void Forget();
  // Waits until all that was admitted has ended. False: `deadline` passed first.
  bool WaitUntilEmpty(absl::Time deadline);

  std::size_t in_flight() const { return in_flight_.load(); }
  // How many were given back because the time was over: they will be delivered again.
  std::size_t abandoned() const { return abandoned_.load(); }
  int running_handlers() const { return running_.load(); }

 private:
  void Process(Delivery* delivery);
  void Handle(Delivery* delivery);
  bool IsItsTurn(Delivery* delivery);
  void WaitForTurn(Delivery* delivery);
  bool WaitsForTheRest(Delivery* delivery);
  absl::Status Call(Delivery* delivery);
  void Conclude(Delivery* delivery);
  void Fail(Delivery* delivery, absl::Status status);
  bool PutOff(Delivery* delivery, absl::Duration delay);
  void Renew(Delivery* delivery);
  void SendToRetryQueue(Delivery* delivery);
  void ConcludePutOff(Delivery* delivery);
  void Bury(Delivery* delivery);
  void BuryParked(Delivery* delivery);
  void ConcludeBurial(Delivery* delivery);
  void Park(Delivery* delivery);
  void ConcludePark(Delivery* delivery);
  void HandleRelease(Delivery* delivery);
  void Announce(Delivery* delivery);
  void ConcludeAnnouncement(Delivery* delivery);
  void FinishRelease(Delivery* delivery);
  WallClock Wall() const;
  void Send(Delivery* delivery, const OutgoingMessage& message, Delivery::Stage then);
  void TryAgain(Delivery* delivery, Delivery::Stage stage, const absl::Status& error);
  void End(Delivery* delivery);
  void HandleLeaving(Delivery* delivery);
  void Begin(Delivery* delivery);
  void Settle(Delivery* delivery);
  void Recycle(Delivery* delivery);
  void TellOfRoom();
  void SettleTooEarly(const Delivery& delivery);  // for planted bugs alone
  void Release(Delivery* delivery);
  bool ParksItsKey(const Delivery& delivery) const;
  bool KeepsOrder(const Delivery& delivery) const;
  bool Leaving(const Source& source) const { return draining_ || source.leaving; }
  bool Leaving(const Delivery& delivery) const { return Leaving(*delivery.source); }
  // Nothing helps any more: it belongs to somebody else, or the time is over.
  bool Gone(const Delivery& delivery) const {
    return delivery.source->lost || module_.cancelled->load(std::memory_order_relaxed);
  }
  void Hold(Delivery* delivery);
  void Unhold(Delivery* delivery);
  void Queue(Delivery* delivery);
  static void OnEffectsEnded(void* delivery);

  const ModuleIdentity& module_;
  const ModuleConfiguration configuration_;
  const absl::Duration publish_timeout_;
  const std::unique_ptr<Inbox> inbox_;
  Observer* const observer_;
  Pool<Delivery> pool_;
  WorkerPool workers_;
  Parking parking_;
  LineLimit failure_lines_;
  LineLimit refusal_lines_;  // of brokers
  const std::unique_ptr<Doorbell> empty_;
  std::atomic<bool> draining_ = false;
  std::atomic<std::size_t> in_flight_ = 0;
  std::atomic<std::size_t> held_ = 0;  // of these, those that only wait for a retry
  std::atomic<int> running_ = 0;       // handlers
  std::atomic<std::size_t> abandoned_ = 0;
  std::atomic<int> waiting_for_room_ = 0;
  absl::Mutex mu_;
  std::vector<Doorbell*> waiters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
