// glaze 6.4: the last that g++ 12 compiles.
#include <string>
#include <string_view>

#include "benchmarks/codec_models.h"
#include "benchmarks/codec_peer.h"
#include "benchmarks/codec_peers.h"
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

struct GlazeEncoder {
  template <model::Object T>
  [[gnu::noinline]] std::string_view operator()(const T& message) {
    if (glz::write_json(message, text)) return {};
    return text;
  }
  std::string text;
};

template <bool kTerminated>
struct GlazeDecoder {
  static constexpr glz::opts kStrict = {.null_terminated = kTerminated,
                                        .error_on_unknown_keys = false,
                                        .error_on_missing_keys = true};
  template <model::Object T>
  [[gnu::noinline]] bool operator()(const std::string& body, T& message) {
    return !glz::read<kStrict>(message, body);
  }
};

}  // namespace

void RegisterGlaze() {
  RegisterEncoder<GlazeEncoder>("glaze");
  RegisterDecoder<GlazeDecoder<false>>("glaze, strict");
  // What a user of strings, which are terminated, would do.
  RegisterDecoder<GlazeDecoder<true>>("glaze, strict, terminated");
}

}  // namespace benchmarks
