// AMQP's properties and headers to ours, and back.
#pragma once

#include <amqp.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "omnibus/transport.h"

namespace omnibus::rabbitmq {

inline constexpr std::string_view kPartitionKey = "partition_key";

// kInvalidArgument when AMQP cannot carry `message` as it is: names that are too long, headers that
// are no UTF-8.
absl::Status CheckProperties(const OutgoingMessage& message);

// Appends the content header's properties for `message`, which was checked, to `to`.
absl::Status AppendProperties(const OutgoingMessage& message, std::string& to);

// Fills type, key, id, correlation id and headers of `message` with views into `text`, whose old
// content is replaced. Integers and booleans become text; other values have none, and are left out,
// and so is what the broker itself adds at a redelivery.
void ReadProperties(const amqp_basic_properties_t& properties, std::string& text,
                    ReceivedMessage& message);

}  // namespace omnibus::rabbitmq
