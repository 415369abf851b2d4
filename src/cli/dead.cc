#include "cli/dead.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/configuration_files.h"
#include "cli/dead_letter_lines.h"
#include "cli/event_line.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/stop_signals.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

// A line of progress that is written over, where standard error is a terminal.
class ProgressLine {
 public:
  ProgressLine(Runtime& runtime, bool wanted)
      : runtime_(runtime), shown_(wanted && isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const std::string& text) {
    const absl::Time now = runtime_.Now();
    if (!shown_ || now < next_) return;
    next_ = now + absl::Milliseconds(100);
    std::fputs(("\r\033[K" + text).c_str(), stderr);
    std::fflush(stderr);
    dirty_ = true;
  }

  void Clear() {
    if (dirty_) std::fputs("\r\033[K", stderr);
    dirty_ = false;
  }

 private:
  Runtime& runtime_;
  const bool shown_;
  bool dirty_ = false;
  absl::Time next_ = absl::InfinitePast();
};

bool HasFilter(const DeadLetterFilter& filter) {
  return !filter.modules.empty() || !filter.channels.empty() || !filter.types.empty() ||
         !filter.keys.empty() || !filter.reasons.empty() || !filter.ids.empty() ||
         filter.since.has_value() || filter.before.has_value();
}

// Services of the domains, in both spellings. A name that nobody has would find nothing, silently.
absl::Status CheckModules(const std::vector<Domain>& domains, const DeadLetterFilter& filter) {
  std::set<std::string> known, shown;
  for (const Domain& domain : domains) {
    const std::string name(domain.name->name);
    for (std::string_view service : domain.name->services) {
      shown.emplace(service);
      known.emplace(service);
      known.insert(name + "/" + std::string(service));
      known.insert(name + "." + std::string(service));
    }
  }
  const std::vector<std::string> names(shown.begin(), shown.end());
  for (const std::string& module : filter.modules) {
    if (known.contains(module)) continue;
    return absl::NotFoundError(
        absl::StrCat("there is no module ", Quoted(module), Suggestion(module, names)));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const std::vector<Domain>& domains, const DeadLetterFilter& filter) {
  if (absl::Status status = CheckModules(domains, filter); !status.ok()) return status;
  for (const std::string& channel : filter.channels) {
    if (absl::Status status = FindChannel(domains, channel).status(); !status.ok()) return status;
  }
  for (const std::string& type : filter.types) {
    if (absl::Status status = FindEvent(domains, type).status(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// One command from its beginning to its end. `code` is set where it cannot begin.
class DeadSession {
 public:
  DeadSession(const DeadCommand& command, Environment& environment)
      : environment_(environment), signals_(environment.runtime), filter_(command.filter) {
    const absl::Time now = environment.runtime.WallTime();
    if (command.since_ago) filter_.since = ToTimestamp(now - *command.since_ago);
    if (command.before_ago) filter_.before = ToTimestamp(now - *command.before_ago);
    Open(command);
  }

  int code() const { return code_; }
  const DeadLetterFilter& filter() const { return filter_; }
  DeadLetters& letters() { return *letters_; }
  bool stopped() const { return signals_.stopped(); }

  // Whether results can still be written; else `code` says what to exit with.
  bool CanWrite() {
    if (environment_.out.status().ok()) return true;
    // Whoever reads along has seen enough, as `head` does.
    code_ = absl::IsCancelled(environment_.out.status())
                ? kDone
                : Complain(environment_.out.status(), kFailed);
    return false;
  }

 private:
  void Open(const DeadCommand& command) {
    absl::Status status = CheckNames(environment_.domains, filter_);
    if (!status.ok()) {
      code_ = Complain(status, kWrong);
      return;
    }
    absl::StatusOr<LoadedConfiguration> configuration =
        LoadConfiguration(command.configuration, environment_.domains);
    if (!configuration.ok()) {
      code_ = Complain(configuration.status(), kWrong);
      return;
    }
    DeadLettersOptions options;
    options.configuration = configuration->root;
    options.transports = DefaultTransports();
    options.events = AllEvents(environment_.domains);
    options.runtime = &environment_.runtime;
    options.log = environment_.log;
    options.timeout = command.timeout;
    options.stop = signals_.token();
    absl::StatusOr<std::unique_ptr<DeadLetters>> letters = DeadLetters::Open(std::move(options));
    if (!letters.ok()) {
      code_ = Complain(letters.status(), CodeOf(letters.status()));
      return;
    }
    letters_ = *std::move(letters);
    if (configuration->bus.transport == kMemoryTransport) {
      environment_.log->warn("the memory transport lives in this process: it has no dead letters");
    }
  }

  Environment& environment_;
  StopSignals signals_;
  DeadLetterFilter filter_;
  std::unique_ptr<DeadLetters> letters_;
  int code_ = kDone;
};

std::string NoneFits() { return "no dead letter fits"; }

struct Verb {
  const char* name;  // "replay"
  const char* past;  // "replayed"
};

int Remove(const DeadCommand& command, Environment& environment, const Verb& verb,
           absl::StatusOr<RemovalTally> (DeadLetters::*remove)(const DeadLetterFilter&,
                                                               const RemovalOptions&)) {
  if (!HasFilter(command.filter) && !command.since_ago && !command.before_ago && !command.all) {
    return Complain(absl::StrCat("dead ", verb.name,
                                 ": say which (--module, --type, --key, --id, ...), or --all"),
                    kWrong);
  }
  RemovalOptions options;
  options.rate = command.rate;
  options.dry_run = command.dry_run;
  if (command.edit.has_value()) {
    absl::StatusOr<std::string> edited = ReadInput(*command.edit);
    if (!edited.ok()) return Complain(edited.status(), kWrong);
    options.edited = *std::move(edited);
  }
  DeadSession session(command, environment);
  if (session.code() != kDone) return session.code();

  ProgressLine line(environment.runtime, /*wanted=*/!command.json && !command.dry_run);
  const bool coloured = OutputIsColoured();
  std::int64_t done = 0;
  options.progress = [&](const BuriedMessage& message, const absl::Status& outcome) {
    if (outcome.ok()) ++done;
    if (command.json) {
      JsonLine object = DeadLetterObject(message, /*whole=*/false);
      object.Text("outcome", !outcome.ok() ? "failed" : command.dry_run ? "would be" : verb.past);
      if (!outcome.ok()) object.Text("error", StdView(outcome.message()));
      environment.out.Line(object.Done());
    } else if (command.dry_run) {
      environment.out.Line(DeadLetterLine(message, coloured));
    } else if (!outcome.ok()) {
      line.Clear();
      Complain(
          absl::StrCat(ToString(message.id), " could not be ", verb.past, ": ", outcome.message()),
          kFailed);
    }
    line.Show(absl::StrCat(verb.past, " ", done));
  };
  const absl::StatusOr<RemovalTally> tally = (session.letters().*remove)(session.filter(), options);
  line.Clear();
  if (!tally.ok()) {
    // What was edited breaks its contract, or is not about one dead letter: that is no usage.
    const bool edit = command.edit.has_value() && !absl::IsUnavailable(tally.status());
    return Complain(tally.status(), edit ? kFailed : CodeOf(tally.status()));
  }
  std::string summary =
      absl::StrCat(command.dry_run ? "would have " : "", verb.past, " ", tally->done,
                   tally->done == 1 ? " dead letter" : " dead letters");
  if (tally->following > 0) {
    absl::StrAppend(&summary, "; ", tally->following,
                    command.dry_run ? " parked behind would follow" : " parked behind followed");
  }
  if (tally->failed > 0) absl::StrAppend(&summary, ", failed with ", tally->failed);
  if (session.stopped()) {
    absl::StrAppend(&summary, "; interrupted, the others lie where they lay");
  } else if (tally->stopped) {
    absl::StrAppend(&summary, "; ended early: ", tally->first_error.message());
  }
  if (!command.json && !command.dry_run) {
    environment.out.Line(summary);
  } else {
    std::fputs((summary + "\n").c_str(), stderr);
  }
  if (!session.CanWrite()) return kFailed;
  const bool none = tally->done + tally->failed == 0;
  if (none && !command.filter.ids.empty()) return Complain(NoneFits(), kFailed);
  return tally->failed > 0 || tally->stopped ? kFailed : kDone;
}

}  // namespace

int ListDead(const DeadCommand& command, Environment& environment) {
  DeadSession session(command, environment);
  if (session.code() != kDone) return session.code();
  const bool coloured = OutputIsColoured();
  int count = 0;
  const absl::Status browsed =
      session.letters().Browse(session.filter(), [&](const BuriedMessage& message) {
        environment.out.Line(command.json ? DeadLetterObject(message, /*whole=*/false).Done()
                                          : DeadLetterLine(message, coloured));
        return session.CanWrite() && (!command.count || ++count < *command.count);
      });
  if (!session.CanWrite()) return session.code();
  if (!browsed.ok()) return Complain(browsed, CodeOf(browsed));
  return session.stopped() ? kFailed : kDone;
}

int ShowDead(const DeadCommand& command, Environment& environment) {
  DeadSession session(command, environment);
  if (session.code() != kDone) return session.code();
  const bool coloured = OutputIsColoured();
  int count = 0;
  std::string body;
  const absl::Status browsed =
      session.letters().Browse(session.filter(), [&](const BuriedMessage& message) {
        ++count;
        if (command.body) {
          body = message.body;
          return count < 2;
        }
        environment.out.Line(command.json ? DeadLetterObject(message, /*whole=*/true).Done()
                                          : DeadLetterText(message, coloured));
        return session.CanWrite();
      });
  if (!session.CanWrite()) return session.code();
  if (!browsed.ok()) return Complain(browsed, CodeOf(browsed));
  if (session.stopped()) return kFailed;
  if (count == 0) return Complain(NoneFits(), kFailed);
  if (!command.body) return kDone;
  if (count > 1) return Complain("more than one dead letter fits: choose one by --id", kFailed);
  environment.out.Bytes(body);
  return session.CanWrite() ? kDone : session.code();
}

int ReplayDead(const DeadCommand& command, Environment& environment) {
  return Remove(command, environment, {"replay", "replayed"}, &DeadLetters::Replay);
}

int PurgeDead(const DeadCommand& command, Environment& environment) {
  return Remove(command, environment, {"purge", "purged"}, &DeadLetters::Purge);
}

}  // namespace omnibus::cli
