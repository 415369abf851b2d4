#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/simulation/run.h"

int main(int argc, char** argv) {
  const unsigned long long from = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  const unsigned long long to = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : from;
  const bool steps = argc > 3;
  std::size_t messages = 0;
  for (unsigned long long seed = from; seed <= to; ++seed) {
    std::function<void(const std::string&)> print;
    if (steps) print = [](const std::string& step) { std::printf("%s\n", step.c_str()); };
    const auto result = omnibus::simulation::Run(seed, print);
    messages += result.messages;
    std::printf("%llu: %zu messages, %zu faults\n", seed, result.messages, result.faults);
    std::map<std::string, int> kinds;
    for (const auto& finding : result.findings) {
      if (++kinds[finding.kind] < 3)
        std::printf("%llu: %s: %s\n", seed, finding.kind.c_str(), finding.what.c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%zu messages\n", messages);
}
