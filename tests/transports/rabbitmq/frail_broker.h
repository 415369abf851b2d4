// A broker of a test's own that can be frozen, and told to misbehave.
#pragma once

#include <optional>
#include <string>

#include "tests/support/brokers.h"

namespace omnibus::testing {

class FrailBroker {
 public:
  // Nullopt when there is none to be had.
  static std::optional<FrailBroker> Start();

  const std::string& url() const { return broker_.address(); }
  bool Stop() { return broker_.Stop(); }
  bool Kill() { return broker_.Kill(); }
  bool Restart() { return broker_.Restart(); }
  // Only while it is stopped: it comes back empty.
  void Forget();

  // It keeps its sockets, and neither reads, writes nor answers.
  bool Freeze() { return broker_.Freeze(); }
  bool Thaw() { return broker_.Thaw(); }

  // Has the broker evaluate Erlang.
  bool Eval(const std::string& erlang) const;
  // As if it were short of memory: it does not read from publishers.
  bool RaiseMemoryAlarm() const;
  bool ClearMemoryAlarm() const;

 private:
  FrailBroker(PrivateBroker broker, std::string directory)
      : broker_(std::move(broker)), directory_(std::move(directory)) {}

  PrivateBroker broker_;
  std::string directory_;  // where it has its files
};

}  // namespace omnibus::testing
