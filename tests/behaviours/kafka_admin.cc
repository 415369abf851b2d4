#include "tests/behaviours/kafka_admin.h"

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <iostream>
#include <memory>

namespace omnibus::behaviours {
namespace {

constexpr int kPatience = 20'000;  // in ms

using Client = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;

Client MakeProducer(const std::string& brokers, const std::string& transactional_id) {
  std::array<char, 512> error = {};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error.data(), error.size());
  if (!transactional_id.empty()) {
    rd_kafka_conf_set(conf, "transactional.id", transactional_id.c_str(), error.data(),
                      error.size());
  }
  return {rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size()), &rd_kafka_destroy};
}

bool Done(rd_kafka_error_t* error) {
  if (error == nullptr) return true;
  std::cerr << "kafka: " << rd_kafka_error_string(error) << "\n";
  rd_kafka_error_destroy(error);
  return false;
}

}  // namespace

bool DeleteTopic(const std::string& brokers, const std::string& topic) {
  const Client client = MakeProducer(brokers, "");
  if (client == nullptr) return false;
  rd_kafka_DeleteTopic_t* deletion = rd_kafka_DeleteTopic_new(topic.c_str());
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(client.get());
  rd_kafka_DeleteTopics(client.get(), &deletion, 1, nullptr, queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, kPatience);
  bool done = event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (done) {
    std::size_t count = 0;
    const rd_kafka_topic_result_t** const results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    done = count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteTopic_destroy(deletion);
  return done;
}

bool LeaveGap(const std::string& brokers, const std::string& topic) {
  static std::atomic<int> count = 0;
  const Client client =
      MakeProducer(brokers, "kit-gap-" + std::to_string(getpid()) + "-" + std::to_string(++count));
  if (client == nullptr) return false;
  if (!Done(rd_kafka_init_transactions(client.get(), kPatience))) return false;
  if (!Done(rd_kafka_begin_transaction(client.get()))) return false;
  // An aborted message has an offset, and so has the marker behind it: nobody sees either.
  // A topic handle, as the macros of rd_kafka_producev() are no standard C++.
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client.get(), topic.c_str(), nullptr);
  if (handle == nullptr) return false;
  std::string payload = "never seen";
  const int sent = rd_kafka_produce(handle, 0, RD_KAFKA_MSG_F_COPY, payload.data(), payload.size(),
                                    nullptr, 0, nullptr);
  rd_kafka_topic_destroy(handle);
  if (sent != 0) return false;
  if (rd_kafka_flush(client.get(), kPatience) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  return Done(rd_kafka_abort_transaction(client.get(), kPatience));
}

}  // namespace omnibus::behaviours
