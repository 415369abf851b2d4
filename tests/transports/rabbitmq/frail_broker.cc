#include "tests/transports/rabbitmq/frail_broker.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace omnibus::testing {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The number after "name": in ports.json.
std::string Port(const std::string& directory, const std::string& name) {
  const std::string json = ReadFile(directory + "/ports.json");
  const std::size_t at = json.find_first_of("0123456789", json.find("\"" + name + "\""));
  return json.substr(at, json.find_first_not_of("0123456789", at) - at);
}

}  // namespace

std::optional<FrailBroker> FrailBroker::Start() {
  std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kRabbitMq);
  if (!broker) return std::nullopt;
  for (const auto& entry : std::filesystem::directory_iterator(OMNIBUS_BROKERS_DIR)) {
    if (ReadFile(entry.path() / "env").find(broker->address()) != std::string::npos) {
      return FrailBroker(*std::move(broker), entry.path().string());
    }
  }
  return std::nullopt;
}

void FrailBroker::Forget() { std::filesystem::remove_all(directory_ + "/data"); }

bool FrailBroker::Eval(const std::string& erlang) const {
  // rabbitmqctl would do it too, and take some seconds of the processor for each call.
  const std::string port = Port(directory_, "amqp");
  const std::string command = "echo '" + erlang + "' | HOME=" + directory_ +
                              "/home ERL_EPMD_PORT=" + Port(directory_, "epmd") +
                              " erl_call -sname test-" + port + " -n omnibus-" + port +
                              "@localhost -c " + ReadFile(directory_ + "/home/.erlang.cookie") +
                              " -e | grep -q '{ok,'";
  return std::system(command.c_str()) == 0;
}

bool FrailBroker::RaiseMemoryAlarm() const {
  return Eval("rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []}).");
}

bool FrailBroker::ClearMemoryAlarm() const {
  return Eval("rabbit_alarm:clear_alarm({resource_limit, memory, node()}).");
}

}  // namespace omnibus::testing
