// Configuration as a tree that knows where each value stands, and readers that know every key.
//
// Thread-safety: a Setting is constant and shared; copies are cheap. A SettingsReader belongs to
// one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/decimal.h"
#include "omnibus/uuid.h"

namespace omnibus {

// One value of a configuration file: a scalar, a list or a mapping. The default one is nothing (a
// key that was left out).
class Setting {
 public:
  enum class Kind { kNothing, kScalar, kList, kMap };

  struct Place {
    std::string file;
    int line = 0;    // from 1; 0: unknown
    int column = 0;  // from 1
  };

  // A mapping's entry, and where its key stands.
  struct Entry;

  Setting() = default;
  static Setting MakeScalar(std::string text, Place place);
  static Setting MakeList(std::vector<Setting> items, Place place);
  static Setting MakeMap(std::vector<Entry> entries, Place place);

  Kind kind() const;
  explicit operator bool() const { return kind() != Kind::kNothing; }

  // "omnibus.yaml:12:5", or "(default)" for nothing.
  std::string Where() const;

  std::string_view text() const;             // of a scalar, after ${NAME} was replaced; else empty
  std::span<const Setting> items() const;    // of a list; else empty
  std::span<const Entry> entries() const;    // of a mapping, in the file's order; else empty
  Setting Find(std::string_view key) const;  // of a mapping; nothing when it is not there

 private:
  struct Node;
  explicit Setting(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

struct Setting::Entry {
  std::string key;
  Place key_place;
  Setting value;
};

// Scalars as text. kInvalidArgument without a place: the caller adds it.
// Durations are a number and a unit: 200ms, 20s, 15m, 1h30m; `0` alone is zero too.
absl::Status ParseScalar(std::string_view text, bool& value);
absl::Status ParseScalar(std::string_view text, std::int64_t& value);
absl::Status ParseScalar(std::string_view text, double& value);
absl::Status ParseScalar(std::string_view text, std::string& value);
absl::Status ParseScalar(std::string_view text, absl::Duration& value);
absl::Status ParseScalar(std::string_view text, Decimal& value);
absl::Status ParseScalar(std::string_view text, Uuid& value);

// Reads one mapping, key by key, over the values' defaults. It collects all errors, each with file,
// line and column, and at the end complains of keys that nobody asked for, with the nearest known
// one.
//
//   SettingsReader reader(setting, "transports.rabbitmq");
//   reader.Read("url", options.url);
//   reader.Read("prefetch", options.prefetch);
//   if (absl::Status status = reader.Finish(); !status.ok()) return status;
class SettingsReader {
 public:
  // `path` names the mapping in errors. Nothing reads as an empty mapping; a scalar or list is an
  // error.
  SettingsReader(Setting setting, std::string path);

  // Leaves `value` as it is when the key is not there. Integers of any width, with a check of their
  // range.
  template <typename T>
  void Read(std::string_view key, T& value) {
    const Setting found = Take(key);
    if (!found) return;
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> &&
                  !std::is_same_v<T, std::int64_t>) {
      std::int64_t wide = 0;
      if (!ReadScalar(key, found, wide)) return;
      if (!std::in_range<T>(wide)) return Fail(found, key, "out of range");
      value = static_cast<T>(wide);
    } else {
      ReadScalar(key, found, value);
    }
  }

  // A list of scalars.
  void Read(std::string_view key, std::vector<std::string>& values);
  // A mapping of scalars, kept as text.
  void Read(std::string_view key, std::map<std::string, std::string>& values);

  // The key's value as it is, for a nested reader; nothing when it is not there.
  Setting Take(std::string_view key);
  // The items of a list; an error when it is there and no list.
  std::vector<Setting> TakeList(std::string_view key);

  // The key must be there.
  void Require(std::string_view key);

  // Adds an error at `where`: "omnibus.yaml:3:5: transports.rabbitmq.prefetch: must be 1 or more".
  void Fail(const Setting& where, std::string_view key, std::string_view message);
  // Adds what a nested reader's Finish() returned; OK adds nothing.
  void Add(const absl::Status& status);

  // "transports.rabbitmq" + "." + key.
  std::string Path(std::string_view key) const;

  // OK, or kInvalidArgument with all errors, a line each.
  absl::Status Finish();

 private:
  template <typename T>
  bool ReadScalar(std::string_view key, const Setting& found, T& value) {
    if (found.kind() != Setting::Kind::kScalar) {
      Fail(found, key, "expected a single value");
      return false;
    }
    if (absl::Status status = ParseScalar(found.text(), value); !status.ok()) {
      Fail(found, key, std::string_view(status.message().data(), status.message().size()));
      return false;
    }
    return true;
  }

  Setting setting_;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<std::string> errors_;
};

// Loads YAML. Several files are laid over each other: a later one's mappings are merged into the
// earlier one's, its scalars and lists replace them. ${NAME} and ${NAME:-default} take environment
// variables; $$ is a dollar sign. kInvalidArgument with file, line and column for what is no YAML,
// a duplicate key, or a variable without value and default; kNotFound for a missing file.
absl::StatusOr<Setting> LoadSettings(std::span<const std::string> files);
// The same for text; `name` stands for the file's in errors.
absl::StatusOr<Setting> ParseSettings(std::string_view yaml, std::string_view name);

}  // namespace omnibus
