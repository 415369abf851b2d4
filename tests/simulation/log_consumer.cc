#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/watermark.h"
#include "runtime/planted_bug.h"
#include "tests/simulation/log_clients.h"
#include "tests/simulation/pending_events.h"

namespace omnibus::simulation {
namespace {

// A member of a group, as the Kafka transport is one.
class LogConsumer final : public Consumer {
 public:
  LogConsumer(LogBroker& broker, Process& process, const LogOptions& options,
              const ConsumerOptions& consumer)
      : broker_(broker),
        world_(broker.world()),
        process_(process),
        options_(options),
        group_(absl::StrCat(consumer.domain, ".", consumer.module)),
        link_(world_.NewLink(process, absl::StrCat(process.name(), ", member of ", group_),
                             LinkPurpose::kConsume)),
        events_(world_, process),
        closing_(world_.runtime.NewDoorbell()) {
    for (const Subscription& subscription : consumer.subscriptions) {
      if (std::find(topics_.begin(), topics_.end(), subscription.channel) == topics_.end()) {
        topics_.push_back(subscription.channel);
      }
      if (!subscription.queues.empty()) queues_[subscription.channel] = subscription.queues;
    }
    NewMember();
    Link::Ends ends;
    ends.up = [this] { Join(); };
    ends.down = [this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) events_.Interrupt();
    };
    link_.Open(std::move(ends));
    Every(LogBroker::kHeartbeat, &LogConsumer::Heartbeat);
    Every(options_.commit_after, &LogConsumer::CommitSoon);
  }

  ~LogConsumer() override { link_.Close(); }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    return events_.Wait(deadline, max_events, events,
                        [this](ConsumerEvent& event) { HandOut(event); });
  }

  void Interrupt() override { events_.Interrupt(); }

  std::size_t Settle(std::span<const DeliveryTag> tags) override {
    if (!process_.Step("settle")) return tags.size();
    std::size_t dropped = 0;
    for (const DeliveryTag& tag : tags) {
      const auto owned = owned_.find(tag.source);
      bool ours = owned != owned_.end() && owned->second.epoch == tag.epoch;
      if (Planted(PlantedBug::kSettleAfterRevoke) && owned != owned_.end()) ours = true;
      const bool accepted = ours && owned->second.mark.Settle(tag.position);
      const Record& record =
          *broker_.partition(tag.source).records[static_cast<std::size_t>(tag.position)];
      world_.trace.Step(process_.name(), ": settles ", record.name, accepted ? "" : ", too late");
      // What the broker has given to somebody else already, unheard of here, it will not be told.
      const bool stands =
          accepted && broker_.Owns(group_, member_, owned->second.main, owned->second.ownership);
      broker_.witness().OnSettled(group_, MemberName(tag.epoch), record, stands);
      if (!ours && !closed() && !told_over_.contains({tag.epoch, tag.source})) {
        broker_.witness().OnDeprived(group_, MemberName(tag.epoch), record);
      }
      if (!accepted) ++dropped;
      if (accepted && ++settled_ >= options_.commit_every) CommitSoon();
    }
    process_.Step("what follows a settle");
    return dropped;
  }

  void Release(std::uint64_t epoch) override {
    if (!process_.Step("release")) return;
    std::vector<std::uint32_t> leaving;
    for (const auto& [index, partition] : owned_) {
      if (partition.revoked == epoch) leaving.push_back(index);
    }
    if (Planted(PlantedBug::kStaleUnassign) && leaving.empty()) {
      for (const std::uint32_t index : revoked_[epoch]) {
        if (owned_.contains(index)) leaving.push_back(index);
      }
    }
    LetGo(leaving);
  }

