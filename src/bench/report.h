// A measurement as one HTML file that needs nothing else.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "omnibus/envelope.h"

namespace omnibus::bench {

struct Report {
  std::string title;
  struct Table {
    std::string title;
    std::vector<std::vector<std::string>> rows;  // the first cell is the row's name
  };
  std::vector<Table> tables;
  std::vector<std::string> plots;  // SVG
};

std::string Html(const Report& report);

// How many of the samples lie in each of the intervals that a logarithmic axis is cut into: where
// each begins, and their share in percent. `sorted` is.
std::vector<std::pair<double, double>> Histogram(const std::vector<double>& sorted);

}  // namespace omnibus::bench
