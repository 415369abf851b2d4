// An event with every type of field that there is.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "omnibus/decimal.h"
#include "omnibus/event.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::testing {

inline constexpr DomainName kEverywhere = {.name = "everywhere", .services = {"any-service"}};

enum class Colour { red, green, a_colour_with_quite_a_long_name };

struct Part {
  std::int64_t part_id = 0;
  std::int32_t count = 0;
};

struct Note {
  std::optional<std::string> text;
  std::optional<Timestamp> written_at;
};

struct Everything {
  std::optional<std::int64_t> first_if_there;
  std::optional<Uuid> second_if_there;
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint16_t port = 0;
  std::int32_t number = 0;
  std::int64_t large = 0;
  std::uint64_t size = 0;
  double measure = 0;
  std::string some_text;
  Uuid some_id = {};
  Timestamp some_time;
  Decimal price;
  Colour colour = Colour::red;
  std::optional<std::string> maybe_text;
  std::optional<Colour> maybe_colour;
  std::optional<std::vector<std::int64_t>> maybe_numbers;
  std::optional<Part> maybe_part;
  std::vector<Part> parts;
  std::vector<Note> notes;
  std::vector<std::string> texts;
  std::vector<std::optional<double>> measures;
  std::vector<bool> flags;
  std::vector<std::vector<Uuid>> ids;
  std::array<std::int32_t, 3> triple = {};
  std::map<std::string, Decimal> prices;
  std::string last_text;
};

// Events so small that all of one lies next to the end of its message.
struct Said {
  std::string text;
};
struct Counted {
  std::int64_t count = 0;
};
struct Priced {
  Decimal price;
};

}  // namespace omnibus::testing

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Everything> = {
    .type = "everything.happened",
    .channel = "everywhere.events",
    .domain = &omnibus::testing::kEverywhere,
    .publisher = "any-service"};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Said> = {
    .type = "said",
    .channel = "everywhere.events",
    .domain = &omnibus::testing::kEverywhere,
    .publisher = "any-service"};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Counted> = {
    .type = "counted",
    .channel = "everywhere.events",
    .domain = &omnibus::testing::kEverywhere,
    .publisher = "any-service"};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Priced> = {
    .type = "priced",
    .channel = "everywhere.events",
    .domain = &omnibus::testing::kEverywhere,
    .publisher = "any-service"};
