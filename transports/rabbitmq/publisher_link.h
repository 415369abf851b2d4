// What a publisher does on its I/O thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/transport.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/declare_run.h"
#include "transports/rabbitmq/link.h"
#include "transports/rabbitmq/nacked_publishes.h"
#include "transports/rabbitmq/publish_window.h"
#include "transports/rabbitmq/send_queue.h"
#include "transports/rabbitmq/topology.h"

namespace spdlog {
class logger;
}

namespace omnibus::rabbitmq {

// A basic.return.
struct ReturnedMessage {
  std::uint16_t code = 0;
  std::string text;
  std::string exchange;
  std::string routing_key;
  std::string id;
  std::string body;
  std::uint64_t left = 0;  // bytes of the body that have not come yet
};

// Messages go from the SendQueue to `waiting_`, from there in order onto the channel and into the
// window, and out of it with their outcome. When the channel or the connection is lost, what is in
// the window goes back to the front of `waiting_`, in order, and is written again on the next one
// until its deadline: so no message overtakes another, although some may arrive twice. What a queue
// could not take waits in `nacked_` for a while first.
//
// Thread-safety: the link's thread, but for GetHealth().
class PublisherLink final : public LinkSession {
 public:
  PublisherLink(const ConnectionSettings& settings, const DeclaredTopology& topology,
                std::shared_ptr<spdlog::logger> logger, SendQueue& queue);

  LinkHealth GetHealth() const;

  void OnUp(Connection& connection) override;
  void OnFrame(Connection& connection, const amqp_frame_t& frame) override;
  void OnDown(const absl::Status& why) override;
  absl::Time OnTurn(Connection* connection) override;
  void OnEnd() override;

 private:
  enum class Channel { kClosed, kOpening, kReady };
  enum class Shown { kReady, kBlocked, kSilent, kOpening, kDown };

  void OpenChannel(Connection& connection);
  void StartRun(Connection& connection, std::vector<DeclareStep> steps, DeclareMode mode);
  void OnRunDone(Connection& connection);
  void OnMethod(Connection& connection, const amqp_method_t& method);
  void OnConfirm(std::uint64_t number, bool multiple, bool ack);
  void OnReturned();
  void OnChannelClosed(Connection& connection, const amqp_channel_close_t& close);
  void Pump(Connection& connection);
  bool Write(Connection& connection);
  void WriteAgain();
  void Expire(absl::Time now);
  void NoteDeadline(absl::Time deadline) { sweep_at_ = std::min(sweep_at_, deadline); }
  absl::Status NotSent(const PublishRecord& record) const;
  void RefuseWaiting(absl::FunctionRef<std::optional<absl::Status>(const PublishRecord&)> refuse);
  void Finish(PublishRecord& record, absl::Status status, PublishRecordPtr owner);
  void UpdateHealth(const Connection* connection);

  const ConnectionSettings& settings_;
  const DeclaredTopology& topology_;
  const std::shared_ptr<spdlog::logger> logger_;
  SendQueue& queue_;

  std::vector<PublishRecordPtr> arrived_;
  std::uint64_t last_number_ = 0;
  std::deque<PublishRecordPtr> waiting_;
  PublishWindow window_;
  NackedPublishes nacked_;
  std::vector<Outcome> outcomes_;
  absl::Time sweep_at_ = absl::InfiniteFuture();

  Channel channel_ = Channel::kClosed;
  absl::Status down_;  // why there is no connection
  std::optional<std::string> blocked_;
  // Exchanges that were seen to exist on this connection; see Write().
  absl::flat_hash_set<std::string> exchanges_;
  std::string probed_;  // the exchange that `run_` looks for; empty: it declares the topology
  std::optional<DeclareRun> run_;

  std::optional<ReturnedMessage> returned_;  // that is being read

  Shown shown_ = Shown::kReady;  // what health_ says, so that it is made only when it changes
  absl::Status shown_down_;
  mutable absl::Mutex mu_;
  LinkHealth health_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::rabbitmq
