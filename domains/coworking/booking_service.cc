#include "domains/coworking/booking_service.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domains/coworking/booking_http.h"
#include "domains/coworking/rules.h"
#include "domains/support/outcome.h"
#include "omnibus/runtime.h"

namespace coworking {
namespace {

absl::Status StillOnItsWay(const omnibus::Uuid& booking_id, const char* what,
                           const absl::Status& publish_error) {
  return absl::UnavailableError(
      absl::StrCat("booking ", omnibus::ToString(booking_id), " is ", what,
                   ", but that is not confirmed yet; it is sent again until it is (",
                   publish_error.message(), ")"));
}

}  // namespace

BookingService::BookingService(BookingServiceOptions options, std::shared_ptr<BookingStore> store)
    : Module(kCoworking, "booking-service"),
      options_(std::move(options)),
      store_(std::move(store)) {}

void BookingService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &BookingService::OnCompleted);
  module.Publishes<BookingCreated, BookingCancelled>();
}

absl::Status BookingService::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  resender_.Start(host);
  absl::Status status =
      front_door_.Open(options_.http, name(), host,
                       [this](omnibus::HttpServer& server) { AddBookingRoutes(server, *this); });
  if (!status.ok()) resender_.Stop();
  return status;
}

void BookingService::Stop() {
  front_door_.Close();
  resender_.Stop();
}

omnibus::Uuid BookingService::NewUuid() {
  const std::uint64_t high = host_->runtime().Random();
  return omnibus::RandomUuid(high, host_->runtime().Random());
}

// An id and a key of its own, so that a repeat can be told from a second event.
omnibus::PublishOptions BookingService::FirstTry(
    const std::optional<omnibus::Uuid>& correlation_id) {
  omnibus::PublishOptions options;
  options.id = NewUuid();
  options.idempotency_key = NewUuid();
  options.correlation_id = correlation_id.has_value() ? *correlation_id : NewUuid();
  options.occurred_at = omnibus::ToTimestamp(host_->runtime().WallTime());
  return options;
}

absl::StatusOr<Booking> BookingService::Book(const BookingRequest& request,
                                             std::optional<omnibus::Uuid> correlation_id) {
  if (absl::Status status = CheckTimes(request.start_time, request.end_time); !status.ok()) {
    return status;
  }
  const Booking booking = {.booking_id = NewUuid(),
                           .user_id = request.user_id,
                           .place_id = request.place_id,
                           .start_time = request.start_time,
                           .end_time = request.end_time};
  // Kept first, so that of two that want the same place one is refused before anybody hears of it.
  if (absl::Status status = store_->Insert(booking); !status.ok()) return status;

  const BookingCreated event = {.booking_id = booking.booking_id,
                                .user_id = booking.user_id,
                                .place_id = booking.place_id,
                                .start_time = booking.start_time,
                                .end_time = booking.end_time};
  omnibus::PublishOptions options = FirstTry(correlation_id);
  const absl::Status status = host_->publisher().Publish(event, options);
  if (status.ok()) {
    if (absl::Status kept = store_->Announce(booking.booking_id); !kept.ok()) return kept;
    return booking;
  }
  if (omnibus::OutcomeOf(status) != omnibus::PublishOutcome::kUnknown) {
    if (absl::Status kept = store_->Remove(booking.booking_id); !kept.ok()) return kept;
    return domain_support::RequestError(status,
                                        "the booking could not be published; there is none");
  }
  resender_.Add(event, std::move(options),
                [this, id = booking.booking_id](const absl::Status& end) {
                  // Refused after an unknown outcome: it may have been published, so it stays.
                  if (end.ok()) (void)store_->Announce(id);
                });
  return StillOnItsWay(booking.booking_id, "made", status);
}

absl::StatusOr<Booking> BookingService::Cancel(const omnibus::Uuid& booking_id,
                                               const std::string& reason,
                                               std::optional<omnibus::Uuid> correlation_id) {
  if (reason.empty()) return absl::InvalidArgumentError("reason: must not be empty");
  if (absl::Status status = store_->BeginCancel(booking_id); !status.ok()) {
    if (absl::IsAlreadyExists(status)) return store_->Find(booking_id);
    return status;
  }
  const BookingCancelled event = {.booking_id = booking_id, .reason = reason};
  omnibus::PublishOptions options = FirstTry(correlation_id);
  const absl::Status status = host_->publisher().Publish(event, options);
  if (status.ok()) return store_->EndCancel(booking_id, reason);
  if (omnibus::OutcomeOf(status) != omnibus::PublishOutcome::kUnknown) {
    if (absl::Status kept = store_->AbandonCancel(booking_id); !kept.ok()) return kept;
    return domain_support::RequestError(
        status, "the cancellation could not be published; the booking stays");
  }
  // Whoever has heard of it cannot be told that it was not meant: it is cancelled from here on.
  if (absl::StatusOr<Booking> kept = store_->EndCancel(booking_id, reason); !kept.ok()) return kept;
  resender_.Add(event, std::move(options), nullptr);
  return StillOnItsWay(booking_id, "cancelled", status);
}

absl::Status BookingService::OnCompleted(const BookingCompleted& event, omnibus::Context&) {
  return store_->Complete(event.booking_id);
}

}  // namespace coworking
