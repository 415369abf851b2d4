#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/configuration.h"

namespace omnibus {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Setting Parse(const std::string& yaml) {
  absl::StatusOr<Setting> parsed = ParseSettings(yaml, "test.yaml");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : Setting();
}

std::string ErrorOf(const std::string& yaml) {
  absl::StatusOr<Setting> parsed = ParseSettings(yaml, "test.yaml");
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << yaml;
  return std::string(parsed.status().message());
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(ParseSettings, KnowsWhereEachValueStands) {
  const Setting root = Parse("bus:\n  transport: kafka\n  list: [1, two]\n");
  EXPECT_EQ(root.Find("bus").Find("transport").text(), "kafka");
  EXPECT_EQ(root.Find("bus").Find("transport").Where(), "test.yaml:2:14");
  EXPECT_EQ(root.Find("bus").Find("list").items()[1].Where(), "test.yaml:3:13");
  EXPECT_EQ(root.entries()[0].key_place.line, 1);
  EXPECT_EQ(Setting().Where(), "(default)");
  EXPECT_FALSE(root.Find("nothing"));
}

TEST(ParseSettings, ReadsAnEmptyFileAsAnEmptyMapping) {
  EXPECT_EQ(Parse("").kind(), Setting::Kind::kMap);
  EXPECT_EQ(Parse("# nothing but words\n").kind(), Setting::Kind::kMap);
  EXPECT_EQ(Parse("---\n").kind(), Setting::Kind::kMap);
}

TEST(ParseSettings, TakesAKeyWithoutValueAsLeftOut) {
  const Setting root = Parse("a:\nb: ~\nc: null\nd: ''\n");
  EXPECT_FALSE(root.Find("a"));
  EXPECT_FALSE(root.Find("b"));
  EXPECT_FALSE(root.Find("c"));
  EXPECT_TRUE(root.Find("d"));
}

TEST(ParseSettings, RefusesADuplicateKey) {
  EXPECT_EQ(ErrorOf("a: 1\nb:\n  x: 1\n  x: 2\n"),
            "test.yaml:4:3: the key \"x\" is given twice: first in line 3");
}

TEST(ParseSettings, SaysWhereMalformedYamlIs) {
  EXPECT_THAT(ErrorOf("a: [1, 2\nb: 3\n"), HasSubstr("test.yaml:"));
  EXPECT_THAT(ErrorOf("a: 1\n\tb: 2\n"), HasSubstr("test.yaml:2:"));
  EXPECT_THAT(ErrorOf("a: \"no end\nb: 1\n"), HasSubstr("test.yaml:4:1: a quote is not closed"));
  EXPECT_THAT(ErrorOf("a: 'no end"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(ErrorOf("a: *nobody\n"), HasSubstr("test.yaml:1:4"));
  EXPECT_THAT(ErrorOf("[a]: 1\n"), HasSubstr("a key has to be a single value"));
  EXPECT_THAT(ErrorOf(": 1\n"), HasSubstr("test.yaml:1:"));
  EXPECT_THAT(ErrorOf("a: !secret x\n"), HasSubstr("tag"));
  EXPECT_THAT(ErrorOf("a: 1\n---\na: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(ErrorOf(std::string(2000, '[')), HasSubstr("test.yaml:"));
}

TEST(ParseSettings, FollowsAliases) {
  const Setting root = Parse("a: &x {retry: 1}\nb: *x\nc: &n five\nd: [*n]\n");
  EXPECT_EQ(root.Find("b").Find("retry").text(), "1");
  EXPECT_EQ(root.Find("d").items()[0].text(), "five");
}

TEST(ParseSettings, MergesWhatTheMergeKeyNames) {
  const Setting root = Parse(
      "one: &one {a: 1, b: 1}\n"
      "two: &two {b: 2, c: 2}\n"
      "all: {<<: [*one, *two], c: 3}\n"
      "just: {<<: *two}\n"
      "quoted: {'<<': 1}\n");
  EXPECT_EQ(root.Find("all").Find("a").text(), "1");
  EXPECT_EQ(root.Find("all").Find("b").text(), "1");
  EXPECT_EQ(root.Find("all").Find("c").text(), "3");
  EXPECT_EQ(root.Find("just").Find("b").text(), "2");
  EXPECT_EQ(root.Find("quoted").Find("<<").text(), "1");
  EXPECT_THAT(ErrorOf("a: {<<: 5}\n"), HasSubstr("merge key"));
  EXPECT_THAT(ErrorOf("a: {<<: {b: 1}, <<: {c: 1}}\n"), HasSubstr("twice"));
}

TEST(ParseSettings, RefusesAliasesThatWouldNeverEnd) {
  EXPECT_THAT(ErrorOf("a: &a [*a]\n"), HasSubstr("alias"));
  std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_THAT(ErrorOf(bomb), HasSubstr("more than 100000 values"));
}

TEST(Substitution, TakesEnvironmentVariables) {
  const Variable user("OMNIBUS_TEST_USER", "ann");
  const Variable empty("OMNIBUS_TEST_EMPTY", "");
  unsetenv("OMNIBUS_TEST_NONE");
  const Setting root = Parse(
      "a: amqp://${OMNIBUS_TEST_USER}:${OMNIBUS_TEST_NONE:-guest}@here\n"
      "b: ${OMNIBUS_TEST_EMPTY}\n"
      "c: ${OMNIBUS_TEST_EMPTY:-full}\n"
      "d: ${OMNIBUS_TEST_NONE:-}\n"
      "e: ${OMNIBUS_TEST_NONE:-${OMNIBUS_TEST_USER}!}\n"
      "f: $$5 and $${NAME}\n"
      "g: '${OMNIBUS_TEST_USER}'\n");
  EXPECT_EQ(root.Find("a").text(), "amqp://ann:guest@here");
  EXPECT_EQ(root.Find("b").text(), "");
  EXPECT_EQ(root.Find("c").text(), "full");
  EXPECT_EQ(root.Find("d").text(), "");
  EXPECT_EQ(root.Find("e").text(), "ann!");
  EXPECT_EQ(root.Find("f").text(), "$5 and ${NAME}");
  EXPECT_EQ(root.Find("g").text(), "ann");
}

TEST(Substitution, NeverReadsAVariableAsYaml) {
  const Variable evil("OMNIBUS_TEST_EVIL", "x\nbus: {transport: ${HOME}}");
  EXPECT_EQ(Parse("a: ${OMNIBUS_TEST_EVIL}\n").Find("a").text(), "x\nbus: {transport: ${HOME}}");
}

TEST(Substitution, SaysWhatIsWrongAndWhere) {
  unsetenv("OMNIBUS_TEST_NONE");
  EXPECT_EQ(
      ErrorOf("a:\n  b: ${OMNIBUS_TEST_NONE}\n"),
      "test.yaml:2:6: the environment variable OMNIBUS_TEST_NONE is not set: set it, or write "
      "${OMNIBUS_TEST_NONE:-default}");
  EXPECT_THAT(ErrorOf("a: ${OMNIBUS\n"), HasSubstr("without its"));
  EXPECT_THAT(ErrorOf("a: ${}\n"), HasSubstr("expected ${NAME}"));
  EXPECT_THAT(ErrorOf("a: ${1A}\n"), HasSubstr("expected ${NAME}"));
  EXPECT_THAT(ErrorOf("a: ${A:+x}\n"), HasSubstr("expected ${NAME}"));
}

TEST(Substitution, ShowsNothingOfAPasswordWithADollarSign) {
  const std::string error = ErrorOf("password: swordfish$1\n");
  EXPECT_THAT(error, AllOf(HasSubstr("write $$"), Not(HasSubstr("swordfish"))));
}

class LoadSettingsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path =
        ::testing::TempDir() + "omnibus_settings_" + std::to_string(getpid()) + name;
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(LoadSettingsTest, LaysLaterFilesOverEarlierOnes) {
  const std::string files[] = {
      Write("base.yaml", "bus: {transport: kafka, drain: 20s, envelope: camel}\nlist: [1, 2]\n"),
      Write("over.yaml", "bus:\n  drain: 5s\n  envelope:\nlist: [3]\nnew: 1\n")};
  absl::StatusOr<Setting> all = LoadSettings(files);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->Find("bus").Find("transport").text(), "kafka");
  EXPECT_EQ(all->Find("bus").Find("drain").text(), "5s");
  EXPECT_EQ(all->Find("bus").Find("drain").Where(), files[1] + ":2:10");
  EXPECT_FALSE(all->Find("bus").Find("envelope"));
  ASSERT_EQ(all->Find("list").items().size(), 1u);
  EXPECT_EQ(all->Find("new").text(), "1");
}

TEST_F(LoadSettingsTest, SaysWhichFileIsMissing) {
  const std::string files[] = {"/nowhere/omnibus.yaml"};
  const absl::Status status = LoadSettings(files).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/nowhere/omnibus.yaml: cannot be read: No such file"));
}

TEST_F(LoadSettingsTest, RefusesAFolderAndAFileThatIsNoMapping) {
  const std::string folder[] = {::testing::TempDir()};
  EXPECT_EQ(LoadSettings(folder).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string list[] = {Write("list.yaml", "- 1\n")};
  EXPECT_EQ(LoadSettings(list).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string empty[] = {Write("empty.yaml", "")};
  EXPECT_TRUE(LoadSettings(empty).ok());
}

}  // namespace
}  // namespace omnibus
