#include "dead/parked_keys.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::dead {
namespace {

constexpr std::size_t kBatch = 64;

// What a copied message's views point to.
struct Bytes {
  std::string key, type, id, correlation_id, body;
  std::vector<std::pair<std::string, std::string>> headers;
};

ReceivedMessage CopyOf(const ReceivedMessage& message) {
  auto bytes = std::make_unique<Bytes>();
  ReceivedMessage copy;
  const auto keep = [](std::string_view from, std::string& to) {
    to = from;
    return std::string_view(to);
  };
  copy.key = keep(message.key, bytes->key);
  copy.type = keep(message.type, bytes->type);
  copy.id = keep(message.id, bytes->id);
  copy.correlation_id = keep(message.correlation_id, bytes->correlation_id);
  copy.body = keep(message.body, bytes->body);
  for (const HeaderView& header : message.headers) {
    bytes->headers.emplace_back(header.name, header.value);
  }
  for (const auto& [name, value] : bytes->headers) copy.headers.push_back({name, value});
  copy.partition = message.partition;
  copy.offset = message.offset;
  copy.owner = MessageOwner(
      bytes.release(), +[](void* owned) { delete static_cast<Bytes*>(owned); });
  return copy;
}

std::optional<ReleaseNote> ReadNote(const ReceivedMessage& message) {
  ReleaseNote note;
  bool has_id = false;
  bool has_place = false;
  for (const HeaderView& header : message.headers) {
    if (header.name == "dead_release") {
      const absl::StatusOr<Uuid> id = ParseUuid(header.value);
      has_id = id.ok();
      if (has_id) note.release = *id;
    }
    if (header.name == "dead_place") {
      has_place = absl::SimpleAtoi(AbslView(header.value), &note.place);
    }
  }
  if (!has_id || !has_place) return std::nullopt;
  return note;
}

// Whether their places in their channel are known, which say in which order they came.
bool IsOfOneLog(const std::vector<ParkedKey::Follower>& followers) {
  return std::all_of(followers.begin(), followers.end(), [&](const auto& follower) {
    const BuriedMessage& buried = follower.letter.buried;
    return buried.offset.has_value() && buried.partition.has_value() &&
           buried.partition == followers.front().letter.buried.partition;
  });
}

// Sorts letters to their keys.
class Reading {
 public:
  explicit Reading(const std::set<Uuid>& releases) : releases_(releases) {}

  void Add(const Letter& letter) {
    const BuriedMessage& buried = letter.buried;
    const std::optional<Uuid> event = buried.parks ? buried.event_id : buried.behind;
    if (!event.has_value()) return;
    ParkedKey& key = KeyOf(*event);
    if (key.answered) return;
    if (!key.letters.insert(buried.id).second) return;  // read before a lost connection
    if (IsNote(buried)) {
      if (const auto note = ReadNote(letter.message)) {
        key.notes.push_back(*note);
        key.answered = releases_.contains(note->release);
      }
    } else if (buried.parks) {
      key.heads.emplace_back(CopyOf(letter.message), buried);
    } else if (buried.event_id != key.event) {  // else it is a late copy of the head
      key.followers.emplace_back(CopyOf(letter.message), buried);
    }
  }

  ParkedKeys Take() {
    for (ParkedKey& key : keys_) {
      if (IsOfOneLog(key.followers)) {
        // After a crash, and beside an owner of before, copies come in between.
        std::stable_sort(key.followers.begin(), key.followers.end(),
                         [](const ParkedKey::Follower& one, const ParkedKey::Follower& other) {
                           return *one.letter.buried.offset < *other.letter.buried.offset;
                         });
      }
      std::set<Uuid> seen;
      for (ParkedKey::Follower& follower : key.followers) {
        const std::optional<Uuid>& event = follower.letter.buried.event_id;
        follower.repeats = event.has_value() && !seen.insert(*event).second;
      }
    }
    return std::move(keys_);
  }

 private:
  ParkedKey& KeyOf(const Uuid& event) {
    const auto [found, is_new] = index_.emplace(event, keys_.size());
    if (is_new) keys_.emplace_back().event = event;
    return keys_[found->second];
  }

  const std::set<Uuid>& releases_;
  ParkedKeys keys_;
  std::map<Uuid, std::size_t> index_;
};

}  // namespace

const ReleaseNote* ParkedKey::NoteOf(const Uuid& release) const {
  const auto note = std::find_if(notes.begin(), notes.end(),
                                 [&](const ReleaseNote& each) { return each.release == release; });
  return note == notes.end() ? nullptr : &*note;
}

const ParkedKey* Find(const ParkedKeys& keys, const Uuid& event) {
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [&](const ParkedKey& each) { return each.event == event; });
  return key == keys.end() ? nullptr : &*key;
}

absl::StatusOr<ParkedKeys> ReadParkedKeys(const DeadQueue& queue, Transport& transport,
                                          const WalkOptions& walk, const std::set<Uuid>& releases) {
  Reading reading(releases);
  const absl::StatusOr<Next> read =
      WalkQueue(queue, transport, IsOfParkedKey, kBatch, walk,
                [&](QueuePass& pass, std::span<Letter> letters) -> absl::StatusOr<Next> {
                  for (const Letter& letter : letters) {
                    reading.Add(letter);
                    pass.Leave(letter.message.tag);
                  }
                  return Next::kGoOn;
                });
  if (!read.ok()) return read.status();
  return reading.Take();
}

}  // namespace omnibus::dead
