#pragma once

#include <string_view>

#include "omnibus/http.h"

namespace omnibus {

// application/problem+json with this HTTP status; an empty detail or field is left out.
HttpResponse ProblemOf(int status, std::string_view detail, std::string_view field = {});

}  // namespace omnibus
