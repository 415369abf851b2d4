// The fixed parts of an object's JSON, as long as they can be: made at compile time, written and
// compared as a whole.
//
// In what stands before a field there is the end of the one before it (a closing quote), the comma
// or brace, the name, and the begin of its value (a quote or a bracket). Between `{"order_id":`,
// `,"items":[` and `,"status":"` nothing is left but contents.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/internal/codec_fields.h"
#include "omnibus/internal/codec_names.h"
#include "omnibus/internal/codec_text.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

// What a value begins with, if it always does; 0: nothing.
template <typename T>
constexpr char OpeningOf() {
  if constexpr (OptionalType<T>) {
    return 0;
  } else if constexpr (ListType<T>) {
    return '[';
  } else if constexpr (EnumType<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Uuid> ||
                       std::is_same_v<T, Timestamp>) {
    return '"';
  } else {
    return 0;
  }
}

template <typename T>
inline constexpr bool kQuoted = OpeningOf<T>() == '"';

template <typename T>
struct WithoutOptional {
  using type = T;
};
template <typename T>
requires OptionalType<T>
struct WithoutOptional<T> {
  using type = typename T::value_type;
};

// What a field consists of when it is there.
template <std::size_t I, typename T>
using FieldContent = typename WithoutOptional<FieldType<I, T>>::type;

// Whether the closing quote of field I is written with what follows, the next field or the closing
// brace. Only where both are always there.
template <std::size_t I, typename T>
constexpr bool ClosesWithNext() {
  if constexpr (I + 1 == kFieldCount<T>) {
    return kQuoted<FieldType<I, T>>;
  } else {
    return kQuoted<FieldType<I, T>> && !OptionalType<FieldType<I + 1, T>>;
  }
}

// What an object ends with.
template <typename T>
constexpr std::string_view ClosingOf() {
  if constexpr (kFieldCount<T> == 0) {
    return "}";
  } else {
    return ClosesWithNext<kFieldCount<T> - 1, T>() ? "\"}" : "}";
  }
}

template <std::size_t I, typename T>
constexpr bool ClosesPrevious() {
  if constexpr (I == 0) {
    return false;
  } else {
    return ClosesWithNext<I - 1, T>();
  }
}

// Whether some field before I is always there, so that a comma stands before I.
template <std::size_t I, typename T>
constexpr bool HasFieldBefore() {
  return []<std::size_t... Before>(std::index_sequence<Before...>) {
    return (!OptionalType<FieldType<Before, T>> || ...);
  }
  (std::make_index_sequence<I>());
}

// Whether the first field is always there: then its name comes with the brace.
template <typename T>
constexpr bool BeginsWithField() {
  return HasFieldBefore < kFieldCount<T> == 0 ? 0 : 1, T > ();
}

// A constant text, in whole blocks of 16, so that it can be copied without looking at its end.
template <std::size_t Size>
struct BlockText {
  static constexpr std::size_t size = Size;
  static constexpr std::size_t kBlocks = (Size + 15) / 16;
  alignas(16) std::array<char, kBlocks* 16> text = {};
};

// How many characters a value's content has at least, where that is looked for together with what
// opens it. For a number or a boolean that is one more than its own: something stands behind each.
template <typename T>
inline constexpr std::size_t kLeastText = std::is_same_v<T, Uuid>        ? kUuidText
                                          : std::is_same_v<T, Timestamp> ? 20
                                          : std::is_same_v<T, bool>      ? 5
                                          : IntegerType<T>               ? 2
                                                                         : 0;

// Whether field I is looked for together with the one before it, which always has the same size:
// one look for the end of the text is enough then.
template <std::size_t I, typename T>
constexpr bool ContinuesRun() {
  if constexpr (I == 0 || I >= kFieldCount<T>) {
    return false;
  } else {
    return std::is_same_v<FieldType<I - 1, T>, Uuid> && !OptionalType<FieldType<I, T>>;
  }
}

