// The coworking space's stories, good and bad.
#pragma once

#include <memory>

#include "omnibus/domain.h"

namespace coworking {

std::unique_ptr<omnibus::Demonstration> MakeDemonstration();

}  // namespace coworking
