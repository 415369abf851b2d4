// One queue that a consumer reads, on an AMQP channel of its own.
#pragma once

#include <amqp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/transport.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/delivery.h"

namespace omnibus::rabbitmq {

struct SourceSpec {
  enum class Kind {
    kShared,     // the queue of a group, or a side queue: what is settled is acknowledged
    kTemporary,  // nobody's: a queue of its own, gone with the connection
    kBrowse,     // nobody's view of an existing queue: what is taken is acknowledged, the rest goes
                 // back
  };

  Kind kind = Kind::kShared;
  std::uint32_t index = 0;         // of the source; its channel is one more
  std::string_view channel;        // for the messages; as long-lived as they are
  std::string queue;               // empty for kTemporary
  std::vector<std::string> types;  // kTemporary: bound by these; none: by all
  int prefetch = 0;
  bool side = false;                 // a side queue, whose messages are counted: see caught_up()
  std::vector<std::uint32_t> after;  // the side queues that have to be caught up with before this
};

// Thread-safety: the link's thread.
class ConsumerSource {
 public:
  enum class State { kClosed, kOpening, kConsuming, kClosing };

  // `next_epoch` is shared by all sources of a consumer: no two channels ever have the same epoch.
  ConsumerSource(SourceSpec spec, DeliveryPool& pool, std::uint64_t& next_epoch,
                 std::vector<ConsumerEvent>& events)
      : spec_(std::move(spec)), pool_(pool), next_epoch_(next_epoch), events_(events) {}

  const SourceSpec& spec() const { return spec_; }
  State state() const { return state_; }
  // It consumes; and of a side queue, all that it held when that began was delivered, or is with
  // others.
  bool caught_up() const {
    return state_ == State::kConsuming && (!spec_.side || (counted_ && delivered_ >= expected_));
  }
  const absl::Status& status() const { return status_; }  // why it is closed
  std::uint64_t epoch() const { return epoch_; }
  // "queue 'x'".
  std::string Describe() const;

  // From kClosed. Appends kAssigned to `events` once the broker has taken the consumer.
  void Open(Connection& connection);
  // Takes a frame of its channel. Appends messages, and kLost when the broker closes the channel or
  // cancels the consumer.
  void OnFrame(Connection& connection, const amqp_frame_t& frame);
  void OnConnectionLost(const absl::Status& why);
  // Asks the broker once more what the queue holds, unless it is being asked.
  void Count(Connection& connection);
  // The messages that nobody has, as it has said to that; none: it has not yet.
  std::optional<std::uint32_t> waiting() const { return waiting_; }
  int delivered() const { return delivered_; }
  // Nothing more comes before something is settled.
  bool is_full() const { return delivered_ - acknowledged_ >= window_; }
  // Stops consuming, as if the broker had closed the channel.
  void GiveUp(Connection& connection, absl::Status why);
  // Of a message with the current epoch.
  void Settle(Connection& connection, std::int64_t delivery_tag, bool taken);
  // Gives back what is unsettled. kClosed once the broker has heard this, and so all settled
  // before.
  void Close(Connection& connection);

 private:
  std::uint16_t channel() const { return static_cast<std::uint16_t>(spec_.index + 1); }
  void DeclareTemporary(Connection& connection);
  void Consume(Connection& connection);
  void OnMethod(Connection& connection, const amqp_method_t& method);
  void OnCounted(Connection& connection, const amqp_queue_declare_ok_t& answer);
  void OnDeliver(const amqp_basic_deliver_t& deliver);
  void OnHeader(const amqp_frame_t& frame);
  void OnBody(std::string_view part);
  void Acknowledge(Connection& connection, std::int64_t delivery_tag);
  void AcknowledgeTaken(Connection& connection);
  void Lose(absl::Status why);
  void Append(ConsumerEvent::Kind kind);
  // Once, of a side queue.
  void TellCaughtUp();

  const SourceSpec spec_;
  DeliveryPool& pool_;
  std::uint64_t& next_epoch_;
  std::vector<ConsumerEvent>& events_;

  State state_ = State::kClosed;
  absl::Status status_;
  std::uint64_t epoch_ = 0;                 // 0: none
  std::optional<ReceivedMessage> message_;  // the one that is being read
  std::uint64_t body_left_ = 0;
  bool has_header_ = false;

  // kBrowse: each consumer gets a window of messages; when all of them were settled here, the next
  // consumer gets the next.
  int browsers_ = 0;
  int window_ = 0;
  int delivered_ = 0;
  int settled_ = 0;
  std::vector<std::int64_t> taken_;  // to be acknowledged at the window's end

  std::optional<std::uint32_t> waiting_;

  // Of a side queue: how much is expected, as far as the broker has told.
  bool told_ = false;     // kCaughtUp
  int acknowledged_ = 0;  // of `delivered_`
  bool counting_ = false;
  int answers_ = 0;
  bool counted_ = false;
  int expected_ = 0;
  int delivered_at_answer_ = 0;
};

}  // namespace omnibus::rabbitmq
