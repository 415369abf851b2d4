/* rabbitmq-c alone, used as well as it can be, with the guarantees that the RabbitMQ transport gives:
 *
 *   bare_rabbitmq publish URL EXCHANGE ROUTING_KEY MESSAGES BODY_BYTES [WINDOW]
 *   bare_rabbitmq consume URL QUEUE MESSAGES [PREFETCH]
 *
 * Publishing: persistent, mandatory, each confirmed, at most WINDOW (1024) of them on their way.
 * Consuming: each acknowledged by itself, at most PREFETCH (256) of them unsettled. */
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include "bare_common.h"

#define CHANNEL 1
#define IDLE_SECONDS 30

static void check_reply(amqp_rpc_reply_t reply, const char* what) {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
  fail(what, reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION
                 ? amqp_error_string2(reply.library_error)
                 : "refused by the broker");
}

static amqp_connection_state_t open_connection(const char* url) {
  char* copy = strdup(url);
  struct amqp_connection_info info;
  amqp_connection_state_t connection = amqp_new_connection();
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  const char* vhost;
  if (copy == NULL || amqp_parse_url(copy, &info) != AMQP_STATUS_OK) fail("connect", "that is no AMQP url");
  if (amqp_socket_open(socket, info.host, info.port) != AMQP_STATUS_OK) fail("connect", "no connection");
  vhost = info.vhost[0] == '\0' ? "/" : info.vhost;
  check_reply(amqp_login(connection, vhost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, info.user,
                         info.password),
              "login");
  amqp_channel_open(connection, CHANNEL);
  check_reply(amqp_get_rpc_reply(connection), "channel.open");
  free(copy);
  return connection;
}

static void close_connection(amqp_connection_state_t connection) {
  amqp_channel_close(connection, CHANNEL, AMQP_REPLY_SUCCESS);
  amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection);
}

/* What is on its way. */
typedef struct {
  unsigned char* confirmed; /* by delivery tag, from 1 */
  uint64_t oldest;          /* all before it are confirmed */
  long count;
} confirms_t;

static void confirm(confirms_t* confirms, uint64_t tag, int multiple) {
  uint64_t i;
  for (i = multiple ? confirms->oldest : tag; i <= tag; ++i) {
    if (confirms->confirmed[i]) continue;
    confirms->confirmed[i] = 1;
    ++confirms->count;
  }
  while (confirms->confirmed[confirms->oldest]) ++confirms->oldest;
}

/* Waits for one frame of confirms. */
static void wait_for_confirms(amqp_connection_state_t connection, confirms_t* confirms) {
  amqp_frame_t frame;
  const int status = amqp_simple_wait_frame(connection, &frame);
  if (status != AMQP_STATUS_OK) fail("confirm", amqp_error_string2(status));
  if (frame.frame_type != AMQP_FRAME_METHOD) return;
  if (frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
    const amqp_basic_ack_t* ack = frame.payload.method.decoded;
    confirm(confirms, ack->delivery_tag, ack->multiple);
  } else {
    fail("confirm", "the broker refused a message, or closed the channel");
  }
}

static int publish(const char* url, const char* exchange, const char* routing_key, long messages,
                   size_t bytes, long window) {
  amqp_connection_state_t connection = open_connection(url);
  confirms_t confirms = {.oldest = 1};
  amqp_basic_properties_t properties;
  amqp_bytes_t body;
  moment_t start, end;
  long sent;

  amqp_confirm_select(connection, CHANNEL);
  check_reply(amqp_get_rpc_reply(connection), "confirm.select");
  confirms.confirmed = calloc((size_t)messages + 2, 1);
  if (confirms.confirmed == NULL) fail("publish", "out of memory");
  memset(&properties, 0, sizeof(properties));
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                      AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                      AMQP_BASIC_TYPE_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.correlation_id = amqp_cstring_bytes("0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d");
  properties.message_id = properties.correlation_id;
  properties.type = amqp_cstring_bytes(routing_key);
  body.bytes = make_body(bytes);
  body.len = bytes;

  start = moment_now();
  for (sent = 0; sent < messages; ++sent) {
    int status;
    while (sent - confirms.count >= window) wait_for_confirms(connection, &confirms);
    status = amqp_basic_publish(connection, CHANNEL, amqp_cstring_bytes(exchange),
                                amqp_cstring_bytes(routing_key), /*mandatory=*/1, 0, &properties, body);
    if (status != AMQP_STATUS_OK) fail("publish", amqp_error_string2(status));
    if (sent % 1024 == 0) amqp_maybe_release_buffers(connection);
  }
  while (confirms.count < messages) wait_for_confirms(connection, &confirms);
  end = moment_now();
  print_result("rabbitmq", "publish", messages, bytes, start, end, confirms.count, 0);
  close_connection(connection);
  free(confirms.confirmed);
  free(body.bytes);
  return 0;
}

static int consume(const char* url, const char* queue, long messages, long prefetch) {
  amqp_connection_state_t connection = open_connection(url);
  moment_t start = {0, 0}, end;
  long delivered = 0;
  size_t bytes = 0;

  amqp_basic_qos(connection, CHANNEL, 0, (uint16_t)prefetch, 0);
  check_reply(amqp_get_rpc_reply(connection), "basic.qos");
  amqp_basic_consume(connection, CHANNEL, amqp_cstring_bytes(queue), amqp_empty_bytes, 0,
                     /*no_ack=*/0, 0, amqp_empty_table);
  check_reply(amqp_get_rpc_reply(connection), "basic.consume");
  while (delivered < messages) {
    struct timeval timeout = {IDLE_SECONDS, 0};
    amqp_envelope_t envelope;
    amqp_rpc_reply_t reply;
    int status;
    amqp_maybe_release_buffers(connection);
    reply = amqp_consume_message(connection, &envelope, &timeout, 0);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
        reply.library_error == AMQP_STATUS_TIMEOUT) {
      break;
    }
    check_reply(reply, "consume");
    if (delivered++ == 0) {
      start = moment_now();
      bytes = envelope.message.body.len;
    }
    status = amqp_basic_ack(connection, CHANNEL, envelope.delivery_tag, /*multiple=*/0);
    if (status != AMQP_STATUS_OK) fail("ack", amqp_error_string2(status));
    amqp_destroy_envelope(&envelope);
  }
  end = moment_now();
  if (delivered == 0) start = end; /* nothing came */
  print_result("rabbitmq", "consume", messages, bytes, start, end, 0, delivered);
  close_connection(connection);
  return delivered == messages ? 0 : 1;
}

int main(int argc, char** argv) {
  if (argc >= 7 && strcmp(argv[1], "publish") == 0) {
    return publish(argv[2], argv[3], argv[4], atol(argv[5]), (size_t)atol(argv[6]),
                   argc > 7 ? atol(argv[7]) : 1024);
  }
  if (argc >= 5 && strcmp(argv[1], "consume") == 0) {
    return consume(argv[2], argv[3], atol(argv[4]), argc > 5 ? atol(argv[5]) : 256);
  }
  fail("bare_rabbitmq",
       "publish URL EXCHANGE ROUTING_KEY MESSAGES BODY_BYTES [WINDOW] | consume URL QUEUE MESSAGES "
       "[PREFETCH]");
  return 2;
}
