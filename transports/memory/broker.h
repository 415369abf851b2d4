// What all memory transports that share a broker work on.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/transport.h"
#include "omnibus/transports/memory.h"
#include "transports/memory/group.h"
#include "transports/memory/log.h"

namespace omnibus {

class MemoryBroker {
 public:
  // Null when nobody has declared it. A log is never removed.
  memory::Log* FindLog(std::string_view name) const;

  // Makes what is missing, with the options' limits.
  absl::Status Declare(const Topology& topology, const MemoryOptions& options);
  // kNotFound names all that is missing.
  absl::Status Check(const Topology& topology) const;

  memory::Group& GetGroup(std::string_view name);

 private:
  using Logs = std::map<std::string_view, memory::Log*>;  // by the log's own name

  // Publishers look at it without a lock. Replaced as a whole by a declaration that adds something;
  // old ones are kept, since somebody may still look at them.
  const Logs& logs() const { return *logs_.load(std::memory_order_acquire); }

  std::atomic<const Logs*> logs_{&no_logs_};
  const Logs no_logs_ = {};

  absl::Mutex mu_;
  std::vector<std::unique_ptr<memory::Log>> owned_logs_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<const Logs>> tables_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<memory::Group>> groups_ ABSL_GUARDED_BY(mu_);
};

namespace memory {

std::string GroupName(std::string_view domain, std::string_view module);
std::string DeadLetterQueueName(std::string_view channel, std::string_view module);

}  // namespace memory
}  // namespace omnibus
