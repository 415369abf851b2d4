#include "tests/transports/rabbitmq/raw_client.h"

#include <amqp_tcp_socket.h>
#include <gtest/gtest.h>

namespace omnibus::testing {
namespace {

amqp_bytes_t Bytes(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
std::string Text(amqp_bytes_t bytes) { return {static_cast<char*>(bytes.bytes), bytes.len}; }

}  // namespace

RawClient::RawClient(const std::string& url) : connection_(amqp_new_connection()) {
  std::string copy = url;
  amqp_connection_info info{};
  if (copy.back() == '/') copy.pop_back();
  EXPECT_EQ(amqp_parse_url(copy.data(), &info), AMQP_STATUS_OK);
  EXPECT_EQ(amqp_socket_open(amqp_tcp_socket_new(connection_), info.host, info.port),
            AMQP_STATUS_OK);
  const amqp_rpc_reply_t reply = amqp_login(connection_, info.vhost, 0, 131072, 0,
                                            AMQP_SASL_METHOD_PLAIN, info.user, info.password);
  EXPECT_EQ(reply.reply_type, AMQP_RESPONSE_NORMAL) << "raw client: log in";
  Open();
}

RawClient::~RawClient() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

void RawClient::Open() {
  amqp_channel_open(connection_, 1);
  Check("open a channel");
}

void RawClient::Check(std::string_view what) {
  EXPECT_EQ(amqp_get_rpc_reply(connection_).reply_type, AMQP_RESPONSE_NORMAL)
      << "raw client: " << what;
}

void RawClient::DeclareClassicQueue(const std::string& queue) {
  amqp_queue_declare(connection_, 1, Bytes(queue), false, true, false, false, amqp_empty_table);
  Check("declare a queue");
}

void RawClient::DeclareQueueForOne(const std::string& queue) {
  amqp_table_entry_t entries[2] = {};
  entries[0].key = amqp_cstring_bytes("x-max-length");
  entries[0].value.kind = AMQP_FIELD_KIND_I32;
  entries[0].value.value.i32 = 1;
  entries[1].key = amqp_cstring_bytes("x-overflow");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
  amqp_queue_declare(connection_, 1, Bytes(queue), false, true, false, false, {2, entries});
  Check("declare a queue for one");
}

void RawClient::Bind(const std::string& queue, const std::string& exchange,
                     const std::string& key) {
  amqp_queue_bind(connection_, 1, Bytes(queue), Bytes(exchange), Bytes(key), amqp_empty_table);
  Check("bind a queue");
}

void RawClient::DeleteQueue(const std::string& queue) {
  amqp_queue_delete(connection_, 1, Bytes(queue), false, false);
  Check("delete a queue");
}

void RawClient::DeleteExchange(const std::string& exchange) {
  amqp_exchange_delete(connection_, 1, Bytes(exchange), false);
  Check("delete an exchange");
}

void RawClient::Publish(const std::string& exchange, const std::string& key,
                        const RawMessage& message, const amqp_table_t* headers) {
  amqp_basic_properties_t properties{};
  if (message.type) {
    properties._flags |= AMQP_BASIC_TYPE_FLAG;
    properties.type = Bytes(*message.type);
  }
  if (message.id) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = Bytes(*message.id);
  }
  if (headers != nullptr) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = *headers;
  }
  EXPECT_EQ(amqp_basic_publish(connection_, 1, Bytes(exchange), Bytes(key), false, false,
                               &properties, Bytes(message.body)),
            AMQP_STATUS_OK);
}

std::optional<RawMessage> RawClient::Get(const std::string& queue) {
  const amqp_rpc_reply_t reply = amqp_basic_get(connection_, 1, Bytes(queue), true);
  EXPECT_EQ(reply.reply_type, AMQP_RESPONSE_NORMAL) << "raw client: get";
  if (reply.reply_type != AMQP_RESPONSE_NORMAL || reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) {
    return std::nullopt;
  }
  RawMessage message;
  message.routing_key = Text(static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->routing_key);
  amqp_message_t raw;
  EXPECT_EQ(amqp_read_message(connection_, 1, &raw, 0).reply_type, AMQP_RESPONSE_NORMAL);
  message.body = Text(raw.body);
  const amqp_basic_properties_t& p = raw.properties;
  if (p._flags & AMQP_BASIC_TYPE_FLAG) message.type = Text(p.type);
  if (p._flags & AMQP_BASIC_MESSAGE_ID_FLAG) message.id = Text(p.message_id);
  if (p._flags & AMQP_BASIC_CORRELATION_ID_FLAG) message.correlation_id = Text(p.correlation_id);
  if (p._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) message.content_type = Text(p.content_type);
  if (p._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) message.delivery_mode = p.delivery_mode;
  if (p._flags & AMQP_BASIC_HEADERS_FLAG) {
    for (int i = 0; i < p.headers.num_entries; ++i) {
      const amqp_table_entry_t& entry = p.headers.entries[i];
      if (entry.value.kind == AMQP_FIELD_KIND_UTF8)
        message.headers[Text(entry.key)] = Text(entry.value.value.bytes);
    }
  }
  amqp_destroy_message(&raw);
  return message;
}

std::optional<RawClient::Counts> RawClient::Count(const std::string& queue) {
  const amqp_queue_declare_ok_t* ok =
      amqp_queue_declare(connection_, 1, Bytes(queue), true, false, false, false, amqp_empty_table);
  if (ok == nullptr) {  // 404 closed the channel
    amqp_channel_close_ok_t close_ok{};
    amqp_send_method(connection_, 1, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
    Open();
    return std::nullopt;
  }
  return Counts{ok->message_count, ok->consumer_count};
}

}  // namespace omnibus::testing
