// Plots as SVG for the inside of an HTML page: no script, no font, no network.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace omnibus::bench {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // in the order of x
};

struct Axes {
  std::string title, x, y;
  bool logarithmic_x = false;
};

// A line for each series; from zero upwards.
std::string LinePlot(const Axes& axes, const std::vector<Series>& series);

struct Bar {
  std::string name;
  double value = 0;
  double least = 0, most = 0;  // the whisker; equal: none
};

// Horizontal bars, with their values.
std::string BarPlot(const std::string& title, const std::string& unit,
                    const std::vector<Bar>& bars);

// A plot as a file of its own.
std::string StandAlone(const std::string& plot);

// Text in HTML or SVG.
std::string Escaped(const std::string& text);

}  // namespace omnibus::bench
