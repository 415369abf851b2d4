#include "tests/support/brokers.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
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

std::optional<PrivateBroker> PrivateBroker::Start(Kind kind) { return Start(kind, {}); }

std::optional<PrivateBroker> PrivateBroker::Start(Kind kind, const Options& options) {
  std::error_code ignored;  // mkdtemp tells
  std::filesystem::create_directories(OMNIBUS_BROKERS_DIR, ignored);
  std::string directory = OMNIBUS_BROKERS_DIR "/private-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return std::nullopt;
  PrivateBroker broker(kind, std::move(directory), options);
  if (options.disk_bytes > 0 && !broker.MountDisk()) return std::nullopt;
  if (!broker.Run(broker.StartCommand()) || !broker.ReadAddress()) return std::nullopt;
  return broker;
}

PrivateBroker::PrivateBroker(Kind kind, std::string directory, const Options& options)
    : kind_(kind), directory_(std::move(directory)), options_(options) {}

PrivateBroker::PrivateBroker(PrivateBroker&& other) noexcept
    : kind_(other.kind_),
      directory_(std::exchange(other.directory_, std::string())),
      options_(other.options_),
      has_disk_(std::exchange(other.has_disk_, false)),
      address_(std::move(other.address_)) {}

PrivateBroker::~PrivateBroker() {
  if (directory_.empty()) return;
  Stop();
  const std::string data = directory_ + "/data";
  if (has_disk_ && umount2(data.c_str(), MNT_DETACH) != 0) std::perror(("umount " + data).c_str());
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool PrivateBroker::MountDisk() {
  const std::string data = directory_ + "/data";
  const std::string size = "size=" + std::to_string(options_.disk_bytes);
  std::error_code ignored;  // mount tells
  std::filesystem::create_directories(data, ignored);
  has_disk_ = mount("tmpfs", data.c_str(), "tmpfs", 0, size.c_str()) == 0;
  if (!has_disk_) std::perror(("mount " + data).c_str());
  return has_disk_;
}

int PrivateBroker::Port(const std::string& name) const {
  std::ifstream file(directory_ + "/ports.json");
  const std::string json((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t found = json.find("\"" + name + "\":");
  return found == std::string::npos ? 0 : std::atoi(json.c_str() + found + name.size() + 3);
}

int PrivateBroker::port() const { return Port(kind_ == Kind::kKafka ? "client" : "amqp"); }

int PrivateBroker::proxied_port() const { return Port(kind_ == Kind::kKafka ? "proxied" : "amqp"); }

bool PrivateBroker::Stop() { return Run("stop"); }

bool PrivateBroker::Kill() { return Run("kill"); }

bool PrivateBroker::Restart() { return Run(StartCommand()); }

bool PrivateBroker::Forget() {
  std::error_code error;
  if (!std::filesystem::exists(directory_ + "/data")) return true;
  for (const auto& entry : std::filesystem::directory_iterator(directory_ + "/data", error)) {
    std::filesystem::remove_all(entry.path(), error);
    if (error) break;
  }
  return !error;
}

bool PrivateBroker::Freeze() { return Run("freeze"); }

bool PrivateBroker::Thaw() { return Run("thaw"); }

std::string PrivateBroker::StartCommand() const {
  // Its ports come with a folder that is kept: at the first start there is nothing in it yet but
  // maybe a disk.
  std::string command = "start --keep --watch " + std::to_string(getpid());
  if (options_.advertised_port != 0) {
    command += " --advertise " + std::to_string(options_.advertised_port);
  }
  return command;
}

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
