// Whether bytes are text.
#pragma once

#include <string_view>

namespace omnibus::rabbitmq {

// Well-formed UTF-8 as RFC 3629 has it: no surrogates, no overlong forms. NUL is text.
bool IsUtf8(std::string_view text);

}  // namespace omnibus::rabbitmq
