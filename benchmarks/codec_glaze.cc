// glaze 6.4: the last that g++ 12 compiles.
#include "benchmark/benchmark.h"
#include "benchmarks/codec_models.h"
#include "benchmarks/codec_peers.h"
#include "benchmarks/ratio_table.h"
#include "glaze/glaze.hpp"

// glaze is told how our values are written, with our own quick ways.
namespace glz {

template <>
struct to<JSON, benchmarks::model::Id> {
  template <auto Opts>
  static void op(const auto& value, auto&&, auto&& buffer, auto&& at) {
    if (at + 64 > buffer.size()) buffer.resize(2 * at + 128);
    buffer[at] = '"';
    benchmarks::model::Put(&buffer[at + 1], value);
    at += omnibus::internal::kUuidText + 1;
    buffer[at++] = '"';
  }
};

template <>
struct to<JSON, benchmarks::model::Time> {
  template <auto Opts>
  static void op(const auto& value, auto&&, auto&& buffer, auto&& at) {
    if (at + 64 > buffer.size()) buffer.resize(2 * at + 128);
    buffer[at] = '"';
    at = static_cast<std::size_t>(benchmarks::model::Put(&buffer[at + 1], value) - buffer.data());
    buffer[at++] = '"';
  }
};

template <>
struct from<JSON, benchmarks::model::Id> {
  template <auto Opts>
  static void op(auto& value, auto&& context, auto&& at, auto&& end) {
    while (at < end && *at == ' ') ++at;
    if (end - at < 38 || *at != '"' || at[37] != '"' ||
        !benchmarks::model::TakeId(&*at + 1, value)) {
      context.error = error_code::syntax_error;
      return;
    }
    at += 38;
  }
};

template <>
struct from<JSON, benchmarks::model::Time> {
  template <auto Opts>
  static void op(auto& value, auto&& context, auto&& at, auto&& end) {
    while (at < end && *at == ' ') ++at;
    if (at >= end || *at != '"') {
      context.error = error_code::syntax_error;
      return;
    }
    const char* const behind = benchmarks::model::TakeTime(&*at + 1, &*at + (end - at), value);
    if (behind == nullptr || *behind != '"') {
      context.error = error_code::syntax_error;
      return;
    }
    at += behind + 1 - &*at;
  }
};

}  // namespace glz

namespace benchmarks {
namespace {

template <typename E>
void RegisterAs(const std::string& name, const Corpus<E>& corpus) {
  using Model = decltype(model::ModelOf(corpus.messages[0]));
  Register("encode", name, "glaze", [models = model::ModelsOf(corpus)](benchmark::State& state) {
    std::string out;
    std::size_t next = 0;
    for (auto _ : state) {
      if (glz::write_json(models[next++ % models.size()], out)) Fail("glaze: encode");
      benchmark::DoNotOptimize(out.data());
      benchmark::ClobberMemory();
    }
  });
  Register("decode", name, "glaze, strict", [&corpus](benchmark::State& state) {
    constexpr glz::opts kStrict = {
        .null_terminated = false, .error_on_unknown_keys = false, .error_on_missing_keys = true};
    std::size_t next = 0;
    for (auto _ : state) {
      Model read;
      if (glz::read<kStrict>(read, corpus.bodies[next++ % corpus.bodies.size()])) {
        Fail("glaze: decode");
      }
      benchmark::DoNotOptimize(read);
    }
  });
  // What a user of strings, which are terminated, would do.
  Register("decode", name, "glaze, strict, terminated", [&corpus](benchmark::State& state) {
    constexpr glz::opts kStrict = {.error_on_unknown_keys = false, .error_on_missing_keys = true};
    std::size_t next = 0;
    for (auto _ : state) {
      Model read;
      if (glz::read<kStrict>(read, corpus.bodies[next++ % corpus.bodies.size()])) {
        Fail("glaze: decode");
      }
      benchmark::DoNotOptimize(read);
    }
  });
}

}  // namespace

void RegisterGlaze() {
  RegisterAs("M1", M1());
  RegisterAs("M2", M2());
  RegisterAs("M3", M3());
}

}  // namespace benchmarks
