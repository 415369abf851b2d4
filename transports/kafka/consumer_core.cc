// The consumer as its callers' threads see it.
#include "transports/kafka/consumer_core.h"

#include <spdlog/logger.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

// Ends a message that was handed out. Runs wherever its owner is destroyed.
void DestroyMessage(void* pointer) {
  auto* message = static_cast<rd_kafka_message_t*>(pointer);
  auto* core = static_cast<ConsumerCore*>(rd_kafka_topic_opaque(message->rkt));
  rd_kafka_message_destroy(message);
  core->messages_out.fetch_sub(1, std::memory_order_release);
}

std::vector<std::string> TopicsOf(const ConsumerOptions& options) {
  std::vector<std::string> topics;
  for (const Subscription& subscription : options.subscriptions)
    topics.push_back(subscription.channel);
  return topics;
}

std::map<std::string, std::set<std::string>> SidesOf(const ConsumerOptions& options) {
  std::map<std::string, std::set<std::string>> sides;
  for (const Subscription& subscription : options.subscriptions) {
    if (subscription.queues.empty()) continue;
    sides[subscription.channel].insert(subscription.queues.begin(), subscription.queues.end());
  }
  return sides;
}

std::string GroupOf(const ConsumerOptions& options) {
  if (options.module.empty()) return {};
  return options.domain.empty() ? options.module
                                : absl::StrCat(options.domain, ".", options.module);
}

std::string_view View(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), data == nullptr ? 0 : size};
}

}  // namespace

ConsumerCore::ConsumerCore(const KafkaOptions& options, const ConsumerOptions& consumer,
                           Runtime& runtime, std::shared_ptr<spdlog::logger> log,
                           TopicMissing missing)
    : options_(options),
      group_(GroupOf(consumer)),
      name_(group_.empty() ? std::string("reader") : absl::StrCat("consumer ", group_)),
      topics_(TopicsOf(consumer)),
      sides_(SidesOf(consumer)),
      start_from_(consumer.start_from),
      runtime_(runtime),
      log_(std::move(log)),
      topic_missing_(std::move(missing)),
      io_bell_(runtime.NewDoorbell()),
      wait_bell_(runtime.NewDoorbell()),
      closed_bell_(runtime.NewDoorbell()),
      link_(name_, log_) {}

ConsumerCore::~ConsumerCore() = default;

absl::Status ConsumerCore::Wait(absl::Time deadline, std::size_t max_events,
                                std::vector<ConsumerEvent>& events) {
  const std::size_t before = events.size();
  while (true) {
    {
      const internal::Locked lock(mu_);
      if (closing_)
        return absl::FailedPreconditionError(absl::StrCat("kafka: ", name_, " is closed"));
      if (!failure_.ok()) return failure_;
      if (std::exchange(interrupted_, false)) return absl::OkStatus();
    }
    const bool took = TakeMessages(before + max_events, events);
    if (events.size() > before) return absl::OkStatus();
    // None of it was the caller's: ends of partitions, errors, what is handed out no more. There
    // may be more behind it, and librdkafka rings only for a queue that was empty.
    if (took) continue;
    if (!wait_bell_->Wait(deadline)) return absl::OkStatus();
  }
}

void ConsumerCore::TakeChanges(std::size_t max_size, std::vector<ConsumerEvent>& events) {
  while (!changes_.empty() && events.size() < max_size) {
    events.push_back(std::move(changes_.front()));
    changes_.pop_front();
  }
}

