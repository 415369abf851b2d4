// Dead letters: what modules could not handle, to be looked at, replayed and purged. The command
// line's `omnibus dead` is made of this; so may be tools of a service's own. docs/dead-letters.md
// has the whole picture.
//
//   omnibus::DeadLettersOptions options;
//   options.configuration = configuration;
//   options.transports = omnibus::DefaultTransports();
//   options.events = omnibus::EventTypesOf<OrderCreated>();
//   auto dead = omnibus::DeadLetters::Open(std::move(options));
//   auto tally = (*dead)->Replay({.modules = {"catalog-service"}});
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/configuration.h"
#include "omnibus/envelope.h"
#include "omnibus/event_type.h"
#include "omnibus/runtime.h"
#include "omnibus/timestamp.h"
#include "omnibus/transport_plugin.h"
#include "omnibus/uuid.h"

namespace omnibus {

// One dead letter.
struct BuriedMessage {
  // Its own name: the same whenever it is looked at, until it is replayed or purged; made from all
  // that is in it. Dies the same message twice, then these are two.
  Uuid id = {};
  std::string queue;             // where it lies: "bookstore.events.catalog-service.dead"
  std::string domain;            // of the module
  std::string module;            // that could not handle it
  std::string channel;           // where it came from
  std::string type;              // of the event, as far as it can be told
  std::optional<Uuid> event_id;  // likewise
  std::string key;               // partition key; empty: none
  std::string reason;            // a status code's name ("NOT_FOUND"), "undecodable", or "parked"
  std::string detail;            // what the handler or the decoder said
  int attempts = 0;              // of the handler
  std::optional<Timestamp> first_failed_at;
  std::optional<Timestamp> last_failed_at;
  std::optional<std::int64_t> partition;  // of the original, where its broker has such things
  std::optional<std::int64_t> offset;
  bool parks = false;          // its key is parked behind it (`after_dead_letter: park`)
  std::optional<Uuid> behind;  // it was not handled: it is parked behind the one with this event id
  int replayed = 0;            // how often it was replayed before it died again
  Dialect dialect = Dialect::kSnake;
  std::vector<NamedValue> headers;  // the original's
  std::string body;                 // the original's
};

// Which dead letters are meant. Of each list one must fit; an empty list fits all.
struct DeadLetterFilter {
  std::vector<std::string> modules = {};  // "catalog-service", or with its domain: "bookstore/..."
  std::vector<std::string> channels = {};
  std::vector<std::string> types = {};
  std::vector<std::string> keys = {};
  std::vector<std::string> reasons = {};  // a reason, in any letters, or a part of the detail
  std::vector<Uuid> ids = {};             // a dead letter's, or an event's
  // Of the last failure; a dead letter that does not tell it fits neither.
  std::optional<Timestamp> since = {};   // then or later
  std::optional<Timestamp> before = {};  // earlier

  bool Fits(const BuriedMessage& message) const;
};

struct DeadLettersOptions {
  Setting configuration;                    // the whole file
  std::vector<TransportPlugin> transports;  // DefaultTransports(), or those that you link
  std::vector<const EventType*> events;     // whose consumers' dead letters are meant
  Runtime* runtime = &SystemRuntime();      // outlives it
  std::shared_ptr<spdlog::logger> log;      // default: spdlog's default logger

  // How long a call waits for a broker that does not answer. What answers may take as long as it
  // takes.
  absl::Duration timeout = absl::Seconds(30);
  std::stop_token stop;  // ends a call early; what it has begun is brought to its end
};

struct RemovalOptions {
  // The most messages a second; none: as fast as the broker takes them.
  std::optional<double> rate = {};

  // Replay this instead of the body, when exactly one dead letter fits: a whole message, or its
  // payload alone, which then takes the old one's place in the old message. Checked against the
  // contract; the event stays the same one (id and idempotency key).
  std::optional<std::string> edited = {};

  bool dry_run = false;  // says what would be done, and does nothing

  // Called for each dead letter that fits, with what became of it: OK, it was replayed or purged;
  // any other, it lies where it lay.
  std::function<void(const BuriedMessage& message, const absl::Status& outcome)> progress = {};
};

struct RemovalTally {
  std::int64_t done = 0;
  // Were parked behind one of those, and come back in their order, whether they fit or not; to be
  // purged, what fits is not among them.
  std::int64_t following = 0;
  std::int64_t failed = 0;   // those lie where they lay
  absl::Status first_error;  // of the failed
  bool stopped = false;      // before all was looked at
};

// Thread-safety: one call at a time.
class DeadLetters {
 public:
  // Reads the configuration, and connects to nothing yet. kInvalidArgument: configuration or
  // contract, a line for each error.
  static absl::StatusOr<std::unique_ptr<DeadLetters>> Open(DeadLettersOptions options);
  ~DeadLetters();

  // Calls `visit` for each dead letter that fits, until it returns false. Those of one module and
  // channel come in the order in which they died. Takes nothing away; but on RabbitMQ, as long as
  // it reads a module's, nobody else sees them.
  absl::Status Browse(const DeadLetterFilter& filter,
                      absl::FunctionRef<bool(const BuriedMessage&)> visit);

  // Sends each that fits back to the module that could not handle it: the same bytes, key and
  // headers, so the same event with the same idempotency key, and the header `dead_replayed`. Each
  // is removed once the broker has confirmed its replay: when anything is interrupted, a dead
  // letter may be replayed again, which the module's inbox drops, and none is lost.
  //
  // One that parks its key releases it: what is parked behind it comes back behind it, in order,
  // and the key goes on. That takes a process that handles the key: the call waits for it, up to
  // the timeout; then kDeadlineExceeded is its outcome, and all stays for another call to finish.
  // What is parked alone cannot be replayed (kFailedPrecondition): it would overtake.
  //
  // kInvalidArgument: `edited` breaks the contract. kFailedPrecondition: `edited`, and not exactly
  // one fits.
  absl::StatusOr<RemovalTally> Replay(const DeadLetterFilter& filter,
                                      const RemovalOptions& options = {});

  // Removes each that fits for good. A key that one of them parks is released as by Replay(), and
  // what was parked behind it and does not fit comes back.
  absl::StatusOr<RemovalTally> Purge(const DeadLetterFilter& filter,
                                     const RemovalOptions& options = {});

 private:
  class Impl;
  explicit DeadLetters(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace omnibus
