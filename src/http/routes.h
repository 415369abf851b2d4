// Which handler a request is for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "omnibus/http.h"

namespace omnibus {

// Thread-safety: constant once the server has started.
class Routes {
 public:
  void Add(std::string_view method, std::string_view pattern, HttpHandler handler);

  struct Match {
    const HttpHandler* handler = nullptr;  // none: no such method, or no such path
    std::map<std::string, std::string, std::less<>> parameters;
    std::vector<std::string> allowed;  // the methods that the path has; empty: no such path
  };

  // `path` as it came, percent-encoded: so an encoded slash is part of a segment.
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;  // "{id}" is a parameter
    HttpHandler handler;
  };

  std::vector<Route> routes_;
};

// What %41 and, in a query, + stand for. What is no valid escape stays as it is.
std::string PercentDecoded(std::string_view text, bool in_query);

// The part behind the question mark; of a name that is given twice the first.
std::map<std::string, std::string, std::less<>> ParseQuery(std::string_view query);

}  // namespace omnibus