bool ConsumerCore::TakeMessages(std::size_t max_size, std::vector<ConsumerEvent>& events) {
  const internal::Locked taking(take_mu_);
  {
    // What is owned changes only with take_mu_ held, so a change comes before the messages that
    // follow it.
    const internal::Locked lock(mu_);
    TakeChanges(max_size, events);
    if (!changes_.empty()) return false;
  }
  if (message_queue_ == nullptr) return false;
  taken_.clear();
  while (!strays_.empty() && events.size() + taken_.size() < max_size) {
    taken_.push_back(strays_.front());
    strays_.pop_front();
  }
  // One at a time: before librdkafka 2.1 rd_kafka_consume_batch_queue() throws messages away that
  // it has taken when a rebalance pauses their partition meanwhile, and goes on behind them.
  while (events.size() + taken_.size() < max_size) {
    rd_kafka_message_t* message = rd_kafka_consume_queue(message_queue_.get(), 0);
    if (message == nullptr) break;
    taken_.push_back(message);
  }
  const bool took = !taken_.empty();
  for (rd_kafka_message_t*& message : taken_) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    HandleError(*message);
    rd_kafka_message_destroy(std::exchange(message, nullptr));
  }
  const internal::Locked lock(mu_);
  for (rd_kafka_message_t* message : taken_) {
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ReachEnd(*message, events);
      rd_kafka_message_destroy(message);
      continue;
    }
    ConsumerEvent& event = events.emplace_back();
    const PartitionTable::Fetched fetched = HandOut(message, event);
    if (fetched == PartitionTable::Fetched::kHandOut) continue;
    events.pop_back();
    rd_kafka_message_destroy(message);
    if (fetched == PartitionTable::Fetched::kDoubt) io_bell_->Ring();
  }
  taken_.clear();
  return took;
}

void ConsumerCore::ReachEnd(const rd_kafka_message_t& end, std::vector<ConsumerEvent>& events) {
  const std::string topic = rd_kafka_topic_name(end.rkt);
  if (const std::optional<std::uint32_t> at = table_.Find(topic, end.partition)) {
    const PartitionTable::Partition& partition = table_.Get(*at);
    if (partition.doubted) return;  // it is not known whose end this is
    if (partition.epoch != 0 && end.offset < partition.next) {
      table_.Doubt(*at);
      io_bell_->Ring();
      return;
    }
  }
  for (std::size_t i = 0; i < gates_.size(); ++i) {
    Gate& gate = gates_[i];
    if (gate.partition != end.partition || gate.behind.erase(topic) == 0) continue;
    const std::optional<std::uint32_t> source = table_.Find(topic, end.partition);
    // A part that was lost, or is being given back, is nobody's any more.
    if (source && table_.Get(*source).epoch != 0) {
      ConsumerEvent& caught_up = events.emplace_back();
      caught_up.kind = ConsumerEvent::Kind::kCaughtUp;
      caught_up.epoch = table_.Get(*source).epoch;
      caught_up.sources.push_back(*source);
    }
    if (source && table_.StartAtEnd(*source, end.offset)) {
      // Told soon, for a group that is new there, and one whose position may be about to expire.
      if (!commit_by_) commit_by_ = runtime_.Now() + options_.commit_after;
      io_bell_->Ring();
    }
    if (!gate.behind.empty()) return;
    // What was fetched meanwhile comes now, behind what has been taken of the side queues.
    Forward(gate.topic, gate.partition, message_queue_.get());
    gates_.erase(gates_.begin() + static_cast<std::ptrdiff_t>(i));
    wait_bell_->Ring();
    return;
  }
}

PartitionTable::Fetched ConsumerCore::HandOut(rd_kafka_message_t* message, ConsumerEvent& event) {
  const auto key =
      std::make_pair(static_cast<const rd_kafka_topic_t*>(message->rkt), message->partition);
  auto found = source_of_.find(key);
  if (found == source_of_.end()) {
    const std::optional<std::uint32_t> source =
        table_.Find(rd_kafka_topic_name(message->rkt), message->partition);
    if (!source) return PartitionTable::Fetched::kDrop;
    found = source_of_.emplace(key, *source).first;
  }
  if (IsSkipped(*message, table_.Get(found->second))) {
    table_.Doubt(found->second);
    return PartitionTable::Fetched::kDoubt;
  }
  ReceivedMessage& received = event.message;
  const PartitionTable::Fetched fetched = table_.HandOut(
      found->second, message->offset, rd_kafka_message_timestamp(message, nullptr), received.tag);
  if (fetched != PartitionTable::Fetched::kHandOut) return fetched;

  event.kind = ConsumerEvent::Kind::kMessage;
  event.epoch = received.tag.epoch;
  received.channel = rd_kafka_topic_name(message->rkt);
  received.key = View(message->key, message->key_len);
  received.body = View(message->payload, message->len);
  received.partition = message->partition;
  received.offset = message->offset;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      received.headers.push_back({name, View(value, size)});
    }
  }
  messages_out.fetch_add(1, std::memory_order_relaxed);
  received.owner = MessageOwner(message, &DestroyMessage);
  return fetched;
}

