#include "transports/rabbitmq/link.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "transports/rabbitmq/backoff.h"

namespace omnibus::rabbitmq {
namespace {

std::string Text(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

Link::Link(const ConnectionSettings& settings, std::string name,
           std::shared_ptr<spdlog::logger> logger, LinkSession& session)
    : settings_(settings), name_(std::move(name)), logger_(std::move(logger)), session_(session) {
  thread_ = settings_.runtime.Spawn("rmq-io", [this] { Run(); });
}

Link::~Link() { Stop(absl::InfinitePast()); }

void Link::Stop(absl::Time deadline) {
  {
    absl::MutexLock lock(&mu_);
    if (!stop_by_) stop_by_ = deadline;
  }
  Wake();
  thread_->Join();
}

std::optional<absl::Time> Link::StopBy() const {
  absl::MutexLock lock(&mu_);
  return stop_by_;
}

void Link::Run() {
  Runtime& runtime = settings_.runtime;
  int failures = 0;
  bool told_down = false;
  // The first one by chance, so that clients spread over a cluster's nodes; then the next one.
  std::uint64_t host = runtime.Random();
  while (true) {
    Connection connection(settings_, name_, wakeup_, host++);
    std::optional<absl::Time> up_since;
    const auto handler = [&](const amqp_frame_t& frame) { session_.OnFrame(connection, frame); };
    while (!connection.closed()) {
      if (!up_since && connection.open()) {
        up_since = runtime.Now();
        logger_->info("rabbitmq: connected to {} ({})", settings_.address.Shown(), name_);
        told_down = false;
        session_.OnUp(connection);
      }
      const absl::Time next = session_.OnTurn(up_since ? &connection : nullptr);
      if (StopBy()) {
        session_.OnEnd();
        return Goodbye(connection);
      }
      connection.Turn(next, handler);
    }
    session_.OnDown(connection.status());
    if (!told_down) {
      logger_->warn("{} ({}); it is tried again until it works", Text(connection.status()), name_);
      told_down = true;
    } else {
      logger_->debug("{} ({})", Text(connection.status()), name_);
    }

    const bool was_stable = up_since && runtime.Now() - *up_since >= kStable;
    failures = was_stable ? 0 : failures + 1;
    const absl::Time again =
        runtime.Now() + ReconnectDelay(settings_.options, failures, runtime.Random());
    while (true) {
      const absl::Time next = std::min(again, session_.OnTurn(nullptr));
      if (StopBy()) return session_.OnEnd();
      const absl::Time now = runtime.Now();
      if (now >= again) break;
      pollfd polled{wakeup_->fd(), POLLIN, 0};
      const absl::Duration wait = std::clamp(next - now, absl::ZeroDuration(), absl::Hours(1));
      poll(&polled, 1, static_cast<int>(absl::ToInt64Milliseconds(wait + absl::Microseconds(999))));
      wakeup_->Clear();
    }
  }
}

void Link::Goodbye(Connection& connection) {
  const absl::Time by = *StopBy();
  connection.Close();
  while (!connection.closed() && settings_.runtime.Now() < by) {
    connection.Turn(by, [](const amqp_frame_t&) {});
  }
}

}  // namespace omnibus::rabbitmq
