#include "dead/queue_walk.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/queue_tools.h"
#include "spdlog/logger.h"

namespace omnibus::dead {
namespace {

constexpr std::size_t kReadAtOnce = 64;
constexpr absl::Duration kTry = absl::Seconds(5);  // for the broker to answer
constexpr absl::Duration kOthers = absl::Seconds(1);
constexpr absl::Duration kPause = absl::Milliseconds(250);
constexpr absl::Duration kLeave = absl::Seconds(5);

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

class Walk {
 public:
  Walk(const DeadQueue& queue, Transport& transport, LetterChoice chosen, std::size_t batch,
       const WalkOptions& options, LetterVisitor visit)
      : queue_(queue),
        transport_(transport),
        gauge_(dynamic_cast<QueueGauge*>(&transport)),
        chosen_(chosen),
        batch_(batch),
        options_(options),
        visit_(visit),
        progress_at_(options.runtime.Now()) {}

  absl::StatusOr<Next> Run() {
    if (gauge_ == nullptr) {
      return absl::UnimplementedError(
          absl::StrCat("transport ", queue_.transport, " cannot look at what lies in a queue"));
    }
    while (true) {
      absl::StatusOr<Next> next = Try();
      if (next.ok() || !MayPass(next.status()) || visit_failed_) return next;
      const absl::Time now = options_.runtime.Now();
      if (options_.stop.stop_requested()) return Next::kGoOn;
      if (now + kPause >= progress_at_ + options_.timeout) return next;
      options_.log.warn("{} is tried again: {}", queue_.name,
                        std::string(StdView(next.status().message())));
      options_.runtime.SleepUntil(now + kPause);
    }
  }

 private:
  absl::StatusOr<Next> Try() {
    const absl::Time now = options_.runtime.Now();
    absl::StatusOr<QueueExtent> extent =
        gauge_->MeasureQueue(queue_.name, std::min(now + kTry, progress_at_ + options_.timeout));
    if (absl::IsNotFound(extent.status())) return Next::kGoOn;
    if (!extent.ok()) return extent.status();
    // Somebody reads it, or has just ceased to, and what that one holds is not back yet.
    for (const absl::Time patience = now + kOthers;
         extent->consumers > 0 && options_.runtime.Now() < patience;) {
      options_.runtime.SleepUntil(options_.runtime.Now() + absl::Milliseconds(20));
      extent = gauge_->MeasureQueue(queue_.name, options_.runtime.Now() + kTry);
      if (!extent.ok()) return extent.status();
    }
    if (extent->messages == 0) return Next::kGoOn;
    progress_at_ = options_.runtime.Now();
    Removals removals;
    if (!extent->partitions.empty()) {
      if (absl::Status status = ReadRemovals(*extent, removals); !status.ok()) return status;
    }
    QueuePass pass = MakePass(*extent);
    if (absl::Status status = pass.Open(); !status.ok()) return status;
    absl::StatusOr<Next> next = Visit(pass, removals);
    const absl::Status closed = pass.Close(options_.runtime.Now() + kLeave);
    if (next.ok() && !closed.ok()) return closed;
    return next;
  }

  QueuePass MakePass(const QueueExtent& extent) const {
    return QueuePass(transport_, *gauge_, options_.runtime, queue_.name, extent, options_.timeout,
                     options_.stop);
  }

  // A log's removals stand behind what they remove.
  absl::Status ReadRemovals(const QueueExtent& extent, Removals& removals) {
    QueuePass pass = MakePass(extent);
    if (absl::Status status = pass.Open(); !status.ok()) return status;
    std::vector<ReceivedMessage> messages;
    while (!pass.over() && !options_.stop.stop_requested()) {
      messages.clear();
      if (absl::Status status = pass.Read(kReadAtOnce, messages); !status.ok()) return status;
      for (const ReceivedMessage& message : messages) {
        removals.Add(message);
        pass.Leave(message.tag);
      }
    }
    messages.clear();
    return pass.Close(options_.runtime.Now() + kLeave);
  }

  absl::StatusOr<Next> Visit(QueuePass& pass, const Removals& removals) {
    const auto lookup = [this](std::string_view type) -> const EventType* {
      for (const EventType* event : options_.events) {
        if (event->contract->type == type) return event;
      }
      return nullptr;
    };
    EnvelopeReader reader;
    std::vector<ReceivedMessage> messages;
    std::vector<Letter> letters;
    while (!pass.over() && !options_.stop.stop_requested()) {
      messages.clear();
      letters.clear();
      if (absl::Status status = pass.Read(std::min(batch_, kReadAtOnce), messages); !status.ok()) {
        return status;
      }
      progress_at_ = options_.runtime.Now();
      for (ReceivedMessage& message : messages) {
        Removals own;
        const bool live =
            !own.Add(message) && !removals.Contains({message.partition, message.offset});
        BuriedMessage buried;
        if (live) buried = ReadBuried(queue_, message, lookup, reader);
        if (!live || !chosen_(buried)) {
          pass.Leave(message.tag);
          continue;
        }
        letters.emplace_back(std::move(message), std::move(buried));
      }
      if (letters.empty()) continue;
      absl::StatusOr<Next> next = visit_(pass, letters);
      visit_failed_ = !next.ok();
      progress_at_ = options_.runtime.Now();
      if (!next.ok() || *next == Next::kEnough) return next;
    }
    return Next::kGoOn;
  }

  const DeadQueue& queue_;
  Transport& transport_;
  QueueGauge* const gauge_;
  const LetterChoice chosen_;
  const std::size_t batch_;
  const WalkOptions& options_;
  const LetterVisitor visit_;
  absl::Time progress_at_;
  bool visit_failed_ = false;
};

}  // namespace

absl::StatusOr<Next> WalkQueue(const DeadQueue& queue, Transport& transport, LetterChoice chosen,
                               std::size_t batch, const WalkOptions& options, LetterVisitor visit) {
  return Walk(queue, transport, chosen, batch, options, visit).Run();
}

}  // namespace omnibus::dead
