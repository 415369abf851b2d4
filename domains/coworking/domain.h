// The coworking space as a domain: what a program that runs it needs.
#pragma once

#include "omnibus/domain.h"

namespace coworking {

omnibus::Domain CoworkingDomain();

}  // namespace coworking
