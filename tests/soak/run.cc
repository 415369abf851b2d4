#include "tests/soak/run.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/soak/crew.h"
#include "tests/soak/strike.h"
#include "tests/soak/tally.h"

namespace omnibus::soak {
namespace {

constexpr absl::Duration kStartWithin = absl::Minutes(2);
// How long we look for traffic after a fault; the bound is less, and the verdict knows.
constexpr absl::Duration kLookFor = absl::Seconds(40);
constexpr absl::Duration kDrainWithin = absl::Seconds(60);
// Kafka's session.timeout.ms, and how long after its last heartbeat (1.5 s) a member may be out of
// reach: then its group has to wait for the end of the old membership too. See docs/soak.md.
constexpr absl::Duration kSession = absl::Seconds(6);
constexpr absl::Duration kMembershipLasts = absl::Milliseconds(4500);

class Running {
 public:
  explicit Running(const RunOptions& options)
      : options_(options),
        name_(absl::StrCat(NameOf(options.transport), ", ", NameOf(options.topology))),
        random_(options.seed + static_cast<std::uint64_t>(options.transport) * 2 +
                static_cast<std::uint64_t>(options.topology)) {}

  absl::StatusOr<RunResult> Go() {
    if (absl::Status started = Start(); !started.ok()) return started;
    absl::Status status = StrikeUntilTheEnd();
    const std::int64_t stopped = SteadyNanoseconds();
    status.Update(Finish());
    if (!status.ok()) return status;

    windows_.back().end = SteadyNanoseconds();
    RunResult result;
    result.transport = options_.transport;
    result.topology = options_.topology;
    result.begin = windows_.front().begin;
    result.end = stopped;
    result.windows = windows_;
    result.seconds = Seconds();
    VerdictOptions judged;
    // Members of a RabbitMQ group share its queue message by message, and its publishes race.
    judged.ordered = {true, options_.transport == Transport::kKafka,
                      options_.transport == Transport::kKafka};
    judged.patience = options_.patience;
    result.verdict = Judge(tally_, windows_, judged);
    for (const std::string& problem : problems_) result.verdict.broken.push_back(problem);
    return result;
  }

 private:
  void Say(const std::string& what) const {
    const double at = windows_.empty()
                          ? 0
                          : static_cast<double>(SteadyNanoseconds() - windows_.front().begin) / 1e9;
    std::fprintf(stderr, "%6.1f s  %s: %s\n", at, name_.c_str(), what.c_str());
  }

  void Problem(const std::string& what) {
    problems_.push_back(what);
    Say("!! " + what);
  }

  absl::Status Start() {
    std::filesystem::remove_all(options_.directory);
    std::filesystem::create_directories(options_.directory);
    Say("starting");
    absl::StatusOr<std::unique_ptr<Site>> site = Site::Start(options_.transport, options_.topology);
    if (!site.ok()) return site.status();
    site_ = *std::move(site);

    CrewOptions crew;
    crew.program = options_.program;
    crew.directory = options_.directory;
    crew.config = options_.directory + "/omnibus.yaml";
    crew.seed = absl::StrCat(options_.seed);
    crew.rate = options_.rate;
    std::ofstream(crew.config) << Configuration();
    crew_ = std::make_unique<Crew>(std::move(crew), tally_);
    if (absl::Status started = crew_->Start(kStartWithin); !started.ok()) return started;

    for (StrikeKind& kind : MemberStrikes(*crew_, options_.transport)) Offer(std::move(kind));
    for (StrikeKind& kind : site_->Strikes()) Offer(std::move(kind));
    Offer(Calm());
    return kinds_.empty() ? absl::InvalidArgumentError("no such fault") : absl::OkStatus();
  }

