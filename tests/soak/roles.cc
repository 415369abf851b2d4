#include "tests/soak/roles.h"

#include <signal.h>
#include <sys/prctl.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "cli/stop_signals.h"
#include "omnibus/bus.h"
#include "tests/soak/events.h"
#include "tests/soak/journal.h"

namespace omnibus::soak {
namespace {

constexpr absl::Duration kOpenTimeout = absl::Minutes(2);

int Fail(const char* what, const absl::Status& status) {
  std::fprintf(stderr, "soak: %s: %s\n", what, status.ToString().c_str());
  return 1;
}

// Whoever started us is gone: then so are we.
void EndWithParent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int Code(const absl::Status& status) { return static_cast<int>(status.code()); }

// Which tick an idempotency key stands for, where the key alone does not tell.
class KnownEffects {
 public:
  void Add(const Uuid& key, const Uuid& tick) {
    absl::MutexLock lock(&mu_);
    ticks_.emplace(key, tick);
  }
  Uuid TickOf(const Uuid& key) const {
    absl::MutexLock lock(&mu_);
    const auto found = ticks_.find(key);
    return found == ticks_.end() ? key : found->second;
  }

 private:
  mutable absl::Mutex mu_;
  std::map<Uuid, Uuid> ticks_ ABSL_GUARDED_BY(mu_);
};

// The bus's own inbox, whose answers are written down.
class JournalInbox final : public Inbox {
 public:
  JournalInbox(std::unique_ptr<Inbox> inbox, const KnownEffects& effects, JournalWriter& journal)
      : inbox_(std::move(inbox)), effects_(effects), journal_(journal) {}

  absl::StatusOr<Claim> Begin(const Uuid& key) override {
    absl::StatusOr<Claim> claim = inbox_->Begin(key);
    if (claim.ok() && *claim == Claim::kTaken) {
      std::int64_t sender = 0, number = 0;
      ReadTickId(effects_.TickOf(key), sender, number);
      journal_.Write(Mark::kRepeated, sender, number);
    }
    return claim;
  }
  absl::Status Complete(const Uuid& key) override { return inbox_->Complete(key); }
  void Abandon(const Uuid& key) override { inbox_->Abandon(key); }

 private:
  const std::unique_ptr<Inbox> inbox_;
  const KnownEffects& effects_;
  JournalWriter& journal_;
};

class JournalObserver final : public Observer {
 public:
  explicit JournalObserver(JournalWriter& journal) : journal_(journal) {}

  void OnHandled(const Handled& event) override {
    std::int64_t sender = 0, number = 0;
    ReadTickId(event.metadata.causation_id.value_or(event.metadata.id), sender, number);
    journal_.Write(Mark::kHandled, sender, number, Code(event.status));
  }
  void OnDeadLettered(const DeadLettered& event) override {
    journal_.Write(Mark::kDeadLettered, 0, 0, event.attempts);
    std::fprintf(stderr, "soak: dead letter of %s: %s: %s\n", std::string(event.module).c_str(),
                 std::string(event.reason).c_str(), std::string(event.detail).c_str());
  }

 private:
  JournalWriter& journal_;
};

class Member final : public Module {
 public:
  Member(std::string_view name, KnownEffects& effects, JournalWriter& journal)
      : Module(kSoak, name), effects_(effects), journal_(journal) {}

  void Describe(ModuleDescription& module) override {
    if (name() == "auditor") return module.Handles(this, &Member::OnNoted);
    module.Handles(this, &Member::OnTick);
    if (name() == "workers") module.Publishes<Noted>();
  }

 private:
  absl::Status OnTick(const Tick& tick, Context& context) {
    journal_.Write(Mark::kDelivered, tick.sender, tick.number, context.attempt());
    Work(context);
    if (name() != "workers") return absl::OkStatus();
    return context.Publish(Noted{tick.sender, tick.number, tick.key});
  }

  absl::Status OnNoted(const Noted& noted, Context& context) {
    effects_.Add(context.metadata().idempotency_key, TickId(noted.sender, noted.number));
    journal_.Write(Mark::kDelivered, noted.sender, noted.number, context.attempt());
    Work(context);
    return absl::OkStatus();
  }

  // As long as a small query takes: so that some are always running when a fault comes.
  static void Work(Context& context) {
    Runtime& runtime = context.runtime();
    runtime.SleepUntil(runtime.Now() + absl::Microseconds(500 + runtime.Random() % 2000));
  }

