#include "omnibus/publish.h"

namespace omnibus {

PublishOutcome OutcomeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return PublishOutcome::kConfirmed;
    case absl::StatusCode::kNotFound:
      return PublishOutcome::kUnroutable;
    case absl::StatusCode::kDeadlineExceeded:
      return PublishOutcome::kUnknown;
    default:
      return PublishOutcome::kRefused;
  }
}

std::string_view OutcomeName(PublishOutcome outcome) {
  switch (outcome) {
    case PublishOutcome::kConfirmed:
      return "confirmed";
    case PublishOutcome::kRefused:
      return "refused";
    case PublishOutcome::kUnroutable:
      return "unroutable";
    case PublishOutcome::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace omnibus
