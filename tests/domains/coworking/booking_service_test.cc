#include "domains/coworking/booking_service.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/service_bench.h"

namespace coworking {
namespace {

using domain_testing::Id;
using domain_testing::Lines;
using domain_testing::Sent;
using domain_testing::ServiceBench;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kDesk = 100;
constexpr std::uint32_t kRoom = 101;

// Minutes after 2025-01-01T12:00:00Z.
omnibus::Timestamp At(int minutes) {
  return omnibus::ToTimestamp(absl::FromUnixSeconds(1'735'732'800) + absl::Minutes(minutes));
}

class BookingServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<Booking> Book(std::uint32_t place, int from, int to) {
    return service_.Book({Id(1), Id(place), At(from), At(to)}, Id(7));
  }

  BookingStatus StatusOf(const Booking& booking) {
    return service_.Find(booking.booking_id)->status;
  }

  std::shared_ptr<BookingStore> store_ = MakeMemoryBookingStore();
  BookingService service_{{}, store_};
  ServiceBench bench_{service_};
};

TEST_F(BookingServiceTest, ABookingIsAnnounced) {
  absl::StatusOr<Booking> booking = Book(kDesk, 0, 60);
  ASSERT_TRUE(booking.ok()) << booking.status();
  EXPECT_EQ(booking->status, BookingStatus::created);
  const std::vector<Sent> tries = bench_.TakeTries();
  EXPECT_THAT(Lines(tries), ElementsAre("booking.created {\"booking_id\":\"" +
                                        omnibus::ToString(booking->booking_id) +
                                        "\",\"user_id\":\"" + omnibus::ToString(Id(1)) +
                                        "\",\"place_id\":\"" + omnibus::ToString(Id(kDesk)) +
                                        "\",\"start_time\":\"2025-01-01T12:00:00Z\",\"end_time\":"
                                        "\"2025-01-01T13:00:00Z\"}"));
  EXPECT_EQ(tries[0].options.correlation_id, Id(7));
  EXPECT_EQ(*service_.Find(booking->booking_id), *booking);
}

TEST_F(BookingServiceTest, AnOverlapOnOnePlaceIsRefused) {
  ASSERT_TRUE(Book(kDesk, 60, 120).ok());
  bench_.TakeTries();
  const std::vector<std::pair<int, int>> overlaps = {{60, 120}, {0, 61},   {119, 180},
                                                     {70, 80},  {0, 1000}, {60, 61}};
  for (const auto& [from, to] : overlaps) {
    EXPECT_TRUE(absl::IsAlreadyExists(Book(kDesk, from, to).status())) << from << " to " << to;
  }
  EXPECT_THAT(bench_.TakeTries(), IsEmpty());
}

TEST_F(BookingServiceTest, OneMayBeginAsAnotherEnds) {
  EXPECT_TRUE(Book(kDesk, 60, 120).ok());
  EXPECT_TRUE(Book(kDesk, 120, 180).ok());
  EXPECT_TRUE(Book(kDesk, 0, 60).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Book(kDesk, 59, 61).status()));
}

TEST_F(BookingServiceTest, AnotherPlaceIsFree) {
  EXPECT_TRUE(Book(kDesk, 60, 120).ok());
  EXPECT_TRUE(Book(kRoom, 60, 120).ok());
}

TEST_F(BookingServiceTest, OfManyThatWantOnePlaceAtOnceOneGetsIt) {
  std::atomic<int> booked = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t, &booked] {
      for (int i = 0; i < 50; ++i) {
        // All of these overlap at minute i * 100 + 50.
        if (Book(kDesk, i * 100 + t, i * 100 + 51 + t).ok()) ++booked;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(booked.load(), 50);
  EXPECT_EQ(bench_.TakeTries().size(), 50u);
}

TEST_F(BookingServiceTest, AnEndThatIsNotAfterItsStartIsRefused) {
  const absl::Status backwards = Book(kDesk, 60, 0).status();
  EXPECT_TRUE(absl::IsInvalidArgument(backwards)) << backwards;
  EXPECT_EQ(backwards.message(),
            "end_time: must be after start_time (2025-01-01T13:00:00Z), found "
            "2025-01-01T12:00:00Z");
  EXPECT_TRUE(absl::IsInvalidArgument(Book(kDesk, 60, 60).status()));
  EXPECT_THAT(bench_.TakeTries(), IsEmpty());
}

TEST_F(BookingServiceTest, ACancellationIsAnnouncedAndFreesThePlace) {
  const Booking booking = *Book(kDesk, 60, 120);
  bench_.TakeTries();
  absl::StatusOr<Booking> cancelled = service_.Cancel(booking.booking_id, "ill", Id(8));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status, BookingStatus::cancelled);
  EXPECT_EQ(cancelled->reason, "ill");
  const std::vector<Sent> tries = bench_.TakeTries();
  EXPECT_THAT(Lines(tries),
              ElementsAre("booking.cancelled {\"booking_id\":\"" +
                          omnibus::ToString(booking.booking_id) + "\",\"reason\":\"ill\"}"));
  EXPECT_EQ(tries[0].options.correlation_id, Id(8));
  EXPECT_TRUE(Book(kDesk, 60, 120).ok());
}

TEST_F(BookingServiceTest, ASecondCancellationDoesNothing) {
  const Booking booking = *Book(kDesk, 60, 120);
  ASSERT_TRUE(service_.Cancel(booking.booking_id, "ill").ok());
  // The place is another's by now, and stays so.
  ASSERT_TRUE(Book(kDesk, 60, 120).ok());
  bench_.TakeTries();
  absl::StatusOr<Booking> again = service_.Cancel(booking.booking_id, "changed my mind");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->reason, "ill");
  EXPECT_THAT(bench_.TakeTries(), IsEmpty());
  EXPECT_TRUE(absl::IsAlreadyExists(Book(kDesk, 60, 120).status()));
}

TEST_F(BookingServiceTest, OfManyCancellationsOneIsAnnounced) {
  const Booking booking = *Book(kDesk, 60, 120);
  bench_.TakeTries();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, &booking] { (void)service_.Cancel(booking.booking_id, "ill"); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bench_.TakeTries().size(), 1u);
  EXPECT_EQ(StatusOf(booking), BookingStatus::cancelled);
}

