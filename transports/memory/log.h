// The log of one channel or queue.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/internal/lock.h"
#include "omnibus/internal/ring.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "transports/memory/record.h"
#include "transports/memory/type_filter.h"

namespace omnibus::memory {

struct LogLimits {
  std::size_t max_entries = 0;
  std::size_t max_bytes = 0;
  std::size_t history_bytes = 0;
};

// What one group has settled of one log. It holds the log's entries from there on.
struct Cursor {
  explicit Cursor(std::string group_name, std::size_t partitions)
      : group(std::move(group_name)), settled(partitions) {}

  const std::string group;

  // For each partition: the group is done with all before.
  std::vector<std::atomic<std::int64_t>> settled;

  // The types that the group gets. Replaced as a whole; the log keeps old ones.
  std::atomic<const TypeFilter*> filter = nullptr;

  // A member has joined: from then on `settled` tells where to go on, and not where a policy says.
  // Guarded by the group's lock.
  bool started = false;
};

// Who is told of what is appended to a partition: a bit is set, then the bell rings. The bit says
// where to look, for whoever watches many partitions.
struct Watcher {
  Doorbell* bell;
  std::atomic<std::uint64_t>* word;
  std::uint64_t bit;

  void Tell() const {
    word->fetch_or(bit, std::memory_order_release);
    bell->Ring();
  }
};

// An append-only log in partitions, each with a lock of its own.
//
// Thread-safety: any thread, concurrently. It calls nobody but doorbells.
class Log {
 public:
  Log(std::string name, int partitions, const LogLimits& limits);

  const std::string& name() const { return name_; }
  std::size_t partitions() const { return partitions_.size(); }

  bool IsFull() const;

  // kResourceExhausted: full. kNotFound: mandatory, and no group would receive it; or no such
  // partition.
  absl::Status Append(const OutgoingMessage& message);

  // Positions of what is there: from Begin() to before End().
  std::int64_t Begin(std::size_t partition) const;
  std::int64_t End(std::size_t partition) const;

  // Appends up to `max` records from position `from` on to `records`. Returns the position of the
  // first: higher than `from` when that was trimmed.
  std::int64_t Read(std::size_t partition, std::int64_t from, std::size_t max,
                    std::vector<RecordRef>& records) const;

  // Tells `watcher` after each append, until Unwatch() has returned.
  void Watch(std::size_t partition, const Watcher& watcher);
  void Unwatch(std::size_t partition, const Doorbell& bell);

  // The group's cursor; made if it is missing, before the first entry that is there. `types` are
  // added to those that the group is known to receive; none: all of them.
  Cursor& GetCursor(std::string_view group, std::span<const std::string> types);
  bool HasCursor(std::string_view group) const;

 private:
  struct alignas(64) Partition {
    mutable internal::Lock mu;
    internal::Ring<RecordRef> records ABSL_GUARDED_BY(mu);
    internal::Ring<RecordRef> spares ABSL_GUARDED_BY(mu);  // trimmed; their memory is used again
    std::size_t spare_bytes ABSL_GUARDED_BY(mu) = 0;       // no more than of history
    std::vector<Watcher> watchers ABSL_GUARDED_BY(mu);
    std::int64_t begin ABSL_GUARDED_BY(mu) = 0;
    std::atomic<std::int64_t> end = 0;  // written under mu
  };

  // What publishers look at, without a lock. Replaced as a whole, and kept until the end, since
  // somebody may still look at an old one; there are as many as groups were declared.
  struct Audience {
    std::vector<Cursor*> cursors;

    bool Receives(std::string_view type) const;
  };

  const Audience* audience() const { return audience_.load(std::memory_order_acquire); }
  std::size_t PartitionOf(std::string_view key);
  bool Reserve(std::size_t bytes);
  void Trim(Partition& partition, std::size_t index, std::size_t keep_bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(partition.mu);
  absl::Status Full() const;

  const std::string name_;
  const LogLimits limits_;
  std::vector<Partition> partitions_;
  std::atomic<std::size_t> entries_ = 0;
  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::size_t> next_partition_ = 0;  // for what has no key
  std::atomic<const Audience*> audience_;

  mutable absl::Mutex mu_;
  std::vector<std::unique_ptr<Cursor>> cursors_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<const TypeFilter>> filters_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<const Audience>> audiences_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::memory
