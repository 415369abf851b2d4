/* librdkafka alone, used as well as it can be, with the guarantees that the Kafka transport gives:
 *
 *   bare_kafka publish BROKERS TOPIC MESSAGES BODY_BYTES [PROPERTY=VALUE...]
 *   bare_kafka consume BROKERS TOPIC MESSAGES GROUP [PROPERTY=VALUE...]
 *
 * Publishing: idempotent, acks=all, a linger of 1 ms, a thousand keys, two headers of 36 bytes, and
 * each message's outcome is looked at. Consuming: each message is settled by itself (its offset is
 * stored once it was handled), and what was stored is committed every 256 messages or 200 ms, or
 * once the last commit is answered: a broker takes longer for a commit than a client for 256
 * messages. */
#include <librdkafka/rdkafka.h>

#include "bare_common.h"

#define KEYS 1000
#define BATCH 256
#define COMMIT_EVERY 256
#define COMMIT_AFTER 0.2
#define IDLE_SECONDS 30

static const char kUuid[] = "0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d";

typedef struct {
  long target;
  long confirmed;
  long failed;
  moment_t end;
} outcomes_t;

static void on_outcome(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque) {
  outcomes_t* outcomes = opaque;
  (void)client;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (outcomes->failed++ == 0) fprintf(stderr, "publish: %s\n", rd_kafka_err2str(message->err));
  } else if (++outcomes->confirmed == outcomes->target) {
    outcomes->end = moment_now();
  }
}

static void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
  char why[256];
  if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) fail(name, why);
}

static rd_kafka_conf_t* make_conf(const char* brokers, char** more, int count) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  int i;
  set(conf, "bootstrap.servers", brokers);
  set(conf, "client.id", "bare");
  set(conf, "socket.nagle.disable", "true");
  for (i = 0; i < count; ++i) {
    char* equals = strchr(more[i], '=');
    if (equals == NULL) fail(more[i], "is no PROPERTY=VALUE");
    *equals = '\0';
    set(conf, more[i], equals + 1);
    *equals = '=';
  }
  return conf;
}

static rd_kafka_t* make_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char why[256];
  rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof(why));
  if (client == NULL) fail("rd_kafka_new", why);
  return client;
}

static int publish(const char* brokers, const char* topic, long messages, size_t bytes, char** more,
                   int count) {
  static char keys[KEYS][16];
  outcomes_t outcomes = {.target = messages};
  char* body = make_body(bytes);
  rd_kafka_conf_t* conf = make_conf(brokers, more, count);
  rd_kafka_t* client;
  rd_kafka_topic_t* handle;
  const struct rd_kafka_metadata* metadata;
  moment_t start;
  long i;

  for (i = 0; i < KEYS; ++i) snprintf(keys[i], sizeof(keys[i]), "key-%ld", i);
  set(conf, "enable.idempotence", "true");
  set(conf, "acks", "all");
  set(conf, "partitioner", "murmur2_random");
  set(conf, "queue.buffering.max.messages", "100000");
  if (count == 0) set(conf, "linger.ms", "1");
  rd_kafka_conf_set_dr_msg_cb(conf, on_outcome);
  rd_kafka_conf_set_opaque(conf, &outcomes);
  client = make_client(RD_KAFKA_PRODUCER, conf);
  handle = rd_kafka_topic_new(client, topic, NULL);
  /* Connected before the clock starts. */
  if (rd_kafka_metadata(client, 0, handle, &metadata, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail("publish", "no broker");
  }
  rd_kafka_metadata_destroy(metadata);

  start = moment_now();
  for (i = 0; i < messages; ++i) {
    const char* key = keys[i % KEYS];
    while (1) {
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          client, RD_KAFKA_V_RKT(handle), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(body, bytes),
          RD_KAFKA_V_HEADER("correlation_id", kUuid, sizeof(kUuid) - 1),
          RD_KAFKA_V_HEADER("idempotency_key", kUuid, sizeof(kUuid) - 1), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("publish", rd_kafka_err2str(error));
      rd_kafka_poll(client, 100);
    }
    if (i % 512 == 0) rd_kafka_poll(client, 0);
  }
  while (outcomes.confirmed + outcomes.failed < messages) rd_kafka_poll(client, 100);
  if (outcomes.confirmed < messages) outcomes.end = moment_now();
  print_result("kafka", "publish", messages, bytes, start, outcomes.end, outcomes.confirmed, 0);
  rd_kafka_topic_destroy(handle);
  rd_kafka_destroy(client);
  free(body);
  return outcomes.confirmed == messages ? 0 : 1;
}

static void on_commit(rd_kafka_t* client, rd_kafka_resp_err_t error,
                      rd_kafka_topic_partition_list_t* offsets, void* opaque) {
  int* committing = opaque;
  (void)client, (void)offsets;
  *committing = 0;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) {
    fprintf(stderr, "commit: %s\n", rd_kafka_err2str(error));
  }
}

