// The domain that checks of the whole bus play with.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "omnibus/event.h"
#include "omnibus/module.h"

namespace omnibus::transport_testing {

inline constexpr DomainName kPost{"post", {"sender", "receiver", "watcher"}};

struct Parcel {
  std::string address;  // the key
  std::int64_t number = 0;
  std::string text;
  std::optional<double> weight;
};

struct Receipt {
  std::string address;  // the key
  std::int64_t number = 0;
};

// Handles parcels by what the check says, and publishes receipts.
class Receiver final : public Module {
 public:
  using Work = std::function<absl::Status(const Parcel&, Context&)>;
  explicit Receiver(Work work) : Module(kPost, "receiver"), work_(std::move(work)) {}
  void Describe(ModuleDescription& module) override;

 private:
  const Work work_;
};

// Sees the receipts.
class Watcher final : public Module {
 public:
  using Work = std::function<absl::Status(const Receipt&, Context&)>;
  explicit Watcher(Work work) : Module(kPost, "watcher"), work_(std::move(work)) {}
  void Describe(ModuleDescription& module) override;

 private:
  const Work work_;
};

inline constexpr char kParcels[] = "parcels";
inline constexpr char kParcelSent[] = "parcel.sent";
inline constexpr char kDeadParcels[] = "parcels.receiver.dead";

}  // namespace omnibus::transport_testing

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::transport_testing::Parcel> = {
    .type = omnibus::transport_testing::kParcelSent,
    .channel = omnibus::transport_testing::kParcels,
    .domain = &omnibus::transport_testing::kPost,
    .publisher = "sender",
    .consumers = {"receiver"},
    .key = "address",
    .description = "A parcel is on its way."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::transport_testing::Receipt> = {
    .type = "parcel.received",
    .channel = "receipts",
    .domain = &omnibus::transport_testing::kPost,
    .publisher = "receiver",
    .consumers = {"watcher"},
    .key = "address",
    .description = "It has arrived."};
