// Texts that are nearly right.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace omnibus::testing {

// `text` with one to three small changes.
std::string Mutated(std::string text, std::mt19937_64& random);

// How often a test with changes repeats: OMNIBUS_MUTATIONS, or `usually`. More are worth running
// after a change of the codec.
std::int64_t Mutations(std::int64_t usually);

}  // namespace omnibus::testing
