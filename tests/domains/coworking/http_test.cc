// The coworking's front doors, asked by curl over a real socket.
#include <memory>
#include <string>
#include <vector>

#include "domains/coworking/analytics_service.h"
#include "domains/coworking/booking_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/curl.h"
#include "tests/domains/support/service_bench.h"

namespace coworking {
namespace {

using domain_testing::Curl;
using domain_testing::CurlReply;
using domain_testing::Id;
using domain_testing::Sent;
using domain_testing::ServiceBench;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAnyPort[] = "127.0.0.1:0";

std::string IdText(std::uint32_t number) { return omnibus::ToString(Id(number)); }

std::string Body(const std::string& start, const std::string& end) {
  return "{\"user_id\":\"" + IdText(1) + "\",\"place_id\":\"" + IdText(2) + "\",\"start_time\":\"" +
         start + "\",\"end_time\":\"" + end + "\"}";
}

const std::string kBody = Body("2025-01-01T12:00:00Z", "2025-01-01T13:00:00Z");

class BookingDoorTest : public ::testing::Test {
 protected:
  CurlReply Ask(const std::string& method, const std::string& path, const std::string& body = "",
                const std::vector<std::string>& headers = {}) {
    return Curl(method, service_.http_port(), path, body, headers);
  }

  // Books, and returns the path of what was booked.
  std::string Book() {
    const CurlReply reply = Ask("POST", "/bookings", kBody);
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.headers.at("location");
  }

