// What a check says: the verbs of every check, and what is looked at when it is over.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transport_testing.h"
#include "transport_testing/expectations.h"
#include "transport_testing/history.h"
#include "transport_testing/member.h"

namespace omnibus::transport_testing {

// Ends a check that says nothing of this transport. Caught by the one who runs it.
struct Skipped {
  Verdict verdict = Verdict::kNotApplicable;
  std::string why;
};

// One check, on a transport of its own. It is bound, set up, run and torn down once.
class Stage : public Expectations {
 public:
  Stage() : Expectations(own_findings_) {}
  virtual ~Stage() = default;

  void Bind(const TransportUnderTest& under_test, const Settings& settings);
  virtual void SetUp();
  virtual void Run() = 0;
  // Unless a check has looked at the history itself, it must be clean.
  virtual void TearDown();
  // The check has looked at the history itself, or has ended too early for it to say anything.
  void IgnoreHistory() { reported_ = true; }
  // What was measured, for people.
  const std::string& notes() const { return notes_; }

 protected:
  const TransportUnderTest& under_test() const { return *under_test_; }
  const Declared& declared() const { return under_test_->declared; }
  const Faults& faults() const { return under_test_->faults; }
  const Settings& settings() const { return *settings_; }
  // How long a check waits for what must happen, on a busy machine.
  absl::Duration patience() const { return settings_->patience; }

  // Each ends the check where it says nothing about this transport.
  void NeedsDeclared(bool declared, std::string_view name) const;
  void Applies(bool applies, std::string_view why_not) const;
  void NeedsFault(bool given, std::string_view name) const;

  Transport& transport() { return *transport_; }
  Producer& producer() { return *producer_; }
  Capabilities capabilities() const { return transport_->GetCapabilities(); }

  void Note(std::string_view measured);

  // A thread that is joined when it is destroyed; a requirement that it finds violated ends it.
  std::unique_ptr<Thread> Spawn(std::string name, std::function<void()> body) const;
  // Looks until it holds; false when the time is over without.
  bool Becomes(const std::function<bool()>& condition, absl::Duration within) const;
  bool Becomes(const std::function<bool()>& condition) const {
    return Becomes(condition, patience());
  }

  std::unique_ptr<Transport> MakeTransport(int queue = 0) const;
  std::unique_ptr<Transport> MakeTransport(const MakeOptions& options) const;
  // As if the process had been replaced: a new transport to the same broker.
  void Reopen(int queue = 0);

  // Another name in each test, and each time that it runs.
  std::string Unique(std::string_view name) const;

  // Declares a channel, and groups that are due all that is published to it from now on. Returns
  // its name.
  std::string Declare(std::string_view name, const std::vector<std::string>& groups,
                      int partitions = 0);

  // A message that is published; id and history are the fixture's.
  struct Message {
    std::string key = {};
    std::string body = "body";
    std::string type = "thing.happened";
    std::string sender = "test";
    std::string correlation_id = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool mandatory = true;
    absl::Duration timeout = absl::Seconds(40);
  };

  // Sends, and writes the outcome into the history. Returns what Send() returned.
  absl::Status Send(const std::string& channel, const Message& message, Completion done = nullptr,
                    std::string* id = nullptr);
  // Sends again while the queue is full.
  void SendPatiently(const std::string& channel, const Message& message);
  // Sends, and waits for the outcome: the one of Send() or of the completion.
  absl::Status Publish(const std::string& channel, const Message& message,
                       std::string* id = nullptr);
  // `count` messages, taking turns over `keys` keys, and waits for all outcomes.
  void PublishMany(const std::string& channel, int count, int keys = 10);
  void Flush();

  ConsumerOptions OptionsOf(const std::string& channel, const std::string& group) const;
  // Joins the group, and waits until it is ready.
  std::unique_ptr<Member> Join(const std::string& channel, const std::string& group);
  std::unique_ptr<Member> Open(const ConsumerOptions& options);

  // Members that work, once the group has found its balance: each has something of `partitions`.
  std::vector<std::unique_ptr<Worker>> Crowd(const std::string& channel, const std::string& group,
                                             std::size_t members, std::size_t partitions);

  // Waits until they have that many together.
  bool WaitFor(const std::vector<std::unique_ptr<Worker>>& workers, std::size_t count) const;

  // The test has looked itself.
  Report TakeReport();

  // Shared with completions, which a transport that is wrong may call too late.
  const std::shared_ptr<History> shared_history_ = std::make_shared<History>();
  History& history_ = *shared_history_;

 private:
  mutable Findings own_findings_;
  const TransportUnderTest* under_test_ = nullptr;
  const Settings* settings_ = nullptr;
  const std::uint64_t run_ = SystemRuntime().Random();
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Producer> producer_;
  std::atomic<int> last_id_ = 0;
  int last_member_ = 0;
  bool reported_ = false;
  std::string notes_;
};

}  // namespace omnibus::transport_testing
