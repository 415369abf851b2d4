#include "dead/key_release.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::dead {
namespace {

constexpr std::size_t kLot = 64;
constexpr absl::Duration kFirstLook = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

absl::Status Stopped() { return absl::CancelledError("stopped"); }

}  // namespace

KeyRelease::KeyRelease(RemovalKind kind, const DeadQueue& queue, Transport& transport,
                       const DeadLetterFilter& filter, Outbox& outbox,
                       const RemovalOptions& options, const WalkOptions& walk, RemovalTally& tally)
    : kind_(kind),
      queue_(queue),
      transport_(transport),
      is_log_(transport.GetCapabilities().replay),
      target_(TargetOf(queue, transport.GetCapabilities())),
      filter_(filter),
      outbox_(outbox),
      options_(options),
      walk_(walk),
      tally_(tally) {}

absl::Status KeyRelease::Run() {
  absl::StatusOr<ParkedKeys> keys = ReadParkedKeys(queue_, transport_, walk_);
  if (!keys.ok()) return keys.status();
  if (walk_.stop.stop_requested()) return absl::OkStatus();
  if (options_.dry_run) return OnlySay(*keys);
  if (target_.destination != Destination::kQueue) {
    return absl::FailedPreconditionError(absl::StrCat(
        "transport ", queue_.transport, " has no side queues any more: a parked key of ",
        queue_.name, " can only be released over the one that parked it"));
  }
  for (const ParkedKey& key : *keys) {
    if (Fits(key)) continue;
    if (absl::Status status = DoWithoutHead(key); !status.ok()) return status;
  }
  if (absl::Status status = Begin(*keys); !status.ok()) return status;
  if (absl::Status status = AwaitNotes(*keys); !status.ok()) return status;
  for (Release& release : releases_) {
    const ParkedKey* key = Find(*keys, release.event);
    if (release.outcome.ok()) release.outcome = Finish(*key, release);
    if (release.outcome.ok() || absl::IsCancelled(release.outcome)) continue;
    for (const Letter& head : key->heads) {
      if (filter_.Fits(head.buried)) Tell(head, release.outcome);
    }
  }
  if (walk_.stop.stop_requested()) tally_.stopped = true;
  return TakeAway();
}

bool KeyRelease::Fits(const ParkedKey& key) const {
  return std::any_of(key.heads.begin(), key.heads.end(),
                     [this](const Letter& head) { return filter_.Fits(head.buried); });
}

// What was asked to be purged does not.
bool KeyRelease::ComesBack(const ParkedKey::Follower& follower) const {
  return kind_ == RemovalKind::kReplay || !filter_.Fits(follower.letter.buried);
}

const Letter& KeyRelease::HeadOf(const ParkedKey& key) const {
  const auto fits = std::find_if(key.heads.begin(), key.heads.end(),
                                 [this](const Letter& head) { return filter_.Fits(head.buried); });
  return fits == key.heads.end() ? key.heads.front() : *fits;
}

absl::Status KeyRelease::OnlySay(const ParkedKeys& keys) {
  for (const ParkedKey& key : keys) {
    const bool released = Fits(key);
    for (const Letter& head : key.heads) {
      if (!filter_.Fits(head.buried)) continue;
      if (absl::StatusOr<std::string> body = BodyOf(head); !body.ok()) return body.status();
      ++tally_.done;
      if (options_.progress) options_.progress(head.buried, absl::OkStatus());
    }
    for (const ParkedKey::Follower& follower : key.followers) {
      const BuriedMessage& buried = follower.letter.buried;
      if (released && ComesBack(follower)) {
        tally_.following += follower.repeats ? 0 : 1;
      } else if (filter_.Fits(buried)) {
        ++tally_.done;
        if (options_.progress) options_.progress(buried, absl::OkStatus());
      }
    }
  }
  return absl::OkStatus();
}

void KeyRelease::Tell(const Letter& letter, const absl::Status& outcome) {
  ++tally_.failed;
  if (tally_.first_error.ok()) tally_.first_error = outcome;
  if (options_.progress) options_.progress(letter.buried, outcome);
}

