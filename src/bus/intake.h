// What a module receives from one broker: pulls, decodes, and hands over to the lanes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "bus/delivery.h"
#include "bus/handling.h"
#include "bus/plan.h"
#include "envelope/envelope_codec.h"

namespace omnibus {

// Thread-safety: Start(), Stop() and Join() from the owner's thread; all else is for its own
// thread.
class Intake {
 public:
  // `module`, `plan`, `handling` and `sender` outlive this. `release_within` bounds how long
  // running handlers may hold up a rebalance.
  Intake(const ModuleIdentity& module, const ModulePlan& plan, const Plan& all, Handling& handling,
         std::unique_ptr<Consumer> consumer, Sender* sender, const Capabilities& capabilities,
         absl::Duration release_within);

  void Start();
  // Receives nothing more. What was received goes on.
  void Stop();
  void Join();

  absl::Status Close(absl::Time deadline) { return consumer_->Close(deadline); }
  LinkHealth Health() const { return consumer_->Health(); }

  const Origin& origin() const { return origin_; }
  Handling& handling() const { return handling_; }

 private:
  // A source that is owned, and what its messages have in common.
  struct Feed {
    Source* source = nullptr;
    bool is_known = false;  // the rest is: since its first message
    Dialect dialect = Dialect::kSnake;
    const std::string* retried = nullptr;  // of a retry queue: its channel
  };
  // An event type that is declared; `handler` is null where the module does not handle it.
  struct KnownType {
    const EventType* type;
    const ModuleDescription::Handler* handler;
  };
  // A revocation that waits for handlers to end.
  struct Revocation {
    std::uint64_t epoch;
    std::vector<Source*> sources;
    absl::Time deadline;
  };

  void Run();
  absl::Time NextRelease() const;
  void Take(ConsumerEvent& event);
  void Accept(ReceivedMessage& message);
  void Skip(const ReceivedMessage& message, Delivery* delivery, std::string_view why);
  Delivery* NewDelivery(Source* source);
  void TakeRetry(const std::string& channel, ReceivedMessage& message, Delivery& delivery);
  void Quarantine(Delivery* delivery, absl::Status why);
  void HandOver();
  void CatchUp(const ConsumerEvent& event);
  Feed& FeedOf(const DeliveryTag& tag);
  Feed& FeedOf(const ReceivedMessage& message);
  const KnownType* FindType(std::string_view name);
  std::vector<Source*> Leave(const ConsumerEvent& event);
  void LoseLeft(const ConsumerEvent& event);
  void ReleaseWhatIsDone();

  const ModuleIdentity& module_;
  const Plan& all_;
  Handling& handling_;
  const std::unique_ptr<Consumer> consumer_;
  const Origin origin_;
  const bool shared_;  // members of the group share the keys
  const absl::Duration release_within_;
  std::map<std::string, std::string, std::less<>> retry_queues_;  // the channel of each
  std::map<std::string, KnownType, std::less<>> types_;           // all that are declared, by name
  const KnownType* last_type_ = nullptr;  // the next one is often of the same

  const std::unique_ptr<Doorbell> doorbell_;
  std::unique_ptr<Thread> thread_;
  std::atomic<bool> stopping_ = false;

  EnvelopeReader reader_;
  std::vector<ConsumerEvent> events_;
  absl::flat_hash_map<std::uint32_t, Feed> current_;  // by DeliveryTag::source
  std::vector<std::unique_ptr<Source>>
      sources_;  // all there ever were: few, and deliveries point to them
  std::vector<Revocation> revocations_;
  std::vector<std::vector<Delivery*>> batches_;  // by lane
  std::map<std::string, std::size_t> skipped_;   // how often, by type
  std::string last_error_;
};

}  // namespace omnibus
