#include "tests/core/json/dom_reader.h"

#include <cctype>
#include <cstdlib>
#include <limits>
#include <string>

#include "simdjson.h"

namespace omnibus::testing {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// What is wrong is thrown, and caught in ReadDom.
struct Wrong {};

void Require(bool right) {
  if (!right) throw Wrong();
}

template <typename T>
T As(element from) {
  T value{};
  Require(from.get(value) == simdjson::SUCCESS);
  return value;
}

std::string Spelled(const std::string& name, Naming naming) {
  if (naming == Naming::kSnake) return name;
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    camel += name[i] == '_' ? static_cast<char>(std::toupper(name[++i])) : name[i];
  }
  return camel;
}

template <typename T>
void Read(element from, Naming naming, T& value);

class Fields {
 public:
  Fields(object from, Naming naming) : from_(from), naming_(naming) {}

  template <typename T>
  void operator()(const char* name, T& value) const {
    element field;
    Require(from_.at_key(Spelled(name, naming_)).get(field) == simdjson::SUCCESS);
    Read(field, naming_, value);
  }

  template <typename T>
  void operator()(const char* name, std::optional<T>& value) const {
    element field;
    if (from_.at_key(Spelled(name, naming_)).get(field) != simdjson::SUCCESS) return;
    if (!field.is_null()) Read(field, naming_, value.emplace());
  }

 private:
  object from_;
  Naming naming_;
};

template <typename T>
void ReadNumber(element from, T& value) {
  const auto number = As<std::int64_t>(from);
  Require(number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max());
  value = static_cast<T>(number);
}

Uuid UuidOf(std::string_view text) {
  Require(text.size() == 36);
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      Require(text[i] == '-');
    } else {
      Require(std::isxdigit(static_cast<unsigned char>(text[i])) != 0);
      digits += text[i];
    }
  }
  Uuid uuid = {};
  for (std::size_t i = 0; i < 16; ++i) {
    uuid.data[i] = static_cast<std::uint8_t>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
  }
  return uuid;
}

// By the library that the rest of the world uses for this.
Timestamp TimeOf(std::string_view text) {
  absl::Time time;
  std::string error;
  Require(absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error));
  return {absl::ToUnixNanos(time)};
}

std::optional<Decimal> DecimalOf(double number) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.15g", number);
  const absl::StatusOr<Decimal> decimal = ParseDecimal(text);
  return decimal.ok() ? std::optional(*decimal) : std::nullopt;
}

template <>
void Read(element from, Naming, bool& value) {
  value = As<bool>(from);
}
template <>
void Read(element from, Naming, std::int8_t& value) {
  ReadNumber(from, value);
}
template <>
void Read(element from, Naming, std::uint16_t& value) {
  ReadNumber(from, value);
}
template <>
void Read(element from, Naming, std::int32_t& value) {
  ReadNumber(from, value);
}
template <>
void Read(element from, Naming, std::int64_t& value) {
  value = As<std::int64_t>(from);
}
template <>
void Read(element from, Naming, std::uint64_t& value) {
  value = As<std::uint64_t>(from);
}
template <>
void Read(element from, Naming, double& value) {
  value = As<double>(from);
}
template <>
void Read(element from, Naming, std::string& value) {
  value = As<std::string_view>(from);
}
template <>
void Read(element from, Naming, Uuid& value) {
  value = UuidOf(As<std::string_view>(from));
}
template <>
void Read(element from, Naming, Timestamp& value) {
  value = TimeOf(As<std::string_view>(from));
}
template <>
void Read(element from, Naming, Decimal& value) {
  double number = 0;
  Require(from.get(number) == simdjson::SUCCESS);
  const std::optional<Decimal> decimal = DecimalOf(number);
  Require(decimal.has_value());
  value = *decimal;
}
template <>
void Read(element from, Naming, Colour& value) {
  const auto name = As<std::string_view>(from);
  if (name == "red") {
    value = Colour::red;
  } else if (name == "green") {
    value = Colour::green;
  } else {
    Require(name == "a_colour_with_quite_a_long_name");
    value = Colour::a_colour_with_quite_a_long_name;
  }
}
template <>
void Read(element from, Naming naming, Part& value) {
  const Fields fields(As<object>(from), naming);
  fields("part_id", value.part_id);
  fields("count", value.count);
}
template <>
void Read(element from, Naming naming, Note& value) {
  const Fields fields(As<object>(from), naming);
  fields("text", value.text);
  fields("written_at", value.written_at);
}
template <>
void Read(element from, Naming, std::optional<double>& value) {
  value.reset();
  if (!from.is_null()) value = As<double>(from);
}
template <>
void Read(element from, Naming, std::array<std::int32_t, 3>& value) {
  const auto list = As<array>(from);
  Require(list.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) ReadNumber(list.at(i).value(), value[i]);
}
template <>
void Read(element from, Naming naming, std::map<std::string, Decimal>& value) {
  for (const auto& [key, mapped] : As<object>(from)) {
    const auto [entry, inserted] = value.try_emplace(std::string(key));
    Require(inserted);
    Read(mapped, naming, entry->second);
  }
}

template <typename T>
struct ListReader {
  static void Read(element, Naming, T&) { throw Wrong(); }
};
template <typename T>
struct ListReader<std::vector<T>> {
  static void Read(element from, Naming naming, std::vector<T>& value) {
    for (const element each : As<array>(from)) {
      T element_value = {};
      testing::Read(each, naming, element_value);
      value.push_back(element_value);
    }
  }
};

template <typename T>
void Read(element from, Naming naming, T& value) {
  ListReader<T>::Read(from, naming, value);
}

}  // namespace

Decimal AsInDom(Decimal decimal) {
  return DecimalOf(std::strtod(ToString(decimal).c_str(), nullptr)).value_or(decimal);
}

std::optional<Everything> ReadDom(std::string_view text, Naming naming) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  try {
    const Fields fields(As<object>(root), naming);
    Everything all;
    fields("first_if_there", all.first_if_there);
    fields("second_if_there", all.second_if_there);
    fields("flag", all.flag);
    fields("tiny", all.tiny);
    fields("port", all.port);
    fields("number", all.number);
    fields("large", all.large);
    fields("size", all.size);
    fields("measure", all.measure);
    fields("some_text", all.some_text);
    fields("some_id", all.some_id);
    fields("some_time", all.some_time);
    fields("price", all.price);
    fields("colour", all.colour);
    fields("maybe_text", all.maybe_text);
    fields("maybe_colour", all.maybe_colour);
    fields("maybe_numbers", all.maybe_numbers);
    fields("maybe_part", all.maybe_part);
    fields("parts", all.parts);
    fields("notes", all.notes);
    fields("texts", all.texts);
    fields("measures", all.measures);
    fields("flags", all.flags);
    fields("ids", all.ids);
    fields("triple", all.triple);
    fields("prices", all.prices);
    fields("last_text", all.last_text);
    return all;
  } catch (const Wrong&) {
    return std::nullopt;
  }
}

}  // namespace omnibus::testing