  absl::Status Close(absl::Time deadline) override {
    if (closed()) return absl::OkStatus();
    events_.Close();
    bool heard = false;
    while (process_.Step("leave the group") && !heard && world_.loop.Now() < deadline) {
      if (link_.up()) {
        link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(),
                        group = group_, member = member_, commits = Commits(), &heard] {
          broker.TakeCommits(group, member, commits, /*release=*/false);
          broker.Leave(group, member);
          link.ToClient(session, [this, &heard] {
            heard = true;
            closing_->Ring();
          });
        });
      }
      // A connection may be lost with this on its way.
      const absl::Time again = world_.loop.Now() + absl::Milliseconds(500);
      closing_->Wait(std::min(deadline, again));
    }
    link_.Close();
    owned_.clear();
    if (heard || !process_.alive()) return absl::OkStatus();
    return absl::DeadlineExceededError("log: the broker does not answer");
  }

  LinkHealth Health() const override {
    return {link_.up() && informed_ && !closed(), "log: simulated"};
  }

 private:
  bool closed() const { return events_.closed(); }

  struct Partition {
    std::uint64_t ownership = 0;
    std::uint64_t epoch = 0;
    std::uint64_t revoked = 0;  // the epoch of its revocation; 0: it is not
    std::int64_t next = 0;      // to be fetched
    std::int64_t told = 0;
    Watermark mark;

    std::uint32_t main = 0;            // itself, or of a side queue's part the channel's
    std::vector<std::uint32_t> sides;  // of a channel's part
    std::int64_t awaited = 0;          // of a side queue's: what comes before the channel's
    bool told_caught_up = false;       // of a side queue's: that this has come
    std::deque<const Record*> held;    // of the channel's, until that has come
  };

  std::string MemberName(std::uint64_t epoch) const {
    return absl::StrCat(link_.name(), "#", epoch);
  }

  void NewMember() {
    member_ = absl::StrCat(process_.name(), "/", world_.dice.Next() % 1000000);
    informed_ = false;
    heard_ = world_.loop.Now();
  }

  void Every(absl::Duration pause, void (LogConsumer::*what)()) {
    world_.loop.After(pause, [this, pause, what, alive = std::weak_ptr<bool>(alive_)] {
      if (alive.expired() || closed() || !process_.alive()) return;
      (this->*what)();
      Every(pause, what);
    });
  }

  void Join() {
    LogBroker::Membership membership;
    membership.group = group_;
    membership.member = member_;
    membership.topics = topics_;
    membership.queues = queues_;
    membership.link = &link_;
    // What it was told under an earlier name is of no use any more.
    membership.inform = [this, member = member_](const LogBroker::Holdings& holdings) {
      if (member == member_) Learn(holdings);
    };
    std::set<std::uint64_t> holding;
    for (auto& [index, partition] : owned_) {
      holding.insert(partition.ownership);
      Fetch(index, partition);
    }
    link_.ToBroker(
        [&broker = broker_, membership, session = link_.session(), holding, going = going_] {
          broker.TakeCommits(membership.group, membership.member, going, /*release=*/true);
          broker.Join(membership, session, holding);
        });
  }

  // What the broker says that it owns.
  void Learn(const LogBroker::Holdings& holdings) {
    if (closed() || !process_.alive()) return;
    informed_ = true;
    std::vector<std::uint32_t> lost;
    for (const auto& [index, partition] : owned_) {
      const auto held = holdings.find(partition.main);
      if (held == holdings.end() || held->second.number != partition.ownership) {
        lost.push_back(index);
      }
    }
    Lose(lost);
    std::vector<std::uint32_t> gained;
    std::vector<std::uint32_t> leaving;
    for (const auto& [index, ownership] : holdings) {
      if (ownership.number <= let_go_[index]) continue;  // it has not heard of that yet
      if (!owned_.contains(index)) gained.push_back(index);
      if (!ownership.revoked) continue;
      leaving.push_back(index);
      for (const auto& side : ownership.sides) leaving.push_back(side.partition);
    }
    Gain(gained, holdings);
    Revoke(leaving);
  }

  void Gain(const std::vector<std::uint32_t>& gained, const LogBroker::Holdings& holdings) {
    if (gained.empty()) return;
    const std::uint64_t epoch = ++epoch_;
    std::vector<std::uint32_t> sources = gained;
    for (const std::uint32_t index : gained) {
      const LogBroker::Ownership& ownership = holdings.at(index);
      Start(index, index, ownership.number, ownership.committed);
      for (const auto& side : ownership.sides) {
        owned_[index].sides.push_back(side.partition);
        sources.push_back(side.partition);
        owned_[side.partition].awaited = side.end;
        Start(side.partition, index, ownership.number, side.committed);
      }
    }
    events_.Add(ConsumerEvent::Kind::kAssigned, epoch, std::move(sources));
    for (const std::uint32_t index : gained) {
      for (const std::uint32_t side : owned_.at(index).sides) TellCaughtUp(side);
    }
  }

  void Start(std::uint32_t index, std::uint32_t main, std::uint64_t ownership, std::int64_t from) {
    Partition& partition = owned_[index];
    partition.main = main;
    partition.ownership = ownership;
    partition.epoch = epoch_;
    partition.next = partition.told = from;
    partition.mark = Watermark(from);
    partition.told_caught_up = false;
    world_.trace.Step(process_.name(), ": owns ", broker_.partition(index).topic, "/",
                      broker_.partition(index).number, " from ", from, ", epoch ", epoch_);
    Fetch(index, partition);
  }

  void Revoke(const std::vector<std::uint32_t>& leaving) {
    std::vector<std::uint32_t> fresh;
    for (const std::uint32_t index : leaving) {
      if (owned_.at(index).revoked == 0) fresh.push_back(index);
    }
    if (fresh.empty()) return;
    const std::uint64_t epoch = ++epoch_;
    for (const std::uint32_t index : fresh) {
      owned_.at(index).revoked = epoch;
      told_over_.emplace(owned_.at(index).epoch, index);
      DropBuffered(index);
      world_.trace.Step(process_.name(), ": shall let go ", broker_.partition(index).topic, "/",
                        broker_.partition(index).number, ", epoch ", epoch);
    }
    if (Planted(PlantedBug::kStaleUnassign)) revoked_[epoch] = fresh;
    events_.Add(ConsumerEvent::Kind::kRevoked, epoch, std::move(fresh));
    world_.loop.After(options_.release_within, [this, epoch, alive = std::weak_ptr<bool>(alive_)] {
      if (alive.expired() || closed()) return;
      // Whatever still runs is done again by somebody else.
      if (IsLeaving(epoch)) ++world_.faults;
      Release(epoch);
    });
  }

  bool IsLeaving(std::uint64_t epoch) const {
    return std::any_of(owned_.begin(), owned_.end(),
                       [&](const auto& owned) { return owned.second.revoked == epoch; });
  }

  void Lose(const std::vector<std::uint32_t>& lost) {
    if (lost.empty()) return;
    const std::uint64_t epoch = ++epoch_;
    for (const std::uint32_t index : lost) {
      DropBuffered(index);
      world_.trace.Step(process_.name(), ": has lost ", broker_.partition(index).topic, "/",
                        broker_.partition(index).number);
      told_over_.emplace(owned_.at(index).epoch, index);
      owned_.erase(index);
    }
    events_.Add(ConsumerEvent::Kind::kLost, epoch, lost);
  }

  void LetGo(const std::vector<std::uint32_t>& leaving) {
    if (leaving.empty()) return;
    std::vector<LogBroker::Commit> commits;
    for (const std::uint32_t index : leaving) {
      const auto owned = owned_.find(index);
      let_go_[index] = owned->second.ownership;
      commits.push_back({index, owned->second.ownership, owned->second.mark.Position()});
      world_.trace.Step(process_.name(), ": lets go ", broker_.partition(index).topic, "/",
                        broker_.partition(index).number);
      DropBuffered(index);
      owned_.erase(owned);
    }
    going_.insert(going_.end(), commits.begin(), commits.end());
    link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(),
                    group = group_, member = member_, commits, gone = going_.size()] {
      broker.TakeCommits(group, member, commits, /*release=*/true);
      link.ToClient(session, [this, commits] {
        std::erase_if(going_, [&](const LogBroker::Commit& commit) {
          return std::any_of(commits.begin(), commits.end(), [&](const auto& taken) {
            return taken.ownership == commit.ownership;
          });
        });
      });
    });
  }

  void DropBuffered(std::uint32_t index) {
    events_.Drop([index](const DeliveryTag& tag) { return tag.source == index; });
  }

  void Fetch(std::uint32_t index, Partition& partition) {
    link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(), index,
                    ownership = partition.ownership, from = partition.next] {
      broker.Fetch(
          index, ownership, from, link, session,
          [this, index, ownership](const Record& record) { Receive(index, ownership, record); });
    });
  }

  void Receive(std::uint32_t index, std::uint64_t ownership, const Record& record) {
    const auto owned = owned_.find(index);
    if (closed() || owned == owned_.end()) return;
    Partition& partition = owned->second;
    if (partition.ownership != ownership || partition.revoked != 0) return;
    if (record.position != partition.next) return;
    ++partition.next;
    if (index == partition.main && !Caught(partition)) {
      partition.held.push_back(&record);
      return;
    }
    Buffer(index, partition, record);
    if (index == partition.main) return;
    TellCaughtUp(index);
    Partition& main = owned_.at(partition.main);
    if (!Caught(main)) return;
    for (const Record* each : main.held) Buffer(partition.main, main, *each);
    main.held.clear();
  }

  void TellCaughtUp(std::uint32_t side) {
    Partition& partition = owned_.at(side);
    if (partition.told_caught_up || partition.next < partition.awaited) return;
    partition.told_caught_up = true;
    events_.Add(ConsumerEvent::Kind::kCaughtUp, partition.epoch, {side});
  }

  // Whether all that the side queues held in the beginning is here.
  bool Caught(const Partition& main) const {
    return std::all_of(main.sides.begin(), main.sides.end(), [&](std::uint32_t side) {
      const Partition& partition = owned_.at(side);
      return partition.next >= partition.awaited;
    });
  }

  void Buffer(std::uint32_t index, const Partition& partition, const Record& record) {
    ConsumerEvent& event = events_.AddMessage();
    View(record, event.message);
    event.message.tag = {partition.epoch, index, record.position};
    event.message.partition = record.partition;
    event.message.offset = record.position;
  }

  void HandOut(ConsumerEvent& event) {
    const DeliveryTag& tag = event.message.tag;
    owned_.at(tag.source).mark.Received(tag.position);
    const Record& record =
        *broker_.partition(tag.source).records[static_cast<std::size_t>(tag.position)];
    world_.trace.Step(process_.name(), ": receives ", record.name);
    // Who is taken for dead, and has not heard of it, still fetches; it holds nothing by that.
    const Partition& partition = owned_.at(tag.source);
    if (!broker_.Owns(group_, member_, partition.main, partition.ownership)) return;
    broker_.witness().OnDelivered(group_, MemberName(tag.epoch), record);
  }

  void Heartbeat() {
    if (world_.loop.Now() - heard_ >= LogBroker::kSession) {
      // Others have it all by now.
      world_.trace.Step(process_.name(), ": has heard nothing of its group for too long");
      StartAnew();
    }
    if (!link_.up()) return;
    link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(),
                    group = group_, member = member_, sent = world_.loop.Now()] {
      const bool known = broker.Heartbeat(group, member);
      link.ToClient(session, [this, known, member, sent] {
        if (member != member_) return;
        if (!known) return StartAnew();
        heard_ = std::max(heard_, sent);
      });
    });
  }

  void StartAnew() {
    std::vector<std::uint32_t> all;
    for (const auto& [index, partition] : owned_) all.push_back(index);
    Lose(all);
    going_.clear();
    NewMember();
    if (link_.up()) Join();
  }

  std::vector<LogBroker::Commit> Commits() {
    std::vector<LogBroker::Commit> commits;
    for (auto& [index, partition] : owned_) {
      if (partition.mark.Position() == partition.told) continue;
      partition.told = partition.mark.Position();
      commits.push_back({index, partition.ownership, partition.told});
    }
    return commits;
  }

  void CommitSoon() {
    settled_ = 0;
    if (!link_.up()) return;
    std::vector<LogBroker::Commit> commits = Commits();
    if (commits.empty() || !process_.Step("commit")) return;
    link_.ToBroker(
        [&broker = broker_, group = group_, member = member_, commits = std::move(commits)] {
          broker.TakeCommits(group, member, commits, /*release=*/false);
        });
  }

  LogBroker& broker_;
  World& world_;
  Process& process_;
  const LogOptions options_;
  const std::string group_;
  std::vector<std::string> topics_;
  std::map<std::string, std::vector<std::string>> queues_;  // by topic
  Link& link_;
  PendingEvents events_;
  const std::unique_ptr<Doorbell> closing_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::string member_;
  bool informed_ = false;
  absl::Time heard_;  // when the last answered heartbeat was sent
  std::uint64_t epoch_ = 0;
  std::size_t settled_ = 0;  // since the last commit
  std::map<std::uint32_t, Partition> owned_;
  std::map<std::uint32_t, std::uint64_t> let_go_;  // the last ownership that was let go
  std::vector<LogBroker::Commit> going_;           // let go, and the broker may not know
  std::set<std::pair<std::uint64_t, std::uint32_t>> told_over_;  // epochs of sources that ended
  std::map<std::uint64_t, std::vector<std::uint32_t>> revoked_;  // for a planted bug alone
};

}  // namespace

std::unique_ptr<Consumer> OpenLogConsumer(LogBroker& broker, Process& process,
                                          const LogOptions& options,
                                          const ConsumerOptions& consumer) {
  return std::make_unique<LogConsumer>(broker, process, options, consumer);
}

}  // namespace omnibus::simulation
