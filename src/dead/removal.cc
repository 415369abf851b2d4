#include "dead/removal.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "dead/removals.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::dead {
namespace {

constexpr std::size_t kMostAtOnce = 64;

// The name space of what tells two bodies apart: a random one, once.
constexpr Uuid kBodies = {{0x0a, 0xe4, 0x33, 0x91, 0x5d, 0x6b, 0x4c, 0x0f, 0x8e, 0x52, 0x1b, 0x77,
                           0xc9, 0x20, 0xfd, 0x68}};

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

// To take one of them away alone would leave the key parked for ever, or break its order.
absl::Status Parked() {
  return absl::UnimplementedError(
      "its key is parked (after_dead_letter: park): the release of a key is not made yet");
}

}  // namespace

std::size_t BatchOf(const RemovalOptions& options) {
  if (!options.rate.has_value()) return kMostAtOnce;
  // A quarter of a second's: what was confirmed is removed soon, however slow it goes.
  const double batch = std::ceil(*options.rate / 4);
  return static_cast<std::size_t>(std::clamp(batch, 1.0, static_cast<double>(kMostAtOnce)));
}

// Shared with completions: these may come after whoever waited has given up.
struct Removal::Outcomes {
  Outcomes(std::size_t count, Runtime& runtime) : bell(runtime.NewDoorbell()), statuses(count) {}

  const std::unique_ptr<Doorbell> bell;
  absl::Mutex mu;
  std::size_t left ABSL_GUARDED_BY(mu) = 0;
  std::vector<absl::Status> statuses ABSL_GUARDED_BY(mu);

  void Begin() {
    absl::MutexLock lock(&mu);
    ++left;
  }
  void End(std::size_t index, absl::Status status) {
    {
      absl::MutexLock lock(&mu);
      statuses[index] = std::move(status);
      --left;
    }
    bell->Ring();
  }
  // A producer gives each message its outcome in time, so this ends.
  std::vector<absl::Status> Wait() {
    while (true) {
      {
        absl::MutexLock lock(&mu);
        if (left == 0) return statuses;
      }
      bell->Wait(absl::InfiniteFuture());
    }
  }
};

Removal::Removal(RemovalKind kind, const DeadQueue& queue, const Capabilities& capabilities,
                 Sender& sender, const RemovalOptions& options, const WalkOptions& walk,
                 RemovalTally& tally)
    : kind_(kind),
      queue_(queue),
      is_log_(capabilities.replay),
      target_(TargetOf(queue, capabilities)),
      sender_(sender),
      options_(options),
      walk_(walk),
      tally_(tally) {}

absl::StatusOr<Next> Removal::Visit(QueuePass& pass, std::span<Letter> letters) {
  if (options_.dry_run) return OnlySay(pass, letters);
  bool round = false;
  if (pass.beyond_begin()) {
    const auto again = std::find_if(letters.begin(), letters.end(), [this](const Letter& letter) {
      return bodies_.contains(NameUuid(kBodies, letter.buried.body));
    });
    // It has come round: from here on it would be replayed for ever.
    round = again != letters.end();
    for (auto each = again; each != letters.end(); ++each) pass.Leave(each->message.tag);
    letters = letters.first(static_cast<std::size_t>(again - letters.begin()));
  }
  std::vector<absl::Status> outcomes(letters.size());
  if (kind_ == RemovalKind::kReplay) {
    absl::StatusOr<std::vector<absl::Status>> replayed = ReplayAll(letters);
    if (!replayed.ok()) return replayed.status();
    outcomes = *std::move(replayed);
  } else {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      if (letters[i].buried.parks) {
        outcomes[i] = Parked();
      } else if (!WaitForTurn()) {
        outcomes[i] = absl::CancelledError("stopped");
      }
    }
  }
  if (is_log_) {
    const absl::Status written = WriteRemoved(letters, outcomes);
    for (absl::Status& outcome : outcomes) {
      if (outcome.ok()) outcome = written;
    }
  }
  const Next next = Conclude(pass, letters, outcomes);
  return round ? Next::kEnough : next;
}

absl::StatusOr<Next> Removal::OnlySay(QueuePass& pass, std::span<Letter> letters) {
  for (const Letter& letter : letters) {
    pass.Leave(letter.message.tag);
    if (absl::StatusOr<std::string> body = BodyOf(letter); !body.ok()) return body.status();
    if (!replayed_.insert(letter.buried.id).second) continue;
    ++tally_.done;
    if (options_.progress) options_.progress(letter.buried, absl::OkStatus());
  }
  return Next::kGoOn;
}

