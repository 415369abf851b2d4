// What a JsonValue is made of. Includes simdjson, which is slow to compile: for json_value.cc and
// json_scalars.cc alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "json/token.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/internal/codec_text.h"
#include "simdjson.h"

namespace omnibus {
namespace internal {

namespace ondemand = simdjson::ondemand;

// Deeper than any contract, shallow enough for every stack.
inline constexpr std::size_t kMaxDepth = 100;
inline constexpr std::size_t kMaxPath = 120;  // characters; what is longer is cut off

inline std::string_view TrimEnd(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

inline std::string_view TrimStart(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

// An object or a list that is being read.
struct Level {
  bool object = false;
  bool started = false;  // it stands on one of its fields or elements
  std::size_t index = 0;
  std::string_view name;  // of the field, within the message or in `unescaped`
  std::string unescaped;
  ondemand::object_iterator fields;
  ondemand::array_iterator elements;
};

}  // namespace internal

struct JsonValue::State {
  internal::ondemand::parser parser;
  internal::ondemand::document document;
  internal::ondemand::value value;  // what it stands on; unless at_root
  bool at_root = false;
  const char* behind_scalar = nullptr;  // the token behind `value`; null: `value` is no scalar
  std::string buffer;                   // the message, and the padding that simdjson wants
  std::size_t size = 0;                 // of the message
  // The first `depth` are in use: the others keep their buffers. None ever moves, as `name` may be
  // within it.
  std::deque<internal::Level> levels;
  std::size_t depth = 0;
  std::string_view root;
  std::string text;  // the latest string that had escapes
  std::optional<std::string> error;

  std::string_view Message() const { return std::string_view(buffer).substr(0, size); }

  // The text of a number, literal or string; of an object or list its bracket. It may be anything:
  // simdjson cuts, and does not look.
  std::string_view Token() { return at_root ? "{" : internal::TrimEnd(value.raw_json_token()); }

  std::string Path() const {
    std::string path(root);
    for (std::size_t i = 0; i < depth; ++i) {
      const internal::Level& level = levels[i];
      if (!level.started) continue;
      if (level.object) {
        absl::StrAppend(&path, path.empty() ? "" : ".", internal::Clipped(level.name));
      } else {
        absl::StrAppend(&path, "[", level.index, "]");
      }
      if (path.size() > internal::kMaxPath) return path + "...";
    }
    return path;
  }

  bool FailAt(const std::string& path, std::string_view what) {
    if (!error) error = absl::StrCat(path.empty() ? "(message)" : path, ": ", AbslView(what));
    return false;
  }
  bool Fail(std::string_view what) { return FailAt(Path(), what); }
  bool FailMessage(std::string_view what) { return FailAt({}, what); }
  bool FailExpected(std::string_view expected) {
    return Fail(
        absl::StrCat("expected ", AbslView(expected), ", found ", internal::Found(Token())));
  }

  // Where simdjson stands; null at the end.
  const char* Location() {
    const char* location = nullptr;
    return document.current_location().get(location) == simdjson::SUCCESS ? location : nullptr;
  }

  void StandOn(internal::ondemand::value next) {
    value = next;
    const std::string_view token = value.raw_json_token();
    const bool scalar = token.empty() || (token.front() != '{' && token.front() != '[');
    behind_scalar = scalar ? token.data() + token.size() : nullptr;
  }

  // Behind the value that was read there is a comma or the end of the level. simdjson would find
  // this too, but it takes
  // `"a":"b":1` for a field that it has to skip, and complains much later.
  bool CheckNext(char end) {
    const char* const next = behind_scalar != nullptr ? behind_scalar : Location();
    if (next != nullptr && (*next == ',' || *next == end)) return true;
    return FailShape(end == '}' ? "\",\" or \"}\" after it" : "\",\" or \"]\" after it", next);
  }

  bool Pop() {
    --depth;
    behind_scalar = nullptr;
    return false;
  }

  // The shape of the text is wrong at the token at `bad`.
  bool FailShape(std::string_view expected, const char* bad) {
    const char* const end = buffer.data() + size;
    if (bad == nullptr || bad >= end) {
      return Fail(absl::StrCat("expected ", AbslView(expected), ", found the end of the message"));
    }
    std::string_view found(bad, static_cast<std::size_t>(end - bad));
    std::size_t length = 1;
    if (found.front() == '"') {
      while (length < found.size() && found[length] != '"') length += found[length] == '\\' ? 2 : 1;
      ++length;
    } else if (std::strchr("{}[],:", found.front()) == nullptr) {
      length = found.find_first_of(" \t\r\n{}[],:\"");
    }
    found = found.substr(0, length);
    return Fail(
        absl::StrCat("expected ", AbslView(expected), ", found ", internal::Clipped(found)));
  }

  // Whether the string at `token` is one, and what is between its quotes.
  bool Content(std::string_view token, std::string_view& content) const {
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
    content = token.substr(1, token.size() - 2);
    return true;
  }

  // What the text between quotes means, in `buffer_for_escapes` when it has escapes.
  bool Meaning(std::string_view content, std::string& buffer_for_escapes,
               std::string_view& meaning) {
    if (content.find('\\') == std::string_view::npos) {
      meaning = content;
      return true;
    }
    buffer_for_escapes.clear();
    const std::string problem = internal::Unescape(content, buffer_for_escapes);
    if (!problem.empty()) return Fail(problem);
    meaning = buffer_for_escapes;
    return true;
  }

  internal::Level* Push(bool object) {
    if (depth == internal::kMaxDepth) {
      Fail(absl::StrCat("nested deeper than ", internal::kMaxDepth, " levels"));
      return nullptr;
    }
    if (depth == levels.size()) levels.emplace_back();
    internal::Level& level = levels[depth++];
    level.object = object;
    level.started = false;
    level.index = 0;
    return &level;
  }
};

}  // namespace omnibus
