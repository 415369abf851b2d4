// What `bench --json` prints.
#pragma once

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "simdjson.h"

namespace omnibus::testing {

// One line of JSON.
class BenchResult {
 public:
  explicit BenchResult(const std::string& text) : valid_(parser_.parse(text).get(root_) == 0) {
    EXPECT_TRUE(valid_) << text;
  }

  double Number(std::string_view name) {
    double number = -1;
    if (valid_) {
      EXPECT_EQ(root_[name].get(number), simdjson::SUCCESS) << name;
    }
    return number;
  }
  std::string Text(std::string_view name) {
    std::string_view text;
    if (valid_) {
      EXPECT_EQ(root_[name].get(text), simdjson::SUCCESS) << name;
    }
    return std::string(text);
  }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  bool valid_;
};

inline void ExpectCounts(BenchResult& result, double confirmed, double delivered) {
  EXPECT_EQ(result.Number("confirmed"), confirmed);
  EXPECT_EQ(result.Number("delivered"), delivered);
  EXPECT_EQ(result.Number("lost"), 0);
  EXPECT_EQ(result.Number("duplicated"), 0);
}

}  // namespace omnibus::testing
