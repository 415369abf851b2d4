// ${NAME}, ${NAME:-default} and $$ in the values of a configuration.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace omnibus {

// kInvalidArgument, without the text, which may be a password: a variable that is not set and has
// no default, or a dollar sign that begins nothing. As in a shell, an empty variable takes the
// default too.
absl::StatusOr<std::string> Substitute(std::string_view text);

}  // namespace omnibus
