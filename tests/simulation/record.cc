#include "tests/simulation/record.h"

namespace omnibus::simulation {

void Fill(const OutgoingMessage& message, Record& record) {
  record.channel = message.channel;
  record.key = message.key;
  record.type = message.type;
  record.id = message.id;
  record.correlation_id = message.correlation_id;
  record.body = message.body;
  record.partition = message.partition;
  for (const HeaderView& header : message.headers) {
    record.headers.emplace_back(header.name, header.value);
  }
}

void View(const Record& record, ReceivedMessage& message) {
  message.channel = record.channel;
  message.key = record.key;
  message.body = record.body;
  for (const auto& [name, value] : record.headers) message.headers.push_back({name, value});
}

}  // namespace omnibus::simulation
