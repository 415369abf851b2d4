// How another library is measured, and made sure that it does the same work as ours: before
// anything is measured, ours reads all that it writes, and it reads all that ours writes, but
// nothing that lacks a field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "benchmark/benchmark.h"
#include "benchmarks/codec_messages.h"
#include "benchmarks/codec_models.h"
#include "benchmarks/ratio_table.h"
#include "envelope/envelope_codec.h"
#include "omnibus/event_type.h"

namespace benchmarks {

template <typename E>
using ModelFor = decltype(model::ModelOf(Message<E>()));

template <typename E>
ModelFor<E> ReadByOurs(const Corpus<E>& corpus, std::string_view body) {
  const omnibus::EventType& type = omnibus::EventTypeOf<E>();
  omnibus::ReceivedMessage message;
  message.routing_key = type.contract->type;
  message.body = body;
  omnibus::EnvelopeReader reader;
  E event;
  const auto lookup = [&type](std::string_view) { return &type; };
  if (!reader.Open(corpus.dialect, message, lookup).ok() || !reader.ReadPayload(&event).ok()) {
    Fail("omnibus: decode what a peer wrote");
  }
  return model::ModelOf(Message<E>{reader.metadata(), event});
}

// `body` without one of its fields each, by each of its keys.
std::vector<std::string> BodiesLackingAField(const std::string& body);

template <typename Encoder, typename E>
void CheckEncoder(const std::string& who, const Corpus<E>& corpus) {
  Encoder encode;
  for (const auto& model : model::ModelsOf(corpus)) {
    if (ReadByOurs(corpus, encode(model)) != model) Fail(who + ": encode the same");
  }
}

template <typename Decoder, typename E>
void CheckDecoder(const std::string& who, const Corpus<E>& corpus) {
  Decoder decode;
  const auto models = model::ModelsOf(corpus);
  for (std::size_t i = 0; i < models.size(); ++i) {
    ModelFor<E> read;
    if (!decode(corpus.bodies[i], read) || read != models[i]) Fail(who + ": decode the same");
  }
  for (const std::string& body : BodiesLackingAField(corpus.bodies[0])) {
    ModelFor<E> read;
    if (decode(body, read)) Fail(who + ": refuse what lacks a field");
  }
}

template <typename Encoder, typename E>
void RegisterEncoder(const std::string& who, const std::string& name, const Corpus<E>& corpus) {
  CheckEncoder<Encoder>(who, corpus);
  Register("encode", name, who, [who, models = model::ModelsOf(corpus)](benchmark::State& state) {
    Encoder encode;
    std::size_t next = 0;
    for (auto _ : state) {
      const std::string_view body = encode(models[next++ % models.size()]);
      if (body.empty()) Fail(who + ": encode");
      benchmark::DoNotOptimize(body.data());
      benchmark::ClobberMemory();
    }
  });
}

template <typename Decoder, typename E>
void RegisterDecoder(const std::string& who, const std::string& name, const Corpus<E>& corpus) {
  CheckDecoder<Decoder>(who, corpus);
  Register("decode", name, who, [who, &corpus](benchmark::State& state) {
    Decoder decode;
    std::size_t next = 0;
    for (auto _ : state) {
      ModelFor<E> read;
      if (!decode(corpus.bodies[next++ % corpus.bodies.size()], read)) Fail(who + ": decode");
      benchmark::DoNotOptimize(read);
    }
  });
}

// Both are called from two places, the check and what is measured: they are marked noinline,
// without which g++ inlines less of the library into either (glaze took 30 % longer to write M2).
//
// An Encoder gives `std::string_view operator()(const Model&)` for each model, valid until the next
// call; empty: it failed. One of them writes many messages, so that it keeps its buffers.
template <typename Encoder>
void RegisterEncoder(const std::string& who) {
  RegisterEncoder<Encoder>(who, "M1", M1());
  RegisterEncoder<Encoder>(who, "M2", M2());
  RegisterEncoder<Encoder>(who, "M3", M3());
}

// A Decoder gives `bool operator()(const std::string& body, Model&)`.
template <typename Decoder>
void RegisterDecoder(const std::string& who) {
  RegisterDecoder<Decoder>(who, "M1", M1());
  RegisterDecoder<Decoder>(who, "M2", M2());
  RegisterDecoder<Decoder>(who, "M3", M3());
}

}  // namespace benchmarks
