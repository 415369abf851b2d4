// Where the broker is, and as whom we come.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace omnibus::rabbitmq {

struct Address {
  struct Host {
    std::string name;
    int port = 0;
  };

  std::string user;
  std::string password;
  std::vector<Host> hosts;  // the nodes of one cluster; not empty
  std::string vhost;

  // The url as people may see it: without the password.
  std::string Shown() const;
};

// kInvalidArgument says what is wrong, and never shows the url: it may hold a password.
absl::StatusOr<Address> ParseUrl(std::string_view url);

}  // namespace omnibus::rabbitmq
