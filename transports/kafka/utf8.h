// Whether text is UTF-8.
#pragma once

#include <string_view>

namespace omnibus::kafka {

bool IsUtf8(std::string_view text);

}  // namespace omnibus::kafka
