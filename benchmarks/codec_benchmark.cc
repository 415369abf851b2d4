// What it costs to write an event into its envelope, and to read it back, beside what other
// libraries need for the same (those that were found when this was configured) and a memcpy of the
// same bytes.
//
// `body` is the codec alone, which is what the peers do too: struct to bytes in a buffer that is
// used again, and bytes to a fresh struct. `message` is all that the bus has done for it: headers,
// properties and the partition key come on top.
//
// Repetitions are interleaved. Judge by the ratios in the table at the end: they come from one run.
#include <cstring>
#include <string>

#include "benchmark/benchmark.h"
#include "benchmarks/codec_messages.h"
#include "benchmarks/codec_peers.h"
#include "benchmarks/ratio_table.h"
#include "envelope/envelope_codec.h"
#include "envelope/quick_head.h"
#include "omnibus/event_type.h"

namespace benchmarks {
namespace {

template <typename E>
void EncodeBody(benchmark::State& state, const Corpus<E>& corpus) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  omnibus::EnvelopeWriter writer;
  std::size_t next = 0;
  for (auto _ : state) {
    const auto& [metadata, event] = corpus.messages[next++ % corpus.messages.size()];
    if (!writer.WriteBody(corpus.dialect, metadata, type, &event).ok()) Fail("encode");
    benchmark::DoNotOptimize(writer.body().data());
    benchmark::ClobberMemory();
  }
}

template <typename E>
void EncodeMessage(benchmark::State& state, const Corpus<E>& corpus) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  omnibus::EnvelopeWriter writer;
  std::size_t next = 0;
  for (auto _ : state) {
    const auto& [metadata, event] = corpus.messages[next++ % corpus.messages.size()];
    if (!writer.Write(corpus.dialect, {}, metadata, type, &event).ok()) Fail("encode");
    benchmark::DoNotOptimize(writer.message().body.data());
    benchmark::ClobberMemory();
  }
}

// The head and the payload, without the rest of Metadata. For one of ours the quick way is enough.
template <typename E>
void DecodeBody(benchmark::State& state, const Corpus<E>& corpus) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  const omnibus::Naming naming = omnibus::PayloadNaming(corpus.dialect);
  std::size_t next = 0;
  for (auto _ : state) {
    const std::string& body = corpus.bodies[next++ % corpus.bodies.size()];
    omnibus::envelope::QuickHead head;
    E event;
    const char* end = nullptr;
    if (omnibus::envelope::ReadQuickHead(corpus.dialect, body, head)) {
      end = type.read(head.payload, naming, &event);
    }
    if (end == nullptr || end + 1 != body.data() + body.size() || *end != '}') Fail("decode");
    std::string name(head.type);
    benchmark::DoNotOptimize(name);
    benchmark::DoNotOptimize(event);
  }
}

template <typename E>
void DecodeMessage(benchmark::State& state, const Corpus<E>& corpus) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  const auto lookup = [&type](std::string_view) { return &type; };
  omnibus::ReceivedMessage message;
  message.routing_key = type.contract->type;
  omnibus::EnvelopeReader reader;
  std::size_t next = 0;
  for (auto _ : state) {
    message.body = corpus.bodies[next++ % corpus.bodies.size()];
    E event;
    if (!reader.Open(corpus.dialect, message, lookup).ok() || !reader.ReadPayload(&event).ok()) {
      Fail("decode");
    }
    benchmark::DoNotOptimize(event);
  }
}

template <typename E>
void Copy(benchmark::State& state, const Corpus<E>& corpus) {
  std::string to(64 * 1024, ' ');
  std::size_t next = 0;
  for (auto _ : state) {
    const std::string& from = corpus.bodies[next++ % corpus.bodies.size()];
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
}

template <typename E>
void RegisterOurs(const std::string& name, const Corpus<E>& corpus) {
  for (const std::string work : {"encode", "decode"}) {
    Register(work, name, kMemcpy, [&corpus](benchmark::State& state) { Copy(state, corpus); });
  }
  Register("encode", name, kOurs, [&](benchmark::State& state) { EncodeBody(state, corpus); });
  Register("encode", name, kOurs + " message",
           [&](benchmark::State& state) { EncodeMessage(state, corpus); });
  if (omnibus::EventTypeOf<E>().read != nullptr) {
    Register("decode", name, kOurs, [&](benchmark::State& state) { DecodeBody(state, corpus); });
  }
  Register("decode", name, kOurs + " message",
           [&](benchmark::State& state) { DecodeMessage(state, corpus); });
}

}  // namespace
}  // namespace benchmarks

int main(int argc, char** argv) {
  benchmarks::RegisterOurs("M1", benchmarks::M1());
  benchmarks::RegisterOurs("M2", benchmarks::M2());
  benchmarks::RegisterOurs("M3", benchmarks::M3());
  benchmarks::RegisterPeers();
  return benchmarks::RunInterleaved(argc, argv);
}