TEST_F(BookingServiceTest, CancellationsThatCannotBeAreRefused) {
  EXPECT_TRUE(absl::IsNotFound(service_.Cancel(Id(99), "ill").status()));
  const Booking booking = *Book(kDesk, 60, 120);
  const absl::Status no_reason = service_.Cancel(booking.booking_id, "").status();
  EXPECT_TRUE(absl::IsInvalidArgument(no_reason)) << no_reason;
  EXPECT_THAT(std::string(no_reason.message()), HasSubstr("reason: "));
  ASSERT_TRUE(bench_.Deliver(BookingCompleted{booking.booking_id}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(service_.Cancel(booking.booking_id, "ill").status()));
}

TEST_F(BookingServiceTest, ABookingIsCompletedOnce) {
  const Booking booking = *Book(kDesk, 60, 120);
  EXPECT_TRUE(bench_.Deliver(BookingCompleted{booking.booking_id}).ok());
  EXPECT_TRUE(bench_.Deliver(BookingCompleted{booking.booking_id}).ok());
  EXPECT_EQ(StatusOf(booking), BookingStatus::completed);
}

TEST_F(BookingServiceTest, TheCompletionOfACancelledBookingIsIgnored) {
  const Booking booking = *Book(kDesk, 60, 120);
  ASSERT_TRUE(service_.Cancel(booking.booking_id, "ill").ok());
  EXPECT_TRUE(bench_.Deliver(BookingCompleted{booking.booking_id}).ok());
  EXPECT_EQ(StatusOf(booking), BookingStatus::cancelled);
}

TEST_F(BookingServiceTest, TheCompletionOfAnUnknownBookingIsRefusedForGood) {
  EXPECT_TRUE(absl::IsNotFound(bench_.Deliver(BookingCompleted{Id(99)})));
}

TEST_F(BookingServiceTest, ABookingThatWasSurelyNotPublishedIsNoBooking) {
  for (const absl::Status& refused :
       {absl::UnavailableError("no broker"), absl::ResourceExhaustedError("queue full"),
        absl::NotFoundError("no topic"), absl::FailedPreconditionError("closed")}) {
    bench_.Answer({refused});
    EXPECT_TRUE(absl::IsUnavailable(Book(kDesk, 60, 120).status()));
    EXPECT_THAT(*store_->List(), IsEmpty());
  }
  EXPECT_TRUE(Book(kDesk, 60, 120).ok());
}

TEST_F(BookingServiceTest, ABookingWhoseOutcomeIsUnknownHoldsItsPlaceUntilItIsConfirmed) {
  bench_.Answer({absl::DeadlineExceededError("no answer"), absl::UnavailableError("no broker"),
                 absl::UnavailableError("no broker")});
  const absl::Status status = Book(kDesk, 60, 120).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  ASSERT_EQ(store_->List()->size(), 1u);
  const Booking booking = (*store_->List())[0];
  EXPECT_THAT(std::string(status.message()), HasSubstr(omnibus::ToString(booking.booking_id)));
  EXPECT_TRUE(absl::IsAlreadyExists(Book(kDesk, 60, 120).status()));
  // Its cancellation must not overtake it.
  EXPECT_TRUE(absl::IsUnavailable(service_.Cancel(booking.booking_id, "ill").status()));

  ASSERT_TRUE(bench_.WaitForTries(4));
  service_.Stop();  // joins the thread that has seen the confirm
  const std::vector<Sent> tries = bench_.TakeTries();
  ASSERT_EQ(tries.size(), 4u);
  for (const Sent& sent : tries) {
    EXPECT_EQ(Line(sent), Line(tries[0]));
    EXPECT_EQ(sent.options.id, tries[0].options.id);
    EXPECT_EQ(sent.options.idempotency_key, tries[0].options.idempotency_key);
    EXPECT_EQ(sent.options.correlation_id, Id(7));
  }
  EXPECT_TRUE(service_.Cancel(booking.booking_id, "ill").ok());
}

TEST_F(BookingServiceTest, ACancellationThatWasSurelyNotPublishedLeavesTheBooking) {
  const Booking booking = *Book(kDesk, 60, 120);
  bench_.Answer({absl::UnavailableError("no broker")});
  EXPECT_TRUE(absl::IsUnavailable(service_.Cancel(booking.booking_id, "ill").status()));
  EXPECT_EQ(StatusOf(booking), BookingStatus::created);
  EXPECT_TRUE(absl::IsAlreadyExists(Book(kDesk, 60, 120).status()));
  EXPECT_TRUE(service_.Cancel(booking.booking_id, "ill").ok());
}

TEST_F(BookingServiceTest, ACancellationWhoseOutcomeIsUnknownStaysAndIsSentAgain) {
  const Booking booking = *Book(kDesk, 60, 120);
  bench_.TakeTries();
  bench_.Answer({absl::DeadlineExceededError("no answer")});
  EXPECT_TRUE(absl::IsUnavailable(service_.Cancel(booking.booking_id, "ill").status()));
  EXPECT_EQ(StatusOf(booking), BookingStatus::cancelled);
  ASSERT_TRUE(bench_.WaitForTries(2));
  const std::vector<Sent> tries = bench_.TakeTries();
  EXPECT_EQ(tries[0].options.idempotency_key, tries[1].options.idempotency_key);
}

TEST(BookingStoreTest, ACompletionDuringACancellationCountsIfThatIsAbandoned) {
  const std::shared_ptr<BookingStore> store = MakeMemoryBookingStore();
  for (std::uint32_t i : {1, 2}) {
    ASSERT_TRUE(store->Insert({Id(i), Id(9), Id(kDesk), At(i * 10), At(i * 10 + 5)}).ok());
    ASSERT_TRUE(store->Announce(Id(i)).ok());
    ASSERT_TRUE(store->BeginCancel(Id(i)).ok());
    EXPECT_TRUE(absl::IsAborted(store->BeginCancel(Id(i))));
    ASSERT_TRUE(store->Complete(Id(i)).ok());
    EXPECT_EQ(store->Find(Id(i))->status, BookingStatus::created);
  }
  EXPECT_TRUE(store->AbandonCancel(Id(1)).ok());
  EXPECT_EQ(store->Find(Id(1))->status, BookingStatus::completed);
  EXPECT_EQ(store->EndCancel(Id(2), "ill")->status, BookingStatus::cancelled);
}

}  // namespace
}  // namespace coworking
