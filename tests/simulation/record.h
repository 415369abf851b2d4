// A message at a simulated broker, and who watches over it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "omnibus/transport.h"

namespace omnibus::simulation {

// Kept by its broker until the run ends.
struct Record {
  std::string channel;  // of the channel or queue that it is in
  std::string key;
  std::string type;
  std::string id;
  std::string correlation_id;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t partition = -1;
  std::int64_t position = 0;  // in the partition or queue
  std::string name;           // "mill.sacks/2/17", unique in the run
};

void Fill(const OutgoingMessage& message, Record& record);

// Views of `record`.
void View(const Record& record, ReceivedMessage& message);

// Sees what happens at the brokers, and at the transports' doors.
class Witness {
 public:
  virtual ~Witness() = default;

  virtual void OnAppended(const Record& record) = 0;
  // `member` is one consumer under one epoch.
  virtual void OnDelivered(const std::string& group, const std::string& member,
                           const Record& record) = 0;
  virtual void OnSettled(const std::string& group, const std::string& member, const Record& record,
                         bool accepted) = 0;
  // It settled what it no longer owns, and was never told that this was taken away.
  virtual void OnDeprived(const std::string& group, const std::string& member,
                          const Record& record) = 0;
};

}  // namespace omnibus::simulation
