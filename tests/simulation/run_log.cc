#include "tests/simulation/run_log.h"

#include <mutex>

#include "absl/strings/string_view.h"
#include "spdlog/sinks/base_sink.h"

namespace omnibus::simulation {
namespace {

class TraceSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit TraceSink(Trace& trace) : trace_(trace) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    trace_.Step("log: ", absl::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Trace& trace_;
};

}  // namespace

std::shared_ptr<spdlog::logger> MakeLog(Trace& trace) {
  auto log = std::make_shared<spdlog::logger>("run", std::make_shared<TraceSink>(trace));
  log->set_level(trace.on() ? spdlog::level::debug : spdlog::level::off);
  return log;
}

}  // namespace omnibus::simulation
