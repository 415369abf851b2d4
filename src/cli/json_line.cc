#include "cli/json_line.h"

#include <cstddef>

#include "absl/strings/str_format.h"

namespace omnibus::cli {
namespace {

// How many bytes the UTF-8 character at the start of `text` has; 0: it is none.
std::size_t CharacterSize(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (size == 0 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Too long for what they say, surrogates, and what is beyond Unicode.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) >= 0xA0) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) >= 0x90) return 0;
  return size;
}

}  // namespace

std::string JsonText(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    const char c = text[0];
    if (size == 0) {
      json += "\uFFFD";
    } else if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '\n') {
      json += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&json, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      json += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return json + "\"";
}

std::string JsonList(std::span<const std::string> texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    json += JsonText(text);
  }
  return json + "]";
}

std::string Compact(std::string_view json) {
  std::string compact;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      compact += c;
      compact += json[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) compact += c;
  }
  return compact;
}

JsonLine& JsonLine::Raw(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += JsonText(name);
  text_ += ':';
  text_ += json;
  return *this;
}

JsonLine& JsonLine::Text(std::string_view name, std::string_view value) {
  return Raw(name, JsonText(value));
}

JsonLine& JsonLine::Number(std::string_view name, std::int64_t value) {
  return Raw(name, std::to_string(value));
}

JsonLine& JsonLine::Bool(std::string_view name, bool value) {
  return Raw(name, value ? "true" : "false");
}

}  // namespace omnibus::cli
