// The examples that run to their end.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/subprocess.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;

TEST(Examples, HelloGreetsTheWorld) {
  const Finished hello = RunToEnd({OMNIBUS_HELLO});
  EXPECT_EQ(hello.code, 0) << hello.errors;
  EXPECT_EQ(hello.output, "Hello, world!\n");
}

TEST(Examples, ARequestGetsItsReply) {
  const Finished reply = RunToEnd({OMNIBUS_REQUEST_REPLY});
  EXPECT_EQ(reply.code, 0) << reply.errors;
  EXPECT_EQ(reply.output, "order 1: reserved\norder 2: reserved\norder 3: 4 wanted, 2 there\n");
}

TEST(Examples, TheTestsOfAHandlerPass) {
  const Finished test = RunToEnd({OMNIBUS_HANDLER_TEST});
  EXPECT_EQ(test.code, 0) << test.output;
  EXPECT_THAT(test.output, HasSubstr("[  PASSED  ] 4 tests."));
}

}  // namespace
}  // namespace omnibus::testing
