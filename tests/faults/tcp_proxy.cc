#include "tests/faults/tcp_proxy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <utility>
#include <vector>

#include "omnibus/runtime.h"

namespace omnibus::faults {
namespace {

// One pipe holds no more: the sender feels a slow proxy as it would feel a slow network.
constexpr std::size_t kHeld = 256 * 1024;
constexpr std::size_t kRead = 64 * 1024;
// A throttled connection passes its bytes in portions of this many milliseconds.
constexpr double kPortion = 0.02;

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int NewSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void CloseWithReset(int fd) {
  if (fd < 0) return;
  const linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

std::unique_ptr<TcpProxy> TcpProxy::Start() {
  // Below the range that the kernel gives to outgoing connections, as the brokers' own ports.
  std::minstd_rand random(std::random_device{}());
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int port = std::uniform_int_distribution<int>(15000, 31999)(random);
    const int listener = NewSocket();
    const sockaddr_in address = Loopback(port);
    // A port that is bound by its number stays ours while it does not listen; to listen again
    // beside the connections that it took before, it has to share.
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        listen(listener, 128) == 0) {
      return std::unique_ptr<TcpProxy>(new TcpProxy(listener, port));
    }
    close(listener);
  }
  return nullptr;
}

TcpProxy::TcpProxy(int listener, int port)
    : port_(port), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), listener_(listener) {
  thread_ = std::thread([this] { Run(); });
}

TcpProxy::~TcpProxy() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  Wake();
  thread_.join();
  absl::MutexLock lock(&mu_);
  for (Connection& connection : connections_) Reset(connection);
  close(listener_);
  close(bell_);
}

std::string TcpProxy::address() const { return "127.0.0.1:" + std::to_string(port_); }

void TcpProxy::Wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(bell_, &one, sizeof one);
}

TcpProxy::Rules& TcpProxy::RulesOf(Direction direction) {
  return direction == Direction::kToTarget ? to_target_ : to_client_;
}

void TcpProxy::SetTarget(int port) {
  absl::MutexLock lock(&mu_);
  target_port_ = port;
}

void TcpProxy::Delay(Direction direction, absl::Duration delay) {
  absl::MutexLock lock(&mu_);
  if (direction != Direction::kToClient) to_target_.delay = delay;
  if (direction != Direction::kToTarget) to_client_.delay = delay;
  Wake();
}

void TcpProxy::Throttle(Direction direction, std::size_t bytes_per_second) {
  absl::MutexLock lock(&mu_);
  if (direction != Direction::kToClient) to_target_.bytes_per_second = bytes_per_second;
  if (direction != Direction::kToTarget) to_client_.bytes_per_second = bytes_per_second;
  Wake();
}

void TcpProxy::Cut() {
  absl::MutexLock lock(&mu_);
  for (Connection& connection : connections_) Reset(connection);
  connections_.clear();
  Wake();
}

void TcpProxy::HalfClose(Direction direction) {
  absl::MutexLock lock(&mu_);
  const absl::Time now = SystemRuntime().Now();
  // What is held goes first, as shutdown() has it.
  for (Connection& connection : connections_) {
    if (direction != Direction::kToClient) {
      connection.to_target.ended = true;
      Write(connection.target, connection.to_target, to_target_, now, passed_to_target_);
    }
    if (direction != Direction::kToTarget) {
      connection.to_client.ended = true;
      Write(connection.client, connection.to_client, to_client_, now, passed_to_client_);
    }
  }
  Wake();
}

void TcpProxy::BlackHole(Direction direction) {
  absl::MutexLock lock(&mu_);
  if (direction != Direction::kToClient) to_target_.black_hole = true;
  if (direction != Direction::kToTarget) to_client_.black_hole = true;
  Wake();
}

void TcpProxy::Refuse() {
  absl::MutexLock lock(&mu_);
  if (refusing_) return;
  refusing_ = true;
  shutdown(listener_, SHUT_RD);  // Linux: it stays bound, and does not listen
  Wake();
}

void TcpProxy::Heal() {
  absl::MutexLock lock(&mu_);
  to_target_ = {};
  to_client_ = {};
  if (std::exchange(refusing_, false)) listen(listener_, 128);
  Wake();
}

std::size_t TcpProxy::connections() const {
  absl::MutexLock lock(&mu_);
  return connections_.size();
}

std::uint64_t TcpProxy::passed(Direction direction) const {
  absl::MutexLock lock(&mu_);
  return (direction != Direction::kToClient ? passed_to_target_ : 0) +
         (direction != Direction::kToTarget ? passed_to_client_ : 0);
}

void TcpProxy::Reset(Connection& connection) {
  CloseWithReset(connection.client);
  CloseWithReset(connection.target);
}

