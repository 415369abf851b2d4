#include "tests/behaviours/transport_behaviour.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::behaviours {
namespace {

constexpr char kIdHeader[] = "test-id";
constexpr absl::Duration kGlance = absl::Milliseconds(20);

Received Copy(const ReceivedMessage& message) {
  Received copy;
  copy.channel = message.channel;
  copy.type = message.type;
  copy.key = message.key;
  copy.property_id = message.id;
  copy.correlation_id = message.correlation_id;
  copy.body = message.body;
  for (const HeaderView& header : message.headers) {
    if (header.name == kIdHeader) {
      copy.id = header.value;
    } else {
      copy.headers[std::string(header.name)] = header.value;
    }
  }
  copy.tag = message.tag;
  copy.redelivered = message.redelivered;
  return copy;
}

}  // namespace

Member::Member(std::unique_ptr<Consumer> consumer, std::string group, std::string name,
               History& history)
    : consumer_(std::move(consumer)),
      group_(std::move(group)),
      name_(std::move(name)),
      history_(history) {}

void Member::WaitUntilReady() {
  const absl::Time deadline = In(kPatience);
  while (!consumer_->Health().healthy) {
    ASSERT_LT(Now(), deadline) << "not ready: " << consumer_->Health().detail;
    Pull(In(kGlance), 100);
  }
}

void Member::Pull(absl::Time deadline, std::size_t max) {
  std::vector<ConsumerEvent> events;
  const absl::Status status = consumer_->Wait(deadline, max, events);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_LE(events.size(), max);
  for (ConsumerEvent& event : events) Take(std::move(event));
}

void Member::Take(ConsumerEvent event) {
  switch (event.kind) {
    case ConsumerEvent::Kind::kMessage:
      backlog_.push_back(Copy(event.message));
      history_.Delivered(group_, name_, backlog_.back().channel, backlog_.back().id);
      break;
    case ConsumerEvent::Kind::kAssigned:
      owned_.insert(event.sources.begin(), event.sources.end());
      break;
    case ConsumerEvent::Kind::kRevoked:
    case ConsumerEvent::Kind::kLost:
      for (const std::uint32_t source : event.sources) owned_.erase(source);
      if (event.kind == ConsumerEvent::Kind::kRevoked) consumer_->Release(event.epoch);
      break;
  }
  assigned_ = owned_.size();
}

std::vector<Received> Member::Receive(std::size_t count, Settling settling, absl::Time deadline) {
  std::vector<Received> received;
  while (true) {
    while (!backlog_.empty() && received.size() < count) {
      received.push_back(std::move(backlog_.front()));
      backlog_.erase(backlog_.begin());
      if (settling == Settling::kAtOnce) Settle(received.back());
    }
    if (received.size() >= count || Now() >= deadline || ::testing::Test::HasFatalFailure()) break;
    // One at a time when it is settled at once, so that a change of the group finds nothing in our
    // hands.
    Pull(deadline, settling == Settling::kAtOnce ? 1 : std::min<std::size_t>(count, 500));
  }
  return received;
}

bool Member::Settle(const Received& message) {
  const std::size_t dropped = consumer_->Settle({&message.tag, 1});
  EXPECT_LE(dropped, 1u);
  history_.Settled(group_, name_, message.id, dropped == 0);
  return dropped == 0;
}

Worker::Worker(std::unique_ptr<Member> member) : member_(std::move(member)) {
  thread_ = SystemRuntime().Spawn("worker", [this] {
    while (!stopping_) received_ += member_->ReceiveFor(kGlance, Settling::kAtOnce).size();
  });
}

void Worker::Stop() {
  stopping_ = true;
  member_->consumer().Interrupt();
  thread_->Join();
}

Worker::~Worker() { Stop(); }

void TransportBehaviour::SetUp() {
  if (!GetParam().missing.empty()) GTEST_SKIP() << GetParam().missing;
  Reopen();
}

void TransportBehaviour::TearDown() {
  if (producer_ != nullptr) {
    EXPECT_TRUE(producer_->Close(In(kPatience)).ok());
  }
  producer_.reset();
  transport_.reset();
  const Report report = history_.Check();
  EXPECT_TRUE(reported_ || report.clean()) << report;
}

void TransportBehaviour::Reopen(int queue) {
  if (producer_ != nullptr) {
    ASSERT_TRUE(producer_->Close(In(kPatience)).ok());
  }
  producer_.reset();
  transport_.reset();
  transport_ = GetParam().make(queue);
  ASSERT_NE(transport_, nullptr);
  absl::StatusOr<std::unique_ptr<Producer>> producer = transport_->OpenProducer();
  ASSERT_TRUE(producer.ok()) << producer.status();
  producer_ = *std::move(producer);
}

Report TransportBehaviour::TakeReport() {
  reported_ = true;
  return history_.Check();
}

std::string TransportBehaviour::Unique(std::string_view name) const {
  return absl::StrCat("behaviour-", run_, ".", AbslView(name));
}

std::string TransportBehaviour::Declare(std::string_view name,
                                        const std::vector<std::string>& groups, int partitions) {
  const std::string channel = Unique(name);
  Topology topology;
  topology.channels.push_back({channel, partitions, 0});
  for (const std::string& group : groups) {
    topology.groups.push_back({channel, "test", Unique(group), {"thing.happened"}});
    history_.Expect(group, channel);
  }
  const absl::Status status = transport_->Declare(topology, DeclareMode::kDeclare, In(kPatience));
  EXPECT_TRUE(status.ok()) << status;
  return channel;
}

