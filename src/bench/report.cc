#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/plot.h"

namespace omnibus::bench {
namespace {

constexpr char kStyle[] =
    "body{font:15px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:0 0 1.5em}td{border-bottom:1px solid #ddd;"
    "padding:.2em 1em .2em 0;vertical-align:top}td:first-child{color:#666}"
    "svg{max-width:100%;height:auto;margin:1em 0}";

constexpr int kStepsOfADecade = 20;

}  // namespace

std::string Html(const Report& report) {
  std::string html =
      absl::StrCat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>",
                   Escaped(report.title), "</title>\n<style>", kStyle,
                   "</style></head><body>\n<h1>", Escaped(report.title), "</h1>\n");
  for (const Report::Table& table : report.tables) {
    absl::StrAppend(&html, "<h2>", Escaped(table.title), "</h2>\n<table>\n");
    for (const std::vector<std::string>& row : table.rows) {
      html += "<tr>";
      for (const std::string& cell : row) absl::StrAppend(&html, "<td>", Escaped(cell), "</td>");
      html += "</tr>\n";
    }
    html += "</table>\n";
    if (&table == &report.tables.front()) {
      for (const std::string& plot : report.plots) html += plot;
    }
  }
  return html + "</body></html>\n";
}

std::vector<std::pair<double, double>> Histogram(const std::vector<double>& sorted) {
  std::vector<std::pair<double, double>> histogram;
  if (sorted.empty()) return histogram;
  const auto step_of = [](double value) {
    return static_cast<int>(std::floor(std::log10(std::max(value, 1e-3)) * kStepsOfADecade));
  };
  const int first = step_of(sorted.front());
  const int last = step_of(sorted.back());
  std::vector<std::size_t> counts(static_cast<std::size_t>(last - first + 1));
  for (const double value : sorted) ++counts[static_cast<std::size_t>(step_of(value) - first)];
  for (std::size_t i = 0; i < counts.size(); ++i) {
    histogram.emplace_back(
        std::pow(10, static_cast<double>(first + static_cast<int>(i)) / kStepsOfADecade),
        100.0 * static_cast<double>(counts[i]) / static_cast<double>(sorted.size()));
  }
  return histogram;
}

}  // namespace omnibus::bench
