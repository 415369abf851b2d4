// A service that has to call somebody who is not always there.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "omnibus/decimal.h"
#include "omnibus/event.h"
#include "omnibus/module.h"

namespace shop {

inline constexpr omnibus::DomainName kShop = {.name = "shop",
                                              .services = {"checkout", "payment-service"}};

struct PaymentAsked {
  std::int64_t order_id = 0;
  omnibus::Decimal amount;
};

struct PaymentMade {
  std::int64_t order_id = 0;
};

// The bank: an interface of the service's own, so that a test can take its part.
class Bank {
 public:
  virtual ~Bank() = default;
  // kUnavailable: try again. kFailedPrecondition: refused for good.
  virtual absl::Status Charge(std::int64_t order_id, omnibus::Decimal amount) = 0;
};

class PaymentService final : public omnibus::Module {
 public:
  explicit PaymentService(std::shared_ptr<Bank> bank)
      : Module(kShop, "payment-service"), bank_(std::move(bank)) {}

  void Describe(omnibus::ModuleDescription& module) override;

 private:
  absl::Status OnAsked(const PaymentAsked& event, omnibus::Context& context);

  const std::shared_ptr<Bank> bank_;
};

}  // namespace shop

template <>
inline constexpr omnibus::Contract omnibus::contract<shop::PaymentAsked> = {
    .type = "payment.asked",
    .channel = "shop.events",
    .domain = &shop::kShop,
    .publisher = "checkout",
    .consumers = {"payment-service"},
    .key = "order_id",
    .description = "An order is to be paid."};

template <>
inline constexpr omnibus::Contract omnibus::contract<shop::PaymentMade> = {
    .type = "payment.made",
    .channel = "shop.events",
    .domain = &shop::kShop,
    .publisher = "payment-service",
    .consumers = {"checkout"},
    .key = "order_id",
    .description = "The bank has paid for an order."};
