#include "tests/faults/fault.h"

#include <cstdio>
#include <cstdlib>

#include "absl/time/time.h"
#if OMNIBUS_HAS_KAFKA
#include "tests/faults/kafka_actions.h"
#endif
#include "tests/faults/rabbitmq_actions.h"

namespace omnibus::faults {
namespace {

using Direction = TcpProxy::Direction;

bool Heal(ProxiedBroker& broker, const Victim&) {
  broker.proxy().Heal();
  return true;
}

bool Nothing(ProxiedBroker&, const Victim&) { return true; }

bool Restart(ProxiedBroker& broker, const Victim&) { return broker.broker().Restart(); }

// Of the network: the same for every broker.
void AddNetwork(std::vector<Fault>& faults) {
  const auto network = [&](std::string name, void (*begin)(TcpProxy&)) {
    faults.push_back({.name = std::move(name),
                      .begin =
                          [begin](ProxiedBroker& broker, const Victim&) {
                            begin(broker.proxy());
                            return true;
                          },
                      .end = &Heal});
  };
  network("black-hole", [](TcpProxy& proxy) { proxy.BlackHole(Direction::kBoth); });
  network("black-hole-to-broker", [](TcpProxy& proxy) { proxy.BlackHole(Direction::kToTarget); });
  network("black-hole-to-client", [](TcpProxy& proxy) { proxy.BlackHole(Direction::kToClient); });
  network("refused", [](TcpProxy& proxy) {
    proxy.Refuse();
    proxy.Cut();
  });
  network("delayed",
          [](TcpProxy& proxy) { proxy.Delay(Direction::kBoth, absl::Milliseconds(150)); });
  network("throttled", [](TcpProxy& proxy) { proxy.Throttle(Direction::kBoth, 50'000); });
  network("cut", [](TcpProxy& proxy) { proxy.Cut(); });
  faults.back().passes_by_itself = true;
  network("half-closed-to-broker", [](TcpProxy& proxy) { proxy.HalfClose(Direction::kToTarget); });
  faults.back().passes_by_itself = true;
  network("half-closed-to-client", [](TcpProxy& proxy) { proxy.HalfClose(Direction::kToClient); });
  faults.back().passes_by_itself = true;
}

// Of the broker's process.
void AddProcess(std::vector<Fault>& faults) {
  faults.push_back(
      {.name = "frozen",
       .begin = [](ProxiedBroker& broker, const Victim&) { return broker.broker().Freeze(); },
       .end = [](ProxiedBroker& broker, const Victim&) { return broker.broker().Thaw(); }});
  faults.push_back(
      {.name = "killed",
       .begin = [](ProxiedBroker& broker, const Victim&) { return broker.broker().Kill(); },
       .end = &Restart});
  faults.push_back(
      {.name = "stopped",
       .begin = [](ProxiedBroker& broker, const Victim&) { return broker.broker().Stop(); },
       .end = &Restart});
}

void AddRabbitMq(std::vector<Fault>& faults) {
  const auto clear = [](ProxiedBroker& broker, const Victim&) {
    return ClearAlarms(broker.broker());
  };
  faults.push_back({.name = "memory-alarm",
                    .begin = [](ProxiedBroker& broker,
                                const Victim&) { return RaiseMemoryAlarm(broker.broker()); },
                    .end = clear});
  faults.push_back({.name = "disk-full",
                    .begin = [](ProxiedBroker& broker,
                                const Victim&) { return RaiseDiskAlarm(broker.broker()); },
                    .end = clear});
  faults.push_back({.name = "closed-by-broker",
                    .begin = [](ProxiedBroker& broker,
                                const Victim&) { return CloseConnections(broker.broker()); },
                    .end = &Nothing,
                    .passes_by_itself = true});
  faults.push_back({.name = "deleted",
                    .begin =
                        [](ProxiedBroker& broker, const Victim& victim) {
                          return DeleteQueue(broker.broker(), victim.channel + "." + victim.module);
                        },
                    .end = &Nothing,
                    .destroys_messages = true,
                    .passes_by_itself = true});
  faults.push_back(
      {.name = "revoked",
       .begin =
           [](ProxiedBroker& broker, const Victim& victim) {
             return RevokePermissions(broker.broker(), victim.user);
           },
       .end = [](ProxiedBroker& broker,
                 const Victim& victim) { return GrantPermissions(broker.broker(), victim.user); }});
}

#if OMNIBUS_HAS_KAFKA
void AddKafka(std::vector<Fault>& faults) {
  faults.push_back(
      {.name = "disk-full",
       .begin = [](ProxiedBroker& broker, const Victim&) { return FillDisk(broker.broker()); },
       // It has ended itself, or cannot write any more: it is started again, with room.
       .end =
           [](ProxiedBroker& broker, const Victim&) {
             return FreeDisk(broker.broker()) && broker.broker().Stop() &&
                    broker.broker().Restart();
           },
       .needs_disk = true});
  faults.push_back(
      {.name = "deleted",
       .begin = [](ProxiedBroker& broker,
                   const Victim& victim) { return DeleteTopic(broker.broker(), victim.channel); },
       .end = &Nothing,
       .destroys_messages = true,
       .passes_by_itself = true});
  faults.push_back(
      {.name = "revoked",
       .begin = [](ProxiedBroker& broker,
                   const Victim& victim) { return DenyTopic(broker.broker(), victim.channel); },
       .end = [](ProxiedBroker& broker,
                 const Victim& victim) { return AllowTopic(broker.broker(), victim.channel); }});
}
#endif

}  // namespace

bool PrepareVictim(ProxiedBroker& broker, const Victim& victim) {
  return broker.kind() != Kind::kRabbitMq || victim.user == "guest" ||
         AddUser(broker.broker(), victim.user);
}

std::vector<Fault> FaultsOf(Kind kind) {
  std::vector<Fault> faults;
  AddNetwork(faults);
  AddProcess(faults);
  if (kind == Kind::kRabbitMq) AddRabbitMq(faults);
#if OMNIBUS_HAS_KAFKA
  if (kind == Kind::kKafka) AddKafka(faults);
#endif
  return faults;
}

Fault FaultNamed(Kind kind, std::string_view name) {
  for (Fault& fault : FaultsOf(kind)) {
    if (fault.name == name) return fault;
  }
  std::fprintf(stderr, "no fault of that name: %.*s\n", static_cast<int>(name.size()), name.data());
  std::abort();
}

}  // namespace omnibus::faults
