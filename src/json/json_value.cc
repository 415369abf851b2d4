#include "omnibus/internal/codec_json_value.h"

#include "json/json_state.h"

namespace omnibus {
namespace {

namespace ondemand = simdjson::ondemand;
using internal::Level;
using internal::TrimEnd;
using internal::TrimStart;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

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