  KnownEffects& effects_;
  JournalWriter& journal_;
};

absl::StatusOr<std::unique_ptr<Bus>> OpenBus(const RoleOptions& role, const cli::StopSignals& stop,
                                             BusOptions options) {
  const std::string files[] = {role.config};
  absl::StatusOr<Setting> configuration = LoadSettings(files);
  if (!configuration.ok()) return configuration.status();
  options.configuration = *std::move(configuration);
  options.transports = DefaultTransports();
  options.open_timeout = kOpenTimeout;
  options.stop = stop.token();
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  if (!bus.ok()) return bus;
  if (absl::Status ready = (*bus)->WaitUntilReady(kOpenTimeout); !ready.ok()) return ready;
  return bus;
}

int CloseBus(Bus& bus, JournalWriter& journal) {
  const absl::Status closed = bus.Close();
  journal.Write(Mark::kClosed, 0, 0, Code(closed));
  return closed.ok() ? 0 : Fail("close", closed);
}

// One sender's ticks, at an even pace. What could not be sent in time is not made up for.
void Send(Bus& bus, JournalWriter& journal, std::int64_t sender, const PublisherOptions& options,
          std::atomic<std::int64_t>& waiting, const std::atomic<bool>& stopping) {
  Runtime& runtime = SystemRuntime();
  std::seed_seq seed(options.seed.begin(), options.seed.end());
  std::mt19937_64 random(seed);
  random.discard(static_cast<unsigned long long>(sender) * 1000);
  const absl::Duration pause = absl::Seconds(1) * options.senders / options.rate;
  absl::Time next = runtime.Now();
  for (std::int64_t number = 0; !stopping; ++number) {
    const int key = static_cast<int>(random() % kKeys);
    Tick tick;
    tick.sender = sender;
    tick.number = number;
    tick.key = absl::StrCat("k", sender, "-", key);
    tick.filling.assign(random() % 200, 'x');
    PublishOptions publish;
    publish.id = TickId(sender, number);
    publish.idempotency_key = publish.id;
    journal.Write(Mark::kPublished, sender, number, key);
    waiting.fetch_add(1);
    bus.PublishAsync(
        tick,
        [&journal, &waiting, sender, number](const absl::Status& outcome) {
          journal.Write(Mark::kOutcome, sender, number, Code(outcome));
          waiting.fetch_sub(1);
        },
        publish);
    next = std::max(next + pause, runtime.Now() - absl::Milliseconds(100));
    runtime.SleepUntil(next);
  }
}

}  // namespace

int RunPublisher(const PublisherOptions& options) {
  EndWithParent();
  cli::StopSignals stop(SystemRuntime());
  JournalWriter journal(options.role.journal);
  BusOptions bus_options;
  bus_options.events = {&EventTypeOf<Tick>(), &EventTypeOf<Noted>()};
  absl::StatusOr<std::unique_ptr<Bus>> bus = OpenBus(options.role, stop, std::move(bus_options));
  if (!bus.ok()) return Fail("open", bus.status());
  journal.Write(Mark::kReady);

  std::atomic<std::int64_t> waiting = 0;
  std::atomic<bool> stopping = false;
  std::vector<std::unique_ptr<Thread>> senders;
  for (std::int64_t sender = 0; sender < options.senders; ++sender) {
    senders.push_back(SystemRuntime().Spawn(absl::StrCat("sender-", sender), [&, sender] {
      Send(**bus, journal, sender, options, waiting, stopping);
    }));
  }
  stop.Wait(absl::InfiniteFuture());
  stopping = true;
  for (const std::unique_ptr<Thread>& sender : senders) sender->Join();
  // Each has an outcome within its time-out; the bus would end it sooner when it is closed.
  Runtime& runtime = SystemRuntime();
  const absl::Time deadline = runtime.Now() + absl::Seconds(90);
  while (waiting != 0 && runtime.Now() < deadline) {
    runtime.SleepUntil(runtime.Now() + absl::Milliseconds(20));
  }
  return CloseBus(**bus, journal);
}

int RunMember(const MemberOptions& options) {
  EndWithParent();
  cli::StopSignals stop(SystemRuntime());
  JournalWriter journal(options.role.journal);
  JournalObserver observer(journal);
  KnownEffects effects;
  BusOptions bus_options;
  bus_options.modules.push_back(std::make_unique<Member>(options.module, effects, journal));
  bus_options.events = {&EventTypeOf<Tick>(), &EventTypeOf<Noted>()};
  bus_options.observer = &observer;
  bus_options.inbox = [&](std::string_view, std::string_view) -> std::unique_ptr<Inbox> {
    return std::make_unique<JournalInbox>(MakeMemoryInbox({}, SystemRuntime()), effects, journal);
  };
  absl::StatusOr<std::unique_ptr<Bus>> bus = OpenBus(options.role, stop, std::move(bus_options));
  if (!bus.ok()) return Fail("open", bus.status());
  journal.Write(Mark::kReady);
  stop.Wait(absl::InfiniteFuture());
  return CloseBus(**bus, journal);
}

}  // namespace omnibus::soak
