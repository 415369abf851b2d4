#include <signal.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/soak/crew.h"
#include "tests/soak/site.h"
#include "tests/soak/strike.h"

namespace omnibus::soak {
namespace {

constexpr int kWorkers = 1;
constexpr absl::Duration kReadyWithin = absl::Seconds(60);

std::size_t Pick(std::mt19937_64& random, Crew& crew) {
  return std::uniform_int_distribution<std::size_t>(0, crew.members().size() - 1)(random);
}

std::size_t PickWorker(std::mt19937_64& random, Crew& crew) {
  std::size_t picked = 0;
  do {
    picked = Pick(random, crew);
  } while (crew.members()[picked].group != kWorkers);
  return picked;
}

// The group, not the process: a report with one line for each process helps nobody.
std::string GroupOf(Crew& crew, std::size_t member) {
  return kGroups[static_cast<std::size_t>(crew.members()[member].group)];
}

absl::Status Signal(Crew& crew, std::size_t member, int signal) {
  crew.members()[member].runs->Signal(signal);
  return absl::OkStatus();
}

absl::Status ReplaceAndWait(Crew& crew, std::size_t member) {
  crew.Replace(crew.members()[member]);
  return crew.WaitUntilReady(crew.members()[member], kReadyWithin);
}

// What one consumer may hold, or has not committed yet.
std::int64_t OneConsumer(Transport transport) {
  // RabbitMQ: its prefetch. Kafka: what was settled since the last commit (commit_every), and what
  // was in its handlers.
  return transport == Transport::kRabbitMq ? 256 : 256 + 64;
}

// A worker that handles a tick once more publishes its note once more.
std::int64_t OneMember(Transport transport) { return 2 * OneConsumer(transport); }

Strike Killed(Crew& crew, Transport transport, std::mt19937_64& random) {
  const std::size_t member = Pick(random, crew);
  return {.fault = "member killed",
          .detail = GroupOf(crew, member),
          .begin = [&crew, member] { return Signal(crew, member, SIGKILL); },
          .end = [&crew, member] { return ReplaceAndWait(crew, member); },
          .hold = HoldBetween(random, absl::Milliseconds(500), absl::Milliseconds(3000)),
          .duplicates_allowed = OneMember(transport),
          .wait_allowed = absl::Seconds(10)};
}

Strike Frozen(Crew& crew, Transport transport, std::mt19937_64& random) {
  const std::size_t member = Pick(random, crew);
  return {.fault = "member frozen",
          .detail = GroupOf(crew, member),
          .begin = [&crew, member] { return Signal(crew, member, SIGSTOP); },
          .end = [&crew, member] { return Signal(crew, member, SIGCONT); },
          .hold = HoldBetween(random, absl::Milliseconds(2000), absl::Milliseconds(12000)),
          .duplicates_allowed = OneMember(transport)};
}

Strike Left(Crew& crew, std::mt19937_64& random) {
  const std::size_t member = PickWorker(random, crew);
  return {.fault = "member left",
          .detail = GroupOf(crew, member),
          .begin = [&crew, member] { return crew.Leave(crew.members()[member]); },
          .end = [&crew, member] { return ReplaceAndWait(crew, member); },
          .hold = HoldBetween(random, absl::Milliseconds(500), absl::Milliseconds(3000))};
}

Strike Joined(Crew& crew, std::mt19937_64& random) {
  return {.fault = "member joined",
          .detail = kGroups[kWorkers],
          .begin = [&crew] { return crew.WaitUntilReady(crew.Add(kWorkers), kReadyWithin); },
          .end =
              [&crew] {
                absl::Status left = crew.Leave(crew.members().back());
                crew.Remove(crew.members().back());
                return left;
              },
          .hold = HoldBetween(random, absl::Milliseconds(2000), absl::Milliseconds(4000))};
}

// One after the other, as a new version is rolled out.
Strike Rolled(Crew& crew, std::mt19937_64& random) {
  const auto roll = [&crew] {
    absl::Status status;
    for (std::size_t member = 0; member < crew.members().size(); ++member) {
      status.Update(crew.Leave(crew.members()[member]));
      status.Update(ReplaceAndWait(crew, member));
    }
    return status;
  };
  return {.fault = "rolling restart",
          .detail = "all members",
          .begin = roll,
          .end = [] { return absl::OkStatus(); },
          .hold = HoldBetween(random, absl::Milliseconds(0), absl::Milliseconds(500))};
}

}  // namespace

std::vector<StrikeKind> MemberStrikes(Crew& crew, Transport transport) {
  return {{"member killed",
           [&crew, transport](std::mt19937_64& random) { return Killed(crew, transport, random); }},
          {"member frozen",
           [&crew, transport](std::mt19937_64& random) { return Frozen(crew, transport, random); }},
          {"member left", [&crew](std::mt19937_64& random) { return Left(crew, random); }},
          {"member joined", [&crew](std::mt19937_64& random) { return Joined(crew, random); }},
          {"rolling restart", [&crew](std::mt19937_64& random) { return Rolled(crew, random); }}};
}

absl::Duration HoldBetween(std::mt19937_64& random, absl::Duration from, absl::Duration to) {
  return absl::Nanoseconds(std::uniform_int_distribution<std::int64_t>(
      absl::ToInt64Nanoseconds(from), absl::ToInt64Nanoseconds(to))(random));
}

StrikeKind Calm() {
  return {"none", [](std::mt19937_64& random) {
            const auto nothing = [] { return absl::OkStatus(); };
            return Strike{
                .fault = "none",
                .detail = "",
                .begin = nothing,
                .end = nothing,
                .hold = HoldBetween(random, absl::Milliseconds(3000), absl::Milliseconds(6000))};
          }};
}

}  // namespace omnibus::soak
