// The kit for whoever writes a transport: in goes a factory and what the transport declares of
// itself, out comes a score over the fifty behaviours (BehaviourTitle() has their names). In the
// library omnibus::transport_testing; it needs no test framework. See docs/transports.md.
//
//   omnibus::transport_testing::TransportUnderTest mine;
//   mine.name = "mine";
//   mine.make = [](const auto& options) {
//     return MakeMyTransport(options.queue, *options.runtime);
//   };
//   mine.declared.ordered_by_key = true;
//   PrintTable(omnibus::transport_testing::Examine(mine), std::cout);
//
// A check declares channels and groups of its own, with names that nobody had before, so all of
// them may share one broker, and run at once. Those that do something to the broker itself
// (Check::disruptive) need one that nobody else uses.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/envelope.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace omnibus::transport_testing {

struct MakeOptions {
  int queue = 0;  // messages that the producer's local queue holds, or what stands for it; 0: the
                  // default
  Runtime* runtime = &SystemRuntime();  // outlives the transport
};

// What the transport promises beyond what each must do. What is declared is tested; what is not is
// shown to be absent (behaviour 50).
struct Declared {
  // As Transport::GetCapabilities() says, which must say the same.
  bool properties = false;
  bool ordered_by_key = false;
  bool replay = false;
  bool side_queues = false;

  // What a declared group is due is kept for it before its first member comes.
  bool keeps_before_first_member = true;
  // A group gets just the event types that it is bound to, `*` (one word) and `#` (any number of
  // them) in them included.
  bool routes_by_type = false;
  // What is settled out of order is not delivered again to the next owner, though something before
  // it is.
  bool remembers_settled_out_of_order = true;
  // Sources (partitions) move between the members of a group, by kRevoked and Release().
  bool moves_sources = false;
  // Each message is acknowledged by itself, and not by a position.
  bool acknowledges_each = false;
  // Positions have gaps, which Faults::leave_gap makes.
  bool positions_have_gaps = false;
  // The broker is another process: it can go away while this one lives.
  bool remote = false;
  // The broker can tell publishers to wait, which Faults::block_publishers makes it do.
  bool blocks_publishers = false;
};

// What the kit may do to the broker; each returns whether it was done. One that is left out leaves
// its checks untested, and the score says so. `channel` and `group` (`<domain>.<module>`) are those
// that the transport was given; names at the broker are the transport's own business.
struct Faults {
  std::function<bool()> kill;     // as kill -9
  std::function<bool()> restart;  // brings it back with its data, and waits until it is ready
  std::function<bool()> freeze;   // it keeps its connections, and answers nobody
  std::function<bool()> thaw;
  std::function<bool()> block_publishers;
  std::function<bool()> unblock_publishers;
  std::function<bool(std::string_view channel)> delete_channel;
  // What a group reads: its queue, or its channel where there is no such thing.
  std::function<bool(std::string_view channel, std::string_view module)> delete_queue;
  // Positions of `channel` that no message will ever have.
  std::function<bool(std::string_view channel)> leave_gap;

  // While set, no word comes from the broker though it lives: what freeze() does, at the network.
  // Left out: freeze() is used.
  std::function<bool()> cut;
  std::function<bool()> mend;
};

struct TransportUnderTest {
  std::string name;  // for people

  // Makes one more transport to the same broker, as another process would have. Thread-safe.
  std::function<absl::StatusOr<std::unique_ptr<Transport>>(const MakeOptions&)> make;
  Declared declared;
  Faults faults;

  Dialect dialect = Dialect::kSnake;  // of the transport's plug-in

  int crowd = 50;  // members of one group that this machine can carry at once
  // Largest body that is really sent; 0: what the capabilities say.
  std::size_t largest_sent_body = 0;
  // How soon a broker that says nothing any more must be noticed: two of its heartbeats. Also the
  // time after which a member that says nothing has lost its work to others.
  absl::Duration silence = absl::Seconds(20);
  // How soon traffic flows again once the broker is back.
  absl::Duration recovery = absl::Seconds(5);
  // Duplicates that a crash of the broker or of a member may cause: what was on its way.
  std::size_t in_flight = 2048;
};

struct Settings {
  // How long a check waits for what must happen.
  absl::Duration patience = absl::Seconds(40);
  // How long behaviour 46 keeps its handlers overloaded.
  absl::Duration overload = absl::Minutes(1);
  // Also those that do something to the broker itself.
  bool disruptive = true;
  // Checks whose names have this in them; empty: all.
  std::string only;
};

inline constexpr int kBehaviours = 50;

// One of the fifty, 1 to kBehaviours, in a few words.
std::string_view BehaviourTitle(int number);

// One check of one behaviour; most have several.
struct Check {
  int behaviour = 0;
  std::string_view name;  // "DeliversEverythingOnce"
  bool disruptive = false;
};
std::span<const Check> Checks();

enum class Verdict {
  kPassed,
  kFailed,
  kNotDeclared,    // the transport does not promise it; behaviour 50 shows that it is absent
  kNotApplicable,  // there is no such thing with this transport
  kNotTested,      // the kit was not given what it needs for it
};
std::string_view VerdictName(Verdict verdict);  // "passed", "not declared"

struct Result {
  Check check;
  Verdict verdict = Verdict::kNotTested;
  std::string detail;  // what failed, a line each; or why it was not tested
  absl::Duration took;
};

struct Score {
  std::string transport;
  std::vector<Result> results;  // by behaviour

  // All checks of one behaviour together: failed if one has, passed if one has and none failed.
  Verdict VerdictOf(int behaviour) const;
  // By Verdict, over the fifty.
  std::array<int, 5> Count() const;
  bool failed() const;
};

// Runs one check. Not thread-safe for two checks on one broker when one is disruptive.
Result Run(const Check& check, const TransportUnderTest& under_test, const Settings& settings = {});

// Runs them all, one after the other; `progress` is told of each.
Score Examine(const TransportUnderTest& under_test, const Settings& settings = {},
              const std::function<void(const Result&)>& progress = {});

// For people: a line for each behaviour, and below it those for what failed.
void PrintTable(const Score& score, std::ostream& out);
// {"transport", "passed", "failed", ..., "behaviours": [{"number", "title", "verdict", "checks":
// [...]}]}
std::string ToJson(const Score& score);

// A whole main(): the score as a table on standard output, or as JSON with --json; --only NAME,
// --quick (nothing disruptive, ten seconds of overload), --list. 0: nothing failed; 1: something
// did; 2: wrong usage.
int Main(int argc, char** argv, const TransportUnderTest& under_test);

}  // namespace omnibus::transport_testing
