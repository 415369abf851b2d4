#include "scale_bus.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "bench/meter.h"
#include "bench/sample.h"
#include "omnibus/bus.h"
#include "omnibus/codec.h"
#include "omnibus/configuration.h"
#include "omnibus/module.h"
#include "omnibus/runtime.h"
#include "omnibus/transport_plugin.h"

namespace scale {

inline constexpr omnibus::DomainName kScale = {.name = "scale", .services = {"source"}};

struct Note {
  std::string text;
};

}  // namespace scale

template <>
inline constexpr omnibus::Contract omnibus::contract<scale::Note> = {
    .type = "note", .channel = "scale.notes", .domain = &scale::kScale, .publisher = "source"};

template struct omnibus::Codec<scale::Note>;

namespace scale {
namespace {

using omnibus::bench::Meter;
using omnibus::bench::Moment;
using omnibus::bench::Sample;

constexpr absl::Duration kTimeout = absl::Minutes(5);
constexpr absl::Duration kPause = absl::Microseconds(200);
// Published and not handled: enough that no thread ever waits for the publisher, and no more, so
// that it is not the growing of logs that is measured.
constexpr std::int64_t kMostWaiting = 16'384;
constexpr std::int64_t kMostWaitingBytes = 64 << 20;

// Sample's event, on as many channels as are asked for.
class Channels {
 public:
  Channels(const omnibus::EventType& sample, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      names_.push_back(absl::StrFormat("scale.notes-%04d", i));
      types_.push_back(absl::StrFormat("note-%04d", i));
      omnibus::Contract contract = *sample.contract;
      contract.type = types_.back();
      contract.channel = names_.back();
      contract.consumers = {};  // none but those that run, else the logs would fill
      contract.open = true;
      contracts_.push_back(contract);
      events_.push_back(sample);
      events_.back().contract = &contracts_.back();
    }
  }
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  const std::deque<omnibus::EventType>& events() const { return events_; }

 private:
  std::deque<std::string> names_, types_;
  std::deque<omnibus::Contract> contracts_;
  std::deque<omnibus::EventType> events_;
};

class Consumer final : public omnibus::Module {
 public:
  using Handler = omnibus::ModuleDescription::UntypedHandler;

  // A domain has a few services only, so each consumer is of one of its own; it outlives this.
  Consumer(const omnibus::DomainName& domain, const Channels& channels, Handler handler)
      : Module(domain, *domain.services.begin()),
        channels_(channels),
        handler_(std::move(handler)) {}

  void Describe(omnibus::ModuleDescription& module) override {
    for (const omnibus::EventType& event : channels_.events()) module.HandlesEvent(event, handler_);
  }

 private:
  const Channels& channels_;
  const Handler handler_;
};

absl::StatusOr<omnibus::Setting> Configuration(const Shape& shape,
                                               const std::vector<std::string>& modules) {
  std::string yaml =
      absl::StrCat("transports: {memory: {partitions: ", shape.partitions, "}}\n", "modules:\n");
  for (const std::string& module : modules) {
    absl::StrAppend(&yaml, "  ", module, ": {in_flight: ", shape.in_flight, "}\n");
  }
  return omnibus::ParseSettings(yaml, "scale");
}

std::int64_t MostWaiting(const Shape& shape, std::size_t body_bytes) {
  const std::int64_t fit = kMostWaitingBytes / static_cast<std::int64_t>(body_bytes);
  return std::min(std::max(2 * shape.in_flight, kMostWaiting), fit);
}

absl::Status WaitFor(const Meter& handled, omnibus::Doorbell& doorbell, absl::Time deadline) {
  while (!handled.reached()) {
    if (omnibus::SystemRuntime().Now() >= deadline) {
      return absl::DeadlineExceededError("deliveries are missing");
    }
    doorbell.Wait(deadline);
  }
  return absl::OkStatus();
}

// Publishes all, a bounded number ahead of the handlers; `enough` tells that so many are there.
absl::Status PublishAll(const Shape& shape, const Channels& channels, const Sample& sample,
                        std::int64_t most_waiting, Meter& handled, omnibus::Doorbell& doorbell,
                        omnibus::Bus& bus, absl::Notification& enough) {
  omnibus::Runtime& runtime = omnibus::SystemRuntime();
  const std::int64_t stride = std::clamp<std::int64_t>(most_waiting / 4, 1, 64);
  const std::int64_t held = std::min(shape.messages, 2 * shape.in_flight);
  const absl::Time deadline = runtime.Now() + kTimeout;
  absl::Status failure;  // the memory transport confirms inside of the call
  std::string key;
  omnibus::PublishOptions options;
  for (std::int64_t i = 0; i < shape.messages && failure.ok(); ++i) {
    while (i % stride == 0 && i - handled.count() / shape.modules >= most_waiting) {
      if (runtime.Now() >= deadline) return absl::DeadlineExceededError("handlers stand still");
      runtime.SleepUntil(runtime.Now() + kPause);
    }
    key.clear();
    absl::StrAppend(&key, "key-", i / shape.channels % shape.keys);
    options.key = key;
    const auto channel = static_cast<std::size_t>(i % shape.channels);
    bus.PublishEventAsync(channels.events()[channel], sample.event(), options,
                          [&failure](absl::Status status) {
                            if (!status.ok()) failure = std::move(status);
                          });
    if (i + 1 == held) enough.Notify();
    if (!shape.one_by_one) continue;
    handled.SetTarget((i + 1) * shape.modules);
    if (absl::Status status = WaitFor(handled, doorbell, deadline); !status.ok()) return status;
  }
  return failure;
}

}  // namespace

