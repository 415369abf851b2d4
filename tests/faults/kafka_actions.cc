#include "tests/faults/kafka_actions.h"

#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

namespace omnibus::faults {
namespace {

constexpr int kPatienceMs = 15'000;

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
  void operator()(rd_kafka_AclBinding_t* binding) const { rd_kafka_AclBinding_destroy(binding); }
};
template <typename T>
using Owned = std::unique_ptr<T, Destroy>;

// A client of the broker's own address, for one request.
struct Admin {
  explicit Admin(const std::string& brokers) {
    std::array<char, 512> reason{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), reason.data(), reason.size());
    client.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size()));
    queue.reset(rd_kafka_queue_new(client.get()));
  }

  // The answer, unless it is an error, which is printed.
  Owned<rd_kafka_event_t> Answer(const char* what) const {
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kPatienceMs));
    if (event == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::fprintf(stderr, "kafka: %s: %s\n", what,
                   event == nullptr ? "no answer" : rd_kafka_event_error_string(event.get()));
      event.reset();
    }
    return event;
  }

  Owned<rd_kafka_t> client;
  Owned<rd_kafka_queue_t> queue;  // goes first
};

Owned<rd_kafka_AclBinding_t> Denial(const std::string& topic, bool filter) {
  std::array<char, 512> reason{};
  const auto make = filter ? &rd_kafka_AclBindingFilter_new : &rd_kafka_AclBinding_new;
  return Owned<rd_kafka_AclBinding_t>(
      make(RD_KAFKA_RESOURCE_TOPIC, topic.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL,
           "User:ANONYMOUS", "*", RD_KAFKA_ACL_OPERATION_ALL, RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
           reason.data(), reason.size()));
}

std::string Ballast(const testing::PrivateBroker& broker) {
  return broker.directory() + "/data/ballast";
}

}  // namespace

bool DeleteTopic(const testing::PrivateBroker& broker, const std::string& topic) {
  const Admin admin(broker.address());
  const Owned<rd_kafka_DeleteTopic_t> wanted(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* list = wanted.get();
  rd_kafka_DeleteTopics(admin.client.get(), &list, 1, nullptr, admin.queue.get());
  const Owned<rd_kafka_event_t> event = admin.Answer("delete topic");
  if (event == nullptr) return false;
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  return count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool DenyTopic(const testing::PrivateBroker& broker, const std::string& topic) {
  const Admin admin(broker.address());
  const Owned<rd_kafka_AclBinding_t> denial = Denial(topic, /*filter=*/false);
  rd_kafka_AclBinding_t* list = denial.get();
  rd_kafka_CreateAcls(admin.client.get(), &list, 1, nullptr, admin.queue.get());
  const Owned<rd_kafka_event_t> event = admin.Answer("create acl");
  if (event == nullptr) return false;
  std::size_t count = 0;
  const rd_kafka_acl_result_t** results =
      rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event.get()), &count);
  return count == 1 && rd_kafka_acl_result_error(results[0]) == nullptr;
}

bool AllowTopic(const testing::PrivateBroker& broker, const std::string& topic) {
  const Admin admin(broker.address());
  const Owned<rd_kafka_AclBinding_t> denial = Denial(topic, /*filter=*/true);
  rd_kafka_AclBinding_t* list = denial.get();
  rd_kafka_DeleteAcls(admin.client.get(), &list, 1, nullptr, admin.queue.get());
  return admin.Answer("delete acl") != nullptr;
}

bool FillDisk(const testing::PrivateBroker& broker) {
  const int file = open(Ballast(broker).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return false;
  // Smaller and smaller pieces, so that no page is left.
  const std::vector<char> zeros(1 << 20);
  for (std::size_t piece = zeros.size(); piece > 0;) {
    if (write(file, zeros.data(), piece) <= 0) piece /= 2;
  }
  return close(file) == 0;
}

bool FreeDisk(const testing::PrivateBroker& broker) { return unlink(Ballast(broker).c_str()) == 0; }

int MembersOf(const testing::PrivateBroker& broker, const std::string& group) {
  const Admin admin(broker.address());
  const rd_kafka_group_list* list = nullptr;
  if (rd_kafka_list_groups(admin.client.get(), group.c_str(), &list, kPatienceMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return -1;
  }
  int members = 0;
  for (int i = 0; i < list->group_cnt; ++i) members += list->groups[i].member_cnt;
  rd_kafka_group_list_destroy(list);
  return members;
}

}  // namespace omnibus::faults
