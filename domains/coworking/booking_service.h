// booking-service: books places, cancels and completes bookings.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/coworking/booking_store.h"
#include "domains/coworking/events.h"
#include "domains/support/front_door.h"
#include "domains/support/resender.h"
#include "omnibus/module.h"
#include "omnibus/publish.h"
#include "omnibus/uuid.h"

namespace coworking {

struct BookingRequest {
  omnibus::Uuid user_id = {};
  omnibus::Uuid place_id = {};
  omnibus::Timestamp start_time = {};
  omnibus::Timestamp end_time = {};
};

struct BookingServiceOptions {
  std::string http = {};  // where the front door listens; empty: nowhere
};

// Thread-safety: any thread, concurrently; Book() and Cancel() between Start() and Stop().
//
// Both return once their event is confirmed, within the time of one publish. kUnavailable: it was
// not. If it is certain that it was not published, nothing has changed, and the same call may be
// made again. If its outcome is unknown, the change is kept, the message says so, and the event is
// published again in the background, with the same id and key, until it is confirmed.
class BookingService final : public omnibus::Module {
 public:
  explicit BookingService(BookingServiceOptions options = {},
                          std::shared_ptr<BookingStore> store = MakeMemoryBookingStore());

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;
  void Stop() override;

  // kInvalidArgument begins with the member that is wrong ("end_time: ..."). kAlreadyExists: it
  // overlaps another booking of that place; one may begin when another ends. A booking may lie in
  // the past: it is then completed at once.
  absl::StatusOr<Booking> Book(const BookingRequest& request,
                               std::optional<omnibus::Uuid> correlation_id = std::nullopt);

  // Frees the place. For a booking that is cancelled already it is OK and does nothing: the first
  // reason stays. kInvalidArgument: no reason; kNotFound; kFailedPrecondition: it is completed;
  // kAborted: somebody else is cancelling it just now.
  absl::StatusOr<Booking> Cancel(const omnibus::Uuid& booking_id, const std::string& reason,
                                 std::optional<omnibus::Uuid> correlation_id = std::nullopt);

  // kNotFound: no such booking.
  absl::StatusOr<Booking> Find(const omnibus::Uuid& booking_id) const {
    return store_->Find(booking_id);
  }

  int http_port() const { return front_door_.port(); }

 private:
  omnibus::Uuid NewUuid();
  omnibus::PublishOptions FirstTry(const std::optional<omnibus::Uuid>& correlation_id);

  absl::Status OnCompleted(const BookingCompleted& event, omnibus::Context& context);

  const BookingServiceOptions options_;
  const std::shared_ptr<BookingStore> store_;
  omnibus::ModuleHost* host_ = nullptr;  // set once, before anything runs
  domain_support::Resender resender_;
  domain_support::FrontDoor front_door_;
};

}  // namespace coworking
