// Runs checks, and tells what came of them.
#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "omnibus/transport_testing.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

// Runs one part of a check. False: it makes no sense to go on.
bool Try(Stage& stage, Result& result, void (Stage::*part)()) {
  try {
    (stage.*part)();
    return true;
  } catch (const Abandoned&) {  // what it found is written down
  } catch (const Skipped& skipped) {
    result.verdict = skipped.verdict;
    result.detail = skipped.why;
  } catch (const std::exception& error) {
    stage.findings().Add(absl::StrCat("it threw: ", error.what()));
  }
  return false;
}

std::vector<Check> CheckList() {
  std::vector<Check> checks;
  for (const Entry& entry : AllEntries()) checks.push_back(entry.check);
  return checks;
}

}  // namespace

const std::vector<Entry>& AllEntries() {
  static const std::vector<Entry> entries = [] {
    std::vector<Entry> all;
    AddBasics(all);
    AddGroups(all);
    AddSettling(all);
    AddPublishing(all);
    AddLifecycle(all);
    AddHandling(all);
    AddQuarantine(all);
    AddComingBack(all);
    AddDrain(all);
    AddMembership(all);
    AddCapabilities(all);
    AddFaults(all);
    std::stable_sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) {
      return a.check.behaviour < b.check.behaviour;
    });
    return all;
  }();
  return entries;
}

std::span<const Check> Checks() {
  static const std::vector<Check> checks = CheckList();
  return checks;
}

Result Run(const Check& check, const TransportUnderTest& under_test, const Settings& settings) {
  Result result;
  result.check = check;
  const absl::Time start = Now();
  const std::vector<Entry>& entries = AllEntries();
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& each) { return each.check.name == check.name; });
  if (entry == entries.end()) {
    result.verdict = Verdict::kFailed;
    result.detail = "there is no such check";
    return result;
  }
  const std::unique_ptr<Stage> stage = entry->make();
  stage->Bind(under_test, settings);
  result.verdict = Verdict::kPassed;
  if (Try(*stage, result, &Stage::SetUp)) Try(*stage, result, &Stage::Run);
  // A check that ended early has left a history that says nothing.
  if (result.verdict != Verdict::kPassed || !stage->findings().empty()) stage->IgnoreHistory();
  Try(*stage, result, &Stage::TearDown);
  if (result.verdict == Verdict::kPassed) result.detail = stage->notes();
  if (const std::vector<std::string> found = stage->findings().all(); !found.empty()) {
    result.verdict = Verdict::kFailed;
    result.detail = absl::StrJoin(found, "\n");
  }
  result.took = Now() - start;
  return result;
}

Score Examine(const TransportUnderTest& under_test, const Settings& settings,
              const std::function<void(const Result&)>& progress) {
  Score score;
  score.transport = under_test.name;
  for (const Check& check : Checks()) {
    if (check.name.find(settings.only) == check.name.npos) continue;
    if (check.disruptive && !settings.disruptive) {
      Result result;
      result.check = check;
      result.detail = "it does something to the broker itself";
      score.results.push_back(std::move(result));
    } else {
      score.results.push_back(transport_testing::Run(check, under_test, settings));
    }
    if (progress) progress(score.results.back());
  }
  return score;
}

}  // namespace omnibus::transport_testing