absl::StatusOr<std::string> Removal::BodyOf(const Letter& letter) const {
  if (!options_.edited.has_value()) return letter.buried.body;
  return EditedBody(letter.message, queue_.dialect, *options_.edited,
                    [this](std::string_view type) -> const EventType* {
                      for (const EventType* event : walk_.events) {
                        if (event->contract->type == type) return event;
                      }
                      return nullptr;
                    });
}

absl::StatusOr<std::vector<absl::Status>> Removal::ReplayAll(std::span<Letter> letters) {
  // All are checked first: nothing is done where one is wrong.
  std::vector<std::string> bodies;
  for (const Letter& letter : letters) {
    absl::StatusOr<std::string> body = BodyOf(letter);
    if (!body.ok()) return body.status();
    bodies.push_back(*std::move(body));
  }
  const auto outcomes = std::make_shared<Outcomes>(letters.size(), walk_.runtime);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (replayed_.contains(letters[i].buried.id)) continue;
    outcomes->Begin();
    if (letters[i].buried.parks) {
      outcomes->End(i, Parked());
      continue;
    }
    if (!WaitForTurn()) {
      outcomes->End(i, absl::CancelledError("stopped"));
      continue;
    }
    const ReplayMessage message(letters[i].message, letters[i].buried, target_, bodies[i]);
    sender_.Send(message.message(), walk_.runtime.Now() + walk_.timeout,
                 [outcomes, i](absl::Status status) { outcomes->End(i, std::move(status)); });
  }
  std::vector<absl::Status> statuses = outcomes->Wait();
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!statuses[i].ok()) continue;
    replayed_.insert(letters[i].buried.id);
    bodies_.insert(NameUuid(kBodies, bodies[i]));
  }
  return statuses;
}

bool Removal::WaitForTurn() {
  if (walk_.stop.stop_requested()) return false;
  if (!options_.rate.has_value()) return true;
  const absl::Time now = walk_.runtime.Now();
  const absl::Time turn = std::max(now, next_turn_);
  next_turn_ = turn + absl::Seconds(1 / *options_.rate);
  if (turn == now) return true;
  const std::unique_ptr<Doorbell> bell = walk_.runtime.NewDoorbell();
  const std::stop_callback ring(walk_.stop, [&bell] { bell->Ring(); });
  return !bell->Wait(turn);
}

absl::Status Removal::WriteRemoved(std::span<Letter> letters,
                                   std::span<const absl::Status> outcomes) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!outcomes[i].ok()) continue;
    places.push_back({letters[i].message.partition, letters[i].message.offset});
  }
  if (places.empty()) return absl::OkStatus();
  std::sort(places.begin(), places.end());
  const std::string removed = FormatRemoved(places);
  const HeaderView header{kRemovedHeader, removed};
  OutgoingMessage record;
  record.destination = Destination::kQueue;
  record.channel = queue_.name;
  record.mandatory = false;
  record.headers = {&header, 1};
  const absl::Status written = SendAndWait(record);
  if (written.ok()) return written;
  return absl::Status(
      written.code(),
      absl::StrCat(kind_ == RemovalKind::kReplay ? "replayed, but it stays in the list: " : "",
                   written.message()));
}

absl::Status Removal::SendAndWait(const OutgoingMessage& message) {
  const auto outcomes = std::make_shared<Outcomes>(1, walk_.runtime);
  outcomes->Begin();
  sender_.Send(message, walk_.runtime.Now() + walk_.timeout,
               [outcomes](absl::Status status) { outcomes->End(0, std::move(status)); });
  return outcomes->Wait()[0];
}

Next Removal::Conclude(QueuePass& pass, std::span<Letter> letters,
                       std::span<const absl::Status> outcomes) {
  Next next = Next::kGoOn;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const Letter& letter = letters[i];
    if (absl::IsCancelled(outcomes[i]) && walk_.stop.stop_requested()) {
      pass.Leave(letter.message.tag);
      continue;
    }
    if (!outcomes[i].ok()) {
      pass.Leave(letter.message.tag);
      // The broker is in trouble: what comes behind would overtake this one.
      if (MayPass(outcomes[i])) next = Next::kEnough;
      ++tally_.failed;
      if (tally_.first_error.ok()) tally_.first_error = outcomes[i];
    } else if (is_log_) {
      pass.Leave(letter.message.tag);
    } else if (!pass.Take(letter.message.tag)) {
      continue;  // the connection was lost: it comes again
    }
    if (outcomes[i].ok()) {
      // It comes again, too, when the connection is lost before the broker has heard.
      if (!told_.insert(letter.buried.id).second) continue;
      ++tally_.done;
    }
    if (options_.progress) options_.progress(letter.buried, outcomes[i]);
  }
  if (next == Next::kEnough) tally_.stopped = true;
  return next;
}

}  // namespace omnibus::dead
