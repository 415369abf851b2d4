#include "tests/core/json/everything.h"

#include "omnibus/codec.h"

namespace omnibus {

template struct Codec<testing::Everything>;

}  // namespace omnibus
