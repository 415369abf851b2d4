#include "tests/simulation/mill.h"

#include <algorithm>
#include <stdexcept>

#include "absl/strings/str_cat.h"

template struct omnibus::Codec<omnibus::simulation::Sack>;
template struct omnibus::Codec<omnibus::simulation::Loaf>;

namespace omnibus::simulation {
namespace {

// How often a handler that works looks whether it shall end.
constexpr absl::Duration kSlice = absl::Milliseconds(50);

}  // namespace

void MillService::Describe(ModuleDescription& module) {
  if (name() == "baker") {
    module.Handles(this, &MillService::OnLoaf);
    return;
  }
  module.Handles(this, &MillService::OnSack);
  if (name() == "miller") module.Publishes<Loaf>();
}

absl::Status MillService::OnSack(const Sack& sack, Context& context) {
  return Work({Good::Kind::kSack, sack.line, sack.number, 0}, context);
}

absl::Status MillService::OnLoaf(const Loaf& loaf, Context& context) {
  return Work({Good::Kind::kLoaf, loaf.line, loaf.number, loaf.part}, context);
}

absl::Status MillService::Work(const Good& good, Context& context) {
  const auto is_over = [&] { return !process_.alive() || context.cancelled(); };
  if (!process_.Step("handle") || is_over()) return absl::CancelledError("killed");
  const std::string group = absl::StrCat("mill.", std::string(name()));
  const Lot lot = DrawLot(oracle_.seed(), group, good);
  const Oracle::Running running = oracle_.Begin(process_, group, good);
  world_.trace.Step(process_.name(), ": ", group, " handles ", good.Name(), ", attempt ",
                    context.attempt());
  const absl::Time end = world_.runtime.Now() + lot.work;
  while (world_.runtime.Now() < end) {
    world_.runtime.SleepUntil(std::min(end, world_.runtime.Now() + kSlice));
    if (is_over()) return absl::CancelledError("the time is over");
  }
  const bool fails = context.attempt() <= lot.failures;
  if (fails && lot.fate == Lot::Fate::kFails) return absl::UnavailableError("not yet");
  if (fails && lot.fate == Lot::Fate::kThrows) throw std::runtime_error("thrown");
  const bool dies = !oracle_.mended();
  if (dies && lot.fate == Lot::Fate::kRefuses) return absl::InvalidArgumentError("never");
  if (dies && lot.fate == Lot::Fate::kHopeless) return absl::UnavailableError("never ever");
  for (int part = 0; part < lot.loaves; ++part) {
    oracle_.OnEffect({Good::Kind::kLoaf, good.line, good.number, part});
    const absl::Status status = context.Publish(Loaf{good.line, good.number, part});
    if (!status.ok()) return status;
  }
  if (fails && lot.fate == Lot::Fate::kFailsAfterPublishing) return absl::AbortedError("not yet");
  return process_.Step("return from a handler") ? absl::OkStatus() : absl::CancelledError("killed");
}

}  // namespace omnibus::simulation
