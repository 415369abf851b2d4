#include "events.h"

#include "omnibus/codec.h"

template struct omnibus::Codec<weather::TemperatureMeasured>;
template struct omnibus::Codec<weather::FrostSeen>;
