// What a broker looks like to the bus. Write these three interfaces to bring a broker of your own.
//
// A transport moves bytes: it never decodes, retries a handler or runs one. It connects in the
// background, for ever, with jittered back-off, on I/O threads of its own that it gets from the
// Runtime; it says in the log and in Health() when it is cut off and when it is back. Nothing here
// throws.
//
// Errors have the same meaning everywhere:
//   kInvalidArgument     refused for good: too large, a header that is no UTF-8, a wrong option
//   kNotFound            no such channel, or nobody would receive it
//   kUnavailable         the broker cannot be reached now; nothing was done, a retry is safe
//   kDeadlineExceeded    no answer in time; outcome unknown, a retry may duplicate
//   kResourceExhausted   the local queue is full; nothing was done
//   kPermissionDenied, kUnauthenticated   the broker refuses us; retrying does not help
//   kFailedPrecondition  closed, or something at the broker is wrong; the message says what
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omnibus {

struct HeaderView {
  std::string_view name;   // not empty
  std::string_view value;  // may be empty
};

// A channel is published to and read by groups. A queue is a side queue of one group, for dead
// letters and delayed retries; a message reaches it by the queue's own name.
enum class Destination { kChannel, kQueue };

// All views are valid during the call only.
struct OutgoingMessage {
  Destination destination = Destination::kChannel;
  std::string_view channel;  // the channel's or the queue's name
  std::string_view type;     // event type; AMQP: routing key and `type` property
  std::string_view key;      // what stays in order; empty: nothing does
  // kQueue only: which part of it. What is put off goes to the part that it came from
  // (ReceivedMessage::partition), so that it comes back to whoever owns that; -1: by the key.
  std::int64_t partition = -1;
  std::string_view id;              // of the event, as text; AMQP: message_id
  std::string_view correlation_id;  // as text; AMQP: correlation_id
  bool mandatory = true;  // kNotFound when nobody would receive it. False: somebody might not exist
  std::string_view body;
  std::span<const HeaderView> headers;  // no name twice
};

// Identifies one delivery to its consumer.
struct DeliveryTag {
  std::uint64_t epoch = 0;    // of the assignment, channel or connection that it came with
  std::uint32_t source = 0;   // which of the consumer's sources: a partition, a queue
  std::int64_t position = 0;  // within the source: an offset, a delivery tag

  friend bool operator==(const DeliveryTag&, const DeliveryTag&) = default;
};

// Keeps alive what a received message's views point to. May be destroyed on any thread, also after
// the consumer was closed, but before its transport is destroyed.
using MessageOwner = std::unique_ptr<void, void (*)(void*)>;

struct ReceivedMessage {
  std::string_view channel;      // the channel or queue that it was received from
  std::string_view routing_key;  // what the broker routed it by; empty where there is no such thing
  std::string_view type;         // AMQP's `type` property; empty where there is none
  std::string_view key;          // partition key; empty: none
  std::string_view id;           // AMQP's message_id; empty: none
  std::string_view correlation_id;  // AMQP's correlation_id; empty: none
  std::string_view body;
  absl::InlinedVector<HeaderView, 4> headers;
  DeliveryTag tag;
  std::int64_t partition =
      -1;  // for people, and for dead letters' headers; -1: there is no such thing
  std::int64_t offset = -1;
  bool redelivered = false;  // the broker says that it has been delivered before
  MessageOwner owner{nullptr, +[](void*) {}};
};

// What a consumer pulls.
struct ConsumerEvent {
  enum class Kind {
    kMessage,
    kAssigned,  // messages of `sources` follow, tagged with `epoch`
    kRevoked,   // `sources` shall go to somebody else: settle what runs, then call Release(epoch)
    kLost,  // `sources` are gone: their messages belong to somebody else, and can't be settled any
            // more
    kCaughtUp,  // all that the side queues `sources` held when they were assigned, in `epoch`, has
                // come, or as much as may be unsettled (ConsumerOptions::queue_window)
  };

  Kind kind = Kind::kMessage;
  ReceivedMessage message;             // kMessage
  std::uint64_t epoch = 0;             // of the change
  std::vector<std::uint32_t> sources;  // all but kMessage
};

// One direction's connection to the broker.
struct LinkHealth {
  bool healthy = false;
  std::string detail;  // what is wrong, or what it is connected to; never a password
};

// Called exactly once, on a thread of the transport's, or on the sender's before Send() returns (by
// a transport that knows the outcome at once, and holds no lock then): it must not block, throw, or
// destroy the producer.
using Completion = absl::AnyInvocable<void(absl::Status)>;

// The sending end.
//
// Thread-safety: any thread, concurrently. What one thread sends under one key arrives in that
// order.
class Producer {
 public:
  virtual ~Producer() = default;

  // Queues `message`, which is copied before the call returns, and calls `done` with the outcome,
  // `deadline` + 100 ms at the latest: OK when the broker has taken responsibility for it (on all
  // replicas that it must be on), else an error as above. Does not block, waits for no broker. When
  // it returns an error itself, `done` is never called; kResourceExhausted: the queue is full, and
  // has room again after some completion, or once others have taken messages from it (look again
  // now and then); kInvalidArgument, kFailedPrecondition (closed): for good.
  virtual absl::Status Send(const OutgoingMessage& message, absl::Time deadline,
                            Completion done) = 0;

  // Waits until all that was sent before has its outcome. kDeadlineExceeded: some have none yet.
  virtual absl::Status Flush(absl::Time deadline) = 0;

  // Refuses new messages, and waits until the queued ones have their outcome; those without one at
  // `deadline` are completed as unknown. Idempotent. Afterwards no completion runs any more.
  virtual absl::Status Close(absl::Time deadline) = 0;

  virtual LinkHealth Health() const = 0;
};

// The receiving end of one consumer group's member. It is pull-based, so that back-pressure is
// nothing but not calling Wait(): the transport then stops fetching, but goes on with its
// heartbeats, and never loses its place in the group for that.
//
// Thread-safety: one thread at a time for Wait(); all else from any thread.
class Consumer {
 public:
  virtual ~Consumer() = default;

  // Appends what has arrived to `events`. Waits for the first until `deadline`, and takes no more
  // than `max_events`. OK with nothing appended: nothing came in time, or Interrupt() was called.
  // kFailedPrecondition: closed.
  virtual absl::Status Wait(absl::Time deadline, std::size_t max_events,
                            std::vector<ConsumerEvent>& events) = 0;

  // Makes a Wait() that runs, or else the next one, return at once.
  virtual void Interrupt() = 0;

  // Ends messages, in any order. The broker's position never passes an unsettled one, and no
  // acknowledgement covers one. Returns how many of them were dropped because their epoch has
  // passed, or because they were settled before (both are counted, never sent). Doesn't block: the
  // broker is told soon, or at the latest by Release() or Close().
  virtual std::size_t Settle(std::span<const DeliveryTag> tags) = 0;

  // Answers kRevoked: the sources of that event may go now; what was settled is told to the broker
  // first. An epoch that has passed is ignored. Without an answer the transport lets them go by
  // itself, as late as its broker allows.
  virtual void Release(std::uint64_t epoch) = 0;

  // Tells the broker what was settled, leaves the group, and gives what is unsettled back to it.
  // Idempotent. Interrupts Wait(). kDeadlineExceeded: the broker has not heard all of it, so some
  // of the settled may be delivered again.
  virtual absl::Status Close(absl::Time deadline) = 0;

  // Healthy only while it is in fact registered at the broker and hears from it.
  virtual LinkHealth Health() const = 0;
};

// What exists at the broker. Names are as docs/contracts.md and docs/design.md have them.
struct ChannelSpec {
  std::string name;
  int partitions = 0;   // 0: the transport's default. An existing channel stays as it is
  int replication = 0;  // 0: the transport's default
};

struct GroupSpec {
  std::string channel;
  std::string domain;
  std::string module;
  std::vector<std::string> types;  // the event types that it is bound to
  // Side queues that its members read with the channel (Subscription::queues), in as many parts as
  // the channel has.
  std::vector<std::string> queues = {};
};

struct Topology {
  std::vector<ChannelSpec> channels;
  std::vector<GroupSpec> groups;  // each with its dead-letter queue, `<channel>.<module>.dead`
};

enum class DeclareMode {
  kDeclare,  // make what is missing
  kCheck,    // kNotFound, naming it, when something is missing
};

enum class StartFrom {
  kEarliest,
  kLatest,
  kError,  // kFailedPrecondition for a group that is new
};

struct Subscription {
  Destination destination = Destination::kChannel;
  std::string channel;
  std::vector<std::string> types;  // what the module handles; the transport may send others too
  // Side queues of the group (GroupSpec::queues) that are read with the channel. Whoever is
  // assigned a part of the channel is assigned the same part of each of these, and gives them up
  // together; and all that they hold at that moment comes before the first message of the channel's
  // part, and is ended by a kCaughtUp. So a member that starts again knows what the group has put
  // off before it goes on.
  std::vector<std::string> queues = {};
};

struct ConsumerOptions {
  // The group is `<domain>.<module>`; its queue on RabbitMQ `<channel>.<module>`. An empty module
  // is nobody's: it reads along from `start_from`, stores no position, and takes nothing away from
  // any group.
  std::string domain;
  std::string module;
  std::vector<Subscription> subscriptions;
  StartFrom start_from = StartFrom::kEarliest;
  // How many messages of its side queues may be unsettled at a time, where the broker wants to
  // know: what has been put off is held unsettled until it is due. Never counts against the
  // channel's.
  std::size_t queue_window = 10000;
};

struct Capabilities {
  // Carries type, id and correlation id beside the body and the headers, as AMQP does. Where it
  // does not, the envelope puts what the body lacks into headers.
  bool properties = false;
  // Events of one key reach a group in order, also when it has several members.
  bool ordered_by_key = false;
  // A group that is new can start from the earliest event that is kept; a reader that is nobody's,
  // too.
  bool replay = false;
  // Groups can have side queues (Subscription::queues): retries that outlive the process, replays
  // for one group alone.
  bool side_queues = false;
  std::size_t max_body_bytes = 0;
};

// Thread-safety: any thread, concurrently. Destroyed after all that it opened.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual Capabilities GetCapabilities() const = 0;

  // Makes or checks all of `topology`, and remembers it: after a lost connection it is declared
  // again if need be.
  virtual absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) = 0;

  // Both return without waiting for the broker.
  virtual absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() = 0;
  virtual absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(
      const ConsumerOptions& options) = 0;
};

}  // namespace omnibus
