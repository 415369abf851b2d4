#include "transport_testing/stage.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::transport_testing {
namespace {

// Joins when it is destroyed, so that a check that is abandoned leaves none behind.
class JoiningThread final : public Thread {
 public:
  explicit JoiningThread(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}
  ~JoiningThread() override { thread_->Join(); }
  void Join() override { thread_->Join(); }

 private:
  const std::unique_ptr<Thread> thread_;
};

}  // namespace

void Stage::Bind(const TransportUnderTest& under_test, const Settings& settings) {
  under_test_ = &under_test;
  settings_ = &settings;
}

void Stage::SetUp() { Reopen(); }

void Stage::TearDown() {
  if (producer_ != nullptr) ExpectOk(producer_->Close(In(patience())));
  producer_.reset();
  transport_.reset();
  const Report report = history_.Check();
  ExpectTrue(reported_ || report.clean()) << report;
}

void Stage::NeedsDeclared(bool declared, std::string_view name) const {
  if (!declared) throw Skipped{Verdict::kNotDeclared, "not declared: " + std::string(name)};
}

void Stage::Applies(bool applies, std::string_view why_not) const {
  if (!applies) throw Skipped{Verdict::kNotApplicable, std::string(why_not)};
}

void Stage::NeedsFault(bool given, std::string_view name) const {
  if (given) return;
  throw Skipped{Verdict::kNotTested, "the kit was given no Faults::" + std::string(name)};
}

void Stage::Note(std::string_view measured) {
  if (!notes_.empty()) notes_ += "; ";
  notes_ += measured;
}

std::unique_ptr<Thread> Stage::Spawn(std::string name, std::function<void()> body) const {
  return std::make_unique<JoiningThread>(
      SystemRuntime().Spawn(std::move(name), [body = std::move(body)] {
        try {
          body();
        } catch (const Abandoned&) {  // what it found is written down
        }
      }));
}

bool Stage::Becomes(const std::function<bool()>& condition, absl::Duration within) const {
  const absl::Time deadline = In(within);
  while (!condition()) {
    if (Now() >= deadline) return false;
    SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
  }
  return true;
}

std::unique_ptr<Transport> Stage::MakeTransport(int queue) const {
  MakeOptions options;
  options.queue = queue;
  return MakeTransport(options);
}

std::unique_ptr<Transport> Stage::MakeTransport(const MakeOptions& options) const {
  absl::StatusOr<std::unique_ptr<Transport>> transport = under_test_->make(options);
  RequireOk(transport.status());
  RequireTrue(*transport != nullptr) << "the factory made nothing";
  return *std::move(transport);
}

void Stage::Reopen(int queue) {
  if (producer_ != nullptr) RequireOk(producer_->Close(In(patience())));
  producer_.reset();
  transport_.reset();
  transport_ = MakeTransport(queue);
  absl::StatusOr<std::unique_ptr<Producer>> producer = transport_->OpenProducer();
  RequireOk(producer.status());
  producer_ = *std::move(producer);
}

Report Stage::TakeReport() {
  reported_ = true;
  return history_.Check();
}

std::string Stage::Unique(std::string_view name) const {
  return absl::StrCat("kit-", absl::Hex(run_), ".", AbslView(name));
}

std::string Stage::Declare(std::string_view name, const std::vector<std::string>& groups,
                           int partitions) {
  const std::string channel = Unique(name);
  Topology topology;
  topology.channels.push_back({channel, partitions, 0});
  for (const std::string& group : groups) {
    topology.groups.push_back({channel, "test", Unique(group), {"thing.happened"}});
    history_.Expect(group, channel);
  }
  const absl::Status status = transport_->Declare(topology, DeclareMode::kDeclare, In(patience()));
  ExpectOk(status);
  return channel;
}

absl::Status Stage::Send(const std::string& channel, const Message& message, Completion done,
                         std::string* id) {
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
  absl::Status sent = producer_->Send(
      outgoing, In(message.timeout),
      [history = shared_history_, name, done = std::move(done)](absl::Status status) mutable {
        history->Outcome(name, status);
        if (done != nullptr) std::move(done)(std::move(status));
      });
  if (!sent.ok()) history_.Refused(name);
  return sent;
}

void Stage::SendPatiently(const std::string& channel, const Message& message) {
  const absl::Time deadline = In(patience());
  while (true) {
    const absl::Status sent = Send(channel, message);
    if (sent.ok()) return;
    RequireTrue(absl::IsResourceExhausted(sent)) << sent;
    RequireLt(Now(), deadline) << sent;
    SystemRuntime().SleepUntil(In(absl::Milliseconds(2)));
  }
}

absl::Status Stage::Publish(const std::string& channel, const Message& message, std::string* id) {
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
    Fail() << "no outcome after the deadline";
    return absl::UnknownError("no outcome");
  }
  return waiting->status;
}

void Stage::PublishMany(const std::string& channel, int count, int keys) {
  for (int i = 0; i < count; ++i) {
    Message message;
    message.key = absl::StrCat("key-", i % keys);
    SendPatiently(channel, message);
  }
  Flush();
}

void Stage::Flush() {
  const absl::Status status = producer_->Flush(In(patience()));
  ExpectOk(status);
}

ConsumerOptions Stage::OptionsOf(const std::string& channel, const std::string& group) const {
  ConsumerOptions options;
  options.domain = "test";
  options.module = group.empty() ? "" : Unique(group);
  options.subscriptions.push_back({Destination::kChannel, channel, {"thing.happened"}});
  return options;
}

std::unique_ptr<Member> Stage::Open(const ConsumerOptions& options) {
  absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport_->OpenConsumer(options);
  RequireOk(consumer.status());
  // The history knows a group by its short name.
  const std::string prefix = Unique("");
  const std::string group =
      options.module.empty() ? "nobody" : options.module.substr(prefix.size());
  return std::make_unique<Member>(*std::move(consumer),
                                  Member::Name{group, absl::StrCat(group, "#", ++last_member_)},
                                  history_, findings(), patience());
}

std::unique_ptr<Member> Stage::Join(const std::string& channel, const std::string& group) {
  std::unique_ptr<Member> member = Open(OptionsOf(channel, group));
  member->WaitUntilReady();
  return member;
}

bool Stage::WaitFor(const std::vector<std::unique_ptr<Worker>>& workers, std::size_t count) const {
  return Becomes([&] {
    std::size_t sum = 0;
    for (const auto& worker : workers) sum += worker->received();
    return sum >= count;
  });
}

std::vector<std::unique_ptr<Worker>> Stage::Crowd(const std::string& channel,
                                                  const std::string& group, std::size_t members,
                                                  std::size_t partitions) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < members; ++i) {
    workers.push_back(std::make_unique<Worker>(Join(channel, group)));
  }
  if (!declared().moves_sources) return workers;
  const absl::Time deadline = In(patience());
  while (true) {
    std::size_t sum = 0;
    std::size_t idle = 0;
    for (const auto& worker : workers) {
      sum += worker->assigned();
      if (worker->assigned() == 0) ++idle;
    }
    if (sum == partitions && idle == 0) return workers;
    if (Now() >= deadline) {
      Fail() << sum << " of " << partitions << " sources are assigned, and " << idle
             << " members have none";
      return workers;
    }
    SystemRuntime().SleepUntil(In(absl::Milliseconds(10)));
  }
}

}  // namespace omnibus::transport_testing
