// How the bus is.
#pragma once

#include <string>
#include <vector>

#include "omnibus/transport.h"

namespace omnibus {

struct Health {
  struct Part {
    std::string name;  // "publish kafka", "consume bookstore.catalog-service from rabbitmq"
    LinkHealth link;
  };

  bool healthy = false;  // all parts are
  std::vector<Part> parts;
};

}  // namespace omnibus
