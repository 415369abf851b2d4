#include "domains/coworking/settings.h"

#include <cstddef>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "domains/support/module_factory.h"
#include "domains/support/settings.h"
#include "omnibus/internal/absl_view.h"

namespace coworking {
namespace {

void ReadPlaces(omnibus::SettingsReader& reader, std::map<omnibus::Uuid, Place>& places) {
  const std::vector<omnibus::Setting> items = reader.TakeList("places");
  for (std::size_t i = 0; i < items.size(); ++i) {
    omnibus::SettingsReader item(items[i], reader.Path(domain_support::ItemName("places", i)));
    omnibus::Uuid place_id = {};
    Place place;
    std::string time_zone = "UTC";
    item.Require("place_id");
    item.Read("place_id", place_id);
    item.Require("coworking_id");
    item.Read("coworking_id", place.coworking_id);
    item.Read("time_zone", time_zone);
    if (!absl::LoadTimeZone(time_zone, &place.time_zone)) {
      item.Fail(items[i].Find("time_zone"), "time_zone",
                omnibus::StdView(absl::StrCat("this machine knows no time zone \"", time_zone,
                                              "\"; expected a name such as Europe/Berlin")));
    }
    if (items[i].Find("place_id") && !places.emplace(place_id, place).second) {
      item.Fail(
          items[i].Find("place_id"), "place_id",
          omnibus::StdView(absl::StrCat("place ", omnibus::ToString(place_id), " is there twice")));
    }
    reader.Add(item.Finish());
  }
}

}  // namespace

absl::StatusOr<BookingServiceOptions> ReadBookingSettings(const omnibus::Setting& settings,
                                                          const std::string& path) {
  return domain_support::ReadOptions<BookingServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, BookingServiceOptions& options) {
        domain_support::ReadHttp(reader, options.http);
      });
}

absl::StatusOr<SchedulerServiceOptions> ReadSchedulerSettings(const omnibus::Setting& settings,
                                                              const std::string& path) {
  return domain_support::ReadOptions<SchedulerServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, SchedulerServiceOptions& options) {
        reader.Read("reminder_lead", options.reminder_lead);
        if (options.reminder_lead < absl::ZeroDuration()) {
          reader.Fail(settings.Find("reminder_lead"), "reminder_lead", "must be 0 or more");
        }
      });
}

absl::StatusOr<NotificationServiceOptions> ReadNotificationSettings(
    const omnibus::Setting& settings, const std::string& path) {
  return domain_support::ReadOptions<NotificationServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, NotificationServiceOptions& options) {
        std::string channel = "push";
        reader.Read("channel", channel);
        if (channel == "email") {
          options.channel = NotificationChannel::email;
        } else if (channel != "push") {
          reader.Fail(
              settings.Find("channel"), "channel",
              omnibus::StdView(absl::StrCat("expected push or email, found \"", channel, "\"")));
        }
      });
}

absl::StatusOr<AnalyticsServiceOptions> ReadAnalyticsSettings(const omnibus::Setting& settings,
                                                              const std::string& path) {
  return domain_support::ReadOptions<AnalyticsServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, AnalyticsServiceOptions& options) {
        domain_support::ReadHttp(reader, options.http);
        ReadPlaces(reader, options.places);
      });
}

}  // namespace coworking