  void Offer(StrikeKind kind) {
    const std::vector<std::string>& wanted = options_.faults;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), kind.fault) != wanted.end()) {
      kinds_.push_back(std::move(kind));
    }
  }

  std::string Configuration() const {
    const char* transport = NameOf(options_.transport);
    const char* key = options_.transport == Transport::kKafka ? "brokers" : "url";
    return absl::StrCat("bus: { transport: ", transport, " }\ntransports:\n  ", transport,
                        ":\n    ", key, ": \"", site_->address(),
                        "\"\nchannels:\n  soak.ticks: { partitions: 6 }\n"
                        "  soak.notes: { partitions: 6 }\n");
  }

  absl::Status StrikeUntilTheEnd() {
    const absl::Time end = absl::Now() + options_.duration;
    // Without a fault first: what is normal.
    std::mt19937_64 quiet(0);
    if (absl::Status status = Carry(Calm().make(quiet)); !status.ok()) return status;
    std::vector<std::size_t> bag;
    while (absl::Now() < end && !options_.stop.stop_requested()) {
      // Drawn without putting back: each has its turn before any comes again.
      if (bag.empty()) {
        for (std::size_t i = 0; i < kinds_.size(); ++i) bag.push_back(i);
        std::shuffle(bag.begin(), bag.end(), random_);
      }
      const Strike strike = kinds_[bag.back()].make(random_);
      bag.pop_back();
      if (absl::Status status = Carry(strike); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Journals are read all the time, so that little is left to be read at once.
  absl::Status Pass(absl::Duration time) {
    const absl::Time end = absl::Now() + time;
    do {
      if (absl::Status status = tally_.ReadNew(); !status.ok()) return status;
      absl::SleepFor(
          std::min(absl::Milliseconds(100), std::max(end - absl::Now(), absl::ZeroDuration())));
    } while (absl::Now() < end);
    return absl::OkStatus();
  }

  absl::Status Carry(const Strike& strike) {
    Window window;
    window.fault = strike.fault;
    window.detail = strike.detail;
    window.begin = SteadyNanoseconds();
    window.duplicates_allowed = strike.duplicates_allowed;
    window.wait_allowed = absl::ToInt64Nanoseconds(strike.wait_allowed);
    if (!windows_.empty()) windows_.back().end = window.begin;
    windows_.push_back(window);
    const std::string what =
        strike.fault + (strike.detail.empty() ? "" : " (" + strike.detail + ")");
    Say(what);
    if (absl::Status status = strike.begin(); !status.ok()) Problem(status.ToString());
    if (absl::Status status = Pass(strike.hold); !status.ok()) return status;
    if (absl::Status status = strike.end(); !status.ok()) Problem(status.ToString());

    const std::int64_t healed = SteadyNanoseconds();
    windows_.back().healed = healed;
    if (options_.transport == Transport::kKafka && strike.parts_all &&
        absl::Nanoseconds(healed - windows_.back().begin) > kMembershipLasts) {
      windows_.back().regrouping_allowed = absl::ToInt64Nanoseconds(kSession);
    }
    tally_.Watch(healed);
    const absl::Time deadline = absl::Now() + kLookFor;
    while (!Recovered() && absl::Now() < deadline) {
      if (absl::Status status = Pass(absl::Milliseconds(50)); !status.ok()) return status;
    }
    Say(absl::StrFormat("%s: %s %.1f s after the end; %d published, %d confirmed, behind %d %d %d",
                        what, Recovered() ? "all flows" : "still not well",
                        static_cast<double>(SteadyNanoseconds() - healed) / 1e9, tally_.published(),
                        tally_.confirmed(), tally_.behind(0), tally_.behind(1), tally_.behind(2)));
    if (absl::Status status = crew_->CheckThatAllRun(); !status.ok()) return status;
    return Pass(absl::Milliseconds(std::uniform_int_distribution<int>(2000, 4000)(random_)));
  }

  // Ticks of after the fault have come everywhere, and what had piled up is done.
  bool Recovered() const {
    const std::int64_t some = options_.rate;
    return tally_.flows() && tally_.without_outcome() < some && tally_.behind(0) < some &&
           tally_.behind(1) < some && tally_.behind(2) < some;
  }

  // Stops the traffic, and lets all of it arrive.
  absl::Status Finish() {
    Say("stopping the traffic");
    if (absl::Status status = crew_->StopPublisher(); !status.ok()) Problem(status.ToString());
    const absl::Time deadline = absl::Now() + kDrainWithin;
    do {
      if (absl::Status status = Pass(absl::Milliseconds(100)); !status.ok()) return status;
    } while (Behind() && absl::Now() < deadline);
    if (absl::Status status = crew_->StopMembers(); !status.ok()) Problem(status.ToString());
    if (absl::Status status = tally_.ReadNew(); !status.ok()) return status;
    Say(absl::StrFormat("%d published, %d confirmed, behind %d %d %d", tally_.published(),
                        tally_.confirmed(), tally_.behind(0), tally_.behind(1), tally_.behind(2)));
    return absl::OkStatus();
  }

  bool Behind() const {
    return tally_.behind(0) > 0 || tally_.behind(1) > 0 || tally_.behind(2) > 0;
  }

  std::vector<Second> Seconds() const {
    std::vector<Second> seconds;
    const auto at = [&](std::int64_t when) -> Second& {
      const std::int64_t since = std::max<std::int64_t>(when - windows_.front().begin, 0);
      const auto index = static_cast<std::size_t>(since / 1'000'000'000);
      if (seconds.size() <= index) seconds.resize(index + 1);
      return seconds[index];
    };
    for (const std::deque<TickFate>& sender : tally_.senders()) {
      for (const TickFate& fate : sender) {
        if (fate.published != 0) ++at(fate.published).published;
        if (fate.confirmed()) ++at(fate.outcome).confirmed;
        for (std::size_t group = 0; group < kGroups.size(); ++group) {
          if (fate.groups[group].handled != 0) ++at(fate.groups[group].handled).handled[group];
        }
      }
    }
    return seconds;
  }

  const RunOptions& options_;
  const std::string name_;
  std::mt19937_64 random_;
  Tally tally_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<Crew> crew_;  // after the site: it ends first
  std::vector<StrikeKind> kinds_;
  std::vector<Window> windows_;
  std::vector<std::string> problems_;
};

}  // namespace

absl::StatusOr<RunResult> Run(const RunOptions& options) { return Running(options).Go(); }

}  // namespace omnibus::soak
