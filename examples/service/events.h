// The events of a small domain: weather stations, and whoever watches for frost.
#pragma once

#include <string>

#include "omnibus/decimal.h"
#include "omnibus/event.h"
#include "omnibus/timestamp.h"

namespace weather {

inline constexpr omnibus::DomainName kWeather = {.name = "weather",
                                                 .services = {"station-service", "frost-service"}};

// The enumerators of events are spelled as on the wire.
enum class Severity { frost, hard_frost };

struct TemperatureMeasured {
  std::string station;
  omnibus::Decimal celsius;
  omnibus::Timestamp measured_at;
};

struct FrostSeen {
  std::string station;
  Severity severity = Severity::frost;
};

}  // namespace weather

template <>
inline constexpr omnibus::Contract omnibus::contract<weather::TemperatureMeasured> = {
    .type = "temperature.measured",
    .channel = "weather.events",
    .domain = &weather::kWeather,
    .publisher = "station-service",
    .consumers = {"frost-service"},
    .key = "station",
    .description = "A station has measured the temperature of the air."};

template <>
inline constexpr omnibus::Contract omnibus::contract<weather::FrostSeen> = {
    .type = "frost.seen",
    .channel = "weather.events",
    .domain = &weather::kWeather,
    .publisher = "frost-service",
    .key = "station",
    .description = "It is freezing at a station.",
    .open = true};
