#include "bus/module_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bus/sync_publish.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

ModuleIdentity MakeIdentity(const ModulePlan& plan, const BusParts& parts,
                            const std::atomic<bool>* cancelled) {
  return {.domain = std::string(plan.module->domain().name),
          .module = std::string(plan.module->name()),
          .group = GroupName(*plan.module),
          .publishes = plan.description.publishes(),
          .runtime = &parts.runtime,
          .publisher = &parts.publisher,
          .log = parts.log.get(),
          .cancelled = cancelled};
}

}  // namespace

ModuleRunner::ModuleRunner(const ModulePlan& plan, const BusParts& parts)
    : plan_(plan),
      parts_(parts),
      identity_(MakeIdentity(plan, parts, &cancelled_)),
      handling_(identity_, plan.configuration, parts.plan.configuration.publish_timeout,
                parts.inbox(identity_.domain, identity_.module), parts.observer),
      timers_(identity_, plan.configuration.retry),
      publisher_(identity_) {}

ModuleRunner::~ModuleRunner() = default;

void ModuleRunner::AddIntake(const std::string& transport, std::unique_ptr<Consumer> consumer,
                             Sender* sender, const Capabilities& capabilities) {
  intakes_.emplace_back(
      transport,
      std::make_unique<Intake>(identity_, plan_, parts_.plan, handling_, std::move(consumer),
                               sender, capabilities, parts_.plan.configuration.drain));
}

absl::Status ModuleRunner::StartModule() {
  started_ = true;
  const absl::Status status = plan_.module->Start(*this);
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat("module ", identity_.group, ": ", status.message()));
}

void ModuleRunner::StartReceiving() {
  working_ = true;
  handling_.workers().Start(identity_.module);
  for (const auto& [transport, intake] : intakes_) intake->Start();
}

void ModuleRunner::StopModule() {
  if (started_) plan_.module->Stop();
}

void ModuleRunner::StopReceiving() {
  if (!working_) return;
  for (const auto& [transport, intake] : intakes_) intake->Stop();
  for (const auto& [transport, intake] : intakes_) intake->Join();
}

void ModuleRunner::StartDrain() {
  if (working_) handling_.Drain();
}

bool ModuleRunner::WaitUntilDrained(absl::Time deadline) {
  const bool empty = !working_ || handling_.WaitUntilEmpty(deadline);
  timers_ended_ = timers_.Stop(deadline);
  return empty && timers_ended_;
}

void ModuleRunner::StopWorkers() {
  cancelled_ = true;
  if (!working_) return timers_.Join();
  handling_.workers().Stop();
  stuck_ = handling_.running_handlers() > 0 || !timers_ended_;
  if (stuck_) {
    parts_.log->error("{}: a handler does not return; its thread is left behind", identity_.group);
    return;
  }
  handling_.workers().Join();
  timers_.Join();
}

absl::Status ModuleRunner::CloseConsumers(absl::Time deadline) {
  absl::Status first;
  for (const auto& [transport, intake] : intakes_) {
    const absl::Status status = intake->Close(deadline);
    if (first.ok() && !status.ok()) {
      first = absl::Status(
          status.code(), absl::StrCat(identity_.group, " at ", transport, ": ", status.message()));
    }
  }
  return first;
}

void ModuleRunner::AddHealth(std::vector<Health::Part>& parts) const {
  for (const auto& [transport, intake] : intakes_) {
    parts.push_back(
        {absl::StrCat("consume ", identity_.group, " from ", transport), intake->Health()});
  }
}

absl::Status ModuleRunner::ModulePublisher::PublishEvent(const EventType& type, const void* event,
                                                         const PublishOptions& options) {
  if (absl::Status status = module_.CheckPublishes(type); !status.ok()) return status;
  return PublishAndWait(*module_.publisher, *module_.runtime, type, event, options);
}

void ModuleRunner::ModulePublisher::PublishEventAsync(const EventType& type, const void* event,
                                                      const PublishOptions& options,
                                                      PublishCallback done) {
  if (absl::Status status = module_.CheckPublishes(type); !status.ok()) {
    return done(std::move(status));
  }
  module_.publisher->Publish(type, event, options, nullptr, std::move(done));
}

}  // namespace omnibus
