// None of these structs compiles; every line that says `expect` must be in what the compiler says.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "omnibus/internal/codec.h"

using omnibus::internal::CheckFields;

// expect: no C array in an event: use std::array
struct WithCArray {
  int before;
  char code[3];
  std::string after;
};
constexpr bool kCArray = CheckFields<WithCArray>();

// expect: no pointer in an event: use the value, std::optional, or std::string for text
struct WithPointer {
  const char* text;
};
constexpr bool kPointer = CheckFields<WithPointer>();

// expect: use double for measures, and omnibus::Decimal for money
struct WithFloat {
  float value;
};
constexpr bool kFloat = CheckFields<WithFloat>();

// expect: use std::string for text, and std::int8_t for a small number
struct WithCharacter {
  char letter;
};
constexpr bool kCharacter = CheckFields<WithCharacter>();

// expect: not a type for an event's field
// expect: for a std::variant: one std::optional for each alternative
struct WithVariant {
  std::variant<int, std::string> either;
};
constexpr bool kVariant = CheckFields<WithVariant>();

struct Base {
  int shared;
};
// expect: an event has no base class: make what it shares with others a member
struct WithBase : Base {
  int own;
};
constexpr bool kBase = CheckFields<WithBase>();

struct Tag {};
struct WithEmptyBase : Tag {
  int own;
};
static_assert(omnibus::internal::kHasBase<WithEmptyBase>);

// expect: a std::map in an event has std::string keys, as JSON objects have
struct WithOtherKeys {
  std::map<int, int> by_number;
};
constexpr bool kKeys = CheckFields<WithOtherKeys>();

// expect: std::optional of std::optional: JSON has one way only to be absent
struct WithTwoOptionals {
  std::optional<std::optional<int>> twice;
};
constexpr bool kOptionals = CheckFields<WithTwoOptionals>();

// expect: a field that is const cannot be decoded: drop the const
struct WithConst {
  const int value;
};
constexpr bool kConst = CheckFields<WithConst>();

// expect: an enumeration in an event has an underlying type: write `enum class`
enum Loose { kLoose };
struct WithLooseEnum {
  Loose value;
};
constexpr bool kLooseEnum = CheckFields<WithLooseEnum>();

// expect: an enumeration in an event has enumerators with values from -1 to 127
enum class Distant { far = 1000 };
struct WithDistantEnum {
  Distant value;
};
constexpr bool kDistantEnum = CheckFields<WithDistantEnum>();

// expect: an event and what it consists of are plain structs
class WithConstructor {
 public:
  explicit WithConstructor(int value) : value_(value) {}

 private:
  int value_;
};
constexpr bool kConstructor = CheckFields<WithConstructor>();

// expect: two members have the same name in camel case: rename one of them
struct WithTwins {
  int a_b;
  int aB;
};
bool Twins(omnibus::JsonValue& from, WithTwins& twins) {
  return omnibus::internal::ReadObject(from, omnibus::Naming::kSnake, twins);
}

#define TEN(name) \
  int name##0, name##1, name##2, name##3, name##4, name##5, name##6, name##7, name##8, name##9
#define HUNDRED(name) \
  TEN(name##0);       \
  TEN(name##1);       \
  TEN(name##2);       \
  TEN(name##3);       \
  TEN(name##4);       \
  TEN(name##5);       \
  TEN(name##6);       \
  TEN(name##7);       \
  TEN(name##8);       \
  TEN(name##9)
// expect: too many fields
struct WithManyFields {
  HUNDRED(a);
  HUNDRED(b);
  int last;
};
constexpr bool kMany = CheckFields<WithManyFields>();