void ConsumerCore::Interrupt() {
  {
    const internal::Locked lock(mu_);
    interrupted_ = true;
  }
  wait_bell_->Ring();
}

std::size_t ConsumerCore::Settle(std::span<const DeliveryTag> tags) {
  std::size_t dropped = 0;
  bool wake = false;
  {
    const internal::Locked lock(mu_);
    dropped = table_.Settle(tags);
    if (dropped == tags.size()) return dropped;
    const int before = settled_;
    settled_ += static_cast<int>(tags.size() - dropped);
    // The I/O thread is woken when it has to look at the clock, and when enough has come together;
    // not each time.
    if (!commit_by_) {
      commit_by_ = runtime_.Now() + options_.commit_after;
      wake = true;
    }
    if (before < options_.commit_every && settled_ >= options_.commit_every) wake = true;
  }
  if (wake) io_bell_->Ring();
  return dropped;
}

void ConsumerCore::Release(std::uint64_t epoch) {
  {
    const internal::Locked lock(mu_);
    released_.insert(epoch);
  }
  io_bell_->Ring();
}

absl::Status ConsumerCore::Close(absl::Time deadline) {
  {
    const internal::Locked lock(mu_);
    if (!closing_) {
      closing_ = true;
      close_by_ = deadline;
    }
  }
  io_bell_->Ring();
  wait_bell_->Ring();
  const absl::Time patience = std::max(deadline, runtime_.Now()) + absl::Milliseconds(100);
  while (true) {
    {
      const internal::Locked lock(mu_);
      if (closed_) {
        closed_bell_->Ring();  // for the next caller
        return close_status_;
      }
    }
    if (!closed_bell_->Wait(patience)) {
      return absl::DeadlineExceededError(
          absl::StrCat("kafka: close ", name_, ": the broker has not answered in time"));
    }
  }
}

void ConsumerCore::Abandon() {
  {
    const internal::Locked lock(mu_);
    if (!closing_) {
      closing_ = true;
      close_by_ = runtime_.Now() + absl::Seconds(2);
    }
  }
  io_bell_->Ring();
  wait_bell_->Ring();
}

LinkHealth ConsumerCore::Health() const {
  const internal::Locked lock(mu_);
  if (!failure_.ok()) return {.healthy = false, .detail = std::string(StdView(failure_.message()))};
  if (closing_) return {.healthy = false, .detail = "closed"};
  LinkHealth link = link_.Get();
  if (!link.healthy) return link;
  if (!missing_.empty())
    return {.healthy = false, .detail = absl::StrCat("no topic ", *missing_.begin())};
  if (!denied_.empty()) {
    return {.healthy = false,
            .detail = absl::StrCat("not allowed to read topic ", *denied_.begin())};
  }
  if (!member_)
    return {.healthy = false, .detail = is_reader() ? "positioning" : "joining the group"};
  if (!is_reader() && !link_.GroupHasUs())
    return {.healthy = false, .detail = "back, and waiting for the group's answer"};
  return {.healthy = true, .detail = absl::StrCat(table_.owned(), " partitions, ", link.detail)};
}

void ConsumerCore::OnJoin() { joining_ = true; }

void ConsumerCore::OnHeartbeat() { heartbeat_ = absl::ToUnixNanos(runtime_.Now()); }

void ConsumerCore::OnLog(int syslog_level, std::string_view facility, std::string_view text) {
  link_.OnLog(syslog_level, facility, text);
}

void ConsumerCore::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    Fail(ToStatus(error, name_, reason));
    return;
  }
  link_.OnError(error, reason);
}

void ConsumerCore::OnStatistics(std::string_view json) { link_.OnStatistics(json); }

void ConsumerCore::Join() { thread_->Join(); }

}  // namespace omnibus::kafka
