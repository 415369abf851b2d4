// The handshake: what we announce, and what is agreed on.
#pragma once

#include <amqp.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "transports/rabbitmq/address.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/frame_writer.h"

namespace omnibus::rabbitmq {

// Answers the broker's side of the handshake, method by method.
class Login {
 public:
  // `name` is shown by the broker's own tools. `address` outlives the login.
  Login(const Address& address, std::string name, absl::Duration heartbeat)
      : address_(address), name_(std::move(name)), heartbeat_(heartbeat) {}

  // Takes a method on channel 0, and writes the answer. done() once the virtual host is open.
  absl::Status OnMethod(const amqp_method_t& method, FrameWriter& out);
  bool done() const { return done_; }

  LoginPhase phase() const { return phase_; }
  int channel_max() const { return channel_max_; }
  std::uint32_t frame_max() const { return frame_max_; }
  absl::Duration heartbeat() const { return heartbeat_; }
  int server_major_version() const { return server_major_version_; }  // 0: unknown

 private:
  absl::Status OnStart(const amqp_connection_start_t& start, FrameWriter& out);
  absl::Status OnTune(const amqp_connection_tune_t& tune, FrameWriter& out);

  const Address& address_;
  const std::string name_;
  absl::Duration heartbeat_;
  LoginPhase phase_ = LoginPhase::kCredentials;
  bool done_ = false;
  int channel_max_ = 0;
  std::uint32_t frame_max_ = 0;
  int server_major_version_ = 0;
};

}  // namespace omnibus::rabbitmq
