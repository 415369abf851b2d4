#include "domains/coworking/rules.h"

#include "absl/strings/str_cat.h"

namespace coworking {

absl::Status CheckTimes(omnibus::Timestamp start_time, omnibus::Timestamp end_time) {
  if (start_time < end_time) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("end_time: must be after start_time (",
                                                 omnibus::ToString(start_time), "), found ",
                                                 omnibus::ToString(end_time)));
}

absl::Status CheckEvent(const BookingCreated& event) {
  const absl::Status status = CheckTimes(event.start_time, event.end_time);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("payload.", status.message()));
}

}  // namespace coworking
