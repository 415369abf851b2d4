// The context of one handling, or of one timer's action.
#pragma once

#include <atomic>
#include <string_view>

#include "bus/effects.h"
#include "bus/event_publisher.h"
#include "bus/module_identity.h"
#include "omnibus/context.h"

namespace omnibus {

// Valid while the handler runs; what it published reports to `effects` afterwards, too.
class HandlerContext final : public Context {
 public:
  // `timer` is empty in a handler. All arguments outlive this.
  HandlerContext(const ModuleIdentity& module, std::string_view timer, const Metadata& cause,
                 int attempt, Effects& effects)
      : module_(module), timer_(timer), cause_(cause), attempt_(attempt), effects_(effects) {
    ++depth_;
  }
  ~HandlerContext() override { --depth_; }
  HandlerContext(const HandlerContext&) = delete;
  HandlerContext& operator=(const HandlerContext&) = delete;

  // Whether this thread runs a handler, or a timer's action, of any bus.
  static bool InsideHandler() { return depth_ > 0; }

  const Metadata& metadata() const override { return cause_; }
  int attempt() const override { return attempt_; }
  bool cancelled() const override { return module_.cancelled->load(std::memory_order_relaxed); }
  Runtime& runtime() override { return *module_.runtime; }
  absl::Status PublishEvent(const EventType& type, const void* event,
                            const PublishOptions& options) override;

 private:
  static thread_local int depth_;

  const ModuleIdentity& module_;
  const std::string_view timer_;
  const Metadata& cause_;
  const int attempt_;
  Effects& effects_;
  int published_ = 0;
};

}  // namespace omnibus
