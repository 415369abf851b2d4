// What the kit asks of Kafka behind the transport's back. Each returns whether it was done.
#pragma once

#include <string>

namespace omnibus::behaviours {

bool DeleteTopic(const std::string& brokers, const std::string& topic);

// Writes and commits an empty transaction's worth of markers: offsets that no message has.
bool LeaveGap(const std::string& brokers, const std::string& topic);

}  // namespace omnibus::behaviours
