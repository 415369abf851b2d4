#include "tests/soak/site.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/faults/fault.h"
#include "tests/faults/proxied_broker.h"
#include "tests/soak/strike.h"
#include "tests/support/private_cluster.h"

namespace omnibus::soak {
namespace {

using faults::ProxiedBroker;
using testing::PrivateCluster;

faults::Kind KindOf(Transport transport) {
  return transport == Transport::kKafka ? faults::Kind::kKafka : faults::Kind::kRabbitMq;
}

absl::Status Done(bool done, const std::string& what) {
  if (done) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("could not be done: ", what));
}

absl::Status NotToBeHad(Transport transport) {
  return absl::UnavailableError(absl::StrCat(NameOf(transport), " is not to be had here"));
}

// One broker, which all processes reach by one proxy.
class SingleSite final : public Site {
 public:
  SingleSite(Transport transport, std::unique_ptr<ProxiedBroker> broker)
      : transport_(transport), broker_(std::move(broker)) {
    // RabbitMQ's guest has to keep its permissions: the probe of the scripts logs in as guest.
    if (transport == Transport::kRabbitMq) victim_.user = "soak";
  }

  absl::Status Prepare() {
    return Done(faults::PrepareVictim(*broker_, victim_), "make a user of our own");
  }

  std::string address() const override { return broker_->address(victim_.user); }

  std::vector<StrikeKind> Strikes() override {
    std::vector<StrikeKind> kinds;
    for (faults::Fault& fault : faults::FaultsOf(KindOf(transport_))) {
      // A queue that somebody deletes is lost by will; a disk of its own is not to be had
      // everywhere.
      if (fault.destroys_messages || fault.needs_disk) continue;
      const auto make = [this, fault](std::mt19937_64& random) { return Make(fault, random); };
      kinds.push_back({fault.name, make});
    }
    return kinds;
  }

 private:
  Strike Make(const faults::Fault& fault, std::mt19937_64& random) {
    const absl::Duration longest =
        fault.passes_by_itself ? absl::Milliseconds(100) : absl::Seconds(10);
    const auto begin = [this, fault] { return Done(fault.begin(*broker_, victim_), fault.name); };
    const auto end = [this, fault] {
      // On a busy machine a broker's own tool may run out of time.
      const bool ended = fault.end(*broker_, victim_) || fault.end(*broker_, victim_);
      return Done(ended, absl::StrCat("end of ", fault.name));
    };
    return {.fault = fault.name,
            .detail = "",
            .begin = begin,
            .end = end,
            .hold = HoldBetween(random, longest / 10, longest),
            .duplicates_allowed = BrokerDuplicates(transport_),
            .parts_all = !fault.passes_by_itself};
  }

  const Transport transport_;
  faults::Victim victim_ = {.channel = "soak.ticks", .module = "ledger"};
  const std::unique_ptr<ProxiedBroker> broker_;
};

// Several nodes, each reached straight.
class ClusterSite final : public Site {
 public:
  ClusterSite(Transport transport, PrivateCluster cluster)
      : transport_(transport), cluster_(std::move(cluster)) {}

  std::string address() const override { return cluster_.address(); }

  std::vector<StrikeKind> Strikes() override {
    return {Kind("node killed", &PrivateCluster::Kill, &PrivateCluster::Restart),
            Kind("node stopped", &PrivateCluster::Stop, &PrivateCluster::Restart),
            Kind("node frozen", &PrivateCluster::Freeze, &PrivateCluster::Thaw)};
  }

 private:
  using Act = bool (PrivateCluster::*)(int node);

  StrikeKind Kind(const std::string& fault, Act begin, Act end) {
    const auto make = [=, this](std::mt19937_64& random) {
      const int node = std::uniform_int_distribution<int>(0, cluster_.nodes() - 1)(random);
      return Strike{.fault = fault,
                    .detail = absl::StrCat("node ", node),
                    .begin = [=, this] { return Done((cluster_.*begin)(node), fault); },
                    .end = [=, this] { return Done((cluster_.*end)(node), "end of " + fault); },
                    .hold = HoldBetween(random, absl::Seconds(6), absl::Seconds(15)),
                    .duplicates_allowed = BrokerDuplicates(transport_)};
    };
    return {fault, make};
  }

  const Transport transport_;
  PrivateCluster cluster_;
};

}  // namespace

const char* NameOf(Transport transport) {
  return transport == Transport::kKafka ? "kafka" : "rabbitmq";
}

const char* NameOf(Topology topology) {
  return topology == Topology::kSingle ? "one node" : "three nodes";
}

std::int64_t BrokerDuplicates(Transport transport) {
  // One ledger, three workers and one auditor, and the notes of the workers' repeats come again.
  constexpr std::int64_t kConsumers = 5 + 3;
  // What its client has handed out and not settled, or settled and not committed.
  if (transport == Transport::kKafka) return kConsumers * (256 + 64);
  // Each consumer's prefetch; and what is on its way to the broker goes there again: the
  // publisher's ticks to two groups, with a note each, and the workers' notes.
  constexpr std::int64_t kInFlight = 1024;
  return kConsumers * 256 + 3 * kInFlight + 3 * kInFlight;
}

absl::StatusOr<std::unique_ptr<Site>> Site::Start(Transport transport, Topology topology) {
  if (topology == Topology::kCluster) {
    std::optional<PrivateCluster> cluster = PrivateCluster::Start(KindOf(transport));
    if (!cluster.has_value()) return NotToBeHad(transport);
    return std::make_unique<ClusterSite>(transport, *std::move(cluster));
  }
  std::unique_ptr<ProxiedBroker> broker = ProxiedBroker::Start(KindOf(transport));
  if (broker == nullptr) return NotToBeHad(transport);
  auto site = std::make_unique<SingleSite>(transport, std::move(broker));
  if (absl::Status prepared = site->Prepare(); !prepared.ok()) return prepared;
  return site;
}

}  // namespace omnibus::soak
