#include "domains/coworking/booking_http.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "domains/coworking/booking_service.h"
#include "domains/support/json_reply.h"
#include "omnibus/json.h"

namespace coworking {
namespace {

struct CancelBody {
  std::string reason;
};

struct ShortBody {
  omnibus::Uuid booking_id;
  BookingStatus status;
};

struct LongBody {
  omnibus::Uuid booking_id;
  omnibus::Uuid user_id;
  omnibus::Uuid place_id;
  omnibus::Timestamp start_time;
  omnibus::Timestamp end_time;
  BookingStatus status;
  std::optional<std::string> reason;  // of a cancelled one
};

absl::StatusOr<omnibus::Uuid> BookingId(const omnibus::HttpRequest& request) {
  absl::StatusOr<omnibus::Uuid> id = omnibus::ParseUuid(request.Parameter("id"));
  if (!id.ok()) return absl::InvalidArgumentError("id: expected a UUID");
  return id;
}

omnibus::HttpResponse Book(BookingService& service, const omnibus::HttpRequest& request) {
  absl::StatusOr<BookingRequest> body = omnibus::FromJson<BookingRequest>(request.body);
  if (!body.ok()) return omnibus::Problem(body.status());
  absl::StatusOr<Booking> booking = service.Book(*body, request.correlation_id);
  if (!booking.ok()) return omnibus::Problem(booking.status());
  omnibus::HttpResponse response =
      domain_support::JsonReply(201, ShortBody{booking->booking_id, booking->status});
  response.headers.push_back({"Location", "/bookings/" + omnibus::ToString(booking->booking_id)});
  return response;
}

omnibus::HttpResponse Cancel(BookingService& service, const omnibus::HttpRequest& request) {
  absl::StatusOr<omnibus::Uuid> id = BookingId(request);
  if (!id.ok()) return omnibus::Problem(id.status(), "id");
  absl::StatusOr<CancelBody> body = omnibus::FromJson<CancelBody>(request.body);
  if (!body.ok()) return omnibus::Problem(body.status());
  absl::StatusOr<Booking> booking = service.Cancel(*id, body->reason, request.correlation_id);
  if (!booking.ok()) return omnibus::Problem(booking.status());
  return domain_support::JsonReply(200, ShortBody{booking->booking_id, booking->status});
}

omnibus::HttpResponse Show(const BookingService& service, const omnibus::HttpRequest& request) {
  absl::StatusOr<omnibus::Uuid> id = BookingId(request);
  if (!id.ok()) return omnibus::Problem(id.status(), "id");
  absl::StatusOr<Booking> booking = service.Find(*id);
  if (!booking.ok()) return omnibus::Problem(booking.status());
  LongBody body = {booking->booking_id, booking->user_id, booking->place_id, booking->start_time,
                   booking->end_time,   booking->status,  std::nullopt};
  if (booking->status == BookingStatus::cancelled) body.reason = booking->reason;
  return domain_support::JsonReply(200, body);
}

}  // namespace

void AddBookingRoutes(omnibus::HttpServer& server, BookingService& service) {
  server.Route("POST", "/bookings",
               [&service](const omnibus::HttpRequest& request) { return Book(service, request); });
  server.Route("GET", "/bookings/{id}",
               [&service](const omnibus::HttpRequest& request) { return Show(service, request); });
  server.Route("DELETE", "/bookings/{id}", [&service](const omnibus::HttpRequest& request) {
    return Cancel(service, request);
  });
}

}  // namespace coworking
