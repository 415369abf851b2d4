// The bookstore as a domain: what a program that runs it needs.
#pragma once

#include "omnibus/domain.h"

namespace bookstore {

omnibus::Domain BookstoreDomain();

}  // namespace bookstore
