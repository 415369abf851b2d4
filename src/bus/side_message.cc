#include "bus/side_message.h"

#include <algorithm>

#include "omnibus/timestamp.h"

namespace omnibus {

SideMessage::SideMessage(const ReceivedMessage& original, std::string queue)
    : original_(original), queue_(std::move(queue)) {}

void SideMessage::Add(std::string_view name, std::string value) {
  added_.emplace_back(name, std::move(value));
}

const OutgoingMessage& SideMessage::Finish() {
  for (const HeaderView& header : original_.headers) {
    if (std::none_of(added_.begin(), added_.end(),
                     [&](const auto& added) { return added.first == header.name; })) {
      headers_.push_back(header);
    }
  }
  for (const auto& [name, value] : added_) headers_.push_back({name, value});

  message_.destination = Destination::kQueue;
  message_.channel = queue_;
  message_.type = original_.type.empty() ? original_.routing_key : original_.type;
  message_.key = original_.key;
  message_.id = original_.id;
  message_.correlation_id = original_.correlation_id;
  message_.body = original_.body;
  message_.headers = headers_;
  return message_;
}

std::string TimeText(absl::Time wall) { return ToString(ToTimestamp(wall)); }

}  // namespace omnibus
