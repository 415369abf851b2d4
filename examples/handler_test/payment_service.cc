#include "payment_service.h"

#include "omnibus/codec.h"

template struct omnibus::Codec<shop::PaymentAsked>;
template struct omnibus::Codec<shop::PaymentMade>;

namespace shop {

void PaymentService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &PaymentService::OnAsked);
  module.Publishes<PaymentMade>();
}

// The status says what becomes of the event: kUnavailable is retried by the module's policy,
// kFailedPrecondition makes it a dead letter.
absl::Status PaymentService::OnAsked(const PaymentAsked& event, omnibus::Context& context) {
  if (absl::Status status = bank_->Charge(event.order_id, event.amount); !status.ok()) {
    return status;
  }
  return context.Publish(PaymentMade{event.order_id});
}

}  // namespace shop