// What is parked, and its dead letter was not meant, or is not there any more.
absl::Status KeyRelease::DoWithoutHead(const ParkedKey& key) {
  // A note that nobody waits for any more.
  if (key.heads.empty() && key.followers.empty())
    gone_.insert(key.letters.begin(), key.letters.end());
  for (const auto& [letter, repeats] : key.followers) {
    if (!filter_.Fits(letter.buried)) continue;
    if (kind_ == RemovalKind::kReplay && !key.heads.empty()) {
      Tell(letter, absl::FailedPreconditionError(absl::StrCat(
                       "it is parked behind the dead letter ", ToString(key.heads[0].buried.id),
                       ": replay or purge that one, and this one follows in its turn")));
      continue;
    }
    if (!outbox_.WaitForTurn()) return absl::OkStatus();
    if (kind_ == RemovalKind::kReplay && !repeats) {
      absl::StatusOr<std::string> body = BodyOf(letter);
      if (!body.ok()) return body.status();
      const ReplayMessage message(letter.message, letter.buried, target_, *body);
      if (absl::Status sent = outbox_.SendAndWait(message.message()); !sent.ok()) {
        Tell(letter, sent);
        if (MayPass(sent)) return absl::OkStatus();
        continue;
      }
    }
    gone_.insert(letter.buried.id);
    done_.push_back(letter.buried);
  }
  return absl::OkStatus();
}

absl::Status KeyRelease::SendHead(const ParkedKey& key, const Release& release,
                                  std::string_view kind) {
  const Letter& head = HeadOf(key);
  absl::StatusOr<std::string> body = BodyOf(head);
  if (!body.ok()) return body.status();
  const std::string id = ToString(release.id);
  const HeaderView headers[] = {{"retry_release", kind}, {"retry_release_id", id}};
  const ReplayMessage message(head.message, head.buried, target_, *body, headers);
  return outbox_.SendAndWait(message.message());
}

