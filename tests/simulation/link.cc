#include "tests/simulation/link.h"

#include <algorithm>
#include <utility>

namespace omnibus::simulation {
namespace {

// How long either end needs to notice a connection that carries nothing any more.
constexpr absl::Duration kSoonestNotice = absl::Milliseconds(500);
constexpr absl::Duration kLatestNotice = absl::Seconds(4);

}  // namespace

Link::Link(World& world, Process& process, std::string name, LinkPurpose purpose)
    : world_(world), process_(process), name_(std::move(name)), purpose_(purpose) {}

void Link::Open(Ends ends) {
  ends_ = std::move(ends);
  open_ = true;
  process_.OnDeath([this] { Die(); });
  world_.loop.After(world_.dice.Between(world_.weather.least_latency, world_.weather.most_latency),
                    [this] { ComeUp(); });
}

void Link::ComeUp() {
  if (!open_ || carries_) return;
  ++session_;
  carries_ = true;
  noticed_up_ = true;
  world_.trace.Step(name_, ": connected");
  if (ends_.up != nullptr) ends_.up();
}

void Link::Close() {
  if (!open_) return;
  // The broker's end hears of it after all that was sent.
  if (ends_.gone != nullptr) ToBroker([gone = ends_.gone, session = session_] { gone(session); });
  open_ = false;
  noticed_up_ = false;
  ends_ = {};
}

void Link::Die() {
  if (!open_) return;
  // What the kernel has taken may still arrive, or not; the broker sees the reset behind it. What a
  // broker does not read from for now it never reads.
  std::function<void()> gone;
  if (ends_.gone != nullptr) gone = [gone = ends_.gone, session = session_] { gone(session); };
  if (carries_ && !blocked() && world_.dice.Chance(0.5)) {
    if (gone != nullptr) ToBroker(gone);
  } else {
    ++session_;
    if (gone != nullptr) world_.loop.After(world_.weather.most_latency, gone);
  }
  const std::function<void()> down = ends_.down;
  open_ = false;
  noticed_up_ = false;
  ends_ = {};
  if (down != nullptr) world_.loop.After(absl::ZeroDuration(), down);
}

void Link::Block(absl::Duration duration) {
  world_.trace.Step(name_, ": blocked for ", absl::FormatDuration(duration));
  blocked_until_ = world_.loop.Now() + duration;
}

void Link::Cut(absl::Duration duration, bool noticed) {
  if (!open_ || !carries_) return;
  world_.trace.Step(name_, noticed ? ": reset for " : ": cut off, unnoticed, for ",
                    absl::FormatDuration(duration));
  carries_ = false;
  const auto notice = [&] {
    return noticed ? absl::ZeroDuration() : world_.dice.Between(kSoonestNotice, kLatestNotice);
  };
  if (ends_.gone != nullptr) {
    world_.loop.After(notice(), [gone = ends_.gone, session = session_] { gone(session); });
  }
  const std::uint64_t session = ++session_;
  const absl::Duration client = notice();
  world_.loop.After(client, [this, session] {
    if (!open_ || session != session_) return;
    noticed_up_ = false;
    if (ends_.down != nullptr) ends_.down();
  });
  world_.loop.After(std::max(duration, client + absl::Milliseconds(1)), [this] { ComeUp(); });
}

void Link::Carry(absl::Time& last, std::function<void()> what) {
  if (!carries_) return;
  const absl::Duration latency =
      world_.dice.Between(world_.weather.least_latency, world_.weather.most_latency);
  last = std::max(last, world_.loop.Now() + latency);
  if (&last == &to_broker_) last = std::max(last, blocked_until_);
  world_.loop.At(last, [this, session = session_, what = std::move(what)] {
    if (session == session_) what();
  });
}

}  // namespace omnibus::simulation
