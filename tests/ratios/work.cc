// Work for check.py, which counts its instructions:
//
//   ratio_work encode|decode|hash M1|M2 COUNT
//   ratio_work dispatch COUNT
//
// `hash` is the yardstick: a plain loop over the bytes of the same messages.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/sample.h"
#include "bench/throughput.h"
#include "benchmarks/codec_messages.h"
#include "envelope/envelope_codec.h"
#include "omnibus/event_type.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/spdlog.h"

namespace {

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "ratio_work: %s\n", why.c_str());
  std::exit(1);
}

template <typename E>
void Encode(const benchmarks::Corpus<E>& corpus, std::size_t count) {
  omnibus::EnvelopeWriter writer;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [metadata, event] = corpus.messages[i % corpus.messages.size()];
    if (!writer.Write(corpus.dialect, {}, metadata, omnibus::EventTypeOf<E>(), &event).ok()) {
      Fail("encode");
    }
  }
}

template <typename E>
void Decode(const benchmarks::Corpus<E>& corpus, std::size_t count) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  const auto lookup = [&type](std::string_view) { return &type; };
  omnibus::ReceivedMessage message;
  message.routing_key = type.contract->type;
  omnibus::EnvelopeReader reader;
  for (std::size_t i = 0; i < count; ++i) {
    message.body = corpus.bodies[i % corpus.bodies.size()];
    E event;
    if (!reader.Open(corpus.dialect, message, lookup).ok() || !reader.ReadPayload(&event).ok()) {
      Fail("decode");
    }
  }
}

// FNV-1a: each step needs the one before, so that no compiler makes less of it.
template <typename E>
void Hash(const benchmarks::Corpus<E>& corpus, std::size_t count) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < count; ++i) {
    for (const char byte : corpus.bodies[i % corpus.bodies.size()]) {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    }
  }
  std::printf("%llx\n", static_cast<unsigned long long>(hash));
}

template <typename E>
void Work(const std::string& work, const benchmarks::Corpus<E>& corpus, std::size_t count) {
  if (work == "encode") return Encode(corpus, count);
  if (work == "decode") return Decode(corpus, count);
  if (work == "hash") return Hash(corpus, count);
  Fail(work + ": no such work");
}

// M2 from publish to settle, over the memory transport.
void Dispatch(std::size_t count) {
  const omnibus::EventType& type = omnibus::EventTypeOf<bookstore::OrderCreated>();
  auto sample = omnibus::bench::Sample::Make(type, "", omnibus::bench::ChannelFor(type));
  if (!sample.ok()) Fail(std::string(sample.status().message()));
  omnibus::bench::Setup setup;
  setup.transports = omnibus::DefaultTransports();
  setup.transport = "memory";
  setup.sample = sample->get();
  setup.runtime = &omnibus::SystemRuntime();
  setup.log = spdlog::default_logger();
  omnibus::bench::Load load;
  load.messages = static_cast<std::int64_t>(count);
  const auto result = omnibus::bench::MeasureThroughput(setup, omnibus::bench::Mode::kBoth, load);
  if (!result.ok()) Fail(std::string(result.status().message()));
  if (result->delivered != load.messages) Fail("dispatch: not all was delivered");
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::err);
  if (argc < 3) Fail("which work?");
  const std::string work = argv[1];
  const auto count = static_cast<std::size_t>(std::atoll(argv[argc - 1]));
  if (work == "dispatch") {
    Dispatch(count);
  } else if (argv[2] == std::string("M1")) {
    Work(work, benchmarks::M1(), count);
  } else {
    Work(work, benchmarks::M2(), count);
  }
}
