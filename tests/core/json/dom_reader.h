// A second reader of Everything, that shares nothing with the library's: it walks the DOM of
// simdjson, field by field, written by hand.
#pragma once

#include <optional>
#include <string_view>

#include "omnibus/event_type.h"
#include "tests/core/json/everything.h"

namespace omnibus::testing {

// The exact text of a number is lost in a DOM: there are decimals as a double holds them.
Decimal AsInDom(Decimal decimal);

// Nothing when the text is not JSON, or a field is missing or of another type.
std::optional<Everything> ReadDom(std::string_view text, Naming naming);

}  // namespace omnibus::testing
