// Which keys of a module have messages in the retry queue, and in which order these go on.
//
// What is put off has a place: a number within its key, in the order in which its messages came.
// Where the channel is a log, that is the message's position there: whoever reads it, as often as
// it is read, from wherever, it has the same one. Else it is the next one, and its copies say it.
// Only the first place of a key goes on; all that comes behind it from the channel gets a place,
// and is put off too. The places are in memory; the messages are in the retry queue, which a member
// is given whole before the channel (Subscription::queues), so that they are known again after a
// restart. docs/retries.md has the protocol.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bus/delivery.h"
#include "bus/reading_clock.h"
#include "omnibus/runtime.h"

namespace omnibus {

// Calls nobody, and keeps deliveries only between Wait() and what gives them back.
//
// Thread-safety: any thread, concurrently.
class Parking {
 public:
  // Not more than `limit` messages have a place that they are given here.
  Parking(Runtime& runtime, std::size_t limit)
      : runtime_(runtime), limit_(limit), clock_(runtime) {}

  // By which is missed what does not come back.
  ReadingClock& clock() { return clock_; }

  // Whether nothing has a place. Takes no lock.
  bool empty() const { return size_.load(std::memory_order_acquire) == 0; }

  enum class Entry {
    kFree,     // nothing of its key is put off: handle it
    kBehind,   // put it off; it has a place
    kParked,   // bury it: its key is parked behind a dead letter
    kRepeats,  // its copy is here already: it is a repetition from before a crash
    kFull,     // it has to be put off, but there is no room: wait
  };
  // What to do with one that came from the channel. kBehind sets its `sequence`.
  Entry Enter(Delivery& delivery);

  // Gives a place to one whose handler failed, and which was kFree, or keeps its own. False: full.
  bool Reserve(Delivery& delivery);

  // One has come from the retry queue, and takes its place. Not if it is there already, and this
  // one is a repetition. (Of two copies of one message, the one with more attempts has the place,
  // of releases the last one; the other one is `superseded`, and given back where it waited here.)
  struct Arrival {
    bool has_place = false;
    Delivery* given_back = nullptr;
  };
  Arrival Arrive(Delivery* delivery);

  // Whether it is the first of its key, or the first behind its dead letter.
  enum class Turn { kNow, kParked, kLater };
  Turn TurnOf(Delivery& delivery);

  // Keeps it until its turn: then Leave() gives it back. False: that is now.
  bool Wait(Delivery* delivery);

  // It is about to be a dead letter that parks its key: a release of that takes its place from now
  // on, and it is `superseded`.
  void BeginToPark(Delivery& delivery);

  // It is a dead letter, and its place stays, as the first one, for its mark in the retry queue.
  // False: there is a mark already, or even a release, of a try whose outcome was unknown.
  bool Park(Delivery& delivery);

  // The dead letter that it is parked behind.
  Uuid ParkedBehind(const Delivery& delivery);

  // Of a parked key that an operator releases: its first place is that of the release, and all else
  // waits for Finish(), which says whether there is such a place still.
  enum class State { kFree, kReleasing, kReleased };
  State StateOf(const Delivery& release);
  bool Finish(const Delivery& done);

  // Whether others of its key have to come to their ends first. What hinders so says so itself,
  // from when it is parked or arrives, until HinderNoMore().
  bool IsHindered(const Delivery& delivery, Delivery::Hinders by);
  void HinderNoMore(Delivery& delivery);

  // It is on its way to the retry queue, with its place.
  void Depart(const Delivery& delivery);

  // Its copy is in the retry queue, and can be missed from now on.
  void Miss(const Delivery& delivery);

  // It has ended, and gives its place up. Returns the one that waited for this, or null.
  Delivery* Leave(const Delivery& delivery);

  // Those of its key that wait are given back, their places kept.
  std::vector<Delivery*> TakeWaiting(const Delivery& delivery);

  // The same for all that came from such sources.
  std::vector<Delivery*> TakeWaiting(absl::FunctionRef<bool(const Source&)> which);

  // All places of messages that `is_gone` are given up, since somebody else will know them; those
  // that waited are given back.
  std::vector<Delivery*> Forget(absl::FunctionRef<bool(const Source&)> is_gone);

 private:
  enum class Kind { kMessage, kParked, kReleasing, kReleased };

  struct Place {
    Kind kind = Kind::kMessage;
    Source* home = nullptr;
    Delivery* delivery = nullptr;  // null: between here and the retry queue
    int attempt = 0;               // of the delivery, as it came: it is a worker's meanwhile
    bool waits = false;            // kept here
    std::vector<Uuid> releases;    // ids of a release, and of those before it that it supersedes
    // By then it must be back; else another member of the group has it.
    absl::Time missed_at = absl::InfiniteFuture();    // by clock()
    absl::Time given_up_at = absl::InfiniteFuture();  // by the runtime's
  };
  // A number, from 1, and the event. Where messages are put there by hand, or by several members,
  // two may have the same number.
  using Position = std::pair<std::uint64_t, Uuid>;
  using Places = std::map<Position, Place>;

  Places* PlacesOf(const Delivery& delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Hinder(Delivery& delivery, Delivery::Hinders what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static Kind KindOf(const Delivery& delivery);
  static bool IsRelease(const Place& place);
  bool HasRoomFor(const Delivery& delivery) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static Position PositionOf(const Delivery& delivery);
  static Places::iterator Find(const Delivery& delivery, Places& places);
  static std::uint64_t NumberFor(const Delivery& delivery, const Places& places);
  static Turn TurnOf(const Places& places, const Position& position);
  Places::iterator GivePlace(Delivery& delivery, Places& places) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void DropMissed(Places& places) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Its copy has to be back after that time of reading.
  void Expect(Place& place, const Delivery& delivery, absl::Duration time) const;

  Runtime& runtime_;
  const std::size_t limit_;
  ReadingClock clock_;
  std::atomic<std::size_t> size_ = 0;  // written under mu_
  absl::Mutex mu_;
  // How many hinder, by what and by order key.
  std::map<std::pair<Delivery::Hinders, std::uint64_t>, int> hindrances_ ABSL_GUARDED_BY(mu_);
  // By order key. Sorted: what waits is let go in an order that a simulation can repeat.
  std::map<std::uint64_t, Places> keys_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
