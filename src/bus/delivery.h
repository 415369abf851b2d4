// One message on its way through a module.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bus/effects.h"
#include "omnibus/envelope.h"
#include "omnibus/event_type.h"
#include "omnibus/module.h"
#include "omnibus/transport.h"

namespace omnibus {

class Intake;

// A partition or queue that the module owns, or has owned: what was received from it, and is not
// ended.
struct Source {
  std::uint32_t index = 0;  // DeliveryTag::source
  std::uint64_t epoch = 0;
  bool shared = false;  // other members of the group may get messages of the same keys
  std::atomic<int> in_flight = 0;
  std::atomic<bool> leaving = false;  // revoked: only what leaves a gap begins, see LeavesGap()
  // Of a retry queue: all that it held when it was assigned is here. Before that an earlier place
  // of a key may be further behind in it than a later one.
  std::atomic<bool> caught_up = false;
  std::atomic<bool> lost = false;  // somebody else has it: nothing begins, nothing can be settled

  // The broker's position does not pass one that is given back: what has ended behind it would be
  // delivered again. So a stop begins what stands before something that has begun; but not behind
  // what was given back, where it would be for nothing. A queue that members share has no such
  // position.
  bool LeavesGap(std::int64_t position) const {
    return !shared && position < begun_ && position < given_back_;
  }
  void Begin(std::int64_t position) {
    std::int64_t seen = begun_;
    while (seen < position && !begun_.compare_exchange_weak(seen, position)) {
    }
  }
  void GiveBack(std::int64_t position) {
    std::int64_t seen = given_back_;
    while (seen > position && !given_back_.compare_exchange_weak(seen, position)) {
    }
  }

 private:
  std::atomic<std::int64_t> begun_ = -1;                                             // the highest
  std::atomic<std::int64_t> given_back_ = std::numeric_limits<std::int64_t>::max();  // the lowest
};

// The storage for an event of any type, kept for the next one.
class EventStorage {
 public:
  EventStorage() = default;
  EventStorage(const EventStorage&) = delete;
  EventStorage& operator=(const EventStorage&) = delete;
  ~EventStorage() { Clear(); }

  // Default-constructs an event of `type`; ends the one before it.
  void* Construct(const EventType& type) {
    Clear();
    if (type.size > capacity_ || type.alignment > alignof(std::max_align_t)) {
      memory_.reset(new (std::align_val_t{kAlignment}) std::byte[type.size]);
      capacity_ = type.size;
    }
    type.construct(memory_.get());
    type_ = &type;
    return memory_.get();
  }

  void Clear() {
    if (type_ != nullptr) type_->destroy(memory_.get());
    type_ = nullptr;
  }

  void* event() const { return type_ == nullptr ? nullptr : memory_.get(); }

 private:
  static constexpr std::size_t kAlignment = 64;

  struct Free {
    void operator()(std::byte* memory) const {
      ::operator delete[](memory, std::align_val_t{kAlignment});
    }
  };

  std::unique_ptr<std::byte[], Free> memory_;
  std::size_t capacity_ = 0;
  const EventType* type_ = nullptr;
};

// Owned by one thread at a time: the receiver's, a worker's, or, between the handler's end and the
// last outcome of what it published, whoever calls `effects`.
struct Delivery {
  // Each but the first comes when all that the one before has published has its outcome.
  enum class Stage {
    kHandle,    // its handler is to run
    kConclude,  // its handler has ended
    kPutOff,    // it goes to the retry queue
    kConcludePutOff,
    kBury,  // it goes to the dead letters
    kConcludeBurial,
    kPark,  // its key is parked behind its dead letter
    kConcludePark,
    kAnnounce,  // the dead letters are told that its key is released
    kConcludeAnnouncement,
  };

  // What an operator wants of a key that is parked (docs/retries.md): a message of its own kind in
  // the retry queue.
  enum class Release {
    kNone,
    kReplay,  // handle this dead letter again, and what was parked behind it
    kDrop,    // handle just the latter
    kDone,    // all that was parked is in the retry queue
  };

  // What has to wait for this one's end, of a key that is released.
  enum class Hinders {
    kNothing,
    kAnnouncement,  // it goes to the dead letters, as parked: the note has to stand behind it
    kEndOfRelease,  // it is the release: its end must not be settled before it
  };

  ReceivedMessage message;
  Intake* intake = nullptr;
  Source* source = nullptr;
  Metadata metadata;
  const ModuleDescription::Handler* handler = nullptr;  // null: could not be decoded
  EventStorage storage;
  Effects effects;

  Stage stage = Stage::kHandle;
  Stage then = Stage::kConclude;  // the next one, when `effects` have ended
  bool in_lane = false;           // holds its key: nothing of the same key goes before its end
  bool claimed = false;           // in the inbox
  bool holding = false;           // waits for a retry, and counts as such
  int attempt = 0;                // of the handler
  int tries = 0;                  // to put it off or to bury it
  absl::Status status;            // the last error
  absl::Time first_failed_at;
  absl::Time last_failed_at;

  bool put_off = false;                   // it came from the retry queue
  std::uint64_t sequence = 0;             // its place's number (src/bus/parking.h); 0: none
  absl::Time due = absl::InfinitePast();  // not to be handled before
  Release release = Release::kNone;
  bool parks = false;             // it is a dead letter, and its key is parked behind it
  Uuid release_id = {};           // of a release: the note tells whoever sent it that it was seen
  bool announced = false;         // see Stage::kAnnounce
  Uuid behind = {};               // the dead letter that it is parked behind, or that is released
  std::string_view dead_because;  // it goes to the dead letters for another reason than its status
  Hinders hinders = Hinders::kNothing;
  std::atomic<bool> superseded = false;  // there is a later copy of it

  std::uint64_t lane_key = 0;   // hash of the partition key; 0: it has none
  std::uint64_t order_key = 0;  // hash of channel, partition and key: what stays in order
  std::size_t lane = 0;         // index
  Delivery* next = nullptr;     // of the same lane key, in the order of arrival

  // What it holds back in its lane while it pauses. Those that were put off have an order of their
  // own (src/bus/parking.h), and must not wait for one that waits for them.
  std::uint64_t chain() const { return put_off ? ~order_key : order_key; }
};

}  // namespace omnibus
