#include "transports/kafka/producer_core.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/errors.h"
#include "transports/kafka/utf8.h"

namespace omnibus::kafka {
namespace {

rd_kafka_vu_t Argument(rd_kafka_vtype_t type) {
  rd_kafka_vu_t argument{};
  argument.vtype = type;
  return argument;
}

void Ring(rd_kafka_t*, void* bell) { static_cast<Doorbell*>(bell)->Ring(); }

absl::Status Closed() { return absl::FailedPreconditionError("kafka: the producer is closed"); }

absl::Status CheckHeaders(const OutgoingMessage& message) {
  for (const HeaderView& header : message.headers) {
    if (header.name.empty() || !IsUtf8(header.name) || !IsUtf8(header.value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("kafka: publish to ", AbslView(message.channel),
                       ": a header without a name, or one that is no UTF-8"));
    }
    for (const HeaderView& other : message.headers) {
      if (&other == &header) break;
      if (other.name != header.name) continue;
      return absl::InvalidArgumentError(absl::StrCat("kafka: publish to ",
                                                     AbslView(message.channel), ": the header ",
                                                     AbslView(header.name), " is there twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

ProducerInstance::~ProducerInstance() {
  // Its queue goes before the client, and rings nobody any more.
  if (queue) rd_kafka_queue_cb_event_enable(queue.get(), nullptr, nullptr);
  {
    const internal::Locked lock(mu);
    topics.clear();
  }
  // What is left in it has had its outcome; without this, librdkafka warns of it.
  if (client)
    rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                     RD_KAFKA_PURGE_F_NON_BLOCKING);
  queue.reset();
}

rd_kafka_topic_t* ProducerInstance::Topic(std::string_view name) {
  const internal::Locked lock(mu);
  const auto found = topics.find(AbslView(name));
  if (found != topics.end()) return found->second.get();
  std::string text(name);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client.get(), text.c_str(), nullptr);
  if (topic != nullptr) topics.emplace(std::move(text), topic);
  return topic;
}

ProducerCore::ProducerCore(const KafkaOptions& options, std::size_t max_body_bytes,
                           Runtime& runtime, std::shared_ptr<spdlog::logger> log,
                           TopicMissing missing)
    : max_body_bytes_(max_body_bytes),
      properties_(ProducerProperties(options)),
      runtime_(runtime),
      log_(std::move(log)),
      topic_missing_(std::move(missing)),
      io_bell_(runtime.NewDoorbell()),
      closed_bell_(runtime.NewDoorbell()),
      link_("producer", log_) {}

absl::StatusOr<std::unique_ptr<ProducerInstance>> ProducerCore::NewInstance() {
  absl::StatusOr<ClientPtr> client = NewClient(RD_KAFKA_PRODUCER, properties_, *this);
  if (!client.ok()) return client.status();
  auto instance = std::make_unique<ProducerInstance>();
  instance->client = std::move(*client);
  instance->queue.reset(rd_kafka_queue_get_main(instance->client.get()));
  rd_kafka_queue_cb_event_enable(instance->queue.get(), &Ring, io_bell_.get());
  return instance;
}

absl::Status ProducerCore::Start() {
  absl::StatusOr<std::unique_ptr<ProducerInstance>> instance = NewInstance();
  if (!instance.ok()) return instance.status();
  {
    const internal::LockedAlone lock(instance_mu_);
    instance_ = std::move(*instance);
  }
  thread_ = runtime_.Spawn("kafka-producer", [this] { Run(); });
  return absl::OkStatus();
}

absl::Status ProducerCore::Send(const OutgoingMessage& message, absl::Time deadline,
                                Completion done) {
  if (message.body.size() > max_body_bytes_) {
    return absl::InvalidArgumentError(
        absl::StrCat("kafka: publish to ", AbslView(message.channel), ": ", message.body.size(),
                     " bytes are more than the ", max_body_bytes_,
                     " that client.message.max.bytes leaves for a body"));
  }
  if (absl::Status status = CheckHeaders(message); !status.ok()) return status;

  absl::Status status;
  bool first = false;
  {
    const internal::LockedShared lock(instance_mu_);
    if (closed_) return Closed();
    PendingSend* send = pending_.Add(message.channel, deadline, std::move(done), first);
    status = Produce(message, send);
    if (!status.ok() && !pending_.Drop(send)) status = absl::OkStatus();
  }
  // The I/O thread sleeps for long while nothing waits for an outcome.
  if (status.ok() && first) io_bell_->Ring();
  return status;
}

absl::Status ProducerCore::Produce(const OutgoingMessage& message, PendingSend* send) {
  rd_kafka_t* client = instance_->client.get();
  rd_kafka_topic_t* topic = instance_->Topic(message.channel);
  if (topic == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("kafka: publish: no topic can have the name \"",
                                                   AbslView(message.channel), "\""));
  }
  HeadersPtr headers;
  if (!message.headers.empty()) {
    headers.reset(rd_kafka_headers_new(message.headers.size()));
    for (const HeaderView& header : message.headers) {
      rd_kafka_header_add(headers.get(), header.name.data(),
                          static_cast<ssize_t>(header.name.size()),
                          header.value.data() == nullptr ? "" : header.value.data(),
                          static_cast<ssize_t>(header.value.size()));
    }
  }

  const bool asked = message.destination == Destination::kQueue && message.partition >= 0;
  if (asked && message.partition > std::numeric_limits<std::int32_t>::max()) {
    return absl::NotFoundError(absl::StrCat("kafka: publish to ", AbslView(message.channel),
                                            ": no topic has a partition ", message.partition));
  }
  std::array<rd_kafka_vu_t, 7> arguments{};
  std::size_t count = 0;
  arguments[count] = Argument(RD_KAFKA_VTYPE_RKT);
  arguments[count++].u.rkt = topic;
  arguments[count] = Argument(RD_KAFKA_VTYPE_MSGFLAGS);
  arguments[count++].u.i = RD_KAFKA_MSG_F_COPY;
  arguments[count] = Argument(RD_KAFKA_VTYPE_VALUE);
  // An empty body is an empty value, not a null one: that would be a tombstone.
  arguments[count].u.mem.ptr = const_cast<char*>(message.body.empty() ? "" : message.body.data());
  arguments[count++].u.mem.size = message.body.size();
  arguments[count] = Argument(RD_KAFKA_VTYPE_OPAQUE);
  arguments[count++].u.ptr = send;
  if (!message.key.empty()) {  // without a key, any partition
    arguments[count] = Argument(RD_KAFKA_VTYPE_KEY);
    arguments[count].u.mem.ptr = const_cast<char*>(message.key.data());
    arguments[count++].u.mem.size = message.key.size();
  }
  if (asked) {
    arguments[count] = Argument(RD_KAFKA_VTYPE_PARTITION);
    arguments[count++].u.i32 = static_cast<std::int32_t>(message.partition);
  }
  if (headers) {
    arguments[count] = Argument(RD_KAFKA_VTYPE_HEADERS);
    arguments[count++].u.headers = headers.get();
  }
  const ErrorPtr error(rd_kafka_produceva(client, arguments.data(), count));
  if (error == nullptr) {
    (void)headers.release();  // librdkafka owns them now
    return absl::OkStatus();
  }
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  Missing(code, message.channel);
  // The instance is about to be replaced: a little later there is room again.
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    return absl::ResourceExhaustedError(
        absl::StrCat("kafka: publish to ", AbslView(message.channel), ": the client starts anew"));
  }
  return ToStatus(code, absl::StrCat("publish to ", AbslView(message.channel)));
}

void ProducerCore::Missing(rd_kafka_resp_err_t error, std::string_view topic) const {
  if (error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
      error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
      error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
    topic_missing_(std::string(topic));
  }
}

absl::Status ProducerCore::Flush(absl::Time deadline) {
  if (pending_.WaitForAll(runtime_, deadline)) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("kafka: flush: ", pending_.live(), " messages have no outcome yet"));
}

bool ProducerCore::Conclude(absl::Time close_by, absl::Time patience) {
  {
    const internal::LockedAlone lock(instance_mu_);
    closed_ = true;
    close_by_ = std::min(close_by_, close_by);
  }
  io_bell_->Ring();
  while (!concluded_) {
    if (!closed_bell_->Wait(patience)) break;
  }
  closed_bell_->Ring();  // for the next caller
  return concluded_;
}

absl::Status ProducerCore::Close(absl::Time deadline) {
  // At the deadline the I/O thread gives what is left its outcome, which takes a moment.
  if (Conclude(deadline, std::max(deadline, runtime_.Now()) + absl::Milliseconds(100))) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError("kafka: close: a completion still runs");
}

void ProducerCore::Abandon() { Conclude(absl::InfinitePast(), runtime_.Now() + absl::Seconds(10)); }

LinkHealth ProducerCore::Health() const {
  {
    const internal::LockedShared lock(instance_mu_);
    if (closed_) return {.healthy = false, .detail = "closed"};
  }
  return link_.Get();
}

void ProducerCore::RaiseFatalErrorForTest() {
  const internal::LockedShared lock(instance_mu_);
  if (instance_) {
    rd_kafka_test_fatal_error(instance_->client.get(),
                              RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "raised by a test");
  }
}

void ProducerCore::OnLog(int syslog_level, std::string_view facility, std::string_view text) {
  link_.OnLog(syslog_level, facility, text);
}

void ProducerCore::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    fatal_ = true;
    log_->error("kafka: producer: {}; starting a new client", reason);
    return;
  }
  link_.OnError(error, reason);
}

void ProducerCore::OnStatistics(std::string_view json) { link_.OnStatistics(json); }

void ProducerCore::Join() { thread_->Join(); }

}  // namespace omnibus::kafka
