#include "tests/support/private_cluster.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace omnibus::testing {
namespace {

const char* ScriptName(PrivateBroker::Kind kind) {
  return kind == PrivateBroker::Kind::kKafka ? "kafka" : "rabbitmq";
}

// Its standard output is a copy of what is in files; what went wrong is on standard error.
bool RunScript(const std::string& script, const std::string& arguments) {
  const std::string line =
      std::string("'") + OMNIBUS_BROKER_SCRIPTS + "/" + script + "' " + arguments + " > /dev/null";
  return std::system(line.c_str()) == 0;
}

std::string Watch() { return "--watch " + std::to_string(getpid()); }

}  // namespace

std::optional<PrivateCluster> PrivateCluster::Start(PrivateBroker::Kind kind, int nodes) {
  std::error_code ignored;  // mkdtemp tells
  std::filesystem::create_directories(OMNIBUS_BROKERS_DIR, ignored);
  std::string directory = OMNIBUS_BROKERS_DIR "/cluster-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return std::nullopt;
  PrivateCluster cluster(kind, nodes, std::move(directory));
  if (!RunScript("cluster", "start " + std::string(ScriptName(kind)) + " --nodes " +
                                std::to_string(nodes) + " " + Watch() + " '" + cluster.directory_ +
                                "'")) {
    return std::nullopt;
  }
  std::ifstream file(cluster.directory_ + "/env");  // one line, NAME=value
  std::string line;
  std::getline(file, line);
  cluster.address_ = line.substr(line.find('=') + 1);
  return cluster;
}

PrivateCluster::PrivateCluster(PrivateCluster&& other) noexcept
    : kind_(other.kind_),
      nodes_(other.nodes_),
      directory_(std::exchange(other.directory_, std::string())),
      address_(std::move(other.address_)) {}

PrivateCluster::~PrivateCluster() {
  if (directory_.empty()) return;
  RunScript("cluster", "stop '" + directory_ + "'");
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool PrivateCluster::Restart(int node) { return Run(node, "start --keep " + Watch()); }

bool PrivateCluster::Run(int node, const std::string& command) const {
  return RunScript(ScriptName(kind_),
                   command + " '" + directory_ + "/" + std::to_string(node) + "'");
}

}  // namespace omnibus::testing
