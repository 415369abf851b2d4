#include "dead/removal.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dead/removals.h"

namespace omnibus::dead {
namespace {

constexpr std::size_t kMostAtOnce = 64;

// The name space of what tells two bodies apart: a random one, once.
constexpr Uuid kBodies = {{0x0a, 0xe4, 0x33, 0x91, 0x5d, 0x6b, 0x4c, 0x0f, 0x8e, 0x52, 0x1b, 0x77,
                           0xc9, 0x20, 0xfd, 0x68}};

}  // namespace

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

std::size_t BatchOf(const RemovalOptions& options) {
  if (!options.rate.has_value()) return kMostAtOnce;
  // A quarter of a second's: what was confirmed is removed soon, however slow it goes.
  const double batch = std::ceil(*options.rate / 4);
  return static_cast<std::size_t>(std::clamp(batch, 1.0, static_cast<double>(kMostAtOnce)));
}

absl::StatusOr<std::string> BodyToReplay(const Letter& letter, const DeadQueue& queue,
                                         const RemovalOptions& options, const WalkOptions& walk) {
  if (!options.edited.has_value()) return letter.buried.body;
  return EditedBody(letter.message, queue.dialect, *options.edited,
                    [&](std::string_view type) -> const EventType* {
                      for (const EventType* event : walk.events) {
                        if (event->contract->type == type) return event;
                      }
                      return nullptr;
                    });
}

Removal::Removal(RemovalKind kind, const DeadQueue& queue, const Capabilities& capabilities,
                 Outbox& outbox, const RemovalOptions& options, const WalkOptions& walk,
                 RemovalTally& tally)
    : kind_(kind),
      queue_(queue),
      is_log_(capabilities.replay),
      target_(TargetOf(queue, capabilities)),
      outbox_(outbox),
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
      if (!outbox_.WaitForTurn()) outcomes[i] = absl::CancelledError("stopped");
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
    if (absl::StatusOr<std::string> body = BodyToReplay(letter, queue_, options_, walk_);
        !body.ok())
      return body.status();
    if (!replayed_.insert(letter.buried.id).second) continue;
    ++tally_.done;
    if (options_.progress) options_.progress(letter.buried, absl::OkStatus());
  }
  return Next::kGoOn;
}

absl::StatusOr<std::vector<absl::Status>> Removal::ReplayAll(std::span<Letter> letters) {
  // All are checked first: nothing is done where one is wrong.
  std::vector<std::string> bodies;
  for (const Letter& letter : letters) {
    absl::StatusOr<std::string> body = BodyToReplay(letter, queue_, options_, walk_);
    if (!body.ok()) return body.status();
    bodies.push_back(*std::move(body));
  }
  Outbox::Lot lot(outbox_, letters.size());
  std::size_t count = 0;  // of those that were not stopped
  for (; count < letters.size(); ++count) {
    const Letter& letter = letters[count];
    if (replayed_.contains(letter.buried.id)) continue;
    if (!outbox_.WaitForTurn()) break;
    const ReplayMessage message(letter.message, letter.buried, target_, bodies[count]);
    lot.Send(count, message.message());
  }
  std::vector<absl::Status> statuses = lot.Wait();
  for (std::size_t i = count; i < letters.size(); ++i) {
    statuses[i] = absl::CancelledError("stopped");
  }
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!statuses[i].ok()) continue;
    replayed_.insert(letters[i].buried.id);
    bodies_.insert(NameUuid(kBodies, bodies[i]));
  }
  return statuses;
}

absl::Status Removal::WriteRemoved(std::span<Letter> letters,
                                   std::span<const absl::Status> outcomes) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!outcomes[i].ok()) continue;
    places.push_back({letters[i].message.partition, letters[i].message.offset});
  }
  const absl::Status written = outbox_.WriteRemoved(queue_, std::move(places));
  if (written.ok()) return written;
  return absl::Status(
      written.code(),
      absl::StrCat(kind_ == RemovalKind::kReplay ? "replayed, but it stays in the list: " : "",
                   written.message()));
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
