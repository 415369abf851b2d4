#include "transports/rabbitmq/connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
// Then others' turn: commands and deadlines are looked at between two turns.
constexpr int kReadsInATurn = 8;

// What runs on the connection uses channels from 1 on, and no more than these. The probe uses the
// last one that the broker allows.
constexpr int kChannelsOfSessions = 1100;

int PollTimeout(absl::Duration wait) {
  // Rounded up: rounding down would spin through the last millisecond.
  const absl::Duration bounded = std::clamp(wait, absl::ZeroDuration(), absl::Hours(1));
  return static_cast<int>(absl::ToInt64Milliseconds(bounded + absl::Microseconds(999)));
}

}  // namespace

Connection::Connection(const ConnectionSettings& settings, std::string_view name,
                       std::shared_ptr<Wakeup> wakeup, std::uint64_t first_host)
    : settings_(settings),
      wakeup_(std::move(wakeup)),
      connect_by_(settings.runtime.Now() + settings.options.connect_timeout),
      login_(settings.address, std::string(name), settings.options.heartbeat),
      codec_(amqp_new_connection()),
      hosts_(settings.address.hosts) {
  if (!codec_) {
    End(Error(absl::StatusCode::kUnavailable, Action(), "out of memory"));
    return;
  }
  const auto first = static_cast<std::ptrdiff_t>(first_host % hosts_.size());
  std::rotate(hosts_.begin(), hosts_.begin() + first, hosts_.end());
  std::reverse(hosts_.begin(), hosts_.end());
  ResolveNext();
}

std::string Connection::Action() const {
  return (state_ < State::kOpen ? "connect to " : "connection to ") + settings_.address.Shown();
}

Connection::~Connection() { CloseSocket(); }

void Connection::CloseSocket() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void Connection::End(absl::Status status) {
  if (closed()) return;
  state_ = State::kClosed;
  status_ = std::move(status);
  CloseSocket();
}

void Connection::ResolveNext() {
  if (hosts_.empty()) return End(last_error_);
  state_ = State::kResolving;
  query_ = settings_.resolver.Ask(hosts_.back().name, hosts_.back().port, wakeup_);
  hosts_.pop_back();
  OnResolved();
}

void Connection::OnResolved() {
  std::optional<Resolved> resolved = query_->Take();
  if (!resolved) return;
  query_.reset();
  if (!resolved->status.ok()) {
    last_error_ = resolved->status;
    return ResolveNext();
  }
  addresses_ = std::move(resolved->addresses);
  std::reverse(addresses_.begin(), addresses_.end());
  ConnectToNext();
}

void Connection::ConnectToNext() {
  CloseSocket();
  state_ = State::kConnecting;
  while (!addresses_.empty()) {
    const SocketAddress address = addresses_.back();
    addresses_.pop_back();
    fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ >= 0) {
      const int on = 1;  // we batch ourselves; Nagle would only delay
      setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) {
        return OnWritable();
      }
      if (errno == EINPROGRESS) return;
    }
    last_error_ = SocketError(Action(), errno);
    CloseSocket();
  }
  ResolveNext();
}

void Connection::OnWritable() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    last_error_ = SocketError(Action(), error);
    return ConnectToNext();
  }
  state_ = State::kLogin;
  heard_ = written_ = settings_.runtime.Now();
  out_.ProtocolHeader();
  Flush();
}

void Connection::Turn(absl::Time until, FrameHandler handler) {
  if (closed()) return;
  if (state_ == State::kResolving) OnResolved();
  Flush();
  until = std::min(until, CheckTime());
  if (closed()) return;

  std::array<pollfd, 2> polled = {pollfd{wakeup_->fd(), POLLIN, 0}, pollfd{fd_, 0, 0}};
  if (const absl::Duration gather = std::min(gather_until_, until) - settings_.runtime.Now();
      gather > absl::ZeroDuration() && out_.pending().empty()) {
    const timespec wait = absl::ToTimespec(gather);
    ppoll(polled.data(), 1, &wait, nullptr);
  }
  if (state_ == State::kConnecting || !out_.pending().empty()) polled[1].events |= POLLOUT;
  if (state_ >= State::kLogin) polled[1].events |= POLLIN;
  poll(polled.data(), polled.size(), PollTimeout(until - settings_.runtime.Now()));
  wakeup_->Clear();

  if (state_ == State::kConnecting) {
    if (polled[1].revents != 0) OnWritable();
  } else if (state_ >= State::kLogin) {
    if (polled[1].revents & (POLLIN | POLLHUP | POLLERR)) Read(handler);
    Flush();
  }
  // After reading: a process that was stopped for long finds its broker's heartbeats in the socket.
  CheckTime();
}

absl::Time Connection::CheckTime() {
  if (closed()) return absl::InfinitePast();
  const absl::Time now = settings_.runtime.Now();
  if (state_ < State::kOpen) {
    if (now < connect_by_) return connect_by_;
    End(Error(absl::StatusCode::kUnavailable, Action(),
              absl::StrCat("no answer within ",
                           absl::FormatDuration(settings_.options.connect_timeout))));
    return absl::InfinitePast();
  }
  const absl::Duration heartbeat = login_.heartbeat();
  if (now - heard_ >= 2 * heartbeat) {
    End(Error(absl::StatusCode::kUnavailable, Action(),
              absl::StrCat("heard nothing for ", absl::FormatDuration(2 * heartbeat),
                           ", two heartbeats; the connection is given up")));
    return absl::InfinitePast();
  }
  // While older bytes wait to be taken a heartbeat behind them tells the broker nothing.
  if (now - written_ >= heartbeat / 2 && out_.pending().empty()) {
    out_.Heartbeat();
    Flush();
    written_ = now;
  }
  if (state_ == State::kOpen) Probe(now);
  return now + heartbeat / 3;
}

