#include "transport_testing/bus_stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/sinks/null_sink.h"
#include "spdlog/spdlog.h"

namespace omnibus::transport_testing {
namespace {

// What a check provokes is no news.
std::shared_ptr<spdlog::logger> Silent() {
  return std::make_shared<spdlog::logger>("kit", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace

void Ledger::Note(const Parcel& parcel, const Context& context) {
  absl::MutexLock lock(&mu_);
  entries_.push_back(
      {parcel.address, parcel.number, context.attempt(), context.metadata(), parcel, Now()});
}

std::vector<Ledger::Entry> Ledger::entries() const {
  absl::MutexLock lock(&mu_);
  return entries_;
}

std::size_t Ledger::size() const {
  absl::MutexLock lock(&mu_);
  return entries_.size();
}

std::vector<std::int64_t> Ledger::NumbersOf(std::string_view address) const {
  absl::MutexLock lock(&mu_);
  std::vector<std::int64_t> numbers;
  for (const Entry& entry : entries_) {
    if (entry.address == address) numbers.push_back(entry.number);
  }
  return numbers;
}

std::map<std::int64_t, int> Ledger::Times() const {
  absl::MutexLock lock(&mu_);
  std::map<std::int64_t, int> times;
  for (const Entry& entry : entries_) ++times[entry.number];
  return times;
}

bool Ledger::Has(std::int64_t number) const {
  absl::MutexLock lock(&mu_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.number == number; });
}

void BusStage::SetUp() {
  Stage::SetUp();
  tape_ = std::make_shared<Tape>(shared_history_);
  space_ = Unique("");
  history_.Expect("receiver", kParcels);
}

void BusStage::TearDown() { Stage::TearDown(); }

std::unique_ptr<Transport> BusStage::Beside(int queue) {
  return MakeTap(MakeTransport(queue), space_, tape_);
}

Setting BusStage::Configuration(const Recipe& recipe) {
  std::string yaml = "bus:\n  transport: tested\n";
  if (!recipe.bus.empty()) absl::StrAppend(&yaml, recipe.bus, "\n");
  absl::StrAppend(&yaml, "transports:\n  tested: {}\n");
  if (recipe.receive && !recipe.receiver.empty()) {
    absl::StrAppend(&yaml, "modules:\n  receiver: ", recipe.receiver, "\n");
  }
  absl::StatusOr<Setting> configuration = ParseSettings(yaml, "kit.yaml");
  RequireOk(configuration.status()) << yaml;
  return *std::move(configuration);
}

TransportPlugin BusStage::Plugin(const Recipe& recipe) {
  TransportPlugin plugin;
  plugin.kind = "tested";
  plugin.dialect = under_test().dialect;
  MakeOptions make;
  make.queue = recipe.queue;
  make.runtime = recipe.runtime;
  plugin.make = [factory = under_test().make, make, space = space_, tape = tape_](
                    std::string_view, const Setting&, Runtime&,
                    std::shared_ptr<spdlog::logger>) -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<std::unique_ptr<Transport>> transport = factory(make);
    if (!transport.ok()) return transport.status();
    return MakeTap(*std::move(transport), space, tape);
  };
  return plugin;
}

std::unique_ptr<Bus> BusStage::OpenBus(Recipe recipe) {
  BusOptions options;
  options.configuration = Configuration(recipe);
  options.runtime = recipe.runtime;
  options.transports.push_back(Plugin(recipe));
  options.events = {&EventTypeOf<Parcel>(), &EventTypeOf<Receipt>()};
  if (recipe.receive) {
    options.modules.push_back(std::make_unique<Receiver>(std::move(recipe.receive)));
  }
  if (recipe.watch) options.modules.push_back(std::make_unique<Watcher>(std::move(recipe.watch)));
  options.log = Silent();
  const bool consumes = !options.modules.empty();
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  RequireOk(bus.status());
  if (consumes) RequireOk((*bus)->WaitUntilReady(patience()));
  return *std::move(bus);
}

std::unique_ptr<DeadLetters> BusStage::OpenDeadLetters() {
  DeadLettersOptions options;
  options.configuration = Configuration({});
  options.transports.push_back(Plugin({}));
  options.events = {&EventTypeOf<Parcel>(), &EventTypeOf<Receipt>()};
  options.log = Silent();
  absl::StatusOr<std::unique_ptr<DeadLetters>> letters = DeadLetters::Open(std::move(options));
  RequireOk(letters.status());
  return *std::move(letters);
}

Parcel BusStage::MakeParcel(std::string_view address, std::int64_t number) {
  Parcel parcel;
  parcel.address = address;
  parcel.number = number;
  parcel.text = absl::StrCat("parcel ", number);
  return parcel;
}

void BusStage::PublishParcels(Bus& bus, const std::vector<Parcel>& parcels) {
  struct Waiting {
    std::atomic<std::size_t> left;
    absl::Mutex mu;
    absl::Status first_error ABSL_GUARDED_BY(mu);
  };
  const auto waiting = std::make_shared<Waiting>();
  waiting->left = parcels.size();
  for (const Parcel& parcel : parcels) {
    bus.PublishAsync(parcel, [waiting](absl::Status status) {
      if (!status.ok()) {
        absl::MutexLock lock(&waiting->mu);
        waiting->first_error.Update(status);
      }
      --waiting->left;
    });
  }
  RequireTrue(Becomes([&] { return waiting->left == 0; })) << "publishes without an outcome";
  absl::MutexLock lock(&waiting->mu);
  RequireOk(waiting->first_error);
}

std::vector<Received> BusStage::DeadParcels(std::size_t count, absl::Duration longer) {
  // Past the tap, so that what is looked at here is in no history.
  const std::unique_ptr<Transport> transport = MakeTransport();
  ConsumerOptions options;
  options.domain = space_ + std::string(kPost.name);
  options.module = "receiver";
  Subscription subscription;
  subscription.destination = Destination::kQueue;
  subscription.channel = space_ + kDeadParcels;
  options.subscriptions.push_back(std::move(subscription));
  absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport->OpenConsumer(options);
  RequireOk(consumer.status());
  History aside;
  Member member(*std::move(consumer), {"dead", "dead#1"}, aside, findings(), patience());
  member.WaitUntilReady();
  std::vector<Received> dead = member.Receive(count, Settling::kNot);
  for (Received& more : member.ReceiveFor(longer, Settling::kNot)) dead.push_back(std::move(more));
  ExpectOk(member.Close());
  return dead;
}

}  // namespace omnibus::transport_testing
