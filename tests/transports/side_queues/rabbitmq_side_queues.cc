#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "omnibus/transports/rabbitmq.h"
#include "spdlog/spdlog.h"
#include "tests/transports/side_queues/side_queues_test.h"

namespace omnibus::testing {
namespace {

// The broker writes the list of its quorum queues to disk half a second later; a queue that is not
// in it after a crash has no leader any more (transports/rabbitmq/README.md).
bool IsInListOnDisk(const PrivateBroker& broker, const std::string& queue) {
  namespace fs = std::filesystem;
  std::error_code ended;
  for (fs::recursive_directory_iterator entry(broker.directory() + "/data", ended), end;
       !ended && entry != end; entry.increment(ended)) {
    if (entry->path().filename() != "names.dets") continue;
    std::ifstream file(entry->path(), std::ios::binary);
    const std::string list{std::istreambuf_iterator<char>(file), {}};
    // What goes on with a dot is a side queue of it.
    const std::string name = "%2F_" + queue;
    for (std::size_t at = list.find(name); at != std::string::npos; at = list.find(name, at + 1)) {
      const std::size_t after = at + name.size();
      if (after < list.size() && list[after] != '.') return true;
    }
  }
  return false;
}

}  // namespace

SideQueueTransport TransportWithSideQueues() {
  SideQueueTransport rabbitmq;
  rabbitmq.has_parts = false;
  rabbitmq.forgets_some_of_many_acknowledgements = true;
  rabbitmq.address = RabbitMqUrl();
  rabbitmq.missing = kNoRabbitMq;
  rabbitmq.broker = PrivateBroker::Kind::kRabbitMq;
  rabbitmq.outlives_a_crash = &IsInListOnDisk;
  rabbitmq.make = [](const std::string& address) -> std::unique_ptr<Transport> {
    RabbitMqOptions options;
    options.url = address;
    auto transport =
        MakeRabbitMqTransport(std::move(options), SystemRuntime(), spdlog::default_logger());
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return rabbitmq;
}

}  // namespace omnibus::testing
