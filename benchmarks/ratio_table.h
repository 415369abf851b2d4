// Runs benchmarks interleaved, and puts their medians side by side.
#pragma once

#include <functional>
#include <string>

#include "benchmark/benchmark.h"

namespace benchmarks {

inline const std::string kMemcpy = "memcpy";
inline const std::string kOurs = "omnibus";

// `work` ("encode") of `message` ("M1") by `who`.
void Register(const std::string& work, const std::string& message, const std::string& who,
              std::function<void(benchmark::State&)> run);

// For what must not happen while something is measured: says `what`, and ends the program.
[[noreturn]] void Fail(const std::string& what);

// Runs all that was registered, and prints a table. Takes Google Benchmark's options.
int RunInterleaved(int argc, char** argv);

}  // namespace benchmarks
