// A score, for people and for programs.
#include <algorithm>
#include <array>
#include <iomanip>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "omnibus/json.h"
#include "omnibus/transport_testing.h"

namespace omnibus::transport_testing {
namespace {

constexpr std::array<std::string_view, kBehaviours> kTitles = {
    "everything published arrives once",
    "a declared group finds what came before its first member",
    "bodies are untouched",
    "headers and keys are untouched",
    "typed round trip in both dialects",
    "channels never mix",
    "twenty channels at once",
    "wildcards match exactly the documented set",
    "groups get everything, members share",
    "many publishers and consumers: complete",
    "order within a key with concurrent workers",
    "order within a key across a retry, others flow",
    "nothing of a key while its predecessor is unsettled",
    "a late group starts where its policy says",
    "unsettled messages come back",
    "redelivery, with a rising number of attempts",
    "settling is idempotent",
    "no position passes an unfinished message",
    "no acknowledgement covers a running handler",
    "positions tolerate gaps",
    "settling what is gone is dropped and counted",
    "four outcomes of a publish, each one true",
    "an unroutable publish is an error in time",
    "a batch names what failed",
    "order of each thread's publishes under one key",
    "a full queue pushes back",
    "an oversized message fails fast and alone",
    "what cannot be decoded is quarantined",
    "retries keep their schedule across restarts",
    "a dead letter once, complete, before the settle",
    "replay is harmless twice",
    "no handler stops the consumer",
    "a drain loses and repeats nothing",
    "a drain out of budget leaves just the unfinished",
    "closing in any way neither hangs nor crashes",
    "one subscription ends, the others go on",
    "use after the close is an error, not a wait",
    "nothing is left behind",
    "a restart of the broker loses nothing",
    "a silent peer is noticed",
    "members come, leave, die and stall",
    "a storm of rebalances",
    "a deleted queue or channel is found again",
    "a channel error ends, the rest gets true outcomes",
    "blocked publishers do not block consumers",
    "overload causes no churn",
    "clock jumps and slow disks lose nothing",
    "health tells both directions",
    "trace and correlation survive retry and dead letter",
    "capabilities are as declared",
};

// What goes over to JSON.
struct JsonCheck {
  std::string name;
  std::string verdict;
  std::string detail;
  double seconds = 0;
};
struct JsonBehaviour {
  std::int64_t number = 0;
  std::string title;
  std::string verdict;
  std::vector<JsonCheck> checks;
};
struct JsonScore {
  std::string transport;
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t not_declared = 0;
  std::int64_t not_applicable = 0;
  std::int64_t not_tested = 0;
  std::vector<JsonBehaviour> behaviours;
};

}  // namespace

std::string_view BehaviourTitle(int number) {
  return number < 1 || number > kBehaviours ? "" : kTitles[static_cast<std::size_t>(number - 1)];
}

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kFailed:
      return "FAILED";
    case Verdict::kNotDeclared:
      return "not declared";
    case Verdict::kNotApplicable:
      return "not applicable";
    case Verdict::kNotTested:
      return "not tested";
  }
  return "?";
}

Verdict Score::VerdictOf(int behaviour) const {
  // In the order in which one outweighs another.
  constexpr std::array kOrder = {Verdict::kFailed, Verdict::kNotTested, Verdict::kPassed,
                                 Verdict::kNotDeclared, Verdict::kNotApplicable};
  for (const Verdict verdict : kOrder) {
    for (const Result& result : results) {
      if (result.check.behaviour == behaviour && result.verdict == verdict) return verdict;
    }
  }
  return Verdict::kNotTested;
}

std::array<int, 5> Score::Count() const {
  std::array<int, 5> count = {};
  for (int number = 1; number <= kBehaviours; ++number) {
    ++count[static_cast<std::size_t>(VerdictOf(number))];
  }
  return count;
}

bool Score::failed() const {
  return std::any_of(results.begin(), results.end(),
                     [](const Result& result) { return result.verdict == Verdict::kFailed; });
}

void PrintTable(const Score& score, std::ostream& out) {
  for (int number = 1; number <= kBehaviours; ++number) {
    const Verdict verdict = score.VerdictOf(number);
    out << std::setw(3) << number << "  " << std::left << std::setw(57) << BehaviourTitle(number)
        << std::right << VerdictName(verdict) << "\n";
    for (const Result& result : score.results) {
      if (result.check.behaviour != number || result.detail.empty()) continue;
      out << "       " << result.check.name << ": " << VerdictName(result.verdict) << "\n";
      for (const absl::string_view line : absl::StrSplit(result.detail, '\n')) {
        out << "         " << line << "\n";
      }
    }
  }
  const std::array<int, 5> count = score.Count();
  out << score.transport << ": " << count[0] << " of " << kBehaviours << " passed, " << count[1]
      << " failed, " << count[2] << " not declared, " << count[3] << " not applicable, " << count[4]
      << " not tested\n";
}

std::string ToJson(const Score& score) {
  JsonScore json;
  json.transport = score.transport;
  const std::array<int, 5> count = score.Count();
  json.passed = count[0];
  json.failed = count[1];
  json.not_declared = count[2];
  json.not_applicable = count[3];
  json.not_tested = count[4];
  for (int number = 1; number <= kBehaviours; ++number) {
    JsonBehaviour behaviour;
    behaviour.number = number;
    behaviour.title = BehaviourTitle(number);
    behaviour.verdict = VerdictName(score.VerdictOf(number));
    for (const Result& result : score.results) {
      if (result.check.behaviour != number) continue;
      behaviour.checks.push_back({std::string(result.check.name),
                                  std::string(VerdictName(result.verdict)), result.detail,
                                  absl::ToDoubleSeconds(result.took)});
    }
    json.behaviours.push_back(std::move(behaviour));
  }
  const absl::StatusOr<std::string> text = omnibus::ToJson(json, Naming::kSnake);
  return text.ok() ? *text : text.status().ToString();
}

}  // namespace omnibus::transport_testing
