#include "bus/retry_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"
#include "runtime/planted_bug.h"

namespace omnibus {
namespace {

constexpr std::string_view kPrefix = "retry_";
constexpr std::string_view kAttempts = "retry_attempts";
constexpr std::string_view kDue = "retry_due";
constexpr std::string_view kSequence = "retry_sequence";
constexpr std::string_view kFirstFailedAt = "retry_first_failed_at";
constexpr std::string_view kLastFailedAt = "retry_last_failed_at";
constexpr std::string_view kParks = "retry_parks";
constexpr std::string_view kRelease = "retry_release";
constexpr std::string_view kReleaseId = "retry_release_id";
constexpr std::string_view kPartition = "retry_partition";
constexpr std::string_view kOffset = "retry_offset";

template <typename Number>
void Read(std::string_view text, Number& number) {
  Number read = 0;
  if (absl::SimpleAtoi(AbslView(text), &read) && read >= 0) number = read;
}

void Read(std::string_view text, const WallClock& steady, absl::Time& time) {
  const absl::StatusOr<Timestamp> read = ParseTimestamp(text);
  if (read.ok()) time = steady(ToTime(*read));
}

void Read(std::string_view text, Uuid& id) {
  const absl::StatusOr<Uuid> read = ParseUuid(text);
  if (read.ok()) id = *read;
}

std::string_view ReleaseName(Delivery::Release release) {
  switch (release) {
    case Delivery::Release::kReplay:
      return "replay";
    case Delivery::Release::kDrop:
      return "drop";
    case Delivery::Release::kDone:
      return "done";
    case Delivery::Release::kNone:
      break;
  }
  return "";
}

Delivery::Release ParseRelease(std::string_view name) {
  if (name == "replay") return Delivery::Release::kReplay;
  if (name == "drop") return Delivery::Release::kDrop;
  if (name == "done") return Delivery::Release::kDone;
  return Delivery::Release::kNone;
}

}  // namespace

std::string RetryQueue(std::string_view channel, std::string_view module) {
  return absl::StrCat(AbslView(channel), ".", AbslView(module), ".retry");
}

RetryCopy::RetryCopy(const Delivery& delivery, std::string_view module, const WallClock& wall)
    : copy_(delivery.message, RetryQueue(delivery.message.channel, module)) {
  const ReceivedMessage& original = delivery.message;
  copy_.Add(kAttempts, absl::StrCat(delivery.attempt));
  if (delivery.sequence != 0) copy_.Add(kSequence, absl::StrCat(delivery.sequence));
  if (delivery.parks) copy_.Add(kParks, "true");
  if (delivery.release != Delivery::Release::kNone) {
    copy_.Add(kRelease, std::string(ReleaseName(delivery.release)));
    copy_.Add(kReleaseId, ToString(delivery.release_id));
  }
  if (delivery.attempt > 0) {
    copy_.Add(kDue, TimeText(wall(delivery.due)));
    copy_.Add(kFirstFailedAt, TimeText(wall(delivery.first_failed_at)));
    copy_.Add(kLastFailedAt, TimeText(wall(delivery.last_failed_at)));
  }
  if (original.partition >= 0) copy_.Add(kPartition, absl::StrCat(original.partition));
  if (original.offset >= 0) copy_.Add(kOffset, absl::StrCat(original.offset));
  message_ = copy_.Finish();
  message_.partition = original.partition;
}

void TakeRetryHeaders(ReceivedMessage& message, Delivery& delivery, const WallClock& steady) {
  // Where the copy stands in the retry queue tells nobody anything.
  message.offset = -1;
  for (const HeaderView& header : message.headers) {
    if (header.name == kAttempts) Read(header.value, delivery.attempt);
    if (header.name == kSequence) Read(header.value, delivery.sequence);
    if (header.name == kParks) delivery.parks = header.value == "true";
    if (header.name == kRelease) delivery.release = ParseRelease(header.value);
    if (header.name == kReleaseId) Read(header.value, delivery.release_id);
    if (header.name == kDue) Read(header.value, steady, delivery.due);
    if (header.name == kFirstFailedAt) Read(header.value, steady, delivery.first_failed_at);
    if (header.name == kLastFailedAt) Read(header.value, steady, delivery.last_failed_at);
    if (header.name == kPartition) Read(header.value, message.partition);
    if (header.name == kOffset) Read(header.value, message.offset);
  }
  // Where the original stood in a log says it better.
  if (message.offset >= 0) delivery.sequence = 0;
  if (Planted(PlantedBug::kAttemptsReset)) delivery.attempt = 0;
  message.headers.erase(
      std::remove_if(message.headers.begin(), message.headers.end(),
                     [](const HeaderView& header) { return header.name.starts_with(kPrefix); }),
      message.headers.end());
}

}  // namespace omnibus
