// The command line for the two reference domains.
#include "domains/bookstore/domain.h"
#include "domains/coworking/domain.h"
#include "omnibus/main.h"

int main(int argc, char** argv) {
  return omnibus::Main(argc, argv, {coworking::CoworkingDomain(), bookstore::BookstoreDomain()});
}
