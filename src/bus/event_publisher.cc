#include "bus/event_publisher.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

// What a thread encodes with: its buffers grow once, and are used for each event from then on.
// Nothing here is read any more once the transport has copied the message, so that a completion
// which runs inside of Send() may publish on the same thread.
struct Scratch {
  EnvelopeWriter writer;
  Metadata metadata;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

// What an observer is shown when the outcome is there.
struct Sighting {
  Metadata metadata;
  std::string payload;
  PublishCallback done;
};

}  // namespace

EventPublisher::EventPublisher(const Plan& plan, Runtime& runtime, Observer* observer)
    : plan_(plan), runtime_(runtime), observer_(observer) {}

void EventPublisher::AddTransport(const std::string& name, Sender* sender,
                                  const Capabilities& capabilities) {
  for (const EventType* type : plan_.events) {
    const ChannelPlan& channel = plan_.ChannelOf(*type);
    if (channel.transport == name) routes_[type] = {channel.dialect, capabilities, sender};
  }
}

absl::Time EventPublisher::DeadlineOf(const PublishOptions& options) const {
  return runtime_.Now() + options.timeout.value_or(plan_.configuration.publish_timeout);
}

void EventPublisher::Publish(const EventType& type, const void* event,
                             const PublishOptions& options, const Inheritance* inherited,
                             PublishCallback done) {
  const auto route = routes_.find(&type);
  if (route == routes_.end()) {
    return done(absl::InvalidArgumentError(
        absl::StrCat(AbslView(type.contract->type),
                     ": this bus does not know the event: add it to BusOptions::events")));
  }
  const absl::Time deadline = DeadlineOf(options);
  auto& [writer, metadata] = ThreadScratch();
  FillIn(type, options, inherited, metadata);
  absl::Status written =
      writer.Write(route->second.dialect, route->second.capabilities, metadata, type, event);
  if (!written.ok()) {
    return done(absl::Status(written.code(), absl::StrCat("publish ", AbslView(type.contract->type),
                                                          ": ", written.message())));
  }
  writer.message().destination = Destination::kChannel;
  // Where the contract names nobody, nobody has to be there.
  writer.message().mandatory = !type.contract->consumers.empty();
  if (observer_ != nullptr) {
    metadata.key = writer.message().key;
    done = Observed(type, event, route->second.dialect, metadata, std::move(done));
  }
  route->second.sender->Send(writer.message(), deadline, std::move(done));
}

void EventPublisher::FillIn(const EventType& type, const PublishOptions& options,
                            const Inheritance* inherited, Metadata& metadata) const {
  const auto new_uuid = [this] { return RandomUuid(runtime_.Random(), runtime_.Random()); };
  metadata.type = type.contract->type;
  metadata.id = options.id ? *options.id : new_uuid();
  metadata.occurred_at =
      options.occurred_at ? *options.occurred_at : ToTimestamp(runtime_.WallTime());
  metadata.key = options.key ? std::string_view(*options.key) : std::string_view();
  metadata.headers = options.headers;
  if (inherited != nullptr) {
    metadata.correlation_id = inherited->cause.correlation_id;
    metadata.causation_id = inherited->cause.id;
    metadata.idempotency_key = inherited->idempotency_key;
    metadata.traceparent = inherited->cause.traceparent;
  } else {
    metadata.causation_id.reset();
    metadata.traceparent.clear();
    if (!options.correlation_id) metadata.correlation_id = new_uuid();
    if (!options.idempotency_key) metadata.idempotency_key = new_uuid();
  }
  if (options.correlation_id) metadata.correlation_id = *options.correlation_id;
  if (options.causation_id) metadata.causation_id = options.causation_id;
  if (options.idempotency_key) metadata.idempotency_key = *options.idempotency_key;
  if (!options.traceparent.empty()) metadata.traceparent = options.traceparent;
}

PublishCallback EventPublisher::Observed(const EventType& type, const void* event, Dialect dialect,
                                         const Metadata& metadata, PublishCallback done) const {
  absl::StatusOr<std::string> payload = FormatPayload(type, event, PayloadNaming(dialect));
  auto sighting = std::make_unique<Sighting>(
      Sighting{metadata, std::move(payload).value_or(std::string()), std::move(done)});
  return [this, type = &type, sighting = std::move(sighting)](absl::Status outcome) {
    observer_->OnPublished({sighting->metadata, *type, sighting->payload, outcome});
    sighting->done(std::move(outcome));
  };
}

}  // namespace omnibus
