// Fills a model from what an event-driven (SAX) parser reports, whichever that is. Strict: a field
// that is missing, unknown or of another type is refused.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "benchmarks/codec_models.h"

namespace benchmarks::model {

// Each function is one event; false: refused.
class EventFiller {
 public:
  template <Object Model>
  explicit EventFiller(Model& model) : slot_(&model) {}

  bool Key(std::string_view key) {
    Level& level = levels_[depth_ - 1];
    std::uint32_t bit = 1;
    bool known = false;
    const auto look = [&](std::string_view name, auto& field) {
      known = name == key && (level.met & bit) == 0;
      if (known) {
        slot_ = &field;
        level.met |= bit;
      }
      bit <<= 1;
      return !known;
    };
    std::visit([&](auto* object) { EachField(*object, look); }, level.object);
    return known;
  }

  bool Text(std::string_view text) {
    return std::visit(
        [text]([[maybe_unused]] auto* value) {
          using T = std::remove_pointer_t<decltype(value)>;
          if constexpr (std::same_as<T, std::string>) {
            value->assign(text);
            return true;
          } else if constexpr (std::same_as<T, Id> || std::same_as<T, Time>) {
            return Take(text, *value);
          }
          return false;
        },
        slot_);
  }

  template <typename N>
  bool Number(N number) {
    return std::visit(
        [number]([[maybe_unused]] auto* value) {
          using T = std::remove_pointer_t<decltype(value)>;
          constexpr bool kFits =
              std::same_as<T, double> || (std::same_as<T, std::int64_t> && std::integral<N>);
          if constexpr (kFits) *value = static_cast<T>(number);
          return kFits;
        },
        slot_);
  }

  bool BeginObject() {
    return std::visit(
        [this]([[maybe_unused]] auto* value) {
          using T = std::remove_pointer_t<decltype(value)>;
          if constexpr (Object<T>) {
            levels_[depth_++] = {value, 0};
            return true;
          } else if constexpr (std::same_as<T, std::vector<Item>>) {
            if (!in_list_) return false;
            levels_[depth_++] = {&value->emplace_back(), 0};
            list_ = value;
            return true;
          }
          return false;
        },
        slot_);
  }

  bool EndObject() {
    const Level& level = levels_[--depth_];
    bool whole = std::visit(
        [&level](auto* object) {
          std::uint32_t bit = 1;
          return EachField(*object, [&](std::string_view, const auto&) {
            const bool met = (level.met & bit) != 0;
            bit <<= 1;
            return met;
          });
        },
        level.object);
    if (in_list_) slot_ = list_;  // for the next element
    return whole;
  }

  bool BeginList() {
    in_list_ = !in_list_ && std::holds_alternative<std::vector<Item>*>(slot_);
    return in_list_;
  }
  bool EndList() {
    in_list_ = false;
    return true;
  }

 private:
  struct Level {
    std::variant<BookingMessage*, Booking*, OrderMessage*, Order*, Item*> object;
    std::uint32_t met = 0;  // a bit for each field
  };

  // Where the next value goes.
  std::variant<BookingMessage*, Booking*, OrderMessage*, Order*, Id*, Time*, std::int64_t*, double*,
               std::string*, std::vector<Item>*>
      slot_;
  bool in_list_ = false;  // the only lists are of items
  std::vector<Item>* list_ = nullptr;
  std::array<Level, 3> levels_ = {};
  std::size_t depth_ = 0;
};

}  // namespace benchmarks::model
