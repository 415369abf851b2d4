// The processes of one run: a publisher, and the members of the groups.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/soak/process.h"
#include "tests/soak/tally.h"

namespace omnibus::soak {

struct CrewOptions {
  std::string program;    // this program's own path
  std::string directory;  // for journals and logs; exists
  std::string config;     // a file
  std::string seed;
  int rate = 200;
  int workers = 3;
};

// Thread-safety: one thread.
class Crew {
 public:
  struct Member {
    std::string name;  // "workers-5": each process has a name of its own
    int group = 0;     // index of kGroups
    int process = 0;   // the tally's number
    std::unique_ptr<Process> runs;
  };

  // `tally` outlives the crew, and follows each journal.
  Crew(CrewOptions options, Tally& tally) : options_(std::move(options)), tally_(tally) {}

  // Starts all of them, members first: 1 ledger, the workers, 1 auditor, and the publisher once
  // these are ready.
  absl::Status Start(absl::Duration timeout);

  std::vector<Member>& members() { return members_; }

  // Begins another process of the group, at the end of members() or in the place of `member`.
  Member& Add(int group);
  void Replace(Member& member);
  absl::Status WaitUntilReady(const Member& member, absl::Duration timeout);

  // Ends it as an operator does, and waits. An error when it did not end well.
  absl::Status Leave(Member& member);
  void Remove(const Member& member);

  // Those that ended though nobody told them to.
  absl::Status CheckThatAllRun();

  absl::Status StopPublisher();
  absl::Status StopMembers();

 private:
  std::string Path(const std::string& name, const char* suffix) const;
  std::unique_ptr<Process> Run(const std::string& name, int group,
                               std::vector<std::string> command);
  absl::Status WaitUntil(const std::function<bool()>& condition, const std::string& what,
                         absl::Duration timeout);
  absl::Status WaitForEnd(Member& member);
  std::unique_ptr<Process> RunMember(int group, Member& member);

  const CrewOptions options_;
  Tally& tally_;
  int started_ = 0;
  std::vector<Member> members_;
  std::unique_ptr<Process> publisher_;
};

}  // namespace omnibus::soak
