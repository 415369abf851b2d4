// Declares or checks a list of things, one after the other, on a channel of its own.
#pragma once

#include <amqp.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/transport.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/topology.h"

namespace omnibus::rabbitmq {

// An error closes the channel at the broker: that is why nothing else may live on it, and why a run
// that goes on after an error opens it again. One run at a time on a channel; when it is done the
// channel is closed.
//
// Thread-safety: the connection's I/O thread.
class DeclareRun {
 public:
  enum class OnError { kStop, kGoOn };

  DeclareRun(std::uint16_t channel, std::vector<DeclareStep> steps, DeclareMode mode,
             OnError on_error)
      : channel_(channel), steps_(std::move(steps)), mode_(mode), on_error_(on_error) {}

  void Start(Connection& connection);
  // Takes a method of its channel.
  void OnMethod(Connection& connection, const amqp_method_t& method);

  std::uint16_t channel() const { return channel_; }
  bool done() const { return state_ == State::kDone; }
  const absl::Status& status() const {
    return status_;
  }  // the first error, naming what it is about
  // How many messages waited in the queue that was looked at last.
  std::uint32_t messages() const { return messages_; }
  std::uint32_t consumers() const { return consumers_; }

 private:
  enum class State { kOpening, kRunning, kClosing, kDone };

  void Open(Connection& connection);
  void Next(Connection& connection);
  void SendStep(Connection& connection, const DeclareStep& step);
  void OnClosed(Connection& connection, const amqp_channel_close_t& close);

  const std::uint16_t channel_;
  const std::vector<DeclareStep> steps_;
  const DeclareMode mode_;
  const OnError on_error_;
  State state_ = State::kOpening;
  std::size_t next_ = 0;  // the step after the one that runs
  absl::Status status_;
  std::uint32_t messages_ = 0;
  std::uint32_t consumers_ = 0;
};

}  // namespace omnibus::rabbitmq
