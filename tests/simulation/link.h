// One client's connection to a simulated broker.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// Carries in order, each way, what is sent while it is up, as late as the weather wants. What is on
// its way when it is cut is gone. Comes back by itself.
//
// Owned by the world: what is on its way may arrive after its client's end.
//
// Thread-safety: see World.
class Link {
 public:
  struct Ends {
    std::function<void()> up;    // the client can talk again
    std::function<void()> down;  // the client has noticed that it cannot
    // The broker has noticed that the client of that session is gone.
    std::function<void(std::uint64_t session)> gone;
  };

  Link(World& world, Process& process, std::string name, LinkPurpose purpose);

  // Connects. The ends are called on the loop's thread.
  void Open(Ends ends);

  // Of the client. It is told of nothing any more; what it has sent arrives, and then the broker
  // sees that it is gone.
  void Close();

  bool up() const { return noticed_up_; }
  std::uint64_t session() const { return session_; }

  void ToBroker(std::function<void()> what) { Carry(to_broker_, std::move(what)); }
  // From the broker's side, to the client of that session; an old one's is gone.
  void ToClient(std::uint64_t session, std::function<void()> what) {
    if (session != session_) return;
    Carry(to_client_, [this, what = std::move(what)] {
      if (open_) what();
    });
  }

  // The broker does not read from it for a while.
  void Block(absl::Duration duration);
  bool blocked() const { return world_.loop.Now() < blocked_until_; }

  void Cut(absl::Duration duration, bool noticed);

  const std::string& name() const { return name_; }
  LinkPurpose purpose() const { return purpose_; }
  bool open() const { return open_; }
  Process& process() { return process_; }

 private:
  void Carry(absl::Time& last, std::function<void()> what);
  void ComeUp();
  void Die();

  World& world_;
  Process& process_;
  const std::string name_;
  const LinkPurpose purpose_;
  Ends ends_;
  bool open_ = false;
  bool carries_ = false;
  bool noticed_up_ = false;
  std::uint64_t session_ = 0;
  absl::Time to_broker_ = absl::InfinitePast();
  absl::Time to_client_ = absl::InfinitePast();
  absl::Time blocked_until_ = absl::InfinitePast();
};

}  // namespace omnibus::simulation