absl::Status TransportBehaviour::Send(const std::string& channel, const Message& message,
                                      Completion done, std::string* id) {
  const std::string name = absl::StrCat(++last_id_);
  if (id != nullptr) *id = name;
  std::vector<HeaderView> headers = {{kIdHeader, name}};
  for (const auto& [header, value] : message.headers) headers.push_back({header, value});

  OutgoingMessage outgoing;
  outgoing.channel = channel;
  outgoing.type = message.type;
  outgoing.key = message.key;
  outgoing.id = name;
  outgoing.correlation_id = message.correlation_id;
  outgoing.mandatory = message.mandatory;
  outgoing.body = message.body;
  outgoing.headers = headers;
  history_.Published(channel, name, message.key, message.sender);
  absl::Status sent =
      producer_->Send(outgoing, In(message.timeout),
                      [this, name, done = std::move(done)](absl::Status status) mutable {
                        history_.Outcome(name, status);
                        if (done != nullptr) std::move(done)(std::move(status));
                      });
  if (!sent.ok()) history_.Refused(name);
  return sent;
}

void TransportBehaviour::SendPatiently(const std::string& channel, const Message& message) {
  const absl::Time deadline = In(kPatience);
  while (true) {
    const absl::Status sent = Send(channel, message);
    if (sent.ok()) return;
    ASSERT_TRUE(absl::IsResourceExhausted(sent)) << sent;
    ASSERT_LT(Now(), deadline) << sent;
    SystemRuntime().SleepUntil(In(absl::Milliseconds(2)));
  }
}

absl::Status TransportBehaviour::Publish(const std::string& channel, const Message& message,
                                         std::string* id) {
  // Shared with the completion, which may come after we gave up.
  struct Waiting {
    std::unique_ptr<Doorbell> bell = SystemRuntime().NewDoorbell();
    absl::Status status;
  };
  const auto waiting = std::make_shared<Waiting>();
  const absl::Status sent = Send(
      channel, message,
      [waiting](absl::Status status) {
        waiting->status = std::move(status);
        waiting->bell->Ring();
      },
      id);
  if (!sent.ok()) return sent;
  if (!waiting->bell->Wait(In(message.timeout + absl::Seconds(5)))) {
    ADD_FAILURE() << "no outcome after the deadline";
    return absl::UnknownError("no outcome");
  }
  return waiting->status;
}

void TransportBehaviour::PublishMany(const std::string& channel, int count, int keys) {
  for (int i = 0; i < count; ++i) {
    Message message;
    message.key = absl::StrCat("key-", i % keys);
    SendPatiently(channel, message);
  }
  Flush();
}

void TransportBehaviour::Flush() {
  const absl::Status status = producer_->Flush(In(kPatience));
  EXPECT_TRUE(status.ok()) << status;
}

ConsumerOptions TransportBehaviour::OptionsOf(const std::string& channel,
                                              const std::string& group) const {
  ConsumerOptions options;
  options.domain = "test";
  options.module = group.empty() ? "" : Unique(group);
  options.subscriptions.push_back({Destination::kChannel, channel, {"thing.happened"}});
  return options;
}

std::unique_ptr<Member> TransportBehaviour::Open(const ConsumerOptions& options) {
  absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport_->OpenConsumer(options);
  EXPECT_TRUE(consumer.ok()) << consumer.status();
  if (!consumer.ok()) return nullptr;
  // The history knows a group by its short name.
  const std::string prefix = Unique("");
  const std::string group =
      options.module.empty() ? "nobody" : options.module.substr(prefix.size());
  return std::make_unique<Member>(*std::move(consumer), group,
                                  absl::StrCat(group, "#", ++last_member_), history_);
}

std::unique_ptr<Member> TransportBehaviour::Join(const std::string& channel,
                                                 const std::string& group) {
  std::unique_ptr<Member> member = Open(OptionsOf(channel, group));
  if (member != nullptr) member->WaitUntilReady();
  return member;
}

bool TransportBehaviour::WaitFor(const std::vector<std::unique_ptr<Worker>>& workers,
                                 std::size_t count) {
  const absl::Time deadline = In(kPatience);
  while (Now() < deadline) {
    std::size_t sum = 0;
    for (const auto& worker : workers) sum += worker->received();
    if (sum >= count) return true;
    SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
  }
  return false;
}

std::vector<std::unique_ptr<Worker>> TransportBehaviour::Crowd(const std::string& channel,
                                                               const std::string& group,
                                                               std::size_t members,
                                                               std::size_t partitions) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < members; ++i) {
    workers.push_back(std::make_unique<Worker>(Join(channel, group)));
  }
  if (!features().moves_sources) return workers;
  const absl::Time deadline = In(kPatience);
  while (true) {
    std::size_t sum = 0;
    std::size_t idle = 0;
    for (const auto& worker : workers) {
      sum += worker->assigned();
      if (worker->assigned() == 0) ++idle;
    }
    if (sum == partitions && idle == 0) return workers;
    if (Now() >= deadline) {
      ADD_FAILURE() << sum << " of " << partitions << " sources are assigned, and " << idle
                    << " members have none";
      return workers;
    }
    SystemRuntime().SleepUntil(In(absl::Milliseconds(10)));
  }
}

std::vector<std::string> IdsOf(const std::vector<Received>& messages) {
  std::vector<std::string> ids;
  for (const Received& message : messages) ids.push_back(message.id);
  return ids;
}

}  // namespace omnibus::behaviours
