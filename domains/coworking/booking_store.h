// Where booking-service keeps its bookings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace coworking {

enum class BookingStatus { created, cancelled, completed };

struct Booking {
  omnibus::Uuid booking_id = {};
  omnibus::Uuid user_id = {};
  omnibus::Uuid place_id = {};
  omnibus::Timestamp start_time = {};  // the booking holds its place from here
  omnibus::Timestamp end_time = {};    // to just before here
  BookingStatus status = BookingStatus::created;
  std::string reason = {};  // of a cancelled one

  friend bool operator==(const Booking&, const Booking&) = default;
};

// Each call is atomic. All but Insert() and List() are kNotFound for an unknown booking. A
// database's errors are kUnavailable.
//
// A booking is announced once its booking.created is confirmed; until then it holds its place, but
// cannot be cancelled. A cancellation has two steps, since its event has to be confirmed between
// them.
//
// Thread-safety: any thread, concurrently.
class BookingStore {
 public:
  virtual ~BookingStore() = default;

  // kAlreadyExists: the place is held at that time by a booking that is not cancelled.
  virtual absl::Status Insert(const Booking& booking) = 0;
  virtual absl::Status Announce(const omnibus::Uuid& booking_id) = 0;
  // Takes back a booking that nobody has heard of.
  virtual absl::Status Remove(const omnibus::Uuid& booking_id) = 0;

  virtual absl::StatusOr<Booking> Find(const omnibus::Uuid& booking_id) const = 0;

  // The caller then ends what it began, by EndCancel() or AbandonCancel(). kAlreadyExists: it is
  // cancelled already; kFailedPrecondition: it is completed; kUnavailable: not announced yet;
  // kAborted: somebody else is cancelling it.
  virtual absl::Status BeginCancel(const omnibus::Uuid& booking_id) = 0;
  virtual absl::StatusOr<Booking> EndCancel(const omnibus::Uuid& booking_id,
                                            const std::string& reason) = 0;
  virtual absl::Status AbandonCancel(const omnibus::Uuid& booking_id) = 0;

  // Completes a booking, now or if its cancellation is abandoned; nothing for a cancelled one.
  virtual absl::Status Complete(const omnibus::Uuid& booking_id) = 0;

  // By start time, then id.
  virtual absl::StatusOr<std::vector<Booking>> List() const = 0;
};

// Lives as long as the process.
std::shared_ptr<BookingStore> MakeMemoryBookingStore();

}  // namespace coworking
