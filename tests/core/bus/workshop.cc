#include "tests/core/bus/workshop.h"

#include "omnibus/codec.h"

template struct omnibus::Codec<workshop::Ordered>;
template struct omnibus::Codec<workshop::Made>;

namespace workshop {

void Joiner::Describe(omnibus::ModuleDescription& module) {
  module.Handles<Ordered>(work_);
  module.Publishes<Made>();
}

absl::Status Joiner::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  return absl::OkStatus();
}

}  // namespace workshop
