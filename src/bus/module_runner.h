// One module of a bus, from its start to its drain.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bus/event_publisher.h"
#include "bus/handling.h"
#include "bus/intake.h"
#include "bus/module_identity.h"
#include "bus/plan.h"
#include "bus/timer_queue.h"
#include "omnibus/health.h"
#include "omnibus/inbox.h"
#include "omnibus/module.h"
#include "omnibus/observer.h"

namespace omnibus {

// What all modules of a bus share. Outlives them.
struct BusParts {
  const Plan& plan;
  Runtime& runtime;
  EventPublisher& publisher;
  std::shared_ptr<spdlog::logger> log;
  Observer* observer;
  InboxFactory inbox;
};

// Thread-safety: one thread, that of Bus::Open() and Bus::Close(); Health from any.
class ModuleRunner final : public ModuleHost {
 public:
  // All arguments outlive this.
  ModuleRunner(const ModulePlan& plan, const BusParts& parts);
  ~ModuleRunner() override;

  // Receives through `consumer`; dead letters go through `sender`.
  void AddIntake(const std::string& transport, std::unique_ptr<Consumer> consumer, Sender* sender,
                 const Capabilities& capabilities);

  absl::Status StartModule();
  void StartReceiving();

  // In this order, by Bus::Close(): each of them for all modules, before the next one. Two waits
  // for what is handled: after the first one, what has not ended is told so by its context.
  void StopModule();
  void StopReceiving();
  void StartDrain();  // nothing begins any more
  bool WaitUntilDrained(absl::Time deadline);
  void Cancel() { cancelled_ = true; }
  void StopWorkers();  // joins them, unless a handler does not return
  absl::Status CloseConsumers(absl::Time deadline);

  // A handler has not returned: its thread, and all that it may touch, has to be left alone.
  bool stuck() const { return stuck_; }
  std::size_t unfinished() const { return handling_.in_flight() + handling_.abandoned(); }
  void AddHealth(std::vector<Health::Part>& parts) const;
  const std::string& group() const { return identity_.group; }

  Publisher& publisher() override { return publisher_; }
  Timers& timers() override { return timers_; }
  Runtime& runtime() override { return parts_.runtime; }
  spdlog::logger& log() override { return *parts_.log; }

 private:
  // Publishes in the module's name.
  class ModulePublisher final : public Publisher {
   public:
    explicit ModulePublisher(const ModuleIdentity& module) : module_(module) {}
    absl::Status PublishEvent(const EventType& type, const void* event,
                              const PublishOptions& options) override;
    void PublishEventAsync(const EventType& type, const void* event, const PublishOptions& options,
                           PublishCallback done) override;

   private:
    const ModuleIdentity& module_;
  };

  const ModulePlan& plan_;
  const BusParts& parts_;
  std::atomic<bool> cancelled_ = false;
  const ModuleIdentity identity_;
  Handling handling_;
  TimerQueue timers_;
  ModulePublisher publisher_;
  std::vector<std::pair<std::string, std::unique_ptr<Intake>>> intakes_;  // by transport
  bool started_ = false;
  bool working_ = false;
  bool timers_ended_ = true;
  bool stuck_ = false;
};

}  // namespace omnibus
