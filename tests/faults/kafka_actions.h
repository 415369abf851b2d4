// What a test does to a private Kafka behind its clients' backs. Each returns whether it was done.
#pragma once

#include <string>

#include "tests/support/brokers.h"

namespace omnibus::faults {

bool DeleteTopic(const testing::PrivateBroker& broker, const std::string& topic);

// Denies everybody to read and write the topic, and allows it again. The broker must have been
// started with an advertised port, as ProxiedBroker does: others have no authorizer.
bool DenyTopic(const testing::PrivateBroker& broker, const std::string& topic);
bool AllowTopic(const testing::PrivateBroker& broker, const std::string& topic);

// Fills the broker's disk, which must be its own (PrivateBroker::Options::disk_bytes), to the last
// page; and empties it again. Kafka ends itself at the first byte that it cannot write.
bool FillDisk(const testing::PrivateBroker& broker);
bool FreeDisk(const testing::PrivateBroker& broker);

// How many members the group coordinator has for a group; -1: no answer.
int MembersOf(const testing::PrivateBroker& broker, const std::string& group);

}  // namespace omnibus::faults
