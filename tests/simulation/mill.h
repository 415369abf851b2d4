// A small domain whose handlers do all that handlers do: sacks of grain come in, loaves go out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "omnibus/codec.h"
#include "omnibus/event.h"
#include "omnibus/module.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

inline constexpr DomainName kMill{"mill", {"farmer", "miller", "clerk", "baker"}};

struct Sack {
  std::int64_t line = 0;  // the key
  std::int64_t number = 0;
};

struct Loaf {
  std::int64_t line = 0;  // the key
  std::int64_t number = 0;
  std::int64_t part = 0;
};

// One of the mill's services in one process.
class MillService final : public Module {
 public:
  MillService(std::string_view name, World& world, Process& process, Oracle& oracle)
      : Module(kMill, name), world_(world), process_(process), oracle_(oracle) {}

  void Describe(ModuleDescription& module) override;

 private:
  absl::Status OnSack(const Sack& sack, Context& context);
  absl::Status OnLoaf(const Loaf& loaf, Context& context);
  absl::Status Work(const Good& good, Context& context);

  World& world_;
  Process& process_;
  Oracle& oracle_;
};

}  // namespace omnibus::simulation

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::simulation::Sack> = {
    .type = "sack",
    .channel = "mill.sacks",
    .domain = &omnibus::simulation::kMill,
    .publisher = "farmer",
    .consumers = {"miller", "clerk"},
    .key = "line",
    .description = "A farmer brings a sack of grain."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::simulation::Loaf> = {
    .type = "loaf",
    .channel = "mill.loaves",
    .domain = &omnibus::simulation::kMill,
    .publisher = "miller",
    .consumers = {"baker"},
    .key = "line",
    .description = "The miller has flour for a loaf."};
