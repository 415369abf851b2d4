// What a front door says of a publish that was not confirmed.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace domain_support {

// A publish's error as the error of the request that wanted it. The broker's troubles are
// kUnavailable, whatever their code: a queue that is missing is not the client's 404. What was
// refused for its content (kInvalidArgument, e.g. too large) stays the client's.
absl::Status RequestError(const absl::Status& publish_error, std::string_view what);

}  // namespace domain_support
