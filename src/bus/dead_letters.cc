#include "bus/dead_letters.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/timestamp.h"

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
  if (delivery.handler == nullptr) return "undecodable";
  return absl::StatusCodeToString(delivery.status.code());
}

DeadLetter::DeadLetter(const Delivery& delivery, std::string_view module,
                       const std::function<absl::Time(absl::Time)>& wall)
    : queue_(DeadLetterQueue(delivery.message.channel, module)) {
  const ReceivedMessage& original = delivery.message;
  const auto time = [&](absl::Time steady) { return ToString(ToTimestamp(wall(steady))); };
  Add("dead_channel", std::string(original.channel));
  Add("dead_module", std::string(module));
  Add("dead_reason", DeadReason(delivery));
  Add("dead_detail", HeaderText(StdView(delivery.status.message())));
  Add("dead_attempts", absl::StrCat(delivery.attempt));
  Add("dead_first_failed_at", time(delivery.first_failed_at));
  Add("dead_last_failed_at", time(delivery.last_failed_at));
  if (original.partition >= 0) Add("dead_partition", absl::StrCat(original.partition));
  if (original.offset >= 0) Add("dead_offset", absl::StrCat(original.offset));

  // What an earlier death has left is replaced: a message that was replayed may die again.
  for (const HeaderView& header : original.headers) {
    if (std::none_of(added_.begin(), added_.end(),
                     [&](const auto& added) { return added.first == header.name; })) {
      headers_.push_back(header);
    }
  }
  for (const auto& [name, value] : added_) headers_.push_back({name, value});

  message_.destination = Destination::kQueue;
  message_.channel = queue_;
  message_.type = original.type.empty() ? original.routing_key : original.type;
  message_.key = original.key;
  message_.id = original.id;
  message_.correlation_id = original.correlation_id;
  message_.body = original.body;
  message_.headers = headers_;
}

void DeadLetter::Add(std::string_view name, std::string value) {
  added_.emplace_back(name, std::move(value));
}

}  // namespace omnibus
