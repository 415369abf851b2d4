// Knows what must come out of a run, and sees what does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "omnibus/observer.h"
#include "omnibus/uuid.h"
#include "tests/simulation/lot.h"
#include "tests/simulation/process.h"
#include "tests/simulation/record.h"
#include "tests/simulation/world.h"
#include "transport_testing/history.h"

namespace omnibus::simulation {

// What is wrong with a run: a kind, and what it was.
struct Finding {
  std::string kind;  // "lost", "reordered", ...
  std::string what;
};

// What is published, delivered and settled goes into histories of the suite that every transport
// passes, and its checker finds what is lost, repeated, out of order or settled without right. What
// only a bus can do wrong is checked here: what is settled before its end, dead letters, effects.
//
// Thread-safety: see World.
class Oracle final : public Witness {
 public:
  Oracle(World& world, std::uint64_t seed) : world_(world), seed_(seed) {}

  std::uint64_t seed() const { return seed_; }

  // --- What publishers say.
  void OnPublish(const Good& good, const std::string& publisher);
  void OnOutcome(const Good& good, const absl::Status& outcome);
  // A handler publishes it, maybe not for the first time.
  void OnEffect(const Good& good);

  // --- What brokers and transports say.
  void OnAppended(const Record& record) override;
  void OnDelivered(const std::string& group, const std::string& member,
                   const Record& record) override;
  void OnSettled(const std::string& group, const std::string& member, const Record& record,
                 bool accepted) override;
  void OnDeprived(const std::string& group, const std::string& member,
                  const Record& record) override;

  // --- What handlers say.
  class Running {
   public:
    Running(Oracle& oracle, std::string what) : oracle_(oracle), what_(std::move(what)) {}
    Running(const Running&) = delete;
    ~Running() { oracle_.running_.erase(what_); }

   private:
    Oracle& oracle_;
    const std::string what_;
  };
  Running Begin(Process& process, const std::string& group, const Good& good);
  // The handler is done, and so is all that it published.
  void OnDone(const Process& process, const std::string& group, const Uuid& idempotency_key);

  // From now on no handler refuses anything for good.
  void Mend() { mended_ = true; }
  bool mended() const { return mended_; }

  // The bus itself refused what a handler published, as if it were closed.
  void OnRefused(const Process& process, std::string_view type);

  // Whether all that is at the broker has come to its end at each group that it is for.
  bool AllEnded() const;

  // What may be asked of a run.
  struct Claims {
    bool calm = false;  // nothing went wrong: nothing is done twice
    bool one_inbox =
        false;             // it knows all that its group has done, also of what was published twice
    bool order = false;    // within a key
    bool replays = false;  // dead letters are: they may die again
  };
  // In the end.
  std::vector<Finding> Check(const Claims& claims);

  // Something is wrong already.
  bool found() const { return !findings_.empty(); }

  std::size_t messages() const { return messages_; }

 private:
  // Of groups that handle that kind.
  static std::vector<std::string> GroupsOf(Good::Kind kind);
  static std::string ChannelOf(Good::Kind kind);

  void OnDeadLetter(const Record& record);
  std::optional<Good> Read(const Record& record);
  // Whether it is done, or will never be.
  bool Ended(const std::string& group, const Good& good) const;
  // Whether it is among the dead letters, for good or behind another one.
  bool Buried(const std::string& group, const Good& good) const;
  void CheckRepeats(bool one_inbox);
  void Find(std::string kind, std::string what);

  World& world_;
  const std::uint64_t seed_;
  transport_testing::History deeds_;  // what modules do, whatever it takes
  transport_testing::History wire_;   // what goes between brokers and transports
  std::map<const Record*, Good> goods_;
  std::map<Uuid, Good> by_idempotency_key_;
  std::map<Good, Uuid> idempotency_keys_;
  std::map<Good, int> appended_;  // how often
  std::set<Good> published_;
  std::set<Good> confirmed_;
  std::set<Good> effects_;
  std::map<std::string, std::map<Good, int>> done_;  // by group
  std::map<std::string, std::map<Good, int>> dead_;
  std::map<std::string, std::set<Good>> parked_;  // behind a dead letter, now or before
  bool mended_ = false;
  std::map<std::string, std::map<Good, std::set<const Record*>>> put_off_;  // copies, by group
  std::set<std::string> running_;
  std::vector<Finding> findings_;
  std::size_t messages_ = 0;  // received by some member
};

// What a bus tells the oracle.
class OracleObserver final : public Observer {
 public:
  OracleObserver(Oracle& oracle, Process& process) : oracle_(oracle), process_(process) {}
  void OnHandled(const Handled& event) override;
  void OnPublished(const Published& event) override;

 private:
  Oracle& oracle_;
  Process& process_;
};

}  // namespace omnibus::simulation
