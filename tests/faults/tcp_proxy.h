// A TCP proxy on the loopback that misbehaves on command: what stands between a client and its
// broker when a test is about the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace omnibus::faults {

// Listens on a port of 127.0.0.1 of its own, and joins each connection that it takes to one that it
// makes to the target. Every fault stays until Heal(), or until another call changes it.
//
// Thread-safety: any thread, concurrently. A call has had its effect when it returns.
class TcpProxy {
 public:
  enum class Direction { kToTarget, kToClient, kBoth };

  // Without a target yet: connections are reset until there is one. Nullptr: no port is free.
  static std::unique_ptr<TcpProxy> Start();
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }
  std::string address() const;  // "127.0.0.1:port"

  // A port of 127.0.0.1, for connections that are taken from now on.
  void SetTarget(int port);

  // Each byte is handed on that much after it came, in order.
  void Delay(Direction direction, absl::Duration delay);
  // Of each connection. 0: no limit.
  void Throttle(Direction direction, std::size_t bytes_per_second);
  // Resets all connections; new ones are taken.
  void Cut();
  // Ends one direction of all connections, as shutdown() does: the other one goes on.
  void HalfClose(Direction direction);
  // Nothing passes any more in this direction, no end and no reset either, as if the cable were
  // cut: what comes is held. While nothing passes to the target, new connections get no answer.
  // Once healed, what was held passes, as TCP would send it again.
  void BlackHole(Direction direction);
  // New connections are refused; those that are there go on.
  void Refuse();
  void Heal();

  std::size_t connections() const;
  // Bytes handed on so far, of all connections.
  std::uint64_t passed(Direction direction) const;

 private:
  struct Chunk {
    absl::Time due;
    std::string bytes;
    std::size_t written = 0;
  };
  // One direction of one connection.
  struct Pipe {
    std::deque<Chunk> chunks;
    std::size_t held = 0;  // bytes in chunks
    bool ended = false;    // nothing more comes
    bool told = false;     // and the other side knows
    double allowance = 0;  // of a throttled one: bytes that may pass now
    absl::Time allowed_at = absl::InfinitePast();
  };
  struct Connection {
    int client = -1;
    int target = -1;
    bool connecting = true;
    Pipe to_target;
    Pipe to_client;
  };
  struct Rules {
    absl::Duration delay;
    std::size_t bytes_per_second = 0;
    bool black_hole = false;
  };

  TcpProxy(int listener, int port);
  void Run();
  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // False: the connection is over.
  bool Serve(Connection& connection, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Read(int from, Pipe& pipe, const Rules& rules, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Write(int to, Pipe& pipe, const Rules& rules, absl::Time now, std::uint64_t& passed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Reset(Connection& connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Rules& RulesOf(Direction direction) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Wake() const;

  const int port_;
  const int bell_;  // an eventfd: rung when something has changed
  int listener_;

  mutable absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool refusing_ ABSL_GUARDED_BY(mu_) = false;
  int target_port_ ABSL_GUARDED_BY(mu_) = 0;
  Rules to_target_ ABSL_GUARDED_BY(mu_);
  Rules to_client_ ABSL_GUARDED_BY(mu_);
  std::list<Connection> connections_ ABSL_GUARDED_BY(mu_);
  std::uint64_t passed_to_target_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t passed_to_client_ ABSL_GUARDED_BY(mu_) = 0;

  std::thread thread_;
};

}  // namespace omnibus::faults