static int consume(const char* brokers, const char* topic, long messages, const char* group,
                   char** more, int count) {
  rd_kafka_conf_t* conf = make_conf(brokers, more, count);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_message_t* batch[BATCH];
  rd_kafka_t* client;
  rd_kafka_queue_t *queue, *commits;
  int committing = 0;
  moment_t start = {0, 0}, end;
  long delivered = 0, uncommitted = 0;
  size_t bytes = 0;
  double committed_at = 0;
  double heard_at = moment_now().time;

  set(conf, "group.id", group);
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "partition.assignment.strategy", "cooperative-sticky");
  set(conf, "session.timeout.ms", "6000");
  set(conf, "heartbeat.interval.ms", "1500");
  set(conf, "fetch.error.backoff.ms", "100");
  if (count == 0) {
    set(conf, "queued.min.messages", "100000");
    set(conf, "queued.max.messages.kbytes", "65536");
  }
  client = make_client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(client);
  rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
  if (rd_kafka_subscribe(client, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("consume", "subscribe");
  queue = rd_kafka_queue_get_consumer(client);
  commits = rd_kafka_queue_new(client);

  while (delivered < messages && moment_now().time < heard_at + IDLE_SECONDS) {
    /* It waits until there are as many as were asked for, or the time is over. */
    const long missing = messages - delivered;
    const ssize_t n =
        rd_kafka_consume_batch_queue(queue, 50, batch, (size_t)(missing < BATCH ? missing : BATCH));
    ssize_t i;
    if (n < 0) fail("consume", rd_kafka_err2str(rd_kafka_last_error()));
    if (n > 0) heard_at = moment_now().time;
    for (i = 0; i < n; ++i) {
      if (batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (delivered++ == 0) {
          start = moment_now();
          committed_at = start.time;
          bytes = batch[i]->len;
        }
        rd_kafka_offset_store(batch[i]->rkt, batch[i]->partition, batch[i]->offset);
        ++uncommitted;
      }
      rd_kafka_message_destroy(batch[i]);
    }
    if (uncommitted > 0 &&
        (uncommitted >= COMMIT_EVERY || moment_now().time - committed_at > COMMIT_AFTER)) {
      if (committing) rd_kafka_queue_poll_callback(commits, 0);
      if (!committing) {
        committing = rd_kafka_commit_queue(client, NULL, commits, on_commit, &committing) ==
                     RD_KAFKA_RESP_ERR_NO_ERROR;
        uncommitted = 0;
        committed_at = moment_now().time;
      }
    }
  }
  end = moment_now();
  if (delivered == 0) start = end; /* nothing came */
  while (committing) rd_kafka_queue_poll_callback(commits, 100);
  rd_kafka_commit(client, NULL, /*async=*/0);
  print_result("kafka", "consume", messages, bytes, start, end, 0, delivered);
  rd_kafka_queue_destroy(commits);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(topics);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return delivered == messages ? 0 : 1;
}

int main(int argc, char** argv) {
  if (argc < 6) {
    fail("bare_kafka",
         "publish BROKERS TOPIC MESSAGES BODY_BYTES | consume BROKERS TOPIC MESSAGES GROUP");
  }
  if (strcmp(argv[1], "publish") == 0) {
    return publish(argv[2], argv[3], atol(argv[4]), (size_t)atol(argv[5]), argv + 6, argc - 6);
  }
  return consume(argv[2], argv[3], atol(argv[4]), argv[5], argv + 6, argc - 6);
}
