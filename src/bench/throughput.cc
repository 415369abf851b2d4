#include "bench/throughput.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/numbers.h"
#include "bench/tally.h"

namespace omnibus::bench {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(100);

class Measurement {
 public:
  Measurement(const Setup& setup, Mode mode, const Load& load)
      : setup_(setup),
        mode_(mode),
        load_(load),
        run_(setup.runtime->Random()),
        doorbell_(setup.runtime->NewDoorbell()),
        confirmed_(*setup.runtime, *doorbell_),
        delivered_(*setup.runtime, *doorbell_),
        tally_(mode == Mode::kBoth ? std::optional(run_) : std::nullopt, load.messages) {}

  absl::StatusOr<ThroughputResult> Run();

 private:
  absl::Status OnEvent(const Context& context);
  bool Finished();
  void Wait(absl::Time start);
  void Look(absl::Time start);
  ThroughputResult Result(const Moment& start) const;

  const Setup& setup_;
  const Mode mode_;
  const Load load_;
  const std::uint64_t run_;
  const std::unique_ptr<Doorbell> doorbell_;
  Meter confirmed_;
  Meter delivered_;  // each event once
  std::atomic<std::int64_t> duplicated_ = 0;
  Tally tally_;
  std::unique_ptr<Publishers> publishers_;  // but when consuming
  std::vector<Progress> series_;
};

absl::Status Measurement::OnEvent(const Context& context) {
  switch (tally_.Add(context.metadata().id)) {
    case Tally::Arrival::kFirst:
      delivered_.Add();
      break;
    case Tally::Arrival::kAgain:
      ++duplicated_;
      break;
    case Tally::Arrival::kForeign:  // of a run that was ended early
      break;
  }
  return absl::OkStatus();
}

bool Measurement::Finished() {
  if (mode_ == Mode::kConsume) {
    if (delivered_.reached()) return true;
    const absl::Time first = delivered_.first().time;
    return first != absl::InfinitePast() && setup_.runtime->Now() >= first + load_.duration;
  }
  if (!publishers_->finished()) return false;
  if (confirmed_.count() + publishers_->failed() < publishers_->published()) return false;
  return mode_ == Mode::kPublish || delivered_.count() >= confirmed_.count();
}

void Measurement::Look(absl::Time start) {
  const absl::Time now = setup_.runtime->Now();
  const Progress progress = {absl::ToDoubleSeconds(now - start), confirmed_.count(),
                             delivered_.count()};
  if (setup_.progress) {
    setup_.progress(absl::StrFormat("%5.1f s  confirmed %s  delivered %s", progress.seconds,
                                    Thousands(progress.confirmed), Thousands(progress.delivered)));
  }
  series_.push_back(progress);
}

// Until all is there, or nothing comes any more.
void Measurement::Wait(absl::Time start) {
  Runtime& runtime = *setup_.runtime;
  absl::Time moved = runtime.Now();
  std::int64_t before = -1;
  bool targeted = false;
  while (!Finished() && !setup_.stop.stop_requested()) {
    if (publishers_ != nullptr && publishers_->finished() && !targeted) {
      confirmed_.SetTarget(publishers_->published());
      if (mode_ == Mode::kBoth) delivered_.SetTarget(publishers_->published());
      targeted = true;
    }
    doorbell_->Wait(runtime.Now() + kStep);
    Look(start);
    const std::int64_t now = confirmed_.count() + delivered_.count();
    if (now != before) moved = runtime.Now();
    before = now;
    if (runtime.Now() >= moved + setup_.timeout) return;
  }
}

ThroughputResult Measurement::Result(const Moment& start) const {
  ThroughputResult result;
  result.mode = mode_;
  result.confirmed = confirmed_.count();
  result.duplicated = duplicated_;
  result.delivered = delivered_.count() + result.duplicated;
  result.series = series_;
  const bool publishes = publishers_ != nullptr;
  if (publishes) {
    result.messages = publishers_->published();
    result.failure = publishers_->failure();
  } else {
    result.messages = load_.messages == Load::kUnbounded ? delivered_.count() : load_.messages;
  }
  if (mode_ != Mode::kPublish) {
    const std::int64_t expected = publishes ? result.confirmed : result.messages;
    result.lost = std::max<std::int64_t>(0, expected - delivered_.count());
  }
  const Meter& counted = mode_ == Mode::kPublish ? confirmed_ : delivered_;
  if (counted.count() == 0) return result;  // no time in which something came
  const Moment begin = publishes ? start : counted.first();
  const Moment end = counted.last();
  if (end.time > begin.time) {
    result.seconds = absl::ToDoubleSeconds(end.time - begin.time);
    result.cpu_seconds = end.cpu_seconds - begin.cpu_seconds;
    result.rate = static_cast<double>(counted.count()) / result.seconds;
  }
  return result;
}

absl::StatusOr<ThroughputResult> Measurement::Run() {
  absl::StatusOr<std::size_t> bytes = setup_.sample->BodyBytes(setup_.dialect);
  if (!bytes.ok()) return bytes.status();
  // With a number of messages the last one is seen when it comes.
  if (mode_ != Mode::kConsume) confirmed_.SetTarget(load_.messages);
  if (mode_ != Mode::kPublish) delivered_.SetTarget(load_.messages);
  ModuleDescription::UntypedHandler handler;
  if (mode_ != Mode::kPublish) {
    handler = [this](const void*, Context& context) { return OnEvent(context); };
  }
  absl::StatusOr<std::unique_ptr<Bus>> bus = OpenBus(setup_, std::move(handler));
  if (!bus.ok()) return bus.status();

  if (mode_ != Mode::kConsume) {
    publishers_ =
        std::make_unique<Publishers>(setup_, **bus, load_, run_, confirmed_, /*on_send=*/nullptr);
  }
  const Moment start = Now(*setup_.runtime);
  if (publishers_ != nullptr) publishers_->Start();
  Wait(start.time);
  if (publishers_ != nullptr) {
    publishers_->Stop();
    publishers_->Join();
  }
  for (Meter* meter : {&confirmed_, &delivered_}) {
    // Marks an end that nobody knew before.
    if (!meter->reached()) meter->SetTarget(meter->count());
  }
  Look(start.time);
  const ThroughputResult measured = Result(start);
  const absl::Status closed = (*bus)->Close();
  if (setup_.stop.stop_requested()) return absl::CancelledError("stopped by a signal");
  if (!closed.ok()) return closed;
  ThroughputResult result = measured;
  result.body_bytes = *bytes;
  return result;
}

}  // namespace

std::string_view ModeName(Mode mode) {
  switch (mode) {
    case Mode::kPublish:
      return "publish";
    case Mode::kConsume:
      return "consume";
    case Mode::kBoth:
      break;
  }
  return "both";
}

absl::StatusOr<ThroughputResult> MeasureThroughput(const Setup& setup, Mode mode,
                                                   const Load& load) {
  return Measurement(setup, mode, load).Run();
}

}  // namespace omnibus::bench
