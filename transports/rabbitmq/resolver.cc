#include "transports/rabbitmq/resolver.h"

#include <netdb.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

Resolved LookUp(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  Resolved resolved;
  if (error != 0) {
    resolved.status = Error(absl::StatusCode::kUnavailable, "look up " + host, gai_strerror(error));
    return resolved;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress& address = resolved.addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  return resolved;
}

}  // namespace

std::optional<Resolved> Resolver::Query::Take() {
  absl::MutexLock lock(&mu_);
  return std::exchange(answer_, std::nullopt);
}

Resolver::~Resolver() {
  std::unique_ptr<Thread> thread;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  bell_->Ring();
  if (thread) thread->Join();
}

std::shared_ptr<Resolver::Query> Resolver::Ask(const std::string& host, int port,
                                               std::shared_ptr<Wakeup> wakeup) {
  auto query = std::make_shared<Query>();
  query->host_ = host;
  query->port_ = port;
  query->wakeup_ = std::move(wakeup);
  if (Resolved numeric = LookUp(host, port, AI_NUMERICHOST); numeric.status.ok()) {
    absl::MutexLock lock(&query->mu_);
    query->answer_ = std::move(numeric);
    return query;
  }
  {
    absl::MutexLock lock(&mu_);
    queries_.push_back(query);
    if (!thread_) thread_ = runtime_.Spawn("rmq-resolver", [this] { Run(); });
  }
  bell_->Ring();
  return query;
}

void Resolver::Run() {
  while (true) {
    std::shared_ptr<Query> query;
    {
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
      if (!queries_.empty()) {
        query = std::move(queries_.front());
        queries_.pop_front();
      }
    }
    if (!query) {
      bell_->Wait(absl::InfiniteFuture());
      continue;
    }
    Resolved answer = LookUp(query->host_, query->port_, 0);
    {
      absl::MutexLock lock(&query->mu_);
      query->answer_ = std::move(answer);
    }
    query->wakeup_->Signal();
  }
}

}  // namespace omnibus::rabbitmq
