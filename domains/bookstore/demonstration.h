// The bookstore's stories, good and bad.
#pragma once

#include <memory>

#include "omnibus/domain.h"

namespace bookstore {

std::unique_ptr<omnibus::Demonstration> MakeDemonstration();

}  // namespace bookstore
