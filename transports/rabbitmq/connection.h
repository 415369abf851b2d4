// One AMQP connection, from the look-up of the broker's name to its end.
#pragma once

#include <amqp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transports/rabbitmq.h"
#include "transports/rabbitmq/address.h"
#include "transports/rabbitmq/frame_writer.h"
#include "transports/rabbitmq/login.h"
#include "transports/rabbitmq/resolver.h"
#include "transports/rabbitmq/wakeup.h"

namespace omnibus::rabbitmq {

// What all connections of a transport share. Constant.
struct ConnectionSettings {
  RabbitMqOptions options;
  Address address;
  Runtime& runtime;
  Resolver& resolver;
};

// Never blocks but in Turn(), and there only in poll(). rabbitmq-c is its codec:
// amqp_handle_input() for what comes in, the encoders for what goes out (see FrameWriter). The
// socket, the heartbeats and the deadlines are ours, because rabbitmq-c's own are tied to calls
// that may block.
//
// Thread-safety: one thread, the connection's I/O thread.
class Connection {
 public:
  // Gets every frame that is not the connection's own business. Valid during the call only.
  using FrameHandler = absl::FunctionRef<void(const amqp_frame_t&)>;

  // Begins to connect, to each of the hosts in turn until one takes us. `first_host` says which one
  // is the first, modulo their number: whoever tries again counts it up, so that a host which takes
  // connections and does not answer is left alone. `settings` outlives the connection.
  Connection(const ConnectionSettings& settings, std::string_view name,
             std::shared_ptr<Wakeup> wakeup, std::uint64_t first_host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Writes what waits, waits for the socket or the wakeup until `until` at the latest (and never
  // longer than a third of the heartbeat), reads, and hands frames to `handler`, which may write.
  void Turn(absl::Time until, FrameHandler handler);

  // The next turn leaves what the broker sends in the socket until then, unless it is woken or has
  // something to write: so that it reads more at a time.
  void GatherUntil(absl::Time time) { gather_until_ = time; }

  // Logged in, and the virtual host is open.
  bool open() const { return state_ == State::kOpen; }
  bool closed() const { return state_ == State::kClosed; }
  // Why it is closed; OK after Close().
  const absl::Status& status() const { return status_; }

  // False while the broker is heard, and does not answer what it is asked once in a while: what we
  // write does not reach it, or it is too busy to read. It is for health alone: a broker that lets
  // us wait is not given up for that.
  bool answers() const { return answers_; }

  // The broker's reason for not taking publishes now.
  const std::optional<std::string>& blocked() const { return blocked_; }
  int channel_max() const { return login_.channel_max(); }
  int server_major_version() const { return login_.server_major_version(); }

  // For as long as it is not closed; afterwards what is written is dropped.
  FrameWriter& out() { return out_; }
  template <typename Method>
  void Send(std::uint16_t channel, amqp_method_number_t id, Method method) {
    out_.Method(channel, id, &method);
  }

  // Says goodbye: closed() once the broker has answered. At once when it was not open.
  void Close();

 private:
  enum class State { kResolving, kConnecting, kLogin, kOpen, kClosing, kClosed };
  struct Destroy {
    void operator()(amqp_connection_state_t codec) const { amqp_destroy_connection(codec); }
  };

  void ResolveNext();
  void OnResolved();
  void ConnectToNext();
  void OnWritable();
  void Read(FrameHandler handler);
  void OnFrame(const amqp_frame_t& frame, FrameHandler handler);
  void OnConnectionMethod(const amqp_method_t& method);
  void Flush();
  absl::Time CheckTime();
  void Probe(absl::Time now);
  void End(absl::Status status);
  void CloseSocket();
  std::string Action() const;  // for errors

  const ConnectionSettings& settings_;
  const std::shared_ptr<Wakeup> wakeup_;
  const absl::Time connect_by_;
  Login login_;
  std::unique_ptr<amqp_connection_state_t_, Destroy> codec_;
  FrameWriter out_;

  State state_ = State::kResolving;
  absl::Status status_;
  std::vector<Address::Host> hosts_;  // still to be tried, the next one last
  std::shared_ptr<Resolver::Query> query_;
  std::vector<SocketAddress> addresses_;  // of the host that is tried, likewise
  absl::Status last_error_;               // of the addresses that were tried
  int fd_ = -1;
  std::optional<std::string> blocked_;
  absl::Time gather_until_ = absl::InfinitePast();
  absl::Time heard_;
  absl::Time written_;

  // A question that means nothing, on a channel of its own, and answered at once: channel.flow.
  bool probing_ = false;  // asked, and not answered
  absl::Time probed_ = absl::InfinitePast();
  bool answers_ = true;
};

}  // namespace omnibus::rabbitmq
