// omnibus dead: what is wrong is said before any broker is asked.
#include <string>
#include <vector>

#include "tests/cli/command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DeadUsageTest : public CommandLineTest {
 protected:
  void IsRefused(std::vector<std::string> arguments, const std::string& why, int code = 2) {
    arguments.insert(arguments.begin(), "dead");
    arguments.insert(arguments.end(), {"--config", Memory()});
    const Finished refused = Omnibus(arguments);
    EXPECT_EQ(refused.code, code) << arguments[1] << refused.errors;
    EXPECT_THAT(refused.errors, HasSubstr(why));
    EXPECT_THAT(refused.output, IsEmpty());
  }
};

TEST_F(DeadUsageTest, WhatIsRemovedHasToBeSaid) {
  IsRefused({"replay"}, "dead replay: say which");
  IsRefused({"purge"}, "dead purge: say which");
}

TEST_F(DeadUsageTest, NamesThatNobodyHasAreRefused) {
  IsRefused({"list", "--module", "catalog-servise"}, "did you mean \"catalog-service\"?");
  IsRefused({"list", "--channel", "bookstore.event"}, "did you mean \"bookstore.events\"?");
  IsRefused({"purge", "--type", "order.creates"}, "did you mean \"order.created\"?");
}

TEST_F(DeadUsageTest, ValuesAreChecked) {
  IsRefused({"list", "--since", "yesterday"}, "--since");
  IsRefused({"list", "--id", "12"}, "--id");
  IsRefused({"replay", "--all", "--rate", "0"}, "--rate");
  IsRefused({"replay", "--all", "--edit", folder_ + "/nowhere.json"}, "nowhere.json");
  IsRefused({"show", "--body", "--json"}, "--json");
  IsRefused({"lst"}, "did you mean \"list\"?");
}

TEST_F(DeadUsageTest, WhereThereIsNoneThatIsNoError) {
  const Finished listed = Omnibus({"dead", "list", "--since", "2h", "--config", Memory()});
  EXPECT_EQ(listed.code, 0) << listed.errors;
  EXPECT_THAT(listed.output, IsEmpty());
  const Finished purged = Omnibus({"dead", "purge", "--all", "--config", Memory()});
  EXPECT_EQ(purged.code, 0) << purged.errors;
  EXPECT_EQ(purged.output, "purged 0 dead letters\n");
  IsRefused({"show"}, "no dead letter fits", 1);
  IsRefused({"replay", "--all", "--edit", Write("edited.json", "{}")}, "no dead letter fits", 1);
}

}  // namespace
}  // namespace omnibus::testing
