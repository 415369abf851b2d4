// The steps of one run, for people, and for the proof that two runs of a seed are the same.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/runtime.h"

namespace omnibus::simulation {

// Thread-safety: see World.
class Trace {
 public:
  // `print` gets each step as a line; null: nobody looks, and steps cost nothing.
  Trace(Runtime& runtime, std::function<void(const std::string&)> print)
      : runtime_(runtime), print_(std::move(print)) {}

  template <typename... Parts>
  void Step(const Parts&... parts) {
    if (print_ != nullptr) Print(absl::StrCat(parts...));
  }

  bool on() const { return print_ != nullptr; }

 private:
  void Print(const std::string& step);

  Runtime& runtime_;
  const std::function<void(const std::string&)> print_;
};

}  // namespace omnibus::simulation
