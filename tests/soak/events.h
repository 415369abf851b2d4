// What flows during a soak: ticks, numbered by their sender, and a note of each.
#pragma once

#include <cstdint>
#include <string>

#include "omnibus/event.h"
#include "omnibus/uuid.h"

namespace omnibus::soak {

inline constexpr DomainName kSoak = {.name = "soak",
                                     .services = {"source", "ledger", "workers", "auditor"}};

struct Tick {
  std::int64_t sender;
  std::int64_t number;  // from 0, ascending for each sender
  std::string key;
  std::string filling;
};

// The effect of a tick: what a worker publishes while it handles one.
struct Noted {
  std::int64_t sender;
  std::int64_t number;
  std::string key;
};

// The id of a tick, and its idempotency key: tells which one it is.
Uuid TickId(std::int64_t sender, std::int64_t number);
void ReadTickId(const Uuid& id, std::int64_t& sender, std::int64_t& number);

}  // namespace omnibus::soak

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::soak::Tick> = {
    .type = "soak.tick",
    .channel = "soak.ticks",
    .domain = &omnibus::soak::kSoak,
    .publisher = "source",
    .consumers = {"ledger", "workers"},
    .key = "key",
    .description = "One of the numbered events that a soak counts."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::soak::Noted> = {
    .type = "soak.noted",
    .channel = "soak.notes",
    .domain = &omnibus::soak::kSoak,
    .publisher = "workers",
    .consumers = {"auditor"},
    .key = "key",
    .description = "A worker has handled a tick."};