absl::StatusOr<Cost> MeasureCost(const Shape& shape) {
  omnibus::Runtime& runtime = omnibus::SystemRuntime();
  absl::StatusOr<std::unique_ptr<Sample>> sample = Sample::Make(
      omnibus::EventTypeOf<Note>(),
      absl::StrCat("{\"text\":\"", std::string(shape.text_bytes, 'x'), "\"}"), "scale.notes");
  if (!sample.ok()) return sample.status();
  absl::StatusOr<std::size_t> body_bytes = (*sample)->BodyBytes(omnibus::Dialect::kSnake);
  if (!body_bytes.ok()) return body_bytes.status();

  const Channels channels((*sample)->type(), shape.channels);
  const std::unique_ptr<omnibus::Doorbell> doorbell = runtime.NewDoorbell();
  Meter handled(runtime, *doorbell);
  const std::int64_t deliveries = shape.messages * shape.modules;
  handled.SetTarget(deliveries);
  absl::Notification enough;
  const auto handle = [&](const void*, omnibus::Context&) {
    if (shape.held) enough.WaitForNotification();
    handled.Add();
    return absl::OkStatus();
  };

  std::vector<std::string> modules;
  for (std::int64_t i = 0; i < shape.modules; ++i) modules.push_back(absl::StrCat("consumer-", i));
  std::deque<omnibus::DomainName> domains;
  omnibus::BusOptions options;
  options.transports = omnibus::DefaultTransports();
  for (const omnibus::EventType& event : channels.events()) options.events.push_back(&event);
  for (const std::string& module : modules) {
    domains.push_back({.name = "scale", .services = {module}});
    options.modules.push_back(std::make_unique<Consumer>(domains.back(), channels, handle));
  }
  absl::StatusOr<omnibus::Setting> configuration = Configuration(shape, modules);
  if (!configuration.ok()) return configuration.status();
  options.configuration = *std::move(configuration);
  const Moment opening = omnibus::bench::Now(runtime);
  absl::StatusOr<std::unique_ptr<omnibus::Bus>> bus = omnibus::Bus::Open(std::move(options));
  if (!bus.ok()) return bus.status();
  if (absl::Status ready = (*bus)->WaitUntilReady(kTimeout); !ready.ok()) return ready;

  const Moment start = omnibus::bench::Now(runtime);
  absl::Status published = PublishAll(shape, channels, **sample, MostWaiting(shape, *body_bytes),
                                      handled, *doorbell, **bus, enough);
  if (!enough.HasBeenNotified()) enough.Notify();  // so that handlers end
  if (!published.ok()) return published;
  if (absl::Status all = WaitFor(handled, *doorbell, start.time + kTimeout); !all.ok()) return all;
  const Moment end = handled.last();
  if (absl::Status closed = (*bus)->Close(); !closed.ok()) return closed;
  Cost cost;
  cost.cpu_ns = 1e9 * (end.cpu_seconds - start.cpu_seconds) / static_cast<double>(deliveries);
  cost.wall_ns = absl::ToDoubleNanoseconds(end.time - start.time) / static_cast<double>(deliveries);
  cost.open_ms = 1e3 * (start.cpu_seconds - opening.cpu_seconds);
  cost.body_bytes = *body_bytes;
  return cost;
}

}  // namespace scale
