#include "transport_testing/parcels.h"

#include "omnibus/codec.h"

template struct omnibus::Codec<omnibus::transport_testing::Parcel>;
template struct omnibus::Codec<omnibus::transport_testing::Receipt>;

namespace omnibus::transport_testing {

void Receiver::Describe(ModuleDescription& module) {
  module.Handles<Parcel>(work_);
  module.Publishes<Receipt>();
}

void Watcher::Describe(ModuleDescription& module) { module.Handles<Receipt>(work_); }

}  // namespace omnibus::transport_testing
