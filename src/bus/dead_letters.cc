#include "bus/dead_letters.h"

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

// An error text may quote any bytes of a message; a header is UTF-8, and not without end.
std::string HeaderText(std::string_view text) {
  constexpr std::size_t kMost = 1024;
  std::string clean;
  for (char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    clean.push_back(byte >= 0x20 && byte < 0x7f ? c : '?');
  }
  return clean;
}

}  // namespace

std::string DeadLetterQueue(std::string_view channel, std::string_view module) {
  return absl::StrCat(AbslView(channel), ".", AbslView(module), ".dead");
}

std::string DeadReason(const Delivery& delivery) {
  if (!delivery.dead_because.empty()) return std::string(delivery.dead_because);
  if (delivery.handler == nullptr) return "undecodable";
  return absl::StatusCodeToString(delivery.status.code());
}

DeadLetter::DeadLetter(const Delivery& delivery, std::string_view module, const WallClock& wall)
    : copy_(delivery.message, DeadLetterQueue(delivery.message.channel, module)) {
  const ReceivedMessage& original = delivery.message;
  copy_.Add("dead_channel", std::string(original.channel));
  copy_.Add("dead_module", std::string(module));
  copy_.Add("dead_reason", DeadReason(delivery));
  copy_.Add("dead_detail", HeaderText(StdView(delivery.status.message())));
  copy_.Add("dead_attempts", absl::StrCat(delivery.attempt));
  copy_.Add("dead_first_failed_at", TimeText(wall(delivery.first_failed_at)));
  copy_.Add("dead_last_failed_at", TimeText(wall(delivery.last_failed_at)));
  if (delivery.parks) copy_.Add("dead_parks", "true");
  if (!delivery.dead_because.empty()) copy_.Add("dead_behind", ToString(delivery.behind));
  if (delivery.dead_because == kReasonReleased) {
    copy_.Add("dead_release", ToString(delivery.release_id));
    copy_.Add("dead_place", absl::StrCat(delivery.sequence));
  }
  if (original.partition >= 0) copy_.Add("dead_partition", absl::StrCat(original.partition));
  if (original.offset >= 0) copy_.Add("dead_offset", absl::StrCat(original.offset));
  message_ = &copy_.Finish();
}

}  // namespace omnibus
