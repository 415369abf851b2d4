#include "bus/handler_context.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "runtime/planted_bug.h"

namespace omnibus {
namespace {

// The key of an effect of `cause`'s: the same each time the handler has to run.
Uuid EffectKey(const Uuid& cause, const ModuleIdentity& module, std::string_view timer,
               int ordinal) {
  thread_local std::string name;  // grows once, and is used for each effect from then on
  name.clear();
  absl::StrAppend(&name, module.group, "/");
  if (!timer.empty()) absl::StrAppend(&name, AbslView(timer), "/");
  absl::StrAppend(&name, ordinal);
  return NameUuid(cause, name);
}

}  // namespace

thread_local int HandlerContext::depth_ = 0;

absl::Status ModuleIdentity::CheckPublishes(const EventType& type) const {
  if (std::find(publishes.begin(), publishes.end(), &type) != publishes.end()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(group, " does not publish ", AbslView(type.contract->type),
                   ": say so in its Describe(), with Publishes<>()"));
}

absl::Status HandlerContext::PublishEvent(const EventType& type, const void* event,
                                          const PublishOptions& options) {
  const int ordinal = published_++;
  if (absl::Status status = module_.CheckPublishes(type); !status.ok()) return status;
  Uuid key = EffectKey(cause_.idempotency_key, module_, timer_, ordinal);
  if (Planted(PlantedBug::kRandomEffectKeys)) {
    key = RandomUuid(module_.runtime->Random(), module_.runtime->Random());
  }
  const Inheritance inherited{cause_, key};
  if (Planted(PlantedBug::kEffectsUnconfirmed)) {
    module_.publisher->Publish(type, event, options, &inherited, [](const absl::Status&) {});
    return absl::OkStatus();
  }
  effects_.Begin();
  module_.publisher->Publish(
      type, event, options, &inherited,
      [effects = &effects_](absl::Status outcome) { effects->End(std::move(outcome)); });
  return absl::OkStatus();
}

}  // namespace omnibus
