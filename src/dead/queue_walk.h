// Goes through the dead letters of one queue, over lost connections too.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "dead/buried_message.h"
#include "dead/queue_pass.h"
#include "dead/removals.h"
#include "envelope/envelope_codec.h"
#include "omnibus/dead_letters.h"
#include "omnibus/event_type.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace spdlog {
class logger;
}

namespace omnibus::dead {

struct Letter {
  Letter(ReceivedMessage received, BuriedMessage read)
      : message(std::move(received)), buried(std::move(read)) {}

  ReceivedMessage message;
  BuriedMessage buried;
};

struct WalkOptions {
  const std::vector<const EventType*>& events;
  Runtime& runtime;
  spdlog::logger& log;
  absl::Duration timeout;  // how long a broker may not answer
  std::stop_token stop;
};

enum class Next { kGoOn, kEnough };

// Gets letters, in their order. It leaves or takes each of them on `pass`.
using LetterVisitor =
    absl::FunctionRef<absl::StatusOr<Next>(QueuePass& pass, std::span<Letter> letters)>;

// Whether a letter is visited; else it is left. Is asked again after a lost connection.
using LetterChoice = absl::FunctionRef<bool(const BuriedMessage&)>;

// Calls `visit` with up to `batch` chosen letters at a time, until it has had enough, or there is
// no further one. OK when there is no such queue. A letter is visited again after a lost
// connection, when it is still there: the visitor knows it by its id. Returns what `visit` says
// now, or kUnavailable and kDeadlineExceeded when the broker did not answer for too long.
absl::StatusOr<Next> WalkQueue(const DeadQueue& queue, Transport& transport, LetterChoice chosen,
                               std::size_t batch, const WalkOptions& options, LetterVisitor visit);

}  // namespace omnibus::dead
