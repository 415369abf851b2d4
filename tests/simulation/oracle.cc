#include "tests/simulation/oracle.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "tests/simulation/mill.h"

namespace omnibus::simulation {
namespace {

constexpr std::string_view kGarbage = "garbage/";

bool IsPutOff(const Record& record) { return absl::EndsWith(record.channel, ".retry"); }

std::string HeaderOf(const Record& record, std::string_view wanted) {
  for (const auto& [name, value] : record.headers) {
    if (name == wanted) return value;
  }
  return "";
}

// For the steps: what a copy in the retry queue tells its next owner.
std::string PlaceOf(const Record& record) {
  std::string place;
  for (const auto& [name, value] : record.headers) {
    if (name == "retry_sequence") absl::StrAppend(&place, ", place ", value);
    if (name == "retry_attempts") absl::StrAppend(&place, ", attempts ", value);
  }
  return place;
}

}  // namespace

std::vector<std::string> Oracle::GroupsOf(Good::Kind kind) {
  if (kind == Good::Kind::kLoaf) return {"mill.baker"};
  return {"mill.miller", "mill.clerk"};
}

std::string Oracle::ChannelOf(Good::Kind kind) {
  return kind == Good::Kind::kLoaf ? "mill.loaves" : "mill.sacks";
}

void Oracle::Find(std::string kind, std::string what) {
  world_.trace.Step("WRONG: ", kind, ": ", what);
  findings_.push_back({std::move(kind), std::move(what)});
}

void Oracle::OnPublish(const Good& good, const std::string& publisher) {
  published_.insert(good);
  for (const std::string& group : GroupsOf(good.kind)) deeds_.Expect(group, ChannelOf(good.kind));
  deeds_.Published(ChannelOf(good.kind), good.Name(), absl::StrCat(good.line, "/", good.part),
                   publisher);
}

void Oracle::OnOutcome(const Good& good, const absl::Status& outcome) {
  if (outcome.ok()) confirmed_.insert(good);
  deeds_.Outcome(good.Name(), outcome);
}

void Oracle::OnEffect(const Good& good) {
  if (effects_.insert(good).second) OnPublish(good, "miller");
}

std::optional<Good> Oracle::Read(const Record& record) {
  if (record.body.starts_with(kGarbage)) {
    Good good{Good::Kind::kGarbage, 0, 0, 0};
    if (!absl::SimpleAtoi(record.body.substr(kGarbage.size()), &good.number)) return std::nullopt;
    return good;
  }
  ReceivedMessage message;
  View(record, message);
  message.type = record.type;
  message.id = record.id;
  message.correlation_id = record.correlation_id;
  const auto lookup = [](std::string_view name) -> const EventType* {
    if (name == "sack") return &EventTypeOf<Sack>();
    return name == "loaf" ? &EventTypeOf<Loaf>() : nullptr;
  };
  EnvelopeReader reader;
  if (!reader.Open(Dialect::kCamel, message, lookup).ok()) return std::nullopt;
  Good good;
  if (&reader.type() == &EventTypeOf<Sack>()) {
    Sack sack;
    if (!reader.ReadPayload(&sack).ok()) return std::nullopt;
    good = {Good::Kind::kSack, sack.line, sack.number, 0};
  } else {
    Loaf loaf;
    if (!reader.ReadPayload(&loaf).ok()) return std::nullopt;
    good = {Good::Kind::kLoaf, loaf.line, loaf.number, loaf.part};
  }
  const Uuid& key = reader.metadata().idempotency_key;
  const auto [known, is_new] = idempotency_keys_.emplace(good, key);
  if (!is_new && known->second != key) {
    Find("effect with another key", good.Name());
  }
  by_idempotency_key_[key] = good;
  return good;
}

void Oracle::OnAppended(const Record& record) {
  // What a log broker's tools have taken out of the dead letters.
  if (!HeaderOf(record, "dead_removed").empty() && HeaderOf(record, "dead_channel").empty()) return;
  const std::optional<Good> good = Read(record);
  if (!good.has_value()) return Find("unreadable", record.name);
  goods_[&record] = *good;
  world_.trace.Step("broker: ", record.name, " holds ", good->Name(), PlaceOf(record));
  if (absl::EndsWith(record.channel, ".dead")) return OnDeadLetter(record);
  if (IsPutOff(record)) {
    // "mill.sacks.miller.retry"
    const std::string module = record.channel.substr(ChannelOf(good->kind).size() + 1);
    put_off_[absl::StrCat("mill.", module.substr(0, module.find('.')))][*good].insert(&record);
  } else {
    ++appended_[*good];
  }
  wire_.Published(record.channel, record.name, "", "");
  wire_.Outcome(record.name, absl::OkStatus());
}

void Oracle::OnDeadLetter(const Record& record) {
  const std::string group = absl::StrCat("mill.", HeaderOf(record, "dead_module"));
  const std::string reason = HeaderOf(record, "dead_reason");
  if (reason == "released") return;  // a note, and no letter
  if (reason == "parked") {
    parked_[group].insert(goods_.at(&record));
  } else {
    ++dead_[group][goods_.at(&record)];
  }
}

void Oracle::OnDelivered(const std::string& group, const std::string& member,
                         const Record& record) {
  ++messages_;
  wire_.Delivered(group, member, record.channel, record.name);
}

void Oracle::OnSettled(const std::string& group, const std::string& member, const Record& record,
                       bool accepted) {
  wire_.Settled(group, member, record.name, accepted);
  if (!accepted && world_.faults == 0) Find("settled too late, without a fault", record.name);
  if (!accepted) return;
  const Good& good = goods_.at(&record);
  // Of what was put off, another copy carries on.
  const std::set<const Record*>& copies = put_off_[group][good];
  const std::size_t others = copies.size() - copies.count(&record);
  if (others == 0 && !Ended(group, good) && !Buried(group, good)) {
    Find("settled before its end",
         absl::StrCat(record.name, ", ", goods_.at(&record).Name(), "@", group));
  }
}

void Oracle::OnDeprived(const std::string& group, const std::string& member, const Record& record) {
  Find("taken away unannounced", absl::StrCat(record.name, "@", group, " of ", member));
}

bool Oracle::Buried(const std::string& group, const Good& good) const {
  const auto dead = dead_.find(group);
  if (dead != dead_.end() && dead->second.contains(good)) return true;
  const auto parked = parked_.find(group);
  return parked != parked_.end() && parked->second.contains(good);
}

bool Oracle::Ended(const std::string& group, const Good& good) const {
  const auto is_in = [&](const auto& by_group) {
    const auto found = by_group.find(group);
    return found != by_group.end() && found->second.contains(good);
  };
  if (good.kind == Good::Kind::kGarbage) return is_in(dead_);
  const Lot lot = DrawLot(seed_, group, good);
  if (lot.dies() && !mended_) return is_in(dead_);
  if (!is_in(done_)) return false;
  for (int part = 0; part < lot.loaves; ++part) {
    if (!appended_.contains({Good::Kind::kLoaf, good.line, good.number, part})) return false;
  }
  return true;
}

Oracle::Running Oracle::Begin(Process& process, const std::string& group, const Good& good) {
  std::string what =
      absl::StrCat(process.name(), " ", group, " ", ChannelOf(good.kind), " ", good.line);
  if (!running_.insert(what).second) Find("two of one key at once", what);
  return Running(*this, std::move(what));
}

void Oracle::OnDone(const Process& process, const std::string& group, const Uuid& key) {
  if (!process.alive()) return;
  const auto found = by_idempotency_key_.find(key);
  if (found == by_idempotency_key_.end()) return Find("phantom", ToString(key));
  const Good& good = found->second;
  world_.trace.Step(process.name(), ": ", group, " is done with ", good.Name());
  ++done_[group][good];
  if (!mended_ && DrawLot(seed_, group, good).dies())
    Find("done, though it cannot be", good.Name());
  deeds_.Delivered(group, process.name(), ChannelOf(good.kind), good.Name());
}

void Oracle::OnRefused(const Process& process, std::string_view type) {
  if (!process.alive() || world_.faults > 0) return;
  Find("publish refused by a drain", absl::StrCat(process.name(), ", ", std::string(type)));
}

bool Oracle::AllEnded() const {
  return std::all_of(appended_.begin(), appended_.end(), [&](const auto& appended) {
    const Good& good = appended.first;
    const std::vector<std::string> groups = GroupsOf(good.kind);
    return std::all_of(groups.begin(), groups.end(),
                       [&](const std::string& group) { return Ended(group, good); });
  });
}

std::vector<Finding> Oracle::Check(const Claims& claims) {
  const auto add = [&](const char* kind, const std::vector<std::string>& what) {
    for (const std::string& each : what) Find(kind, each);
  };
  for (const Good& good : effects_) {
    deeds_.Outcome(good.Name(), appended_.contains(good)
                                    ? absl::OkStatus()
                                    : absl::DeadlineExceededError("not there"));
  }
  const transport_testing::Report deeds = deeds_.Check();
  const transport_testing::Report wire = wire_.Check();
  if (claims.order) add("reordered", deeds.reordered);
  add("phantom", deeds.phantoms);
  add("without one outcome", deeds.without_outcome);
  add("settled without right", wire.settled_without_right);
  add("phantom", wire.phantoms);
  if (claims.calm) CheckRepeats(claims.one_inbox);

  for (const Good& good : confirmed_) {
    if (!appended_.contains(good))
      Find("lost", absl::StrCat(good.Name(), ", confirmed, and not at the broker"));
  }
  for (const auto& [good, copies] : appended_) {
    for (const std::string& group : GroupsOf(good.kind)) {
      if (!Ended(group, good)) Find("lost", absl::StrCat(good.Name(), "@", group));
    }
    if (good.kind == Good::Kind::kLoaf) {
      const Good sack{Good::Kind::kSack, good.line, good.number, 0};
      const Lot lot = DrawLot(seed_, "mill.miller", sack);
      if (good.part >= lot.loaves || !appended_.contains(sack))
        Find("effect of nothing", good.Name());
    }
  }
  for (const auto& [group, letters] : dead_) {
    for (const auto& [good, count] : letters) {
      const bool must = good.kind == Good::Kind::kGarbage || DrawLot(seed_, group, good).dies();
      if (!must) Find("dead without need", absl::StrCat(good.Name(), "@", group));
      // A good that was published twice may die twice: its effect was never taken.
      if (claims.calm && !claims.replays && count > appended_[good]) {
        Find("dead twice", absl::StrCat(good.Name(), "@", group));
      }
    }
  }
  return findings_;
}

// A handler that fails after it has published publishes again: then each of the copies may be
// handled, where no inbox knows of the first.
void Oracle::CheckRepeats(bool one_inbox) {
  for (const auto& [group, goods] : done_) {
    for (const auto& [good, count] : goods) {
      const int most = one_inbox ? 1 : appended_[good];
      if (count > most) {
        Find("repeated without a fault",
             absl::StrCat(good.Name(), "@", group, ", ", count, " times"));
      }
    }
  }
}

void OracleObserver::OnPublished(const Published& event) {
  if (absl::IsFailedPrecondition(event.outcome)) oracle_.OnRefused(process_, event.metadata.type);
}

void OracleObserver::OnHandled(const Handled& event) {
  if (!event.status.ok()) return;
  oracle_.OnDone(process_, absl::StrCat(std::string(event.domain), ".", std::string(event.module)),
                 event.metadata.idempotency_key);
}

}  // namespace omnibus::simulation
