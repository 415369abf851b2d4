#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domains/bookstore/domain.h"
#include "domains/bookstore/settings.h"
#include "domains/coworking/domain.h"
#include "domains/coworking/settings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/configuration.h"

namespace {

using ::testing::HasSubstr;

omnibus::Setting Yaml(const std::string& text) {
  absl::StatusOr<omnibus::Setting> setting = omnibus::ParseSettings(text, "omnibus.yaml");
  EXPECT_TRUE(setting.ok()) << setting.status();
  return setting.ok() ? *setting : omnibus::Setting();
}

TEST(DomainSettings, TheCatalogHasItsStock) {
  absl::StatusOr<bookstore::CatalogServiceOptions> options = bookstore::ReadCatalogSettings(
      Yaml("stock: [{book_id: 1, available: 10}, {book_id: 5, available: 0}]\n"
           "http: 127.0.0.1:8080\n"),
      "settings");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->stock, (std::map<std::int64_t, std::int64_t>{{1, 10}, {5, 0}}));
  EXPECT_EQ(options->http, "127.0.0.1:8080");
}

TEST(DomainSettings, PricesAreExact) {
  absl::StatusOr<bookstore::OrderServiceOptions> options = bookstore::ReadOrderSettings(
      Yaml("prices: [{book_id: 1, price: 10.50}, {book_id: 5, price: 0.1}]"), "settings");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->prices.at(1), omnibus::Decimal::FromUnits(105, 1));
  EXPECT_EQ(options->prices.at(5), omnibus::Decimal::FromUnits(1, 1));
  EXPECT_EQ(options->http, "");
}

TEST(DomainSettings, TheReminderLead) {
  EXPECT_EQ(coworking::ReadSchedulerSettings({}, "settings")->reminder_lead, absl::Minutes(15));
  EXPECT_EQ(coworking::ReadSchedulerSettings(Yaml("reminder_lead: 1h30m"), "s")->reminder_lead,
            absl::Minutes(90));
  EXPECT_EQ(coworking::ReadSchedulerSettings(Yaml("reminder_lead: 0"), "s")->reminder_lead,
            absl::ZeroDuration());
}

TEST(DomainSettings, PlacesHaveACoworkingAndATimeZone) {
  const std::string one = "00000000-0000-4000-8000-000000000001";
  const std::string two = "00000000-0000-4000-8000-000000000002";
  absl::StatusOr<coworking::AnalyticsServiceOptions> options =
      coworking::ReadAnalyticsSettings(Yaml("places:\n"
                                            "  - {place_id: " +
                                            one + ", coworking_id: " + two +
                                            ", time_zone: Europe/Berlin}\n"
                                            "  - {place_id: " +
                                            two + ", coworking_id: " + two + "}\n"),
                                       "settings");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->places.at(*omnibus::ParseUuid(one)).coworking_id, *omnibus::ParseUuid(two));
  EXPECT_EQ(options->places.at(*omnibus::ParseUuid(one)).time_zone.name(), "Europe/Berlin");
  EXPECT_EQ(options->places.at(*omnibus::ParseUuid(two)).time_zone, absl::UTCTimeZone());
}

TEST(DomainSettings, TheNotificationChannel) {
  EXPECT_EQ(coworking::ReadNotificationSettings({}, "s")->channel,
            coworking::NotificationChannel::push);
  EXPECT_EQ(coworking::ReadNotificationSettings(Yaml("channel: email"), "s")->channel,
            coworking::NotificationChannel::email);
}

struct WrongSetting {
  std::string module;  // "bookstore/catalog-service"
  std::string yaml;
  std::string error;
};

class WrongDomainSettings : public ::testing::TestWithParam<WrongSetting> {};

// Through the domains' factories, as a program that runs them does.
TEST_P(WrongDomainSettings, AreErrorsWithTheirPlace) {
  for (const omnibus::Domain& domain :
       {bookstore::BookstoreDomain(), coworking::CoworkingDomain()}) {
    for (const omnibus::ModuleFactory& factory : domain.modules) {
      if (std::string(domain.name->name) + "/" + std::string(factory.name) != GetParam().module) {
        continue;
      }
      const absl::Status status = factory.make(Yaml(GetParam().yaml), "m.settings").status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().error));
      return;
    }
  }
  FAIL() << "no module " << GetParam().module;
}

const std::string kPlace = "{place_id: 00000000-0000-4000-8000-000000000001, ";

