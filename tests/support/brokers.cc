#include "tests/support/brokers.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace omnibus::testing {
namespace {

// What follows NAME= in a file that a broker's script wrote.
std::optional<std::string> ReadEnvFile(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(name + "=", 0) == 0) return line.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::optional<std::string> Find(const std::string& name, const std::string& broker) {
  if (const char* value = std::getenv(name.c_str()); value != nullptr && *value != '\0') {
    return value;
  }
  return ReadEnvFile(OMNIBUS_BROKERS_DIR "/" + broker + "/env", name);
}

const char* ScriptName(PrivateBroker::Kind kind) {
  return kind == PrivateBroker::Kind::kKafka ? "kafka" : "rabbitmq";
}

const char* VariableName(PrivateBroker::Kind kind) {
  return kind == PrivateBroker::Kind::kKafka ? "OMNIBUS_TEST_KAFKA_BROKERS"
                                             : "OMNIBUS_TEST_RABBITMQ_URL";
}

}  // namespace

std::optional<std::string> KafkaBrokers() { return Find("OMNIBUS_TEST_KAFKA_BROKERS", "kafka"); }

std::optional<std::string> RabbitMqUrl() { return Find("OMNIBUS_TEST_RABBITMQ_URL", "rabbitmq"); }

std::optional<PrivateBroker> PrivateBroker::Start(Kind kind) {
  std::error_code ignored;  // mkdtemp tells
  std::filesystem::create_directories(OMNIBUS_BROKERS_DIR, ignored);
  std::string directory = OMNIBUS_BROKERS_DIR "/private-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return std::nullopt;
  PrivateBroker broker(kind, std::move(directory));
  if (!broker.Run("start --watch " + std::to_string(getpid())) || !broker.ReadAddress()) {
    return std::nullopt;
  }
  return broker;
}

PrivateBroker::PrivateBroker(Kind kind, std::string directory)
    : kind_(kind), directory_(std::move(directory)) {}

PrivateBroker::PrivateBroker(PrivateBroker&& other) noexcept
    : kind_(other.kind_),
      directory_(std::exchange(other.directory_, std::string())),
      address_(std::move(other.address_)) {}

PrivateBroker::~PrivateBroker() {
  if (directory_.empty()) return;
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool PrivateBroker::Stop() { return Run("stop"); }

bool PrivateBroker::Kill() { return Run("kill"); }

bool PrivateBroker::Restart() { return Run("start --keep --watch " + std::to_string(getpid())); }

bool PrivateBroker::Run(const std::string& command) const {
  // Its standard output is a copy of DIR/env; what went wrong is on standard error.
  const std::string line = std::string("'") + OMNIBUS_BROKER_SCRIPTS + "/" + ScriptName(kind_) +
                           "' " + command + " '" + directory_ + "' > /dev/null";
  return std::system(line.c_str()) == 0;
}

bool PrivateBroker::ReadAddress() {
  const std::optional<std::string> address = ReadEnvFile(directory_ + "/env", VariableName(kind_));
  if (address.has_value()) address_ = *address;
  return address.has_value();
}

}  // namespace omnibus::testing
