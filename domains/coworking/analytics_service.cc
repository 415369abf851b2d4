#include "domains/coworking/analytics_service.h"

#include <cstdint>
#include <utility>

#include "absl/time/civil_time.h"
#include "domains/coworking/analytics_http.h"
#include "domains/coworking/rules.h"
#include "omnibus/timestamp.h"

namespace coworking {

AnalyticsService::AnalyticsService(AnalyticsServiceOptions options,
                                   std::shared_ptr<ActivityModel> model)
    : Module(kCoworking, "analytics-service"),
      options_(std::move(options)),
      model_(std::move(model)),
      places_(MakePlaceDirectory(options_.places)) {}

AnalyticsService::AnalyticsService(AnalyticsServiceOptions options,
                                   std::shared_ptr<ActivityModel> model,
                                   std::shared_ptr<PlaceDirectory> places)
    : Module(kCoworking, "analytics-service"),
      options_(std::move(options)),
      model_(std::move(model)),
      places_(std::move(places)) {}

void AnalyticsService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &AnalyticsService::OnCreated);
  module.Handles(this, &AnalyticsService::OnCancelled);
  module.Handles(this, &AnalyticsService::OnCompleted);
  module.Handles(this, &AnalyticsService::OnNotification);
  module.Publishes<BookingRecorded>();
}

absl::Status AnalyticsService::Start(omnibus::ModuleHost& host) {
  return front_door_.Open(options_.http, name(), host, [this](omnibus::HttpServer& server) {
    AddAnalyticsRoutes(server, *this);
  });
}

void AnalyticsService::Stop() { front_door_.Close(); }

absl::Status AnalyticsService::OnCreated(const BookingCreated& event, omnibus::Context& context) {
  if (absl::Status status = CheckEvent(event); !status.ok()) return status;
  absl::StatusOr<Place> place = places_->Find(event.place_id);
  if (absl::IsNotFound(place.status())) {
    if (absl::Status status = model_->RecordUnknownPlace(event.booking_id); !status.ok()) {
      return status;
    }
  }
  if (!place.ok()) return place.status();

  const absl::Time start = omnibus::ToTime(event.start_time);
  const auto hour = static_cast<std::int32_t>(absl::ToCivilHour(start, place->time_zone).hour());
  absl::StatusOr<bool> ours = model_->RecordBooking(event.booking_id, place->coworking_id, hour,
                                                    context.metadata().idempotency_key);
  if (!ours.ok()) return ours.status();
  if (!*ours) return absl::OkStatus();
  return context.Publish(BookingRecorded{
      .booking_id = event.booking_id, .coworking_id = place->coworking_id, .hour = hour});
}

absl::Status AnalyticsService::OnCancelled(const BookingCancelled& event, omnibus::Context&) {
  return model_->RecordCancellation(event.booking_id);
}

absl::Status AnalyticsService::OnCompleted(const BookingCompleted& event, omnibus::Context&) {
  return model_->RecordCompletion(event.booking_id);
}

absl::Status AnalyticsService::OnNotification(const NotificationSent&, omnibus::Context& context) {
  // It names no booking: what tells two of a user's reminders apart is the key of the effect.
  return model_->RecordReminder(context.metadata().idempotency_key);
}

}  // namespace coworking
