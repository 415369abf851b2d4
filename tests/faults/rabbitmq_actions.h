// What a test does to a private RabbitMQ behind its clients' backs. Each returns whether it was
// done, some 100 ms later: the broker evaluates Erlang, which is what rabbitmqctl does in seconds.
#pragma once

#include <string>

#include "tests/support/brokers.h"

namespace omnibus::faults {

// Whether it was evaluated; `result`, if any, gets what it came to, as Erlang prints it.
bool EvalErlang(const testing::PrivateBroker& broker, const std::string& erlang,
                std::string* result = nullptr);

// The broker's own alarms, raised by limits that it must exceed: it does not read from publishers.
bool RaiseMemoryAlarm(const testing::PrivateBroker& broker);
bool RaiseDiskAlarm(const testing::PrivateBroker& broker);
bool ClearAlarms(const testing::PrivateBroker& broker);

bool DeleteQueue(const testing::PrivateBroker& broker, const std::string& queue);
bool DeleteExchange(const testing::PrivateBroker& broker, const std::string& exchange);

// A user beside guest, whose password is its name, with all permissions.
bool AddUser(const testing::PrivateBroker& broker, const std::string& user);
// Takes all permissions of the user, and closes the channels that remember them; gives them back.
bool RevokePermissions(const testing::PrivateBroker& broker, const std::string& user);
bool GrantPermissions(const testing::PrivateBroker& broker, const std::string& user);

// Has the broker close all its clients' connections, politely.
bool CloseConnections(const testing::PrivateBroker& broker);

// How many consumers the broker has for a queue; -1: no such queue, or no answer.
int ConsumersOf(const testing::PrivateBroker& broker, const std::string& queue);

}  // namespace omnibus::faults
