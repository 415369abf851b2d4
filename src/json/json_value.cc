#include "omnibus/internal/codec_json_value.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "json/token.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_text.h"
#include "simdjson.h"

namespace omnibus {
namespace {

namespace ondemand = simdjson::ondemand;

// Deeper than any contract, shallow enough for every stack.
constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kMaxPath = 120;  // characters; what is longer is cut off
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view TrimStart(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
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

}  // namespace

struct JsonValue::State {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::value value;  // what it stands on; unless at_root
  bool at_root = false;
  const char* behind_scalar = nullptr;  // the token behind `value`; null: `value` is no scalar
  std::string buffer;                   // the message, and the padding that simdjson wants
  std::size_t size = 0;                 // of the message
  std::vector<Level> levels;  // the first `depth` are in use: the others keep their buffers
  std::size_t depth = 0;
  std::string_view root;
  std::string text;  // the latest string that had escapes
  std::optional<std::string> error;

  std::string_view Message() const { return std::string_view(buffer).substr(0, size); }

  // The text of a number, literal or string; of an object or list its bracket. It may be anything:
  // simdjson cuts, and does not look.
  std::string_view Token() { return at_root ? "{" : TrimEnd(value.raw_json_token()); }

  std::string Path() const {
    std::string path(root);
    for (std::size_t i = 0; i < depth; ++i) {
      const Level& level = levels[i];
      if (!level.started) continue;
      if (level.object) {
        absl::StrAppend(&path, path.empty() ? "" : ".", internal::Clipped(level.name));
      } else {
        absl::StrAppend(&path, "[", level.index, "]");
      }
      if (path.size() > kMaxPath) return path + "...";
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

  void StandOn(ondemand::value next) {
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

  Level* Push(bool object) {
    if (depth == kMaxDepth) {
      Fail(absl::StrCat("nested deeper than ", kMaxDepth, " levels"));
      return nullptr;
    }
    if (depth == levels.size()) levels.emplace_back();
    Level& level = levels[depth++];
    level.object = object;
    level.started = false;
    level.index = 0;
    return &level;
  }
};

JsonValue::JsonValue() : state_(std::make_unique<State>()) {}
JsonValue::~JsonValue() = default;

bool JsonValue::Start(std::string_view text, std::string_view root) {
  State& s = *state_;
  s.depth = 0;
  s.root = root;
  s.error.reset();
  s.at_root = true;
  if (text.substr(0, 3) == kByteOrderMark) {
    return s.FailMessage("expected an object, found a byte order mark");
  }
  const std::string_view start = TrimStart(text);
  if (start.empty()) return s.FailAt(s.Path(), "expected an object, found nothing");

  s.size = text.size();
  s.buffer.assign(text);
  s.buffer.append(simdjson::SIMDJSON_PADDING, '\0');
  const simdjson::error_code code =
      s.parser.iterate(s.buffer.data(), s.size, s.buffer.size()).get(s.document);
  if (code != simdjson::SUCCESS) {
    const std::string problem = internal::InvalidText(text);
    return s.FailMessage(problem.empty() ? simdjson::error_message(code) : problem);
  }
  if (start.front() != '{') {
    const std::size_t length =
        start.front() == '"' ? start.size() : start.find_first_of(" \t\r\n,:]}");
    return s.FailAt(s.Path(), absl::StrCat("expected an object, found ",
                                           internal::Found(TrimEnd(start.substr(0, length)))));
  }
  return true;
}

bool JsonValue::Finish() {
  State& s = *state_;
  if (s.error) return false;
  const char* const after = s.Location();
  if (after == nullptr) return true;
  const std::string_view rest(after, static_cast<std::size_t>(s.buffer.data() + s.size - after));
  return s.FailMessage(
      absl::StrCat("expected the end after the object, found ", internal::Clipped(TrimEnd(rest))));
}

bool JsonValue::ok() const { return !state_->error; }

absl::Status JsonValue::status() const {
  if (state_->error) return absl::InvalidArgumentError(*state_->error);
  return absl::OkStatus();
}

bool JsonValue::IsNull() const { return state_->Token() == "null"; }

bool JsonValue::IsString() const {
  std::string_view content;
  return state_->Content(state_->Token(), content);
}

bool JsonValue::Read(bool& value) {
  const std::string_view token = state_->Token();
  if (token != "true" && token != "false") return state_->FailExpected("true or false");
  value = token == "true";
  return true;
}

bool JsonValue::Read(double& value) {
  const std::string_view token = state_->Token();
  if (!internal::IsNumber(token)) return state_->FailExpected("a number");
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc()) return true;
  return state_->FailExpected("a number within the range of a double");
}

bool JsonValue::ReadText(std::string_view& value) {
  State& s = *state_;
  std::string_view content;
  if (!s.Content(s.Token(), content)) return s.FailExpected("a string");
  return s.Meaning(content, s.text, value);
}

bool JsonValue::Read(std::string& value) {
  std::string_view text;
  if (!ReadText(text)) return false;
  value.assign(text);
  return true;
}

bool JsonValue::Read(Uuid& value) {
  State& s = *state_;
  std::string_view content;
  std::string_view text;
  if (!s.Content(s.Token(), content)) return s.FailExpected("a UUID");
  if (!s.Meaning(content, s.text, text)) return false;
  return internal::ReadUuid(text, value) || s.FailExpected("a UUID");
}

bool JsonValue::Read(Timestamp& value) {
  State& s = *state_;
  std::string_view content;
  std::string_view text;
  if (!s.Content(s.Token(), content)) return s.FailExpected("an RFC 3339 time");
  if (!s.Meaning(content, s.text, text)) return false;
  const char* const problem = internal::ReadTimestamp(text, value);
  if (problem == nullptr) return true;
  return s.Fail(absl::StrCat("expected an RFC 3339 time, found ", internal::Quoted(text), " (",
                             problem, ")"));
}

bool JsonValue::Read(Decimal& value) {
  switch (internal::ReadDecimal(state_->Token(), value)) {
    case internal::DecimalResult::kRead:
      return true;
    case internal::DecimalResult::kNotExact:
      return state_->FailExpected("a decimal that can be held exactly");
    case internal::DecimalResult::kNoNumber:
      break;
  }
  return state_->FailExpected("a decimal number");
}

bool JsonValue::ReadInteger(std::int64_t min, std::int64_t max, std::int64_t& value) {
  const std::string_view token = state_->Token();
  if (!internal::IsInteger(token)) return state_->FailExpected("an integer");
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc() && value >= min && value <= max) return true;
  return state_->FailExpected(StdView(absl::StrCat("an integer from ", min, " to ", max)));
}

bool JsonValue::ReadUnsigned(std::uint64_t max, std::uint64_t& value) {
  std::string_view token = state_->Token();
  if (!internal::IsInteger(token)) return state_->FailExpected("an integer");
  if (token == "-0") token = "0";
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc() && value <= max) return true;
  return state_->FailExpected(StdView(absl::StrCat("an integer from 0 to ", max)));
}

bool JsonValue::BeginObject() {
  State& s = *state_;
  const std::string_view token = s.Token();
  if (token.empty() || token.front() != '{') return s.FailExpected("an object");
  Level* const level = s.Push(/*object=*/true);
  if (level == nullptr) return false;

  ondemand::object object;
  simdjson::error_code code = simdjson::SUCCESS;
  if (s.at_root) {
    code = s.document.get_object().get(object);
    s.at_root = false;
  } else {
    code = s.value.get_object().get(object);
  }
  if (code == simdjson::SUCCESS) code = object.begin().get(level->fields);
  if (code == simdjson::SUCCESS) return true;
  --s.depth;
  // simdjson looks at the message's last token first.
  const std::string_view rest = TrimEnd(TrimStart(internal::AfterObject(s.Message())));
  if (rest.empty()) return s.FailMessage("cut off: expected \"}\", found the end of the message");
  return s.FailMessage(
      absl::StrCat("expected the end after the object, found ", internal::Clipped(rest)));
}

bool JsonValue::NextField(std::string_view& name) {
  State& s = *state_;
  if (s.error) return false;
  Level& level = s.levels[s.depth - 1];
  if (level.started) {
    if (!s.CheckNext('}')) return false;
    ++level.fields;
  }
  if (level.fields == ondemand::object_iterator()) return s.Pop();

  const char* const begin_of_name = s.Location();
  ondemand::field field;
  if (begin_of_name == nullptr || *begin_of_name != '"') {
    level.started = false;
    return s.FailShape("a field's name", begin_of_name);
  }
  if ((*level.fields).get(field) != simdjson::SUCCESS) {
    level.started = false;
    return s.FailShape("\":\" after a field's name", s.Location());
  }
  // The name is not checked yet: it ends at the next quote that is not escaped, which simdjson made
  // sure is there.
  const char* const begin = field.key().raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  const std::string_view content(begin, static_cast<std::size_t>(end - begin));
  level.started = true;
  level.name = content;
  if (!s.Meaning(content, level.unescaped, level.name)) return false;
  s.StandOn(field.value());
  name = level.name;
  return true;
}

bool JsonValue::BeginArray() {
  State& s = *state_;
  const std::string_view token = s.Token();
  if (s.at_root || token.empty() || token.front() != '[') return s.FailExpected("a list");
  Level* const level = s.Push(/*object=*/false);
  if (level == nullptr) return false;
  ondemand::array array;
  if (s.value.get_array().get(array) == simdjson::SUCCESS &&
      array.begin().get(level->elements) == simdjson::SUCCESS) {
    return true;
  }
  --s.depth;
  return s.FailShape("a list", s.Location());
}

bool JsonValue::NextElement() {
  State& s = *state_;
  if (s.error) return false;
  Level& level = s.levels[s.depth - 1];
  if (level.started) {
    if (!s.CheckNext(']')) return false;
    ++level.elements;
    ++level.index;
  }
  if (level.elements == ondemand::array_iterator()) return s.Pop();
  ondemand::value value;
  if ((*level.elements).get(value) != simdjson::SUCCESS)
    return s.FailShape("a value", s.Location());
  s.StandOn(value);
  level.started = true;
  return true;
}

bool JsonValue::Skip() {
  State& s = *state_;
  const std::string_view token = s.Token();
  const char first = token.empty() ? '\0' : token.front();
  if (first == '{') {
    if (!BeginObject()) return false;
    for (std::string_view name; NextField(name);) {
      if (!Skip()) return false;
    }
    return ok();
  }
  if (first == '[') {
    if (!BeginArray()) return false;
    while (NextElement()) {
      if (!Skip()) return false;
    }
    return ok();
  }
  if (first == '"') {
    std::string_view text;
    return ReadText(text);
  }
  return internal::IsLiteral(token) || internal::IsNumber(token) || s.FailExpected("a value");
}

bool JsonValue::Skip(std::string_view& text) {
  State& s = *state_;
  const std::string_view token = s.Token();
  if (!Skip()) return false;
  text = token;
  if (token.front() == '{' || token.front() == '[') {
    const char* const next = s.Location();
    const char* const end = next == nullptr ? s.buffer.data() + s.size : next;
    text = TrimEnd({token.data(), static_cast<std::size_t>(end - token.data())});
  }
  return true;
}

bool JsonValue::Fail(std::string_view what) { return state_->Fail(what); }
bool JsonValue::FailExpected(std::string_view expected) { return state_->FailExpected(expected); }

bool JsonValue::FailMissing(std::string_view field) {
  const std::string path = state_->Path();
  return state_->FailAt(absl::StrCat(path, path.empty() ? "" : ".", AbslView(field)), "missing");
}

}  // namespace omnibus
