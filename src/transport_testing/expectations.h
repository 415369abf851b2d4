// What a check expects, and what it found instead.
#pragma once

#include <concepts>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace omnibus::transport_testing {

// A line of source. (std::source_location is missing with clang 14.)
struct Place {
  const char* file;
  int line;

  static constexpr Place Here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

// Ends a check: it makes no sense to go on. Caught by the one who runs it.
struct Abandoned {};

// Thread-safety: any thread, concurrently.
class Findings {
 public:
  void Add(std::string text);
  std::vector<std::string> all() const;
  bool empty() const { return all().empty(); }

 private:
  mutable absl::Mutex mu_;
  std::vector<std::string> found_ ABSL_GUARDED_BY(mu_);
};

// A value, for people.
template <typename T>
std::string Show(const T& value) {
  std::ostringstream out;
  if constexpr (std::same_as<T, absl::StatusCode>) {
    out << absl::StatusCodeToString(value);
  } else if constexpr (requires { out << value; }) {
    out << std::boolalpha << value;
  } else if constexpr (requires { value.begin(); }) {
    out << "[";
    for (const auto& each : value) out << (out.tellp() > 1 ? " " : "") << Show(each);
    out << "]";
  } else {
    out << "(something)";
  }
  return out.str();
}

// What a violated expectation says; what is streamed to it is added. Written down at the end of the
// statement.
class Remark {
 public:
  // Null: the expectation holds, and nothing is to be said.
  Remark(Findings* findings, std::string text, Place at, bool abandon);
  Remark(const Remark&) = delete;
  Remark& operator=(const Remark&) = delete;
  ~Remark() noexcept(false);  // throws Abandoned, if it was told so

  template <typename T>
  Remark& operator<<(const T& value) {
    if (findings_ != nullptr) more_ += Show(value);
    return *this;
  }

 private:
  Findings* const findings_;
  const bool abandon_;
  std::string text_;
  std::string more_;
};

// The vocabulary, for whoever derives from it. Expect... goes on after a violation; Require... ends
// the check (and must then be on a thread of Stage::Spawn(), or the check's own).
class Expectations {
 public:
  explicit Expectations(Findings& findings) : findings_(findings) {}

  using At = Place;

  Remark ExpectTrue(bool holds, At at = At::Here()) const {
    return Judge(holds, "it is not so", at);
  }
  Remark ExpectFalse(bool holds, At at = At::Here()) const {
    return Judge(!holds, "it is so, and must not be", at);
  }
  template <typename A, typename B>
  Remark ExpectEq(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a == b, a, "is not", b, at, false);
  }
  template <typename A, typename B>
  Remark ExpectNe(const A& a, const B& b, At at = At::Here()) const {
    return Compare(!(a == b), a, "must not be", b, at, false);
  }
  template <typename A, typename B>
  Remark ExpectLt(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a < b, a, "is not less than", b, at, false);
  }
  template <typename A, typename B>
  Remark ExpectLe(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a <= b, a, "is more than", b, at, false);
  }
  template <typename A, typename B>
  Remark ExpectGt(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a > b, a, "is not more than", b, at, false);
  }
  template <typename A, typename B>
  Remark ExpectGe(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a >= b, a, "is less than", b, at, false);
  }

  Remark RequireTrue(bool holds, At at = At::Here()) const {
    return Judge(holds, "it is not so", at, true);
  }
  template <typename A, typename B>
  Remark RequireEq(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a == b, a, "is not", b, at, true);
  }
  template <typename A, typename B>
  Remark RequireNe(const A& a, const B& b, At at = At::Here()) const {
    return Compare(!(a == b), a, "must not be", b, at, true);
  }
  template <typename A, typename B>
  Remark RequireLt(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a < b, a, "is not less than", b, at, true);
  }
  template <typename A, typename B>
  Remark RequireLe(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a <= b, a, "is more than", b, at, true);
  }
  template <typename A, typename B>
  Remark RequireGt(const A& a, const B& b, At at = At::Here()) const {
    return Compare(a > b, a, "is not more than", b, at, true);
  }

  // With what the status says.
  Remark ExpectOk(const absl::Status& status, At at = At::Here()) const {
    return Judge(status.ok(), status.ToString(), at);
  }
  Remark RequireOk(const absl::Status& status, At at = At::Here()) const {
    return Judge(status.ok(), status.ToString(), at, true);
  }
  Remark Fail(At at = At::Here()) const { return Judge(false, "", at); }

  Findings& findings() const { return findings_; }

 private:
  Remark Judge(bool holds, std::string text, At at, bool abandon = false) const {
    return Remark(holds ? nullptr : &findings_, std::move(text), at, abandon);
  }

  template <typename A, typename B>
  Remark Compare(bool holds, const A& a, std::string_view relation, const B& b, At at,
                 bool abandon) const {
    if (holds) return Judge(true, {}, at);
    return Judge(false, Show(a) + " " + std::string(relation) + " " + Show(b), at, abandon);
  }

  Findings& findings_;
};

}  // namespace omnibus::transport_testing
