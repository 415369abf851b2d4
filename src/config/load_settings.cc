#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "config/yaml_builder.h"
#include "omnibus/configuration.h"
#include "omnibus/internal/absl_view.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace omnibus {
namespace {

// A later file's mappings are merged, key by key; all else replaces what was there. A key with
// nothing behind it takes back to the default.
Setting LaidOver(const Setting& below, const Setting& above) {
  if (below.kind() != Setting::Kind::kMap || above.kind() != Setting::Kind::kMap) return above;
  std::vector<Setting::Entry> entries(below.entries().begin(), below.entries().end());
  for (const Setting::Entry& entry : above.entries()) {
    bool found = false;
    for (Setting::Entry& each : entries) {
      if (each.key != entry.key) continue;
      each = {.key = entry.key,
              .key_place = entry.key_place,
              .value = LaidOver(each.value, entry.value)};
      found = true;
      break;
    }
    if (!found) entries.push_back(entry);
  }
  return Setting::MakeMap(std::move(entries), {.file = above.Where()});
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (file && file.peek() == std::ifstream::traits_type::eof() && !file.bad() && errno == 0) {
    return std::move(text).str();
  }
  const int error = errno;
  const std::string message = absl::StrCat(
      path, ": cannot be read: ", std::generic_category().message(error == 0 ? EIO : error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<Setting> ParseSettings(std::string_view yaml, std::string_view name) {
  const std::string file(name);
  // The end of a document is marked, since yaml-cpp takes a quote that is never closed for one that
  // ends with the file: the rest of the settings would be gone without a word.
  std::istringstream stream{std::string(yaml) + "\n...\n"};
  YamlBuilder builder(file);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 1 : error.mark.line + 1;
    const int column = error.mark.is_null() ? 1 : error.mark.column + 1;
    const std::string message = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR
                                    ? "a quote is not closed before here"
                                    : error.msg;
    return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ":", column, ": ", message));
  }
  if (!builder.root()) return Setting::MakeMap({}, {.file = file, .line = 1, .column = 1});
  return builder.root();
}

absl::StatusOr<Setting> LoadSettings(std::span<const std::string> files) {
  Setting all = Setting::MakeMap({}, {.file = "(no configuration)"});
  for (const std::string& file : files) {
    absl::StatusOr<std::string> text = ReadFile(file);
    if (!text.ok()) return text.status();
    absl::StatusOr<Setting> settings = ParseSettings(*text, file);
    if (!settings.ok()) return settings;
    if (settings->kind() != Setting::Kind::kMap) {
      return absl::InvalidArgumentError(absl::StrCat(
          settings->Where(), ": expected a mapping (name: value), such as `bus: {...}`"));
    }
    all = all.entries().empty() ? *std::move(settings) : LaidOver(all, *settings);
  }
  return all;
}

}  // namespace omnibus
