#include "tests/soak/events.h"

#include <cstring>

#include "omnibus/codec.h"

template struct omnibus::Codec<omnibus::soak::Tick>;
template struct omnibus::Codec<omnibus::soak::Noted>;

namespace omnibus::soak {

Uuid TickId(std::int64_t sender, std::int64_t number) {
  Uuid id;
  std::memcpy(id.data, &sender, sizeof(sender));
  std::memcpy(id.data + sizeof(sender), &number, sizeof(number));
  return id;
}

void ReadTickId(const Uuid& id, std::int64_t& sender, std::int64_t& number) {
  std::memcpy(&sender, id.data, sizeof(sender));
  std::memcpy(&number, id.data + sizeof(sender), sizeof(number));
}

}  // namespace omnibus::soak