INSTANTIATE_TEST_SUITE_P(
    All, WrongDomainSettings,
    ::testing::Values(
        WrongSetting{"bookstore/catalog-service", "stok: []",
                     "omnibus.yaml:1:1: m.settings: unknown key"},
        WrongSetting{"bookstore/catalog-service", "stock: 7",
                     "omnibus.yaml:1:8: m.settings.stock: expected a list"},
        WrongSetting{"bookstore/catalog-service", "stock: [7]",
                     "omnibus.yaml:1:9: m.settings.stock[0]: expected a mapping"},
        WrongSetting{"bookstore/catalog-service", "stock: [{book_id: 1}]",
                     "m.settings.stock[0].available: is missing"},
        WrongSetting{"bookstore/catalog-service", "stock: [{available: 1}]",
                     "m.settings.stock[0].book_id: is missing"},
        WrongSetting{"bookstore/catalog-service", "stock:\n- {book_id: 1, available: -1}",
                     "omnibus.yaml:2:27: m.settings.stock[0].available: must be 0 or more"},
        WrongSetting{"bookstore/catalog-service", "stock: [{book_id: one, available: 1}]",
                     "omnibus.yaml:1:19: m.settings.stock[0].book_id: "},
        WrongSetting{"bookstore/catalog-service",
                     "stock:\n- {book_id: 1, available: 1}\n- {book_id: 1, available: 2}",
                     "omnibus.yaml:3:13: m.settings.stock[1].book_id: book 1 is there twice"},
        WrongSetting{"bookstore/catalog-service", "stock: [{book_id: 1, available: 1, avail: 2}]",
                     "m.settings.stock[0]: unknown key"},
        WrongSetting{"bookstore/catalog-service", "http: localhost",
                     "omnibus.yaml:1:7: m.settings.http: expected an address and a port"},
        WrongSetting{"bookstore/order-service", "http: 127.0.0.1:99999",
                     "m.settings.http: expected an address and a port"},
        WrongSetting{"bookstore/order-service", "prices: [{book_id: 1, price: -0.01}]",
                     "m.settings.prices[0].price: must be 0 or more"},
        WrongSetting{"bookstore/order-service", "prices: [{book_id: 1, price: cheap}]",
                     "omnibus.yaml:1:30: m.settings.prices[0].price: "},
        WrongSetting{"bookstore/order-service",
                     "prices: [{book_id: 1, price: 30.9999999999999999999}]",
                     "m.settings.prices[0].price: "},
        WrongSetting{"bookstore/analytics-service", "places: []", "unknown key"},
        WrongSetting{"coworking/booking-service", "reminder_lead: 15m", "unknown key"},
        WrongSetting{"coworking/scheduler-service", "reminder_lead: -15m",
                     "m.settings.reminder_lead: "},
        WrongSetting{"coworking/scheduler-service", "reminder_lead: 15",
                     "omnibus.yaml:1:16: m.settings.reminder_lead: "},
        WrongSetting{"coworking/scheduler-service", "reminder_led: 15m",
                     "omnibus.yaml:1:1: m.settings: unknown key"},
        WrongSetting{"coworking/notification-service", "channel: fax",
                     "omnibus.yaml:1:10: m.settings.channel: expected push or email"},
        WrongSetting{"coworking/analytics-service", "places: [{place_id: 7, coworking_id: 7}]",
                     "omnibus.yaml:1:21: m.settings.places[0].place_id: "},
        WrongSetting{"coworking/analytics-service", "places: [" + kPlace + "}]",
                     "m.settings.places[0].coworking_id: is missing"},
        WrongSetting{
            "coworking/analytics-service",
            "places: [" + kPlace +
                "coworking_id: 00000000-0000-4000-8000-000000000001, time_zone: Mars/Base}]",
            "m.settings.places[0].time_zone: this machine knows no time zone \"Mars/Base\""},
        WrongSetting{"coworking/analytics-service",
                     "places: [" + kPlace +
                         "coworking_id: 00000000-0000-4000-8000-000000000001}, " + kPlace +
                         "coworking_id: 00000000-0000-4000-8000-000000000001}]",
                     "m.settings.places[1].place_id: place"}),
    [](const ::testing::TestParamInfo<WrongSetting>& wrong) {
      return "Case" + std::to_string(wrong.index);
    });

TEST(Domains, HaveAFactoryForEachOfTheirServices) {
  for (const omnibus::Domain& domain :
       {bookstore::BookstoreDomain(), coworking::CoworkingDomain()}) {
    ASSERT_EQ(domain.modules.size(), domain.name->services.size());
    for (const omnibus::ModuleFactory& factory : domain.modules) {
      EXPECT_TRUE(domain.name->services.contains(factory.name));
      absl::StatusOr<std::unique_ptr<omnibus::Module>> module = factory.make({}, "settings");
      ASSERT_TRUE(module.ok()) << module.status();
      EXPECT_EQ((*module)->name(), factory.name);
      EXPECT_EQ(&(*module)->domain(), domain.name);
    }
  }
}

// What a module handles and publishes is what the contracts list it for, no more and no less.
TEST(Domains, EveryServiceHandlesAndPublishesWhatItsContractsSay) {
  for (const omnibus::Domain& domain :
       {bookstore::BookstoreDomain(), coworking::CoworkingDomain()}) {
    for (const omnibus::ModuleFactory& factory : domain.modules) {
      absl::StatusOr<std::unique_ptr<omnibus::Module>> module = factory.make({}, "settings");
      ASSERT_TRUE(module.ok()) << module.status();
      omnibus::ModuleDescription description;
      (*module)->Describe(description);
      for (const omnibus::EventType* event : domain.events) {
        bool handles = false;
        for (const auto& handler : description.handlers()) handles |= handler.type == event;
        EXPECT_EQ(handles, event->contract->consumers.contains(factory.name))
            << factory.name << " " << event->contract->type;
        bool publishes = false;
        for (const omnibus::EventType* type : description.publishes()) publishes |= type == event;
        EXPECT_EQ(publishes, event->contract->publisher == factory.name)
            << factory.name << " " << event->contract->type;
      }
    }
  }
}

}  // namespace
