// JSON objects, one a line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace omnibus::cli {

// A JSON string. Bytes that are no UTF-8 become U+FFFD: what is shown here is for people and
// scripts, and has to be JSON whatever came in.
std::string JsonText(std::string_view text);

// ["a","b"]
std::string JsonList(std::span<const std::string> texts);

// The same JSON without white space between its tokens, so that it fits in a line. `json` is valid.
std::string Compact(std::string_view json);

class JsonLine {
 public:
  JsonLine& Text(std::string_view name, std::string_view value);
  JsonLine& Number(std::string_view name, std::int64_t value);
  JsonLine& Bool(std::string_view name, bool value);
  // `json` is written as it is.
  JsonLine& Raw(std::string_view name, std::string_view json);

  // The whole object.
  std::string Done() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

}  // namespace omnibus::cli
