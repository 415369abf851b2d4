#include "bus/handler_context.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

// The name of an effect within its cause: the same each time the handler has to run.
std::string EffectName(const ModuleIdentity& module, std::string_view timer, int ordinal) {
  if (timer.empty()) return absl::StrCat(module.group, "/", ordinal);
  return absl::StrCat(module.group, "/", AbslView(timer), "/", ordinal);
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
  const Uuid key = NameUuid(cause_.idempotency_key, EffectName(module_, timer_, ordinal));
  const Inheritance inherited{cause_, key};
  effects_.Begin();
  module_.publisher->Publish(
      type, event, options, &inherited,
      [effects = &effects_](absl::Status outcome) { effects->End(std::move(outcome)); });
  return absl::OkStatus();
}

}  // namespace omnibus
