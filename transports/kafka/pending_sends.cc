#include "transports/kafka/pending_sends.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::kafka {
namespace {

std::int64_t TickOf(absl::Time time) {
  return absl::ToUnixMillis(time) / absl::ToInt64Milliseconds(PendingSends::kTick);
}

absl::Status Unknown(const std::string& channel, std::string_view detail) {
  return absl::DeadlineExceededError(absl::StrCat(
      "kafka: publish to ", channel, ": no confirm in time, it may be written all the same",
      detail.empty() ? "" : " (", AbslView(detail), detail.empty() ? "" : ")"));
}

}  // namespace

PendingSends::PendingSends() = default;

std::size_t PendingSends::BucketOf(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return kNever;
  // The tick after the deadline: nothing expires early.
  return static_cast<std::size_t>(std::max<std::int64_t>(TickOf(deadline) + 1, 0)) % kBuckets;
}

void PendingSends::Link(PendingSend* send) {
  PendingSend*& head = buckets_[send->bucket];
  send->previous = nullptr;
  send->next = head;
  if (head != nullptr) head->previous = send;
  head = send;
}

void PendingSends::Unlink(PendingSend* send) {
  if (send->previous != nullptr) {
    send->previous->next = send->next;
  } else {
    buckets_[send->bucket] = send->next;
  }
  if (send->next != nullptr) send->next->previous = send->previous;
}

PendingSend* PendingSends::Add(std::string_view channel, absl::Time deadline, Completion done,
                               bool& first) {
  const internal::Locked lock(mu_);
  PendingSend* send = nullptr;
  if (free_.empty()) {
    send = &all_.emplace_back();
  } else {
    send = free_.back();
    free_.pop_back();
  }
  send->done = std::move(done);
  send->channel.assign(channel);
  send->deadline = deadline;
  send->live = true;
  send->generation = first_generation_ + generations_.size() - 1;
  ++generations_.back();
  send->bucket = BucketOf(deadline);
  // A deadline that has passed already would land in a bucket that is not looked at for a turn.
  if (send->bucket != kNever && TickOf(deadline) + 1 <= last_tick_) {
    send->bucket = static_cast<std::size_t>(last_tick_ + 1) % kBuckets;
  }
  Link(send);
  first = live_++ == 0;
  return send;
}

bool PendingSends::Drop(PendingSend* send) {
  Completion done;  // destroyed with the mutex free
  const internal::Locked lock(mu_);
  const bool live = send->live;
  if (live) {
    Unlink(send);
    done = std::move(send->done);
    --live_;
    CountDown(send->generation);
  }
  Recycle(send);
  return live;
}

void PendingSends::Finish(std::span<Outcome> outcomes) {
  completions_.clear();
  completions_.resize(outcomes.size());
  finished_.clear();
  {
    const internal::Locked lock(mu_);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      PendingSend* send = outcomes[i].send;
      if (send->live) {
        Unlink(send);
        completions_[i] = std::move(send->done);
        finished_.push_back(send->generation);
      }
      Recycle(send);
    }
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (completions_[i]) std::move(completions_[i])(std::move(outcomes[i].status));
  }
  completions_.clear();
  const internal::Locked lock(mu_);
  live_ -= finished_.size();
  for (const std::uint64_t generation : finished_) CountDown(generation);
}

void PendingSends::TakeExpired(std::size_t bucket, absl::Time now) {
  PendingSend* send = buckets_[bucket];
  while (send != nullptr) {
    PendingSend* next = send->next;
    if (send->deadline <= now) {
      Unlink(send);
      send->live = false;
      expired_.push_back({std::move(send->done), send->channel, send->generation});
    }
    send = next;
  }
}

void PendingSends::Expire(absl::Time now, std::string_view detail) {
  {
    const internal::Locked lock(mu_);
    const std::int64_t tick = TickOf(now);
    if (tick <= last_tick_) return;
    const std::int64_t from =
        std::max(last_tick_ + 1, tick - static_cast<std::int64_t>(kBuckets) + 1);
    for (std::int64_t at = from; at <= tick; ++at) {
      TakeExpired(static_cast<std::size_t>(at) % kBuckets, now);
    }
    last_tick_ = tick;
  }
  Conclude(detail);
}

void PendingSends::ExpireAll(std::string_view detail) {
  {
    const internal::Locked lock(mu_);
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      TakeExpired(bucket, absl::InfiniteFuture());
    }
  }
  Conclude(detail);
}

void PendingSends::Conclude(std::string_view detail) {
  for (Expired& expired : expired_) {
    std::move(expired.done)(Unknown(expired.channel, detail));
    expired.done = nullptr;
  }
  const internal::Locked lock(mu_);
  live_ -= expired_.size();
  for (const Expired& expired : expired_) CountDown(expired.generation);
  expired_.clear();
}

bool PendingSends::AllOverdue(absl::Time now) const {
  const internal::Locked lock(mu_);
  if (live_ == 0) return false;
  for (const PendingSend* head : buckets_) {
    for (const PendingSend* send = head; send != nullptr; send = send->next) {
      if (send->deadline > now) return false;
    }
  }
  return true;
}

std::size_t PendingSends::live() const {
  const internal::Locked lock(mu_);
  return live_;
}

void PendingSends::CountDown(std::uint64_t generation) {
  --generations_[generation - first_generation_];
  bool passed = false;
  while (generations_.size() > 1 && generations_.front() == 0) {
    generations_.pop_front();
    ++first_generation_;
    passed = true;
  }
  if (!passed) return;
  for (Doorbell* bell : waiting_) bell->Ring();
}

void PendingSends::Recycle(PendingSend* send) {
  send->live = false;
  send->done = nullptr;
  free_.push_back(send);
}

bool PendingSends::WaitForAll(Runtime& runtime, absl::Time deadline) {
  std::unique_ptr<Doorbell> bell;
  std::uint64_t generation = 0;
  {
    const internal::Locked lock(mu_);
    if (live_ == 0) return true;
    generation = first_generation_ + generations_.size() - 1;
    generations_.push_back(0);
    bell = runtime.NewDoorbell();
    waiting_.push_back(bell.get());
  }
  bool in_time = true;
  while (true) {
    {
      const internal::Locked lock(mu_);
      if (first_generation_ > generation || !in_time) {
        waiting_.erase(std::find(waiting_.begin(), waiting_.end(), bell.get()));
        return first_generation_ > generation;
      }
    }
    in_time = bell->Wait(deadline);
  }
}

}  // namespace omnibus::kafka
