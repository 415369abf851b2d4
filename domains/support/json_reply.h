// What the front doors' handlers have in common. It brings reflection along (see omnibus/json.h):
// include it in sources only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "omnibus/http.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/json.h"

namespace domain_support {

template <typename Body>
omnibus::HttpResponse JsonReply(int status, const Body& body) {
  absl::StatusOr<std::string> json = omnibus::ToJson(body);
  // What we made ourselves is JSON: an error here is ours, not the client's.
  if (!json.ok()) return omnibus::Problem(absl::InternalError(json.status().message()));
  return omnibus::JsonResponse(status, *std::move(json));
}

// A whole number of a path: digits alone, with a minus at most.
inline bool ParseId(std::string_view text, std::int64_t& id) {
  if (text.empty() || text.find_first_not_of("-0123456789") != std::string_view::npos) return false;
  return absl::SimpleAtoi(omnibus::AbslView(text), &id);
}

}  // namespace domain_support
