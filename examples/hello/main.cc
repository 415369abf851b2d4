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
  explicit Greeter(omnibus::Doorbell& greeted) : Module(kHello, "greeter"), greeted_(greeted) {}

  void Describe(omnibus::ModuleDescription& module) override {
    module.Handles(this, &Greeter::OnPersonMet);
  }

 private:
  absl::Status OnPersonMet(const PersonMet& event, omnibus::Context&) {
    std::printf("Hello, %s!\n", event.name.c_str());
    greeted_.Ring();
    return absl::OkStatus();
  }

  omnibus::Doorbell& greeted_;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

int main() {
  omnibus::Runtime& runtime = omnibus::SystemRuntime();
  const std::unique_ptr<omnibus::Doorbell> greeted = runtime.NewDoorbell();

  omnibus::BusOptions options;
  options.transports = omnibus::DefaultTransports();
  options.modules.push_back(std::make_unique<Greeter>(*greeted));
  absl::StatusOr<std::unique_ptr<omnibus::Bus>> bus = omnibus::Bus::Open(std::move(options));
  if (!bus.ok()) return Fail(bus.status());

  absl::Status status = (*bus)->Publish(PersonMet{.name = "world"});
  if (!status.ok()) return Fail(status);

  // Published is not handled: in real life the handler is in another process.
  if (!greeted->Wait(runtime.Now() + absl::Seconds(10))) {
    return Fail(absl::DeadlineExceededError("nobody was greeted"));
  }
  status = (*bus)->Close();
  return status.ok() ? 0 : Fail(status);
}
