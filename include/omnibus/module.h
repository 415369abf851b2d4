// A service as a module: a name, which is its consumer group's, and handlers.
//
//   class CatalogService final : public omnibus::Module {
//    public:
//     CatalogService() : Module(kBookstore, "catalog-service") {}
//
//     void Describe(omnibus::ModuleDescription& module) override {
//       module.Handles(this, &CatalogService::OnRequest);
//       module.Publishes<StockReserveSucceeded>();
//     }
//
//    private:
//     absl::Status OnRequest(const StockReserveRequest& request, omnibus::Context& context);
//   };
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/context.h"
#include "omnibus/event.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"
#include "omnibus/timers.h"

namespace spdlog {
class logger;
}

namespace omnibus {

// What a module may need of the brokers that it receives from. Checked when the bus opens: better
// no start than a service that is wrong now and then.
enum class Need {
  kOrderWithinKey,  // events of one key in order, also when its group has several members
  kReplay,          // a group that is new can start from the earliest event that is kept
  kDelayedRetry,    // retries, and their attempts, that outlive the process
};

// What a module handles and publishes. Checked against the contracts when the bus opens.
class ModuleDescription {
 public:
  using UntypedHandler = std::function<absl::Status(const void* event, Context& context)>;

  struct Handler {
    const EventType* type;
    UntypedHandler handle;
  };

  // The status decides what becomes of the message: OK settles it; an error that a retry can help
  // (see CanRetry()) is retried by the module's policy, and so is kCancelled, which leaves it to be
  // delivered again while the bus stops; any other sends it to dead letters. A handler that throws
  // is kInternal. Handlers run on the module's worker threads, as many at a time as it has of
  // concurrency, never two of one key.
  template <Event E>
  void Handles(std::function<absl::Status(const E&, Context&)> handler) {
    handlers_.push_back(
        {&EventTypeOf<E>(), [handler = std::move(handler)](const void* event, Context& context) {
           return handler(*static_cast<const E*>(event), context);
         }});
  }

  template <typename M, Event E>
  void Handles(M* module, absl::Status (M::*handler)(const E&, Context&)) {
    handlers_.push_back({&EventTypeOf<E>(), [module, handler](const void* event, Context& context) {
                           return (module->*handler)(*static_cast<const E*>(event), context);
                         }});
  }

  template <Event... E>
  void Publishes() {
    (publishes_.push_back(&EventTypeOf<E>()), ...);
  }

  // The same for whoever has an EventType only.
  void HandlesEvent(const EventType& type, UntypedHandler handler) {
    handlers_.push_back({&type, std::move(handler)});
  }
  void PublishesEvent(const EventType& type) { publishes_.push_back(&type); }

  void Needs(Need need) { needs_.push_back(need); }

  const std::vector<Handler>& handlers() const { return handlers_; }
  const std::vector<const EventType*>& publishes() const { return publishes_; }
  const std::vector<Need>& needs() const { return needs_; }

 private:
  std::vector<Handler> handlers_;
  std::vector<const EventType*> publishes_;
  std::vector<Need> needs_;
};

// What the bus offers to a module while it runs.
class ModuleHost {
 public:
  virtual ~ModuleHost() = default;

  // Publishes in the module's name: events that it did not describe are refused.
  virtual Publisher& publisher() = 0;
  virtual Timers& timers() = 0;
  virtual Runtime& runtime() = 0;
  virtual spdlog::logger& log() = 0;
};

class Module {
 public:
  // `domain` outlives the module; `name` is one of its services.
  Module(const DomainName& domain, std::string_view name) : domain_(&domain), name_(name) {}
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  const DomainName& domain() const { return *domain_; }
  std::string_view name() const { return name_; }

  // Called once, when the bus opens.
  virtual void Describe(ModuleDescription& module) = 0;

  // Called once, before the first event is handled. `host` is valid until Stop() has returned. An
  // error ends Bus::Open().
  virtual absl::Status Start(ModuleHost& host) {
    (void)host;
    return absl::OkStatus();
  }

  // Called once, when the bus closes, while handlers may still run and publishing works: shut the
  // front doors here. Bounded.
  virtual void Stop() {}

 private:
  const DomainName* domain_;
  std::string_view name_;
};

}  // namespace omnibus