absl::Status KeyRelease::Begin(const ParkedKeys& keys) {
  for (const ParkedKey& key : keys) {
    if (!Fits(key)) continue;
    // An edit is checked before anything is done.
    if (absl::StatusOr<std::string> body = BodyOf(HeadOf(key)); !body.ok()) return body.status();
  }
  for (const ParkedKey& key : keys) {
    if (!Fits(key)) continue;
    if (!outbox_.WaitForTurn()) return absl::OkStatus();
    Release& release = releases_.emplace_back();
    release.event = key.event;
    release.id = RandomUuid(walk_.runtime.Random(), walk_.runtime.Random());
    release.outcome = SendHead(key, release, kind_ == RemovalKind::kReplay ? "replay" : "drop");
    if (MayPass(release.outcome)) {
      tally_.stopped = true;
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

// A pause that a stop ends.
void KeyRelease::Wait(absl::Time until) {
  const std::unique_ptr<Doorbell> bell = walk_.runtime.NewDoorbell();
  const std::stop_callback ring(walk_.stop, [&bell] { bell->Ring(); });
  if (!walk_.stop.stop_requested()) bell->Wait(until);
}

absl::Status KeyRelease::AwaitNotes(ParkedKeys& keys) {
  absl::Time heard_at = walk_.runtime.Now();
  absl::Duration pause = kFirstLook;
  std::size_t missing_before = releases_.size() + 1;
  std::set<Uuid> releases;
  for (const Release& release : releases_) releases.insert(release.id);
  while (true) {
    std::vector<Release*> missing;
    for (Release& release : releases_) {
      const ParkedKey* key = Find(keys, release.event);
      if (release.outcome.ok() && key->NoteOf(release.id) == nullptr) missing.push_back(&release);
    }
    const absl::Time now = walk_.runtime.Now();
    if (missing.size() < missing_before) heard_at = now;
    missing_before = missing.size();
    const bool stopped = walk_.stop.stop_requested();
    if (missing.empty()) return absl::OkStatus();
    if (stopped || now >= heard_at + walk_.timeout) {
      for (Release* release : missing) {
        release->outcome =
            stopped ? Stopped()
                    : absl::DeadlineExceededError(absl::StrCat(
                          "no process of ", queue_.domain, "/", queue_.module,
                          " that handles its key has answered within ",
                          absl::FormatDuration(walk_.timeout),
                          ": the release waits for one; run this again then, to finish it"));
      }
      return absl::OkStatus();
    }
    Wait(std::min(now + pause, heard_at + walk_.timeout));
    pause = std::min(2 * pause, kLongestPause);
    absl::StatusOr<ParkedKeys> again = ReadParkedKeys(queue_, transport_, walk_, releases);
    if (!again.ok()) return again.status();
    // A reading that was stopped has not seen all.
    if (!walk_.stop.stop_requested()) keys = *std::move(again);
    for (Release& release : releases_) {
      if (Find(keys, release.event) != nullptr) continue;
      return absl::AbortedError(absl::StrCat("somebody else has taken the dead letters of event ",
                                             ToString(release.event), " out of ", queue_.name));
    }
  }
}

// All stands before the note now. Each has its place by number, so that it does not matter in which
// order they arrive, and whether they do twice.
absl::Status KeyRelease::Finish(const ParkedKey& key, const Release& release) {
  std::uint64_t place = key.NoteOf(release.id)->place;
  std::vector<std::pair<const Letter*, std::uint64_t>> back;
  for (const ParkedKey::Follower& follower : key.followers) {
    if (follower.repeats) continue;
    ++place;
    if (ComesBack(follower)) back.emplace_back(&follower.letter, place);
  }
  for (std::size_t begin = 0; begin < back.size(); begin += kLot) {
    const std::size_t count = std::min(kLot, back.size() - begin);
    Outbox::Lot lot(outbox_, count);
    bool stopped = false;
    for (std::size_t i = 0; i < count && !stopped; ++i) {
      stopped = !outbox_.WaitForTurn();
      if (stopped) break;
      const Letter& letter = *back[begin + i].first;
      const std::string sequence = absl::StrCat(back[begin + i].second);
      const HeaderView header{"retry_sequence", sequence};
      const ReplayMessage message(letter.message, letter.buried, target_, letter.buried.body,
                                  {&header, 1});
      lot.Send(i, message.message());
    }
    for (const absl::Status& sent : lot.Wait()) {
      if (!sent.ok()) return sent;
    }
    if (stopped) return Stopped();
  }
  if (absl::Status sent = SendHead(key, release, "done"); !sent.ok()) return sent;
  gone_.insert(key.letters.begin(), key.letters.end());
  for (const Letter& head : key.heads) {
    if (filter_.Fits(head.buried)) done_.push_back(head.buried);
  }
  for (const ParkedKey::Follower& follower : key.followers) {
    if (!ComesBack(follower)) done_.push_back(follower.letter.buried);
  }
  following_ += static_cast<std::int64_t>(back.size());
  return absl::OkStatus();
}

absl::Status KeyRelease::TakeAway() {
  if (gone_.empty()) return absl::OkStatus();
  WalkOptions walk = walk_;
  walk.stop = {};  // what was sent is brought to its end
  absl::StatusOr<Next> walked = WalkQueue(
      queue_, transport_, [this](const BuriedMessage& each) { return gone_.contains(each.id); },
      kLot, walk,
      [&](QueuePass& pass, std::span<Letter> letters) -> absl::StatusOr<Next> {
        std::vector<Place> places;
        for (const Letter& letter : letters) {
          if (!is_log_) {
            pass.Take(letter.message.tag);  // comes again where the connection was lost
            continue;
          }
          places.push_back({letter.message.partition, letter.message.offset});
          pass.Leave(letter.message.tag);
        }
        absl::Status written = outbox_.WriteRemoved(queue_, std::move(places));
        if (!written.ok()) return written;
        return Next::kGoOn;
      });
  if (!walked.ok()) {
    return absl::Status(walked.status().code(),
                        absl::StrCat("released, but its dead letters stay in the list: ",
                                     walked.status().message()));
  }
  tally_.done += static_cast<std::int64_t>(done_.size());
  tally_.following += following_;
  for (const BuriedMessage& buried : done_) {
    if (options_.progress) options_.progress(buried, absl::OkStatus());
  }
  return absl::OkStatus();
}

}  // namespace omnibus::dead
