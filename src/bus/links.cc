#include "bus/links.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

constexpr absl::Duration kOneTry = absl::Seconds(5);
constexpr absl::Duration kFirstPause = absl::Milliseconds(250);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

absl::Status Named(const std::string& transport, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("transport ", transport, ": ", status.message()));
}

absl::Status Declare(const TransportPlan& plan, DeclareMode mode, Transport& transport,
                     Runtime& runtime, spdlog::logger& log, const Patience& patience) {
  const std::unique_ptr<Doorbell> doorbell = runtime.NewDoorbell();
  const std::stop_callback ring(patience.stop, [&doorbell] { doorbell->Ring(); });
  absl::Duration pause = kFirstPause;
  while (true) {
    if (patience.stop.stop_requested()) return absl::CancelledError("stopped while opening");
    const absl::Time now = runtime.Now();
    const absl::Status status =
        transport.Declare(plan.topology, mode, std::min(patience.deadline, now + kOneTry));
    if (status.ok()) return status;
    if (!MayPass(status)) return Named(plan.name, status);

    const absl::Time again = runtime.Now() + pause;
    if (again >= patience.deadline) {
      return absl::UnavailableError(absl::StrCat(
          "transport ", plan.name, ": the broker cannot be reached: ", status.message(),
          "; is it running, and is its address in the configuration right?"));
    }
    log.warn("transport {}: the broker cannot be reached, and is tried again in {}: {}", plan.name,
             absl::FormatDuration(pause), std::string(status.message()));
    doorbell->Wait(again);
    // Spread by a fifth, so that services that start together do not knock together.
    const double spread = 0.8 + 0.4 * static_cast<double>(runtime.Random() >> 11) * 0x1p-53;
    pause = std::min(pause * 2, kLongestPause) * spread;
  }
}

}  // namespace

absl::StatusOr<std::map<std::string, Link>> OpenLinks(const Plan& plan, Runtime& runtime,
                                                      std::shared_ptr<spdlog::logger> log,
                                                      const Patience& patience) {
  const DeclareMode mode = plan.configuration.declare == DeclareScope::kNever
                               ? DeclareMode::kCheck
                               : DeclareMode::kDeclare;
  std::map<std::string, Link> links;
  // All of them are made first: a wrong option of the last one is told before the first one is
  // waited for.
  for (const auto& [name, transport] : plan.transports) {
    absl::StatusOr<std::unique_ptr<Transport>> made =
        transport.plugin->make(name, transport.options, runtime, log);
    if (!made.ok()) return made.status();
    links[name].transport = *std::move(made);
  }
  for (const auto& [name, transport] : plan.transports) {
    Link& link = links[name];
    absl::Status declared = Declare(transport, mode, *link.transport, runtime, *log, patience);
    if (!declared.ok()) return declared;
    absl::StatusOr<std::unique_ptr<Producer>> producer = link.transport->OpenProducer();
    if (!producer.ok()) return Named(name, producer.status());
    link.sender = std::make_unique<Sender>(*std::move(producer), runtime);
  }
  return links;
}

}  // namespace omnibus