// What stands around a field's name, and what else of it is the same in both namings.
struct FieldAround {
  bool closes_previous = false;
  char opening = 0;
  bool first_differs = false;  // its first character depends on whether another field is there
  std::size_t least = 0;       // characters of its content
  bool continues_run = false;

  // `,"":`, and the two above.
  constexpr std::size_t size() const {
    return (closes_previous ? 1 : 0) + 4 + (opening != 0 ? 1 : 0);
  }
};
template <typename T>
inline constexpr auto kFieldsAround = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<FieldAround, sizeof...(I)>{
      FieldAround{ClosesPrevious<I, T>(), OpeningOf<FieldContent<I, T>>(),
                  !HasFieldBefore<I, T>() && !(I == 0 && BeginsWithField<T>()),
                  kLeastText<FieldContent<I, T>>, ContinuesRun<I, T>()}...};
}
(std::make_index_sequence<kFieldCount<T>>());

// How the fields of a T begin, in one naming. As data: so one function writes or reads a T in both.
template <typename T>
struct Openings {
  static constexpr std::size_t kCount = kFieldCount<T>;

  // What is the same in both namings. Camel case is never longer.
  struct Place {
    std::size_t at = 0;      // in `text`
    std::size_t blocks = 0;  // of 16 characters
  };
  static constexpr auto kPlaces = [] {
    std::array<Place, kCount + 1> places = {};
    for (std::size_t i = 0; i < kCount; ++i) {
      places[i].blocks = (kFieldNames<T>[i].size() + kFieldsAround<T>[i].size() + 15) / 16;
      places[i + 1].at = places[i].at + 16 * places[i].blocks;
    }
    return places;
  }();

  // Where lines of the cache begin: elsewhere, writing took a tenth longer in some builds.
  alignas(64) std::array<char, kPlaces[kCount].at> text = {};
  std::array<std::size_t, kCount> sizes = {};
  // How many characters there are at least from where field i begins to where its run ends.
  std::array<std::size_t, kCount> rooms = {};
  std::array<std::size_t, kCount> names = {};  // where in `text`
  std::array<std::size_t, kCount> name_sizes = {};

  constexpr std::string_view Name(std::size_t i) const {
    return {text.data() + names[i], name_sizes[i]};
  }
};

template <typename T>
constexpr Openings<T> MakeOpenings(Naming naming) {
  Openings<T> openings;
  for (std::size_t i = 0; i < openings.kCount; ++i) {
    const FieldAround& around = kFieldsAround<T>[i];
    const std::size_t begin = openings.kPlaces[i].at;
    char* const text = openings.text.data();
    std::size_t at = begin;
    if (around.closes_previous) text[at++] = '"';
    text[at++] = i == 0 ? '{' : ',';
    text[at++] = '"';
    openings.names[i] = at;
    openings.name_sizes[i] = SpellName(kFieldNames<T>[i], naming, text + at);
    at += openings.name_sizes[i];
    text[at++] = '"';
    text[at++] = ':';
    if (around.opening != 0) text[at++] = around.opening;
    openings.sizes[i] = at - begin;
  }
  for (std::size_t i = openings.kCount; i-- > 0;) {
    const bool runs_on = i + 1 < openings.kCount && kFieldsAround<T>[i + 1].continues_run;
    openings.rooms[i] =
        openings.sizes[i] + kFieldsAround<T>[i].least + (runs_on ? openings.rooms[i + 1] : 0);
  }
  return openings;
}

template <typename T>
inline constexpr std::array<Openings<T>, 2> kOpenings = {MakeOpenings<T>(Naming::kSnake),
                                                         MakeOpenings<T>(Naming::kCamel)};

template <typename T>
constexpr const Openings<T>& OpeningsOf(Naming naming) {
  return kOpenings<T>[static_cast<std::size_t>(naming)];
}

// As it is spelled on the wire.
template <typename T>
constexpr std::string_view WireName(std::size_t i, Naming naming) {
  return OpeningsOf<T>(naming).Name(i);
}

}  // namespace omnibus::internal
