// Numbers for people, and what is made of many of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace omnibus::bench {

// 1,234,567
std::string Thousands(std::int64_t number);
// 1,234,567; 123.4; 1.234: about four digits that count.
std::string Short(double number);

// The value below which that fraction of the samples lies. `sorted` is; 0 when it is empty.
double Quantile(const std::vector<double>& sorted, double fraction);

}  // namespace omnibus::bench
