#include "cli/staged_module.h"

#include <optional>
#include <utility>

namespace omnibus::cli {
namespace {

class StagedPublisher final : public Publisher {
 public:
  StagedPublisher(Publisher& publisher, Runtime& runtime, Chains& chains)
      : publisher_(publisher), runtime_(runtime), chains_(chains) {}

  absl::Status PublishEvent(const EventType& type, const void* event,
                            const PublishOptions& options) override {
    return publisher_.PublishEvent(type, event, Staged(options));
  }
  void PublishEventAsync(const EventType& type, const void* event, const PublishOptions& options,
                         PublishCallback done) override {
    publisher_.PublishEventAsync(type, event, Staged(options), std::move(done));
  }

 private:
  PublishOptions Staged(PublishOptions options) const {
    if (!options.correlation_id) {
      options.correlation_id = RandomUuid(runtime_.Random(), runtime_.Random());
    }
    chains_.Begin(*options.correlation_id);  // before any of it can arrive
    return options;
  }

  Publisher& publisher_;
  Runtime& runtime_;
  Chains& chains_;
};

class StagedHost final : public ModuleHost {
 public:
  StagedHost(ModuleHost& host, Chains& chains)
      : host_(host), publisher_(host.publisher(), host.runtime(), chains) {}

  Publisher& publisher() override { return publisher_; }
  Timers& timers() override { return host_.timers(); }
  Runtime& runtime() override { return host_.runtime(); }
  spdlog::logger& log() override { return host_.log(); }

 private:
  ModuleHost& host_;
  StagedPublisher publisher_;
};

class StagedModule final : public Module {
 public:
  StagedModule(std::unique_ptr<Module> module, Chains& chains)
      : Module(module->domain(), module->name()), module_(std::move(module)), chains_(chains) {}

  void Describe(ModuleDescription& description) override {
    ModuleDescription whole;
    module_->Describe(whole);
    for (const ModuleDescription::Handler& handler : whole.handlers()) {
      description.HandlesEvent(*handler.type, [chains = &chains_, handle = handler.handle](
                                                  const void* event, Context& context) {
        if (!chains->Contain(context.metadata().correlation_id)) return absl::OkStatus();
        return handle(event, context);
      });
    }
    for (const EventType* type : whole.publishes()) description.PublishesEvent(*type);
  }

  absl::Status Start(ModuleHost& host) override {
    host_.emplace(host, chains_);
    return module_->Start(*host_);
  }

  void Stop() override { module_->Stop(); }

 private:
  const std::unique_ptr<Module> module_;
  Chains& chains_;
  std::optional<StagedHost> host_;
};

}  // namespace

void Chains::Begin(const Uuid& correlation_id) {
  absl::MutexLock lock(&mu_);
  begun_.insert(correlation_id);
}

bool Chains::Contain(const Uuid& correlation_id) const {
  absl::MutexLock lock(&mu_);
  return begun_.contains(correlation_id);
}

std::unique_ptr<Module> MakeStagedModule(std::unique_ptr<Module> module, Chains& chains) {
  return std::make_unique<StagedModule>(std::move(module), chains);
}

}  // namespace omnibus::cli
