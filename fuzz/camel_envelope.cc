#include <cstddef>
#include <cstdint>

#include "fuzz/envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  omnibus::fuzz::ReadTwice(omnibus::Dialect::kCamel, "",
                           {reinterpret_cast<const char*>(data), size});
  return 0;
}
