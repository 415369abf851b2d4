#include "tests/behaviours/kit_test.h"

#include <gtest/gtest.h>

#include <iostream>
#include <utility>

namespace omnibus::behaviours {
namespace {

using transport_testing::Check;
using transport_testing::Result;
using transport_testing::Verdict;

class CheckCase : public ::testing::Test {
 public:
  CheckCase(const Check& check, const std::function<Subject()>& make)
      : check_(check), make_(make) {}

  void TestBody() override {
    const Subject subject = make_();
    if (!subject.missing.empty()) GTEST_SKIP() << subject.missing;
    transport_testing::Settings settings;
    settings.overload = absl::Seconds(10);
    const Result result = transport_testing::Run(check_, subject.under_test, settings);
    const std::string said = "behaviour " + std::to_string(check_.behaviour) + " (" +
                             std::string(transport_testing::BehaviourTitle(check_.behaviour)) +
                             ")\n" + result.detail;
    switch (result.verdict) {
      case Verdict::kPassed:
        if (!result.detail.empty()) std::cout << result.detail << "\n";
        break;
      case Verdict::kFailed: {
        const auto gap = subject.known_gaps.find(std::string(check_.name));
        if (gap == subject.known_gaps.end()) FAIL() << said;
        GTEST_SKIP() << "KNOWN GAP: " << gap->second << "\n" << said;
      }
      case Verdict::kNotTested:
        GTEST_SKIP() << "NOT TESTED: " << said;
      case Verdict::kNotDeclared:
      case Verdict::kNotApplicable:
        GTEST_SKIP() << result.detail;
    }
  }

 private:
  const Check& check_;
  const std::function<Subject()>& make_;
};

}  // namespace

void AddFaults(transport_testing::Faults& hooks,
               const std::shared_ptr<faults::ProxiedBroker>& broker) {
  hooks.kill = [broker] { return broker->broker().Kill(); };
  hooks.restart = [broker] { return broker->broker().Restart(); };
  hooks.freeze = [broker] { return broker->broker().Freeze(); };
  hooks.thaw = [broker] { return broker->broker().Thaw(); };
  hooks.cut = [broker] {
    broker->proxy().BlackHole(faults::TcpProxy::Direction::kBoth);
    return true;
  };
  hooks.mend = [broker] {
    broker->proxy().Heal();
    return true;
  };
}

void RegisterChecks(const char* suite, bool disruptive, std::function<Subject()> make) {
  // Lives as long as the tests.
  static std::vector<std::unique_ptr<std::function<Subject()>>> factories;
  factories.push_back(std::make_unique<std::function<Subject()>>(std::move(make)));
  const std::function<Subject()>& factory = *factories.back();
  for (const Check& check : transport_testing::Checks()) {
    if (check.disruptive != disruptive) continue;
    ::testing::RegisterTest(suite, std::string(check.name).c_str(), nullptr, nullptr, __FILE__,
                            __LINE__, [&check, &factory]() -> ::testing::Test* {
                              return new CheckCase(check, factory);  // GoogleTest deletes it
                            });
  }
}

}  // namespace omnibus::behaviours
