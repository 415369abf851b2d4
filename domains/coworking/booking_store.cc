#include "domains/coworking/booking_store.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace coworking {
namespace {

absl::Status NoSuchBooking(const omnibus::Uuid& booking_id) {
  return absl::NotFoundError(absl::StrCat("there is no booking ", omnibus::ToString(booking_id)));
}

class MemoryBookingStore final : public BookingStore {
 public:
  absl::Status Insert(const Booking& booking) override {
    absl::MutexLock lock(&mu_);
    std::map<omnibus::Timestamp, Held>& held = places_[booking.place_id];
    // What is held does not overlap: just the last one that starts before our end can reach us.
    const auto after = held.lower_bound(booking.end_time);
    if (after != held.begin() && std::prev(after)->second.end_time > booking.start_time) {
      return absl::AlreadyExistsError(
          absl::StrCat("the place is booked from ", omnibus::ToString(std::prev(after)->first),
                       " to ", omnibus::ToString(std::prev(after)->second.end_time)));
    }
    if (!records_.try_emplace(booking.booking_id, Record{.booking = booking}).second) {
      return absl::AlreadyExistsError(
          absl::StrCat("there is a booking ", omnibus::ToString(booking.booking_id)));
    }
    held[booking.start_time] = {booking.end_time};
    return absl::OkStatus();
  }

  absl::Status Announce(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    Record* const record = Get(booking_id);
    if (record == nullptr) return NoSuchBooking(booking_id);
    record->announced = true;
    return absl::OkStatus();
  }

  absl::Status Remove(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    const Record* const record = Get(booking_id);
    if (record == nullptr) return NoSuchBooking(booking_id);
    if (record->booking.status != BookingStatus::cancelled) Release(record->booking);
    records_.erase(booking_id);
    return absl::OkStatus();
  }

  absl::StatusOr<Booking> Find(const omnibus::Uuid& booking_id) const override {
    absl::MutexLock lock(&mu_);
    const auto found = records_.find(booking_id);
    if (found == records_.end()) return NoSuchBooking(booking_id);
    return found->second.booking;
  }

  absl::Status BeginCancel(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    Record* const record = Get(booking_id);
    if (record == nullptr) return NoSuchBooking(booking_id);
    const std::string name = absl::StrCat("booking ", omnibus::ToString(booking_id));
    switch (record->booking.status) {
      case BookingStatus::cancelled:
        return absl::AlreadyExistsError(name + " is cancelled");
      case BookingStatus::completed:
        return absl::FailedPreconditionError(name + " is completed");
      case BookingStatus::created:
        break;
    }
    if (!record->announced) {
      return absl::UnavailableError(name + " is not confirmed yet; try again later");
    }
    if (record->cancelling) return absl::AbortedError(name + " is being cancelled");
    record->cancelling = true;
    return absl::OkStatus();
  }

  absl::StatusOr<Booking> EndCancel(const omnibus::Uuid& booking_id,
                                    const std::string& reason) override {
    absl::MutexLock lock(&mu_);
    Record* const record = Get(booking_id);
    if (record == nullptr) return NoSuchBooking(booking_id);
    record->cancelling = false;
    record->booking.status = BookingStatus::cancelled;
    record->booking.reason = reason;
    Release(record->booking);
    return record->booking;
  }

  absl::Status AbandonCancel(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    Record* const record = Get(booking_id);
    if (record == nullptr) return NoSuchBooking(booking_id);
    record->cancelling = false;
    if (record->over) record->booking.status = BookingStatus::completed;
    return absl::OkStatus();
  }

  absl::Status Complete(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    Record* const record = Get(booking_id);
    if (record == nullptr) return NoSuchBooking(booking_id);
    record->over = true;
    record->announced = true;  // its time was set by the announcement
    if (record->booking.status == BookingStatus::created && !record->cancelling) {
      record->booking.status = BookingStatus::completed;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Booking>> List() const override {
    absl::MutexLock lock(&mu_);
    std::vector<Booking> bookings;
    bookings.reserve(records_.size());
    for (const auto& [id, record] : records_) bookings.push_back(record.booking);
    std::sort(bookings.begin(), bookings.end(), [](const Booking& a, const Booking& b) {
      return std::tie(a.start_time, a.booking_id) < std::tie(b.start_time, b.booking_id);
    });
    return bookings;
  }

 private:
  struct Record {
    Booking booking;
    bool announced = false;
    bool cancelling = false;
    bool over = false;  // booking.completed has come
  };

  struct Held {
    omnibus::Timestamp end_time;
  };

  Record* Get(const omnibus::Uuid& booking_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto found = records_.find(booking_id);
    return found == records_.end() ? nullptr : &found->second;
  }

  void Release(const Booking& booking) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto place = places_.find(booking.place_id);
    place->second.erase(booking.start_time);
    if (place->second.empty()) places_.erase(place);
  }

  mutable absl::Mutex mu_;
  std::map<omnibus::Uuid, Record> records_ ABSL_GUARDED_BY(mu_);
  // For each place what bookings that are not cancelled hold, by their start.
  std::map<omnibus::Uuid, std::map<omnibus::Timestamp, Held>> places_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::shared_ptr<BookingStore> MakeMemoryBookingStore() {
  return std::make_shared<MemoryBookingStore>();
}

}  // namespace coworking
