#include "tests/core/json/mutation.h"

#include <cstdlib>
#include <string_view>

namespace omnibus::testing {

std::string Mutated(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kInteresting =
      "{}[],:\"\\ue-+.0123456789ntf \n\0\x80\xc3\xed\xff";
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (std::size_t count = 1 + below(3); count > 0 && !text.empty(); --count) {
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(8);
    switch (below(6)) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text[at] = kInteresting[below(kInteresting.size())];
        break;
      case 2:
        text.insert(at, 1, kInteresting[below(kInteresting.size())]);
        break;
      case 3:
        text.erase(at, length);
        break;
      case 4:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      default:
        if (below(20) == 0) text.resize(at);
        break;
    }
  }
  return text;
}

std::int64_t Mutations(std::int64_t usually) {
  const char* const count = std::getenv("OMNIBUS_MUTATIONS");
  return count != nullptr ? std::atoll(count) : usually;
}

}  // namespace omnibus::testing
