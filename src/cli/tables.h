// Tables, for people and for programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "omnibus/domain.h"

namespace omnibus::cli {

// The text, followed by spaces up to `width` characters.
std::string Padded(std::string_view text, std::size_t width);

// Its title, its columns' names and its rows, in aligned columns; without the last line's end.
std::string TableText(const Demonstration::Table& table, bool coloured);

// [{"column":"cell"}], an object a row. All cells are strings: that a cell looks like a number says
// nothing about the next one.
std::string TableJson(const Demonstration::Table& table);

}  // namespace omnibus::cli
