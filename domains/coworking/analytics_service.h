// The coworking's analytics-service: records at which local hours bookings start.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/coworking/activity_model.h"
#include "domains/coworking/events.h"
#include "domains/coworking/place_directory.h"
#include "domains/support/front_door.h"
#include "omnibus/module.h"
#include "omnibus/uuid.h"

namespace coworking {

struct AnalyticsServiceOptions {
  std::string http = {};                       // where the front door listens; empty: nowhere
  std::map<omnibus::Uuid, Place> places = {};  // by place_id
};

// A booking of a place that is not in the directory is kNotFound, for good: nothing is guessed.
//
// Thread-safety: any thread, concurrently.
class AnalyticsService final : public omnibus::Module {
 public:
  explicit AnalyticsService(AnalyticsServiceOptions options = {},
                            std::shared_ptr<ActivityModel> model = MakeMemoryActivityModel());
  // With a directory of the caller's: `options.places` is then not looked at.
  AnalyticsService(AnalyticsServiceOptions options, std::shared_ptr<ActivityModel> model,
                   std::shared_ptr<PlaceDirectory> places);

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;
  void Stop() override;

  absl::StatusOr<ActivityReport> Report() const { return model_->Report(); }

  int http_port() const { return front_door_.port(); }

 private:
  absl::Status OnCreated(const BookingCreated& event, omnibus::Context& context);
  absl::Status OnCancelled(const BookingCancelled& event, omnibus::Context& context);
  absl::Status OnCompleted(const BookingCompleted& event, omnibus::Context& context);
  absl::Status OnNotification(const NotificationSent& event, omnibus::Context& context);

  const AnalyticsServiceOptions options_;
  const std::shared_ptr<ActivityModel> model_;
  const std::shared_ptr<PlaceDirectory> places_;
  domain_support::FrontDoor front_door_;
};

}  // namespace coworking
