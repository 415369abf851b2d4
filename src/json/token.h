// The grammar of a JSON value's smallest parts (RFC 8259), as simdjson cuts them out without
// looking inside.
#pragma once

#include <string>
#include <string_view>

namespace omnibus::internal {

// true, false, null, or a number: the whole of `token`, nothing else.
bool IsLiteral(std::string_view token);
bool IsNumber(std::string_view token);
bool IsInteger(std::string_view token);  // a number without fraction and exponent

// Appends what the text between a string's quotes means. When it means nothing (an unknown escape,
// half of a surrogate pair), returns what is wrong, `expected a valid escape, found \q`; else an
// empty string. Control characters and invalid UTF-8 are simdjson's to find.
std::string Unescape(std::string_view text, std::string& out);

// `token`, the start of a value, for an error message: "two", 2.5, an object, a list.
std::string Found(std::string_view token);

// What is wrong with a text that simdjson refuses as a whole: found again slowly, to say where.
std::string InvalidText(std::string_view text);

// What comes after the object that `text` begins with; empty when it is not closed.
std::string_view AfterObject(std::string_view text);

}  // namespace omnibus::internal
