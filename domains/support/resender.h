// Publishes events whose outcome is not known again, until the broker has confirmed them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/module.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"

namespace domain_support {

// A front door that got no answer from the broker in time cannot undo what it may have published:
// it tells its client so, and leaves the event here. Events go out one by one in the order in which
// they were added, the first again and again with a back-off, so that those of one key keep their
// order. Held in memory: what is left when the service stops is logged and given up.
//
// Thread-safety: any thread, concurrently; Start() before all else, Stop() once after it.
class Resender {
 public:
  // Called on the resender's thread with OK, or with an error that no retry can help.
  using Done = std::function<void(const absl::Status&)>;

  // `host` is used until Stop() has returned.
  void Start(omnibus::ModuleHost& host);

  // `options` hold the id and the idempotency key of the first try: so the repeat has no second
  // effect.
  template <omnibus::Event E>
  void Add(E event, omnibus::PublishOptions options, Done done) {
    AddItem({omnibus::contract<E>.type,
             [event = std::move(event), options = std::move(options)](
                 omnibus::Publisher& publisher) { return publisher.Publish(event, options); },
             std::move(done)});
  }

  std::size_t pending() const;

  // Ends within the timeout of one publish.
  void Stop();

 private:
  struct Item {
    std::string_view type;
    std::function<absl::Status(omnibus::Publisher&)> publish;
    Done done;
  };

  void AddItem(Item item);
  void Run();
  // The oldest item; null when there is none.
  std::shared_ptr<const Item> First() const;
  bool stopping() const;
  void WaitUntil(absl::Time deadline);

  omnibus::ModuleHost* host_ = nullptr;
  std::unique_ptr<omnibus::Doorbell> doorbell_;
  std::unique_ptr<omnibus::Thread> thread_;

  mutable absl::Mutex mu_;
  std::deque<std::shared_ptr<const Item>> items_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace domain_support
