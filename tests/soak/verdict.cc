#include "tests/soak/verdict.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "transport_testing/history.h"

namespace omnibus::soak {
namespace {

// The checker holds all that it was told in memory: it is told of the keys in as many parts.
constexpr int kParts = 16;

double Seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

// One judging of one run.
class Judging {
 public:
  Judging(const Tally& tally, const std::vector<Window>& windows, const VerdictOptions& options)
      : tally_(tally), windows_(windows), options_(options) {
    verdict_.windows.resize(windows.size());
    first_deliveries_.resize(windows.size());
    for (auto& first : first_deliveries_) first.fill(-1);
    arrivals_ = tally.arrivals();
    std::stable_sort(arrivals_.begin(), arrivals_.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
  }

  Verdict Run() && {
    CountTicks();
    CountArrivals();
    for (int group = 0; group < static_cast<int>(kGroups.size()); ++group) {
      for (int part = 0; part < kParts; ++part) Check(group, part);
    }
    AddUp();
    Compare();
    return std::move(verdict_);
  }

 private:
  std::size_t WindowAt(std::int64_t at) const {
    const auto after = std::upper_bound(
        windows_.begin(), windows_.end(), at,
        [](std::int64_t when, const Window& window) { return when < window.begin; });
    return after == windows_.begin() ? 0 : static_cast<std::size_t>(after - windows_.begin()) - 1;
  }
  Figures& FiguresAt(std::int64_t at) { return verdict_.windows[WindowAt(at)]; }

  const TickFate& FateOf(const Arrival& arrival) const {
    return tally_.senders()[static_cast<std::size_t>(arrival.sender)]
                           [static_cast<std::size_t>(arrival.number)];
  }

  void Break(std::string what) { verdict_.broken.push_back(std::move(what)); }

  void CountTicks() {
    for (const std::deque<TickFate>& sender : tally_.senders()) {
      for (const TickFate& fate : sender) {
        if (fate.published == 0) continue;
        const std::size_t at = WindowAt(fate.published);
        Figures& figures = verdict_.windows[at];
        ++figures.published;
        if (fate.confirmed()) {
          ++figures.confirmed;
        } else {
          ++figures.failed;
        }
        TimeTick(fate, windows_[at], figures);
      }
    }
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const auto& first = first_deliveries_[i];
      const bool everywhere = std::find(first.begin(), first.end(), -1) == first.end();
      if (everywhere) {
        verdict_.windows[i].delivery_recovery = *std::max_element(first.begin(), first.end());
      }
    }
  }

  static void Earliest(std::int64_t& first, std::int64_t at) {
    first = first < 0 ? at : std::min(first, at);
  }

  void TimeTick(const TickFate& fate, const Window& window, Figures& figures) {
    if (fate.confirmed()) {
      const std::size_t at = WindowAt(fate.outcome);
      if (fate.outcome >= windows_[at].healed) {
        Earliest(verdict_.windows[at].confirm_recovery, fate.outcome - windows_[at].healed);
      }
    }
    // The last of the groups to get it.
    std::int64_t everywhere = 0;
    bool complete = true;
    for (std::size_t group = 0; group < kGroups.size(); ++group) {
      const std::int64_t delivered = fate.groups[group].delivered;
      everywhere = std::max(everywhere, delivered);
      complete = complete && delivered != 0;
      if (delivered == 0) continue;
      const std::size_t at = WindowAt(delivered);
      if (delivered >= windows_[at].healed) {
        Earliest(first_deliveries_[at][group], delivered - windows_[at].healed);
      }
    }
    if (!complete) return;
    if (fate.published >= window.healed) Earliest(figures.caught_up, everywhere - window.healed);
    figures.longest_wait = std::max(figures.longest_wait, everywhere - fate.published);
  }

  void CountArrivals() {
    std::vector<std::vector<std::vector<bool>>> seen(kGroups.size());
    for (auto& group : seen) {
      for (const auto& sender : tally_.senders()) group.emplace_back(sender.size());
    }
    for (const Arrival& arrival : arrivals_) {
      auto before =
          seen[static_cast<std::size_t>(arrival.group)][static_cast<std::size_t>(arrival.sender)]
              .begin() +
          arrival.number;
      if (*before) {
        ++FiguresAt(arrival.at).duplicated;
        if (!arrival.again) ++FiguresAt(arrival.at).taken_twice;
      }
      *before = true;
    }
  }

  static std::string IdOf(std::size_t sender, std::int64_t number) {
    return absl::StrCat(sender, "-", number);
  }

  // The tick that one of the checker's findings begins with: "0-17@ledger".
  const TickFate& FateOf(std::string_view finding) const {
    const std::vector<std::string> parts = absl::StrSplit(
        absl::string_view(finding.data(), finding.find('@')), absl::MaxSplits('-', 1));
    std::size_t sender = 0, number = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &sender) ||
        !absl::SimpleAtoi(parts[1], &number)) {
      return nobody_;
    }
    return tally_.senders()[sender][number];
  }

