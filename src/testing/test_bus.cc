#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "config/bus_configuration.h"
#include "omnibus/configuration.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/testing.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/null_sink.h"
#include "testing/recorder.h"

namespace omnibus {
namespace {

std::vector<std::unique_ptr<Module>> OneModule(std::unique_ptr<Module> module) {
  std::vector<std::unique_ptr<Module>> modules;
  modules.push_back(std::move(module));
  return modules;
}

}  // namespace

TestBus::TestBus(std::unique_ptr<Module> module, TestBusOptions options)
    : TestBus(OneModule(std::move(module)), std::move(options)) {}

TestBus::TestBus(std::vector<std::unique_ptr<Module>> modules, TestBusOptions options)
    : runtime_(std::make_unique<SimulatedRuntime>(options.seed, options.start)),
      recorder_(std::make_unique<Recorder>()) {
  BusOptions bus;
  if (!options.configuration.empty()) {
    absl::StatusOr<Setting> configuration = ParseSettings(options.configuration, "test");
    if (!configuration.ok()) {
      status_ = configuration.status();
      return;
    }
    configuration_ = *std::move(configuration);
    bus.configuration = configuration_;
  }
  bus.transports.push_back(MakeMemoryPlugin(std::move(options.broker)));
  bus.modules = std::move(modules);
  bus.events = std::move(options.events);
  bus.runtime = runtime_.get();
  bus.observer = recorder_.get();
  bus.log = std::move(options.log);
  if (bus.log == nullptr) {
    bus.log =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  }
  absl::StatusOr<std::unique_ptr<Bus>> opened = Bus::Open(std::move(bus));
  status_ = opened.status();
  if (opened.ok()) bus_ = *std::move(opened);
}

TestBus::~TestBus() {
  if (bus_ != nullptr) bus_->Close(absl::Seconds(30)).IgnoreError();
}

absl::Status TestBus::PublishEvent(const EventType& type, const void* event,
                                   const PublishOptions& options) {
  return status_.ok() ? bus_->PublishEvent(type, event, options) : status_;
}

void TestBus::Advance(absl::Duration duration) {
  runtime_->Advance(duration);
  runtime_->RunUntilIdle();  // what is due at the very end
}

absl::Status TestBus::Close(absl::Duration budget) {
  return status_.ok() ? bus_->Close(budget) : status_;
}

std::vector<const TestBus::Record*> TestBus::Find(const EventType& type) const {
  return recorder_->published(type);
}

std::vector<TestBus::Handled> TestBus::handled() const { return recorder_->handled(); }
std::vector<TestBus::DeadLetter> TestBus::dead_letters() const { return recorder_->dead_letters(); }

Naming TestBus::NamingOf(const EventType& type) const {
  const absl::StatusOr<BusConfiguration> configuration = ReadBusConfiguration(configuration_);
  if (!configuration.ok()) return Naming::kSnake;
  const std::string channel(type.contract->channel);
  std::optional<Dialect> dialect = configuration->Channel(channel).envelope;
  if (!dialect.has_value()) dialect = configuration->envelope;
  return dialect == Dialect::kCamel ? Naming::kCamel : Naming::kSnake;  // snake is memory's own
}

void TestBus::Decode(const Record& record, void* event) const {
  JsonValue payload;
  absl::Status status;
  if (payload.Start(record.payload)) {
    status = record.type->decode(payload, NamingOf(*record.type), event);
  } else {
    status = payload.status();
  }
  if (status.ok()) return;
  // The bus itself has written it.
  std::fprintf(stderr, "TestBus: a published event cannot be read: %s\n%s\n",
               status.ToString().c_str(), record.payload.c_str());
  std::abort();
}

}  // namespace omnibus
