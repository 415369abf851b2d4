#include "tests/soak/crew.h"

#include <signal.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace omnibus::soak {
namespace {

constexpr int kLedger = 0, kWorkers = 1, kAuditor = 2;
// More than a bus's own drain of 20 s.
constexpr absl::Duration kEndWithin = absl::Seconds(40);

}  // namespace

std::string Crew::Path(const std::string& name, const char* suffix) const {
  return absl::StrCat(options_.directory, "/", name, suffix);
}

std::unique_ptr<Process> Crew::Run(const std::string& name, int group,
                                   std::vector<std::string> command) {
  command.insert(command.begin(), options_.program);
  command.insert(command.end(), {"--config", options_.config, "--journal", Path(name, ".journal")});
  tally_.Follow(Path(name, ".journal"), group);
  return std::make_unique<Process>(std::move(command), Path(name, ".log"));
}

std::unique_ptr<Process> Crew::RunMember(int group, Member& member) {
  const char* module = kGroups[static_cast<std::size_t>(group)];
  member.name = absl::StrCat(module, "-", ++started_);
  member.group = group;
  member.process = tally_.processes();
  return Run(member.name, group, {"member", "--module", module});
}

absl::Status Crew::Start(absl::Duration timeout) {
  // The journals of whoever publishes are read first: then a tick is known before it comes.
  const int publisher = tally_.processes();
  const std::string name = "publisher";
  tally_.Follow(Path(name, ".journal"), -1);
  Add(kLedger);
  for (int i = 0; i < options_.workers; ++i) Add(kWorkers);
  Add(kAuditor);
  for (const Member& member : members_) {
    if (absl::Status ready = WaitUntilReady(member, timeout); !ready.ok()) return ready;
  }
  publisher_ = std::make_unique<Process>(
      std::vector<std::string>{options_.program, "publisher", "--rate", absl::StrCat(options_.rate),
                               "--seed", options_.seed, "--config", options_.config, "--journal",
                               Path(name, ".journal")},
      Path(name, ".log"));
  return WaitUntil([&] { return tally_.ready(publisher); }, "the publisher is not ready", timeout);
}

Crew::Member& Crew::Add(int group) {
  Member& member = members_.emplace_back();
  member.runs = RunMember(group, member);
  return member;
}

void Crew::Replace(Member& member) { member.runs = RunMember(member.group, member); }

absl::Status Crew::WaitUntil(const std::function<bool()>& condition, const std::string& what,
                             absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    if (absl::Status status = tally_.ReadNew(); !status.ok()) return status;
    if (condition()) return absl::OkStatus();
    if (absl::Now() >= deadline) return absl::DeadlineExceededError(what);
    absl::SleepFor(absl::Milliseconds(20));
  }
}

absl::Status Crew::WaitUntilReady(const Member& member, absl::Duration timeout) {
  return WaitUntil([&] { return tally_.ready(member.process); },
                   absl::StrCat(member.name, " is not ready, see ", Path(member.name, ".log")),
                   timeout);
}

absl::Status Crew::Leave(Member& member) {
  member.runs->Signal(SIGTERM);
  return WaitForEnd(member);
}

absl::Status Crew::WaitForEnd(Member& member) {
  const int code = member.runs->Wait(kEndWithin);
  if (code == 0) return absl::OkStatus();
  // It must not stand in the way of whoever comes next.
  member.runs->Signal(SIGKILL);
  member.runs->Wait(kEndWithin);
  return absl::InternalError(
      absl::StrCat(member.name, " was told to end, and ",
                   code < 0 ? std::string("did not") : absl::StrCat("ended with code ", code)));
}

void Crew::Remove(const Member& member) {
  members_.erase(members_.begin() + (&member - members_.data()));
}

absl::Status Crew::CheckThatAllRun() {
  if (publisher_ != nullptr && !publisher_->Running()) {
    return absl::InternalError(
        absl::StrCat("the publisher ended by itself with code ", publisher_->Wait({})));
  }
  for (const Member& member : members_) {
    if (!member.runs->Running()) {
      return absl::InternalError(
          absl::StrCat(member.name, " ended by itself with code ", member.runs->Wait({})));
    }
  }
  return absl::OkStatus();
}

absl::Status Crew::StopPublisher() {
  const std::unique_ptr<Process> publisher = std::move(publisher_);
  if (publisher == nullptr) return absl::OkStatus();
  publisher->Signal(SIGTERM);
  // It waits for the outcome of each tick first.
  const int code = publisher->Wait(kEndWithin + absl::Seconds(90));
  if (code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the publisher was told to end: code ", code));
}

absl::Status Crew::StopMembers() {
  absl::Status status;
  for (const Member& member : members_) member.runs->Signal(SIGTERM);
  for (Member& member : members_) status.Update(WaitForEnd(member));
  members_.clear();
  return status;
}

}  // namespace omnibus::soak
