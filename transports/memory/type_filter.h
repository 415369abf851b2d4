// Which event types a group is bound to.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace omnibus::memory {

// As AMQP's topic exchanges have it: a pattern is words with dots between them, `*` stands for one
// word, `#` for any number of them, none included.
//
// Thread-safety: constant once it is filled.
class TypeFilter {
 public:
  // None: all types.
  void Add(std::span<const std::string> patterns);

  // What has no type is everybody's.
  bool Accepts(std::string_view type) const;

  friend bool operator==(const TypeFilter&, const TypeFilter&) = default;

 private:
  bool all_ = false;
  std::set<std::string, std::less<>> types_;
  std::set<std::string, std::less<>> patterns_;  // those with `*` or `#`
};

}  // namespace omnibus::memory
