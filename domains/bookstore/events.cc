#include "domains/bookstore/events.h"

#include "omnibus/codec.h"

template struct omnibus::Codec<bookstore::OrderCreated>;
template struct omnibus::Codec<bookstore::StockReserveRequest>;
template struct omnibus::Codec<bookstore::StockReserveSucceeded>;
template struct omnibus::Codec<bookstore::StockReserveFailed>;
