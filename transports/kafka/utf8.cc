#include "transports/kafka/utf8.h"

#include <simdjson.h>

namespace omnibus::kafka {

bool IsUtf8(std::string_view text) {
  return text.empty() || simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace omnibus::kafka
