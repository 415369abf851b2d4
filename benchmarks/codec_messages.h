// The messages that the codec is measured with: many different ones of each shape, so that no
// branch predictor learns one of them by heart.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "domains/bookstore/events.h"
#include "domains/coworking/events.h"
#include "omnibus/envelope.h"

namespace benchmarks {

template <typename E>
struct Message {
  omnibus::Metadata metadata;
  E event;
};

template <typename E>
struct Corpus {
  omnibus::Dialect dialect = omnibus::Dialect::kCamel;
  std::vector<Message<E>> messages;
  std::vector<std::string> bodies;  // of the messages, as our writer has them
  double mean_size = 0;             // of the bodies
};

// M1: coworking's booking.created in camel. M2: the bookstore's order.created with two items in
// snake. M3: the same with 100 items.
const Corpus<coworking::BookingCreated>& M1();
const Corpus<bookstore::OrderCreated>& M2();
const Corpus<bookstore::OrderCreated>& M3();

}  // namespace benchmarks
