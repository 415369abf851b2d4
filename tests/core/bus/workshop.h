// A small domain for tests of the bus: orders come in, pieces go out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "omnibus/event.h"
#include "omnibus/module.h"

namespace workshop {

inline constexpr omnibus::DomainName kWorkshop{"workshop", {"customer", "joiner", "painter"}};

struct Ordered {
  std::int64_t bench = 0;  // the key
  std::string what;
};

struct Made {
  std::int64_t bench = 0;
  std::string what;
};

// Handles Ordered by what the test says.
class Joiner final : public omnibus::Module {
 public:
  using Work = std::function<absl::Status(const Ordered&, omnibus::Context&)>;

  explicit Joiner(Work work) : Module(kWorkshop, "joiner"), work_(std::move(work)) {}

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;

  omnibus::ModuleHost& host() { return *host_; }

 private:
  const Work work_;
  omnibus::ModuleHost* host_ = nullptr;
};

}  // namespace workshop

template <>
inline constexpr omnibus::Contract omnibus::contract<workshop::Ordered> = {
    .type = "ordered",
    .channel = "workshop.orders",
    .domain = &workshop::kWorkshop,
    .publisher = "customer",
    .consumers = {"joiner"},
    .key = "bench",
    .description = "A customer wants something."};

template <>
inline constexpr omnibus::Contract omnibus::contract<workshop::Made> = {
    .type = "made",
    .channel = "workshop.pieces",
    .domain = &workshop::kWorkshop,
    .publisher = "joiner",
    .consumers = {"painter"},
    .key = "bench",
    .description = "The joiner has made it."};
