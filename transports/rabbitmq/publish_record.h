// One message on its way to the broker, encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/transport.h"

namespace omnibus::rabbitmq {

// It lives until the broker has confirmed it, so that it can be written again on a new connection,
// and a returned message can be told by its content. Reused, so that in a steady state a publish
// costs no allocation.
class PublishRecord {
 public:
  // Copies and encodes `message`. kInvalidArgument when AMQP or `max_body_bytes` do not allow it.
  absl::Status Fill(const OutgoingMessage& message, std::size_t max_body_bytes);

  // For FrameWriter::Content().
  std::string_view method() const { return std::string_view(wire_).substr(0, method_size_); }
  std::string_view properties() const {
    return std::string_view(wire_).substr(method_size_, properties_size_);
  }
  std::string_view body() const {
    return std::string_view(wire_).substr(method_size_ + properties_size_);
  }

  std::string_view exchange() const { return std::string_view(names_).substr(0, exchange_size_); }
  std::string_view routing_key() const {
    return std::string_view(names_).substr(exchange_size_, routing_key_size_);
  }
  std::string_view id() const {
    return std::string_view(names_).substr(exchange_size_ + routing_key_size_);
  }
  // The channel or queue, for errors.
  std::string_view destination() const { return exchange().empty() ? routing_key() : exchange(); }

  std::size_t bytes() const { return wire_.size() + names_.size(); }
  std::size_t capacity() const { return wire_.capacity(); }

  absl::Time deadline;
  std::uint64_t number = 0;      // rises with each that is sent
  std::uint64_t order = 0;       // hash of destination and partition key; 0: it has no key
  std::uint64_t tag = 0;         // the channel's number of it, since it was last written
  Completion done;               // empty once it has its outcome
  std::uint64_t generation = 0;  // see SendQueue
  bool written = false;          // on some connection: the broker may have it
  bool nacked = false;           // the broker could not take it, once or more often

 private:
  std::string names_;  // exchange, routing key, message id
  std::size_t exchange_size_ = 0;
  std::size_t routing_key_size_ = 0;
  std::string wire_;  // method, properties, body: one copy of the message, by the caller's thread
  std::size_t method_size_ = 0;
  std::size_t properties_size_ = 0;
};

using PublishRecordPtr = std::unique_ptr<PublishRecord>;

}  // namespace omnibus::rabbitmq