  // Asks the checker of the behaviours, for one group and some of the keys.
  void Check(int group, int part) {
    const char* name = kGroups[static_cast<std::size_t>(group)];
    const bool ordered = options_.ordered[static_cast<std::size_t>(group)];
    transport_testing::History history;
    history.Expect(name, "ticks");
    for (std::size_t sender = 0; sender < tally_.senders().size(); ++sender) {
      std::int64_t number = -1;
      for (const TickFate& fate : tally_.senders()[sender]) {
        ++number;
        if (fate.published == 0 || fate.key % kParts != part) continue;
        const std::string id = IdOf(sender, number);
        history.Published("ticks", id, ordered ? absl::StrCat("k", fate.key) : std::string(),
                          absl::StrCat(sender));
        for (int i = 0; i < fate.outcomes; ++i) {
          history.Outcome(id, absl::Status(static_cast<absl::StatusCode>(fate.code), ""));
        }
      }
    }
    for (const Arrival& arrival : arrivals_) {
      if (arrival.group != group || FateOf(arrival).key % kParts != part) continue;
      history.Delivered(name, absl::StrCat("m", arrival.member), "ticks",
                        IdOf(static_cast<std::size_t>(arrival.sender), arrival.number));
    }
    Take(history.Check(), static_cast<std::size_t>(group));
  }

  void Take(const transport_testing::Report& report, std::size_t group) {
    duplicated_ += static_cast<std::int64_t>(report.duplicated.size());
    for (const std::string& lost : report.lost) ++FiguresAt(FateOf(lost).published).lost;
    for (const std::string& reordered : report.reordered) {
      ++FiguresAt(FateOf(reordered).groups[group].delivered).reordered;
    }
    const auto name = [this](const char* what, const std::vector<std::string>& found) {
      if (found.empty()) return;
      Break(absl::StrCat(found.size(), " ", what, ", such as ", found.front()));
    };
    name("lost", report.lost);
    name("reordered within a key", report.reordered);
    name("delivered and never published", report.phantoms);
    name("published without exactly one outcome", report.without_outcome);
  }

  void AddUp() {
    for (const Figures& window : verdict_.windows) {
      Figures& total = verdict_.total;
      total.published += window.published;
      total.confirmed += window.confirmed;
      total.failed += window.failed;
      total.lost += window.lost;
      total.duplicated += window.duplicated;
      total.taken_twice += window.taken_twice;
      total.reordered += window.reordered;
      total.confirm_recovery = std::max(total.confirm_recovery, window.confirm_recovery);
      total.delivery_recovery = std::max(total.delivery_recovery, window.delivery_recovery);
      total.caught_up = std::max(total.caught_up, window.caught_up);
      total.longest_wait = std::max(total.longest_wait, window.longest_wait);
    }
  }

  void Compare() {
    // Delivered to a handler is not yet handled.
    for (std::size_t group = 0; group < kGroups.size(); ++group) {
      const std::int64_t behind = tally_.behind(static_cast<int>(group));
      if (behind != 0) {
        Break(absl::StrCat(behind, " confirmed and never handled well by ", kGroups[group]));
      }
    }
    if (duplicated_ != verdict_.total.duplicated) {
      Break(absl::StrCat("the checker counted ", duplicated_, " duplicates, we counted ",
                         verdict_.total.duplicated));
    }
    if (tally_.dead_letters() != 0) Break(absl::StrCat(tally_.dead_letters(), " dead letters"));
    for (const std::string& close : tally_.bad_closes()) Break(absl::StrCat("bad close: ", close));
    for (std::size_t i = 0; i < windows_.size(); ++i)
      CompareWindow(windows_[i], verdict_.windows[i]);
  }

  bool Exceeds(std::int64_t time, std::int64_t allowed) const {
    return static_cast<double>(time) > static_cast<double>(allowed) * options_.patience;
  }

  void CompareWindow(const Window& window, const Figures& figures) {
    const std::string which =
        absl::StrCat(window.fault, window.detail.empty() ? "" : " of ", window.detail, " at ",
                     absl::StrCat(Seconds(window.begin - windows_.front().begin)), " s: ");
    if (figures.duplicated > window.duplicates_allowed) {
      Break(absl::StrCat(which, figures.duplicated, " duplicates, allowed are ",
                         window.duplicates_allowed));
    }
    const auto compare = [&](const char* what, std::int64_t recovery, std::int64_t allowed) {
      if (recovery < 0) return Break(absl::StrCat(which, "no ", what, " after it"));
      if (Exceeds(recovery, allowed)) {
        Break(absl::StrCat(which, "first ", what, " after ", Seconds(recovery), " s, allowed are ",
                           Seconds(allowed), " s"));
      }
    };
    compare("confirm", figures.confirm_recovery, options_.recovery_allowed);
    compare("delivery", figures.delivery_recovery,
            options_.recovery_allowed + window.regrouping_allowed);
    if (window.wait_allowed != 0 && Exceeds(figures.longest_wait, window.wait_allowed)) {
      Break(absl::StrCat(which, "a tick waited ", Seconds(figures.longest_wait),
                         " s for its handling, allowed are ", Seconds(window.wait_allowed), " s"));
    }
  }

  const Tally& tally_;
  const std::vector<Window>& windows_;
  const VerdictOptions& options_;
  const TickFate nobody_;
  std::vector<Arrival> arrivals_;
  // For each window and group: the first delivery of a new tick after the fault had ended.
  std::vector<std::array<std::int64_t, kGroups.size()>> first_deliveries_;
  std::int64_t duplicated_ = 0;
  Verdict verdict_;
};

}  // namespace

Verdict Judge(const Tally& tally, const std::vector<Window>& windows,
              const VerdictOptions& options) {
  return Judging(tally, windows, options).Run();
}

}  // namespace omnibus::soak
