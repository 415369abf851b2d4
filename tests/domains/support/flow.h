#ifndef OMNIBUS_TESTS_DOMAINS_SUPPORT_FLOW_H_
#define OMNIBUS_TESTS_DOMAINS_SUPPORT_FLOW_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/envelope.h"
#include "omnibus/observer.h"
#include "omnibus/uuid.h"

namespace domain_testing {

// What flows through a bus, told by chain: a chain is a correlation id that the test has named.
// Events of other chains (of an earlier run on the same broker) are left out.
//
// Thread-safety: any thread, concurrently.
class Flow final : public omnibus::Observer {
 public:
  struct Event {
    std::string chain;
    omnibus::Metadata metadata;
    std::string payload;  // as on the wire
  };

  void Name(const omnibus::Uuid& correlation_id, const std::string& chain);

  // "kept: booking.created, by nothing", "kept: booking.completed, by booking.created"; sorted.
  std::vector<std::string> PublishedLines() const;
  // "kept: booking.created -> analytics-service OK"; sorted. Attempts that are made again are left
  // out.
  std::vector<std::string> HandledLines() const;
  // "coworking/analytics-service booking.events NOT_FOUND"; sorted.
  std::vector<std::string> DeadLetterLines() const;

  // Waits until that much was published, handled and dead-lettered.
  bool WaitFor(std::size_t published, std::size_t handled, std::size_t dead_letters,
               absl::Duration timeout) const;

  std::vector<Event> events() const;
  // What is not the same on the other side of the wire; empty when all is.
  std::vector<std::string> LostOnTheWire() const;

  void OnPublished(const Published& event) override;
  void OnHandled(const Handled& event) override;
  void OnDeadLettered(const DeadLettered& event) override;

 private:
  struct Handling {
    std::string line;
    omnibus::Metadata metadata;
  };

  std::string ChainOf(const omnibus::Metadata& metadata) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  std::map<omnibus::Uuid, std::string> chains_ ABSL_GUARDED_BY(mu_);
  std::vector<Event> published_ ABSL_GUARDED_BY(mu_);
  std::vector<Handling> handled_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> dead_letters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace domain_testing

#endif  // OMNIBUS_TESTS_DOMAINS_SUPPORT_FLOW_H_
