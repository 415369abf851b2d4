#include "tests/core/json/everything.h"

#include "omnibus/codec.h"

namespace omnibus {

template struct Codec<testing::Everything>;
template struct Codec<testing::Said>;
template struct Codec<testing::Counted>;
template struct Codec<testing::Priced>;

}  // namespace omnibus
