#include "domains/support/resender.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/log.h"
#include "omnibus/retry_policy.h"

namespace domain_support {
namespace {

constexpr absl::Duration kFirstDelay = absl::Milliseconds(200);
constexpr absl::Duration kMaxDelay = absl::Seconds(10);

// A queue or topic that is missing can come back: the operators see the log.
bool MayPass(const absl::Status& status) {
  return omnibus::CanRetry(status) || absl::IsNotFound(status);
}

}  // namespace

void Resender::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  doorbell_ = host.runtime().NewDoorbell();
  thread_ = host.runtime().Spawn("resender", [this] { Run(); });
}

void Resender::AddItem(Item item) {
  {
    absl::MutexLock lock(&mu_);
    items_.push_back(std::make_shared<const Item>(std::move(item)));
  }
  doorbell_->Ring();
}

std::size_t Resender::pending() const {
  absl::MutexLock lock(&mu_);
  return items_.size();
}

void Resender::Stop() {
  if (thread_ == nullptr) return;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  doorbell_->Ring();
  thread_->Join();
  thread_.reset();
  if (const std::size_t left = pending(); left > 0) {
    omnibus::LogError(host_->log(),
                      omnibus::StdView(absl::StrCat(
                          left, " events were not confirmed before the service stopped")));
  }
}

void Resender::Run() {
  absl::Duration delay = kFirstDelay;
  while (!stopping()) {
    const std::shared_ptr<const Item> item = First();
    if (item == nullptr) {
      doorbell_->Wait(absl::InfiniteFuture());
      continue;
    }
    const absl::Status status = item->publish(host_->publisher());
    if (!status.ok() && MayPass(status)) {
      WaitUntil(host_->runtime().Now() + delay);
      delay = std::min(delay * 2, kMaxDelay);
      continue;
    }
    if (!status.ok()) {
      omnibus::LogError(host_->log(), omnibus::StdView(absl::StrCat(
                                          omnibus::AbslView(item->type),
                                          " was refused for good: ", status.ToString())));
    }
    delay = kFirstDelay;
    if (item->done) item->done(status);
    absl::MutexLock lock(&mu_);
    items_.pop_front();
  }
}

std::shared_ptr<const Resender::Item> Resender::First() const {
  absl::MutexLock lock(&mu_);
  return items_.empty() ? nullptr : items_.front();
}

bool Resender::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

void Resender::WaitUntil(absl::Time deadline) {
  // New items ring too; only the end may cut a back-off short.
  while (!stopping() && doorbell_->Wait(deadline)) {
  }
}

}  // namespace domain_support
