#include "domains/support/outcome.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace domain_support {

absl::Status RequestError(const absl::Status& publish_error, std::string_view what) {
  const std::string message =
      absl::StrCat(omnibus::AbslView(what), " (", publish_error.message(), ")");
  if (absl::IsInvalidArgument(publish_error)) return absl::InvalidArgumentError(message);
  return absl::UnavailableError(message);
}

}  // namespace domain_support
