// A client that shares nothing with the transport but rabbitmq-c: what it sees is what is on the
// wire.
#pragma once

#include <amqp.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace omnibus::testing {

struct RawMessage {
  std::string routing_key, body;
  std::optional<std::string> type, id, correlation_id, content_type;
  int delivery_mode = 0;
  std::map<std::string, std::string> headers;  // only long strings
};

// Blocking calls; a failed one fails the test and ends the connection.
class RawClient {
 public:
  explicit RawClient(const std::string& url);
  ~RawClient();
  RawClient(const RawClient&) = delete;

  void DeclareClassicQueue(const std::string& queue);
  // Holds one message, and refuses what comes after it.
  void DeclareQueueForOne(const std::string& queue);
  void Bind(const std::string& queue, const std::string& exchange, const std::string& key);
  void DeleteQueue(const std::string& queue);
  void DeleteExchange(const std::string& exchange);
  void Publish(const std::string& exchange, const std::string& key, const RawMessage& message,
               const amqp_table_t* headers = nullptr);
  // Takes one; none when the queue is empty.
  std::optional<RawMessage> Get(const std::string& queue);
  // None when there is no such queue.
  struct Counts {
    std::uint32_t messages = 0, consumers = 0;
  };
  std::optional<Counts> Count(const std::string& queue);

 private:
  void Open();
  void Check(std::string_view what);

  amqp_connection_state_t connection_;
};

}  // namespace omnibus::testing
