// A program of a user's own: its events, its service, and the whole command line in one line of
// main().
#include <memory>
#include <string>

#include "omnibus/codec.h"
#include "omnibus/main.h"

namespace shop {

inline constexpr omnibus::DomainName kShop = {.name = "shop",
                                              .services = {"till-service", "stock-service"}};

struct ThingSold {
  std::string thing;
};

}  // namespace shop

template <>
inline constexpr omnibus::Contract omnibus::contract<shop::ThingSold> = {
    .type = "thing.sold",
    .channel = "cli-test.shop.events",  // nobody else's
    .domain = &shop::kShop,
    .publisher = "till-service",
    .consumers = {"stock-service"},
    .key = "thing",
    .description = "Something was sold."};

template struct omnibus::Codec<shop::ThingSold>;

namespace shop {
namespace {

class StockService final : public omnibus::Module {
 public:
  StockService() : Module(kShop, "stock-service") {}

  void Describe(omnibus::ModuleDescription& module) override {
    module.Handles<ThingSold>([](const ThingSold&, omnibus::Context&) { return absl::OkStatus(); });
  }
};

// Stops for ever when it is stopped: for what a second signal does.
class TillService final : public omnibus::Module {
 public:
  TillService() : Module(kShop, "till-service") {}

  void Describe(omnibus::ModuleDescription& module) override { module.Publishes<ThingSold>(); }
  absl::Status Start(omnibus::ModuleHost& host) override {
    runtime_ = &host.runtime();
    return absl::OkStatus();
  }
  void Stop() override { runtime_->SleepUntil(runtime_->Now() + absl::Hours(1)); }

 private:
  omnibus::Runtime* runtime_ = nullptr;
};

template <typename Service>
absl::StatusOr<std::unique_ptr<omnibus::Module>> Make(const omnibus::Setting& settings,
                                                      const std::string& path) {
  omnibus::SettingsReader reader(settings, path);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return std::make_unique<Service>();
}

}  // namespace

omnibus::Domain ShopDomain() {
  return {.name = &kShop,
          .events = {&omnibus::EventTypeOf<ThingSold>()},
          .modules = {{"stock-service", Make<StockService>}, {"till-service", Make<TillService>}},
          .demonstration = {}};
}

}  // namespace shop

int main(int argc, char** argv) { return omnibus::Main(argc, argv, {shop::ShopDomain()}); }
