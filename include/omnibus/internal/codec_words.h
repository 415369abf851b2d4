// Characters, some at a time.
#pragma once

#include <cstddef>
#include <cstring>

namespace omnibus::internal {

template <typename Word>
[[gnu::always_inline]] inline Word Load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

template <typename Word>
[[gnu::always_inline]] inline void Store(char* to, Word word) {
  std::memcpy(to, &word, sizeof(word));
}

// Copies text that is mostly short: with two stores that overlap, where a call would cost more.
[[gnu::always_inline]] inline char* PutShort(char* at, const char* text, std::size_t size) {
  struct Block {
    char bytes[16];
  };
  if (size > 32) {
    std::memcpy(at, text, size);
  } else if (size >= 16) {
    Store(at, Load<Block>(text));
    Store(at + size - 16, Load<Block>(text + size - 16));
  } else if (size >= 8) {
    Store(at, Load<unsigned long long>(text));
    Store(at + size - 8, Load<unsigned long long>(text + size - 8));
  } else if (size >= 4) {
    Store(at, Load<unsigned>(text));
    Store(at + size - 4, Load<unsigned>(text + size - 4));
  } else {
    for (std::size_t i = 0; i < size; ++i) at[i] = text[i];
  }
  return at + size;
}

}  // namespace omnibus::internal
