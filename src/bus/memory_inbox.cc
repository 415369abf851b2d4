#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "omnibus/inbox.h"
#include "omnibus/internal/lock.h"
#include "omnibus/internal/ring.h"

namespace omnibus {
namespace {

// Keys are spread over shards, so that the workers of a module do not all share one lock.
constexpr std::size_t kShards = 16;

// Most of a UUID is random, or a digest: its halves need mixing, and no more. (Boost's hash goes
// byte by byte.)
struct UuidHash {
  std::size_t operator()(const Uuid& uuid) const {
    std::uint64_t halves[2];
    std::memcpy(halves, uuid.data, sizeof(halves));
    const std::uint64_t mixed =
        (halves[0] ^ (halves[1] << 32 | halves[1] >> 32)) * 0x9E3779B97F4A7C15u;
    return mixed ^ mixed >> 32;
  }
};

class Shard {
 public:
  Inbox::Claim Begin(const Uuid& key, Runtime& runtime, const MemoryInboxOptions& options) {
    const internal::Locked lock(mu_);
    auto [entry, is_new] = states_.try_emplace(key, State::kRunning);
    if (is_new) return Inbox::Claim::kFresh;
    if (entry->second == State::kTaken) {
      Forget(runtime.Now(), options);  // it may be too old
      std::tie(entry, is_new) = states_.try_emplace(key, State::kRunning);
      if (is_new) return Inbox::Claim::kFresh;
    }
    return entry->second == State::kRunning ? Inbox::Claim::kRunning : Inbox::Claim::kTaken;
  }

  void Complete(const Uuid& key, absl::Time now, const MemoryInboxOptions& options) {
    const internal::Locked lock(mu_);
    Forget(now, options);
    states_[key] = State::kTaken;
    taken_.push_back({now, key});
  }

  void Abandon(const Uuid& key) {
    const internal::Locked lock(mu_);
    const auto entry = states_.find(key);
    if (entry != states_.end() && entry->second == State::kRunning) states_.erase(entry);
  }

 private:
  enum class State : std::uint8_t { kRunning, kTaken };

  // What runs is never forgotten: only that would let an effect happen twice at once.
  void Forget(absl::Time now, const MemoryInboxOptions& options)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const std::size_t most = options.max_keys / kShards + 1;
    while (!taken_.empty() &&
           (taken_.size() > most || taken_.front().first + options.max_age < now)) {
      states_.erase(taken_.front().second);
      taken_.pop_front();
    }
    // The next one to go was last looked at long ago: it is in the processor's cache by then.
    if (taken_.size() >= most) states_.prefetch(taken_.front().second);
  }

  internal::Lock mu_;
  absl::flat_hash_map<Uuid, State, UuidHash> states_ ABSL_GUARDED_BY(mu_);
  internal::Ring<std::pair<absl::Time, Uuid>> taken_ ABSL_GUARDED_BY(mu_);  // oldest first
};

class MemoryInbox final : public Inbox {
 public:
  MemoryInbox(const MemoryInboxOptions& options, Runtime& runtime)
      : options_(options), runtime_(runtime) {}

  absl::StatusOr<Claim> Begin(const Uuid& key) override {
    return ShardOf(key).Begin(key, runtime_, options_);
  }

  absl::Status Complete(const Uuid& key) override {
    ShardOf(key).Complete(key, runtime_.Now(), options_);
    return absl::OkStatus();
  }

  void Abandon(const Uuid& key) override { ShardOf(key).Abandon(key); }

 private:
  Shard& ShardOf(const Uuid& key) { return shards_[UuidHash()(key) >> 58 & (kShards - 1)]; }

  const MemoryInboxOptions options_;
  Runtime& runtime_;
  std::array<Shard, kShards> shards_;
};

}  // namespace

std::unique_ptr<Inbox> MakeMemoryInbox(const MemoryInboxOptions& options, Runtime& runtime) {
  return std::make_unique<MemoryInbox>(options, runtime);
}

}  // namespace omnibus