void TcpProxy::Run() {
  std::vector<pollfd> polled;
  absl::Time next = absl::InfiniteFuture();
  // What is to be read or written is tried at each turn: a command may have closed what poll()
  // looked at, so its answers are not used.
  while (true) {
    polled.clear();
    polled.push_back({bell_, POLLIN, 0});
    {
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
      const absl::Time now = SystemRuntime().Now();
      if (!refusing_ && !to_target_.black_hole) Accept();
      for (auto at = connections_.begin(); at != connections_.end();) {
        if (Serve(*at, now)) {
          ++at;
        } else {
          Reset(*at);
          at = connections_.erase(at);
        }
      }

      next = absl::InfiniteFuture();
      if (!refusing_ && !to_target_.black_hole) polled.push_back({listener_, POLLIN, 0});
      const auto wants = [&](int from, int to, const Pipe& pipe, const Rules& rules) {
        if (rules.black_hole) return;
        if (!pipe.ended && pipe.held < kHeld) polled.push_back({from, POLLIN, 0});
        if (pipe.chunks.empty()) return;
        const absl::Time due = pipe.chunks.front().due + rules.delay;
        if (due > now) {
          next = std::min(next, due);
        } else if (rules.bytes_per_second > 0 && pipe.allowance < 1) {
          next = std::min(next, now + absl::Seconds(kPortion));
        } else {
          polled.push_back({to, POLLOUT, 0});
        }
      };
      for (Connection& connection : connections_) {
        if (connection.connecting) {
          polled.push_back({connection.target, POLLOUT, 0});
          continue;
        }
        wants(connection.client, connection.target, connection.to_target, to_target_);
        wants(connection.target, connection.client, connection.to_client, to_client_);
      }
    }
    int timeout = -1;
    if (next != absl::InfiniteFuture()) {
      const absl::Duration wait =
          std::max(next - SystemRuntime().Now(), absl::ZeroDuration()) + absl::Microseconds(999);
      timeout = static_cast<int>(absl::ToInt64Milliseconds(wait));
    }
    poll(polled.data(), polled.size(), timeout);
    std::uint64_t rings = 0;
    [[maybe_unused]] const ssize_t size = read(bell_, &rings, sizeof rings);
  }
}

void TcpProxy::Accept() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int target = NewSocket();
    const sockaddr_in address = Loopback(target_port_);
    if (target_port_ == 0 ||
        (connect(target, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno != EINPROGRESS)) {
      CloseWithReset(client);
      close(target);
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.client = client;
    connection.target = target;
  }
}

bool TcpProxy::Serve(Connection& connection, absl::Time now) {
  if (connection.connecting) {
    pollfd writable = {connection.target, POLLOUT, 0};
    if (poll(&writable, 1, 0) == 0) return true;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.target, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return false;
    connection.connecting = false;
  }
  if (!Read(connection.client, connection.to_target, to_target_, now) ||
      !Read(connection.target, connection.to_client, to_client_, now) ||
      !Write(connection.target, connection.to_target, to_target_, now, passed_to_target_) ||
      !Write(connection.client, connection.to_client, to_client_, now, passed_to_client_)) {
    return false;
  }
  if (!connection.to_target.told || !connection.to_client.told) return true;
  // Both sides have said that they are done: an end, and no reset.
  close(std::exchange(connection.client, -1));
  close(std::exchange(connection.target, -1));
  return false;
}

bool TcpProxy::Read(int from, Pipe& pipe, const Rules& rules, absl::Time now) {
  while (!rules.black_hole && !pipe.ended && pipe.held < kHeld) {
    std::array<char, kRead> bytes;
    const ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
    if (size < 0) return WouldBlock();
    if (size == 0) {
      pipe.ended = true;
      break;
    }
    pipe.held += static_cast<std::size_t>(size);
    pipe.chunks.push_back({now, std::string(bytes.data(), static_cast<std::size_t>(size)), 0});
  }
  return true;
}

bool TcpProxy::Write(int to, Pipe& pipe, const Rules& rules, absl::Time now,
                     std::uint64_t& passed) {
  if (rules.black_hole) return true;
  if (rules.bytes_per_second > 0) {
    const double rate = static_cast<double>(rules.bytes_per_second);
    const absl::Duration since = std::min(now - pipe.allowed_at, absl::Seconds(1));
    pipe.allowance = std::min(pipe.allowance + rate * absl::ToDoubleSeconds(since),
                              std::max(1.0, rate * kPortion * 2));
    pipe.allowed_at = now;
  }
  while (!pipe.chunks.empty() && pipe.chunks.front().due + rules.delay <= now) {
    Chunk& chunk = pipe.chunks.front();
    std::size_t size = chunk.bytes.size() - chunk.written;
    if (rules.bytes_per_second > 0) {
      if (pipe.allowance < 1) return true;
      size = std::min(size, static_cast<std::size_t>(pipe.allowance));
    }
    const ssize_t sent = send(to, chunk.bytes.data() + chunk.written, size, MSG_NOSIGNAL);
    if (sent < 0) return WouldBlock();
    chunk.written += static_cast<std::size_t>(sent);
    passed += static_cast<std::uint64_t>(sent);
    if (rules.bytes_per_second > 0) pipe.allowance -= static_cast<double>(sent);
    if (chunk.written < chunk.bytes.size()) continue;
    pipe.held -= chunk.bytes.size();
    pipe.chunks.pop_front();
  }
  if (pipe.ended && !pipe.told && pipe.chunks.empty()) {
    pipe.told = true;
    shutdown(to, SHUT_WR);
  }
  return true;
}

}  // namespace omnibus::faults
