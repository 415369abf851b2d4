#include "bench/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omnibus::bench {
namespace {

std::string Processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace

bool BuiltOptimized() {
#ifdef __OPTIMIZE__
  return true;
#else
  return false;
#endif
}

std::vector<NamedValue> DescribeMachine() {
  std::vector<NamedValue> machine;
  if (std::string processor = Processor(); !processor.empty()) {
    machine.push_back({"processor", std::move(processor)});
  }
  machine.push_back({"cores", absl::StrCat(std::thread::hardware_concurrency())});
  const auto pages = static_cast<double>(sysconf(_SC_PHYS_PAGES));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  machine.push_back({"memory", absl::StrFormat("%.1f GiB", pages * page / (1 << 30))});
  utsname system{};
  if (uname(&system) == 0) {
    machine.push_back({"system", absl::StrCat(system.sysname, " ", system.machine)});
  }
  double load[1] = {};
  if (getloadavg(load, 1) == 1) {
    machine.push_back({"load before", absl::StrFormat("%.2f", load[0])});
  }
  machine.push_back({"omnibus", OMNIBUS_VERSION});
#ifdef __clang__
  machine.push_back({"compiler", "clang " __clang_version__});
#else
  machine.push_back({"compiler", "g++ " __VERSION__});
#endif
  machine.push_back({"optimized", BuiltOptimized() ? "yes" : "no: times say nothing"});
  return machine;
}

}  // namespace omnibus::bench
