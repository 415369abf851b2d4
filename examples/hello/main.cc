// One event, one handler, and a bus inside the process.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "omnibus/bus.h"
#include "omnibus/codec.h"

inline constexpr omnibus::DomainName kHello = {.name = "hello", .services = {"caller", "greeter"}};

struct PersonMet {
  std::string name;
};

template <>
inline constexpr omnibus::Contract omnibus::contract<PersonMet> = {
    .type = "person.met",
    .channel = "hello.events",
    .domain = &kHello,
    .publisher = "caller",
    .consumers = {"greeter"},
    .description = "Somebody has come in, and is to be greeted."};

template struct omnibus::Codec<PersonMet>;

class Greeter final : public omnibus::Module {
 public:
  Greeter() : Module(kHello, "greeter") {}

  void Describe(omnibus::ModuleDescription& module) override {
    module.Handles(this, &Greeter::OnPersonMet);
  }

 private:
  absl::Status OnPersonMet(const PersonMet& event, omnibus::Context&) {
    std::printf("Hello, %s!\n", event.name.c_str());
    return absl::OkStatus();
  }
};

// Rings when an event was handled: this program ends then, which a real service does not.
class Watcher final : public omnibus::Observer {
 public:
  bool Wait(absl::Duration timeout) { return bell_->Wait(runtime_.Now() + timeout); }
  void OnHandled(const Handled&) override { bell_->Ring(); }

 private:
  omnibus::Runtime& runtime_ = omnibus::SystemRuntime();
  const std::unique_ptr<omnibus::Doorbell> bell_ = runtime_.NewDoorbell();
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

int main() {
  Watcher watcher;

  omnibus::BusOptions options;
  options.transports = omnibus::DefaultTransports();
  options.modules.push_back(std::make_unique<Greeter>());
  options.observer = &watcher;
  absl::StatusOr<std::unique_ptr<omnibus::Bus>> bus = omnibus::Bus::Open(std::move(options));
  if (!bus.ok()) return Fail(bus.status());

  absl::Status status = (*bus)->Publish(PersonMet{.name = "world"});
  if (!status.ok()) return Fail(status);

  // Published is not handled: handlers run later, and mostly in other processes.
  if (!watcher.Wait(absl::Seconds(10))) {
    return Fail(absl::DeadlineExceededError("nobody was greeted"));
  }
  status = (*bus)->Close();
  return status.ok() ? 0 : Fail(status);
}