void Connection::Probe(absl::Time now) {
  const absl::Duration heartbeat = login_.heartbeat();
  if (login_.channel_max() <= kChannelsOfSessions) return;
  if (blocked_) {
    // It does not read, and has said why.
    probed_ = now;
    answers_ = true;
  } else if (probing_) {
    answers_ = now - probed_ < heartbeat;
  } else if (now - probed_ >= heartbeat / 2) {
    const auto channel = static_cast<std::uint16_t>(login_.channel_max());
    if (probed_ == absl::InfinitePast()) {
      Send(channel, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{});
    }
    amqp_channel_flow_t flow{};
    flow.active = true;
    Send(channel, AMQP_CHANNEL_FLOW_METHOD, flow);
    probing_ = true;
    probed_ = now;
    Flush();
  }
}

void Connection::Flush() {
  if (state_ < State::kLogin || closed()) return;
  while (!out_.pending().empty()) {
    const std::string_view pending = out_.pending();
    const ssize_t sent = send(fd_, pending.data(), pending.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      out_.Consume(static_cast<std::size_t>(sent));
      written_ = settings_.runtime.Now();
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      // What the broker said last may tell more than a reset: it is read before the connection is
      // given up.
      if (errno == EPIPE || errno == ECONNRESET) return out_.Consume(pending.size());
      return End(SocketError(Action(), errno));
    }
  }
}

void Connection::Read(FrameHandler handler) {
  std::array<char, kReadBytes> buffer;  // NOLINT: filled by recv()
  for (int i = 0; i < kReadsInATurn && !closed(); ++i) {
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) End(SocketError(Action(), errno));
      return;
    }
    if (got == 0) {
      if (state_ == State::kClosing) return End(absl::OkStatus());
      return End(
          Error(absl::StatusCode::kUnavailable, Action(), "the broker closed the connection"));
    }
    heard_ = settings_.runtime.Now();
    char* next = buffer.data();
    std::size_t left = static_cast<std::size_t>(got);
    while (left > 0 && !closed()) {
      amqp_frame_t frame;
      const int taken = amqp_handle_input(codec_.get(), {left, next}, &frame);
      if (taken < 0) return End(CodecError(Action(), taken));
      next += taken;
      left -= static_cast<std::size_t>(taken);
      if (frame.frame_type == 0) continue;
      OnFrame(frame, handler);
      // Decoded frames live in a pool for each channel. Whoever took one has copied what it needs.
      amqp_maybe_release_buffers_on_channel(codec_.get(), frame.channel);
    }
    if (static_cast<std::size_t>(got) < buffer.size()) return;
  }
}

void Connection::OnFrame(const amqp_frame_t& frame, FrameHandler handler) {
  if (frame.frame_type == 'A') {  // the broker's own protocol header, instead of an answer
    return End(Error(absl::StatusCode::kFailedPrecondition, Action(),
                     "the broker does not speak AMQP 0-9-1"));
  }
  if (frame.frame_type == AMQP_FRAME_HEARTBEAT) return;
  if (frame.channel == 0) {
    if (frame.frame_type == AMQP_FRAME_METHOD) OnConnectionMethod(frame.payload.method);
    return;
  }
  if (frame.channel == login_.channel_max() && frame.frame_type == AMQP_FRAME_METHOD &&
      frame.payload.method.id == AMQP_CHANNEL_FLOW_OK_METHOD) {
    probing_ = false;
    answers_ = true;
    return;
  }
  if (frame.frame_type == AMQP_FRAME_METHOD &&
      frame.payload.method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    Send(frame.channel, AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t{});
  }
  handler(frame);
}

void Connection::OnConnectionMethod(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto& close = *static_cast<const amqp_connection_close_t*>(method.decoded);
      const std::string_view text = ToView(close.reply_text);
      Send(0, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t{});
      Flush();
      return End(state_ == State::kLogin
                     ? LoginError(login_.phase(), Action(), close.reply_code, text)
                     : ReplyError(Action(), close.reply_code, text));
    }
    case AMQP_CONNECTION_CLOSE_OK_METHOD:
      return End(absl::OkStatus());
    case AMQP_CONNECTION_BLOCKED_METHOD:
      blocked_ = ToView(static_cast<const amqp_connection_blocked_t*>(method.decoded)->reason);
      return;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      blocked_.reset();
      return;
    default:
      break;
  }
  if (state_ != State::kLogin) return;
  if (absl::Status status = login_.OnMethod(method, out_); !status.ok()) return End(status);
  if (method.id == AMQP_CONNECTION_TUNE_METHOD) {
    // The codec's own heartbeat stays off: it would only run inside of calls that we do not make.
    amqp_tune_connection(codec_.get(), login_.channel_max(), static_cast<int>(login_.frame_max()),
                         0);
  }
  if (login_.done()) state_ = State::kOpen;
}

void Connection::Close() {
  if (state_ == State::kClosing || closed()) return;
  if (!open()) return End(absl::OkStatus());
  amqp_connection_close_t close{};
  close.reply_code = AMQP_REPLY_SUCCESS;
  close.reply_text = amqp_cstring_bytes("closed");
  Send(0, AMQP_CONNECTION_CLOSE_METHOD, close);
  state_ = State::kClosing;
  Flush();
}

}  // namespace omnibus::rabbitmq
