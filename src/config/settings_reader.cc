#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "omnibus/configuration.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

std::string At(const Setting::Place& place) {
  return place.line == 0
             ? place.file
             : place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace

SettingsReader::SettingsReader(Setting setting, std::string path)
    : setting_(std::move(setting)), path_(std::move(path)) {
  if (setting_.kind() == Setting::Kind::kScalar || setting_.kind() == Setting::Kind::kList) {
    errors_.push_back(setting_.Where() + ": " + (path_.empty() ? "" : path_ + ": ") +
                      "expected a mapping (name: value), found " +
                      (setting_.kind() == Setting::Kind::kList ? "a list" : "a single value"));
    setting_ = Setting();
  }
}

void SettingsReader::Read(std::string_view key, std::vector<std::string>& values) {
  if (!setting_.Find(key)) {
    known_.emplace_back(key);
    return;
  }
  values.clear();
  for (const Setting& item : TakeList(key)) {
    if (item.kind() == Setting::Kind::kScalar) {
      values.emplace_back(item.text());
    } else {
      Fail(item, key, "expected a list of single values");
    }
  }
}

void SettingsReader::Read(std::string_view key, std::map<std::string, std::string>& values) {
  const Setting found = Take(key);
  if (!found) return;
  if (found.kind() != Setting::Kind::kMap) {
    return Fail(found, key, "expected a mapping (name: value)");
  }
  values.clear();
  for (const Setting::Entry& entry : found.entries()) {
    if (entry.value.kind() == Setting::Kind::kScalar) {
      values[entry.key] = std::string(entry.value.text());
    } else {
      errors_.push_back(At(entry.key_place) + ": " + Path(key) + "." + entry.key +
                        ": expected a single value");
    }
  }
}

Setting SettingsReader::Take(std::string_view key) {
  known_.emplace_back(key);
  return setting_.Find(key);
}

std::vector<Setting> SettingsReader::TakeList(std::string_view key) {
  const Setting found = Take(key);
  if (!found) return {};
  if (found.kind() != Setting::Kind::kList) {
    Fail(found, key, "expected a list");
    return {};
  }
  return {found.items().begin(), found.items().end()};
}

void SettingsReader::Require(std::string_view key) {
  if (!setting_.Find(key)) Fail(setting_, key, "is missing");
}

void SettingsReader::Fail(const Setting& where, std::string_view key, std::string_view message) {
  std::string text(message);
  if (where.kind() == Setting::Kind::kScalar) {
    // A parser's message quotes what it found.
    if (IsSecretName(key)) {
      text = WithoutValue(std::move(text), where.text());
    } else if (const std::string shown = WithoutCredentials(where.text()); shown != where.text()) {
      text = WithoutValue(std::move(text), where.text());
    }
  }
  errors_.push_back(where.Where() + ": " + Path(key) + ": " + text);
}

void SettingsReader::Add(const absl::Status& status) {
  if (!status.ok()) errors_.emplace_back(StdView(status.message()));
}

std::string SettingsReader::Path(std::string_view key) const {
  if (path_.empty()) return std::string(key);
  return path_ + "." + std::string(key);
}

absl::Status SettingsReader::Finish() {
  std::sort(known_.begin(), known_.end());
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  for (const Setting::Entry& entry : setting_.entries()) {
    if (std::binary_search(known_.begin(), known_.end(), entry.key)) continue;
    errors_.push_back(At(entry.key_place) + ": " + (path_.empty() ? "" : path_ + ": ") +
                      "unknown key " + Quoted(entry.key) + Suggestion(entry.key, known_));
  }
  if (errors_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
}

}  // namespace omnibus
