// The bus: publishes events, and runs modules.
//
//   omnibus::BusOptions options;
//   options.transports = omnibus::DefaultTransports();
//   options.modules.push_back(std::make_unique<CatalogService>());
//   absl::StatusOr<std::unique_ptr<omnibus::Bus>> bus = omnibus::Bus::Open(std::move(options));
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/configuration.h"
#include "omnibus/event_type.h"
#include "omnibus/health.h"
#include "omnibus/inbox.h"
#include "omnibus/module.h"
#include "omnibus/observer.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"
#include "omnibus/transport_plugin.h"

namespace omnibus {

struct BusOptions {
  Setting configuration;  // the whole file; nothing: the memory transport, and all defaults
  std::vector<TransportPlugin> transports;       // DefaultTransports(), or those that you link
  std::vector<std::unique_ptr<Module>> modules;  // may be empty: a bus that publishes only
  std::vector<const EventType*>
      events;  // further ones that are declared and published, beside the modules' own
  Runtime* runtime = &SystemRuntime();  // outlives the bus
  std::shared_ptr<spdlog::logger> log;  // default: spdlog's default logger
  InboxFactory inbox;                   // default: in memory
  Observer* observer = nullptr;         // outlives the bus

  // How long Open() waits for a broker that cannot be reached, with a line of log for each try. A
  // refused login or something that is missing or wrong is an error at once.
  absl::Duration open_timeout = absl::Seconds(30);
  std::stop_token stop;  // ends the waiting early: kCancelled
};

// Thread-safety: any thread, concurrently.
class Bus final : public Publisher {
 public:
  // Reads the configuration, checks modules against contracts, connects, declares the topology,
  // starts the modules and their consumers. kInvalidArgument: configuration or contract, a line for
  // each error. kUnavailable: no broker in time. Waits no longer than open_timeout (+ 100 ms for
  // each transport).
  static absl::StatusOr<std::unique_ptr<Bus>> Open(BusOptions options);

  // As Close(absl::ZeroDuration()), when it was not closed before.
  ~Bus() override;

  absl::Status PublishEvent(const EventType& type, const void* event,
                            const PublishOptions& options) override;
  void PublishEventAsync(const EventType& type, const void* event, const PublishOptions& options,
                         PublishCallback done) override;

  // Waits until every module's consumer is registered at its broker. kDeadlineExceeded names those
  // that are not.
  absl::Status WaitUntilReady(absl::Duration timeout);

  Health GetHealth() const;

  // Drains: shuts the modules' front doors, stops receiving, lets running handlers finish, settles
  // what finished, confirms what it published, leaves the groups and closes the producers. Returns
  // within `budget` (+ 100 ms), whatever the brokers do, as long as the modules' Stop() does; the
  // last fifth of it (at most 2 s) is kept for the brokers' answers. What did not finish in time is
  // left unsettled, and is delivered again. kDeadlineExceeded says how much that was. Later
  // publishes are kFailedPrecondition. Idempotent; concurrent calls wait for the first one. Not
  // from a handler: kFailedPrecondition.
  absl::Status Close(absl::Duration budget);
  // With the configuration's bus.drain.
  absl::Status Close();

 private:
  class Impl;
  explicit Bus(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace omnibus
