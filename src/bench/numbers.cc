#include "bench/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_format.h"

namespace omnibus::bench {

std::string Thousands(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first + 3;) {
    i -= 3;
    text.insert(i, 1, ',');
  }
  return text;
}

std::string Short(double number) {
  const double size = std::fabs(number);
  if (size >= 1000) return Thousands(std::llround(number));
  if (size >= 100) return absl::StrFormat("%.0f", number);
  if (size >= 10) return absl::StrFormat("%.1f", number);
  return absl::StrFormat("%.3f", number);
}

double Quantile(const std::vector<double>& sorted, double fraction) {
  if (sorted.empty()) return 0;
  const double rank = std::ceil(fraction * static_cast<double>(sorted.size()));
  const std::size_t index = rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

}  // namespace omnibus::bench