  std::shared_ptr<BookingStore> store_ = MakeMemoryBookingStore();
  BookingService service_{{.http = kAnyPort}, store_};
  ServiceBench bench_{service_};
};

TEST_F(BookingDoorTest, ABookingIsCreated) {
  const CurlReply reply = Ask("POST", "/bookings", kBody);
  EXPECT_EQ(reply.status, 201);
  ASSERT_EQ(store_->List()->size(), 1u);
  const std::string id = omnibus::ToString((*store_->List())[0].booking_id);
  EXPECT_EQ(reply.body, "{\"booking_id\":\"" + id + "\",\"status\":\"created\"}");
  EXPECT_EQ(reply.headers.at("location"), "/bookings/" + id);
}

TEST_F(BookingDoorTest, TimesMayHaveAnOffset) {
  ASSERT_EQ(
      Ask("POST", "/bookings", Body("2025-01-01T15:00:00+03:00", "2025-01-01T13:00:00Z")).status,
      201);
  EXPECT_EQ(omnibus::ToString((*store_->List())[0].start_time), "2025-01-01T12:00:00Z");
}

TEST_F(BookingDoorTest, ABookingIsShown) {
  const std::string path = Book();
  const CurlReply reply = Ask("GET", path);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"booking_id\":\"" + path.substr(10) + "\",\"user_id\":\"" + IdText(1) +
                            "\",\"place_id\":\"" + IdText(2) +
                            "\",\"start_time\":\"2025-01-01T12:00:00Z\",\"end_time\":"
                            "\"2025-01-01T13:00:00Z\",\"status\":\"created\"}");
}

TEST_F(BookingDoorTest, ABookingIsCancelled) {
  const std::string path = Book();
  const CurlReply reply = Ask("DELETE", path, R"({"reason":"ill"})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, "{\"booking_id\":\"" + path.substr(10) + "\",\"status\":\"cancelled\"}");
  EXPECT_THAT(Ask("GET", path).body, HasSubstr("\"status\":\"cancelled\",\"reason\":\"ill\"}"));
  // DELETE may be repeated.
  EXPECT_EQ(Ask("DELETE", path, R"({"reason":"ill"})").status, 200);
  EXPECT_EQ(Ask("POST", "/bookings", kBody).status, 201);
}

TEST_F(BookingDoorTest, ACancellationNeedsAReason) {
  const std::string path = Book();
  for (const std::string body : {"{}", R"({"reason":""})", R"({"reason":7})"}) {
    const CurlReply reply = Ask("DELETE", path, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, HasSubstr("\"field\":\"reason\""));
  }
  EXPECT_EQ(Ask("DELETE", path).status, 400);
  EXPECT_THAT(Ask("GET", path).body, HasSubstr("\"status\":\"created\""));
}

TEST_F(BookingDoorTest, AnOverlapIsAConflict) {
  Book();
  const CurlReply reply = Ask("POST", "/bookings", kBody);
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  EXPECT_THAT(reply.body, HasSubstr("\"status\":409"));
}

TEST_F(BookingDoorTest, ACompletedBookingCannotBeCancelled) {
  const std::string path = Book();
  ASSERT_TRUE(bench_.Deliver(BookingCompleted{(*store_->List())[0].booking_id}).ok());
  EXPECT_THAT(Ask("GET", path).body, HasSubstr("\"status\":\"completed\""));
  EXPECT_EQ(Ask("DELETE", path, R"({"reason":"ill"})").status, 409);
}

TEST_F(BookingDoorTest, UnknownBookingsAreNotFound) {
  EXPECT_EQ(Ask("GET", "/bookings/" + IdText(9)).status, 404);
  EXPECT_EQ(Ask("DELETE", "/bookings/" + IdText(9), R"({"reason":"ill"})").status, 404);
}

TEST_F(BookingDoorTest, ABookingIdThatIsNoUuidIsAProblemOfTheId) {
  for (const std::string method : {"GET", "DELETE"}) {
    const CurlReply reply = Ask(method, "/bookings/17", R"({"reason":"ill"})");
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr("\"field\":\"id\""));
  }
}

TEST_F(BookingDoorTest, WrongBookingsAreProblemsThatNameTheField) {
  std::string no_user = kBody;
  no_user.replace(no_user.find("user_id"), 7, "user");
  std::string bad_place = kBody;
  bad_place.replace(bad_place.find(IdText(2)), 36, "desk");
  const struct {
    std::string body;
    std::string field;
  } cases[] = {
      {no_user, "user_id"},
      {bad_place, "place_id"},
      {Body("2025-01-01", "2025-01-01T13:00:00Z"), "start_time"},
      {Body("2025-01-01T12:00:00", "2025-01-01T13:00:00Z"), "start_time"},
      {Body("2025-01-01T12:00:00Z", "2025-02-30T13:00:00Z"), "end_time"},
      {Body("2025-01-01T12:00:00Z", "2025-01-01T12:00:00Z"), "end_time"},
      {Body("2025-01-01T12:00:00Z", "2025-01-01T11:00:00Z"), "end_time"},
  };
  for (const auto& [body, field] : cases) {
    const CurlReply reply = Ask("POST", "/bookings", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, HasSubstr("\"field\":\"" + field + "\"")) << body;
  }
  EXPECT_THAT(*store_->List(), IsEmpty());
}

TEST_F(BookingDoorTest, TheCorrelationIdIsTakenGivenBackAndPublished) {
  const std::vector<std::string> header = {"X-Correlation-Id: " + IdText(7)};
  const CurlReply booked = Ask("POST", "/bookings", kBody, header);
  EXPECT_EQ(booked.headers.at("x-correlation-id"), IdText(7));
  const CurlReply cancelled =
      Ask("DELETE", booked.headers.at("location"), R"({"reason":"ill"})", header);
  EXPECT_EQ(cancelled.headers.at("x-correlation-id"), IdText(7));
  const std::vector<Sent> tries = bench_.TakeTries();
  ASSERT_EQ(tries.size(), 2u);
  for (const Sent& sent : tries) EXPECT_EQ(sent.options.correlation_id, Id(7));
  EXPECT_EQ(Ask("POST", "/bookings", kBody, {"X-Correlation-Id: 7"}).status, 400);
}

TEST_F(BookingDoorTest, WhatCouldNotBeConfirmedInTimeIs503) {
  bench_.Answer({absl::UnavailableError("no broker")});
  const CurlReply reply = Ask("POST", "/bookings", kBody);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  const std::string path = Book();
  bench_.Answer({absl::NotFoundError("no topic")});
  EXPECT_EQ(Ask("DELETE", path, R"({"reason":"ill"})").status, 503);
  EXPECT_THAT(Ask("GET", path).body, HasSubstr("\"status\":\"created\""));
}

TEST(CoworkingAnalyticsDoorTest, Reports) {
  AnalyticsService service({.http = kAnyPort, .places = {{Id(2), {.coworking_id = Id(3)}}}});
  ServiceBench bench(service);
  ASSERT_TRUE(bench.started().ok()) << bench.started();
  ASSERT_TRUE(bench
                  .Deliver(BookingCreated{Id(5), Id(1), Id(2),
                                          *omnibus::ParseTimestamp("2025-01-01T14:00:00Z"),
                                          *omnibus::ParseTimestamp("2025-01-01T15:00:00Z")})
                  .ok());
  ASSERT_TRUE(bench.Deliver(BookingCancelled{Id(5), "ill"}).ok());
  ASSERT_TRUE(bench.Deliver(NotificationSent{.user_id = Id(1)}).ok());
  const CurlReply reply = Curl("GET", service.http_port(), "/report");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"bookings_by_hour\":[{\"coworking_id\":\"" + IdText(3) +
                            "\",\"hour\":14,\"bookings\":1}],\"bookings\":1,\"cancellations\":1,"
                            "\"completions\":0,\"reminders_sent\":1,\"unknown_places\":0}");
}

}  // namespace
}  // namespace coworking
