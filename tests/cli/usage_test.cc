// What the command line says to those who use it wrongly.
#include <string>
#include <vector>

#include "tests/cli/command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class Usage : public CommandLineTest {};

TEST_F(Usage, EachCommandHasHelp) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"run"},
                                                          {"publish"},
                                                          {"tail"},
                                                          {"config"},
                                                          {"contracts"},
                                                          {"contracts", "list"},
                                                          {"contracts", "show"},
                                                          {"contracts", "check"},
                                                          {"config", "check"},
                                                          {"bench"},
                                                          {"bench", "serialization"},
                                                          {"bench", "dispatch"},
                                                          {"bench", "throughput"},
                                                          {"bench", "latency"}};
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    const Finished help = Omnibus(command);
    EXPECT_EQ(help.code, 0) << ::testing::PrintToString(command);
    EXPECT_THAT(help.output, HasSubstr("Usage: ")) << ::testing::PrintToString(command);
    EXPECT_THAT(help.errors, IsEmpty());
  }
}

TEST_F(Usage, AWrongCommandLineIsTwo) {
  const std::string memory = Memory();
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{}, "see `omnibus --help`"},
      {{"contract", "list"}, "there is no command \"contract\"; did you mean \"contracts\"?"},
      {{"contracts", "shwo"}, "there is no command \"shwo\"; did you mean \"show\"?"},
      {{"contracts"}, "see `omnibus contracts --help`"},
      {{"run", "catalog-service", "--confg", memory},
       "there is no option \"--confg\"; did you mean \"--config\"?"},
      {{"run", "--config", memory}, "MODULE"},
      {{"run", "catalog-service"}, "--config"},
      {{"publish", "order.created", "--config", memory}, "--data"},
      {{"publish", "order.created", "--data", "{}", "--config", memory, "--correlation-id", "17"},
       "--correlation-id: expected a uuid, found \"17\""},
      {{"publish", "order.created", "--data", "{}", "--config", memory, "--timeout", "soon"},
       "--timeout: expected a duration"},
      {{"publish", "order.created", "--data", "@/nowhere/data", "--config", memory},
       "/nowhere/data: cannot be read"},
      {{"tail", "bookstore.events", "--config", memory, "--count", "0"}, "--count"},
      {{"tail", "bookstore.events", "--config", memory, "--from", "yesterday"}, "--from"},
      {{"contracts", "check", "/nowhere/messages"}, "/nowhere/messages: cannot be read"},
      {{"contracts", "check", "-", "--envelope", "xml"}, "--envelope"},
  };
  for (const auto& [arguments, error] : wrong) {
    const Finished refused = Omnibus(arguments);
    EXPECT_EQ(refused.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(refused.errors, AllOf(StartsWith("omnibus: "), HasSubstr(error)));
    EXPECT_THAT(refused.output, IsEmpty());
  }
}

TEST_F(Usage, ANameThatNobodyDeclaredIsTwo) {
  const std::string memory = Memory();
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"run", "catalogue-service", "--config", memory},
       "there is no module \"catalogue-service\"; did you mean \"catalog-service\"?"},
      {{"run", "analytics-service", "--config", memory},
       "\"analytics-service\" is ambiguous: write coworking/analytics-service or "
       "bookstore/analytics-service"},
      {{"run", "catalog-service", "bookstore/catalog-service", "--config", memory}, "given twice"},
      {{"publish", "order.create", "--data", "{}", "--config", memory},
       "there is no event type \"order.create\"; did you mean \"order.created\"?"},
      {{"tail", "bookstore.event", "--config", memory},
       "there is no channel \"bookstore.event\"; did you mean \"bookstore.events\"?"},
      {{"contracts", "show", "order"}, "there is no event type \"order\""},
      {{"contracts", "check", "-", "--type", "order.creatd"}, "did you mean \"order.created\"?"},
  };
  for (const auto& [arguments, error] : wrong) {
    const Finished refused = Omnibus(arguments);
    EXPECT_EQ(refused.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(refused.errors, HasSubstr(error));
    EXPECT_THAT(refused.output, IsEmpty());
  }
}

TEST_F(Usage, ResultsThatCannotBeWrittenAreAFailure) {
  const Finished closed = Omnibus({"contracts", "list"}, {.close_output = true});
  EXPECT_EQ(closed.code, 1);
  EXPECT_THAT(closed.errors, HasSubstr("cannot write to standard output"));
}

class ConfigCheck : public CommandLineTest {};

TEST_F(ConfigCheck, SaysWhatAConfigurationMeans) {
  const std::string file = Write("good.yaml", R"(
bus: {transport: main, drain: 5s}
transports:
  main: {kind: memory}
channels:
  booking.events: {envelope: camel, partitions: 3}
modules:
  catalog-service: {concurrency: 4, settings: {stock: [{book_id: 1, available: 2}]}}
)");
  const Finished text = Omnibus({"config", "check", file});
  EXPECT_EQ(text.code, 0) << text.errors;
  EXPECT_THAT(text.output,
              AllOf(HasSubstr("bus\n  transport: main\n"), HasSubstr("  drain: 5s\n"),
                    HasSubstr("channel booking.events\n  transport: main\n  envelope: camel\n"
                              "  partitions: 3\n"),
                    HasSubstr("module bookstore/catalog-service\n  concurrency: 4\n"),
                    HasSubstr("  settings.stock[0].available: 2\n")));
  const Finished json = Omnibus({"config", "check", file, "--json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_THAT(json.output,
              AllOf(HasSubstr("{\"section\":\"bus\",\"transport\":\"main\","),
                    HasSubstr("{\"section\":\"channel\",\"name\":\"booking.events\"")));
}

TEST_F(ConfigCheck, NamesThePlaceOfEachError) {
  const std::string file = Write("bad.yaml",
                                 "bus: {trasport: memory}\n"
                                 "modules:\n"
                                 "  catalog-service: {concurency: 4}\n");
  const Finished checked = Omnibus({"config", "check", file});
  EXPECT_EQ(checked.code, 2);
  EXPECT_THAT(checked.output, IsEmpty());
  EXPECT_THAT(
      checked.errors,
      AllOf(HasSubstr(file + ":1:7: bus: unknown key \"trasport\"; did you mean \"transport\"?"),
            HasSubstr(file + ":3:21: modules.catalog-service: unknown key \"concurency\"; did you "
                             "mean \"concurrency\"?")));
}

TEST_F(ConfigCheck, FindsWhatIsWrongInTheWholeFile) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"bus: {transport: kafkaa}\n",
       ":1:18: bus.transport: \"kafkaa\" is not declared under transports"},
      {"transports: {a: {kind: carrier-pigeon}}\n",
       "there is no transport of the kind \"carrier-pigeon\""},
      {"transports: {memory: {partitons: 1}}\n",
       ":1:23: transports.memory: unknown key \"partitons\""},
      {"channels: {bookstore.event: {}}\n",
       "there is no channel \"bookstore.event\"; did you mean"},
      {"modules: {catalogue-service: {}}\n",
       "there is no module \"catalogue-service\"; did you mean"},
      {"modules: {analytics-service: {}}\n", "is ambiguous: write coworking/analytics-service or"},
      {"modules: {catalog-service: {settings: {stok: []}}}\n",
       ":1:40: modules.catalog-service.settings: unknown key \"stok\"; did you mean \"stock\"?"},
      {"bus: {transport: memory\n", ":"},
      {"bus:\n  drain: ${OMNIBUS_TEST_NOBODY}\n", "OMNIBUS_TEST_NOBODY is not set"},
      {"- 1\n", "expected a mapping"},
  };
  for (const auto& [yaml, error] : wrong) {
    const std::string file = Write("bad.yaml", yaml);
    const Finished checked = Omnibus({"config", "check", file});
    EXPECT_EQ(checked.code, 2) << yaml;
    EXPECT_THAT(checked.errors, AllOf(StartsWith("omnibus: " + file), HasSubstr(error)));
  }
  EXPECT_EQ(Omnibus({"config", "check", "/nowhere/omnibus.yaml"}).code, 2);
}

TEST_F(ConfigCheck, WhatItRefusesNoCommandTakes) {
  const std::string file = Write("bad.yaml", "bus:\n  trasport: memory\n");
  const std::vector<std::vector<std::string>> commands = {
      {"config", "check", file},
      {"run", "catalog-service", "--config", file},
      {"tail", "bookstore.events", "--config", file},
      {"publish", "order.created", "--data", "{}", "--config", file}};
  for (const std::vector<std::string>& command : commands) {
    const Finished refused = Omnibus(command);
    EXPECT_EQ(refused.code, 2) << command[0];
    EXPECT_THAT(refused.errors, StartsWith("omnibus: " + file + ":2:3: bus: unknown key"))
        << command[0];
  }
}

TEST_F(ConfigCheck, LaysFilesOverEachOtherAndTakesVariables) {
  const std::string base = Write("base.yaml", "bus: {transport: memory, drain: 20s}\n");
  const std::string over = Write("over.yaml", "bus: {drain: '${OMNIBUS_TEST_DRAIN:-1s}'}\n");
  const Finished checked =
      Omnibus({"config", "check", base, over}, {.environment = {{"OMNIBUS_TEST_DRAIN", "7s"}}});
  EXPECT_EQ(checked.code, 0) << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("  drain: 7s\n"));
}

#if OMNIBUS_HAS_RABBITMQ
TEST_F(ConfigCheck, ShowsNoPassword) {
  const std::string good =
      Write("good.yaml", "transports: {rabbitmq: {url: 'amqp://ann:swordfish@localhost:5672/'}}\n");
  const Finished checked = Omnibus({"config", "check", good});
  EXPECT_EQ(checked.code, 0) << checked.errors;
  EXPECT_THAT(checked.output,
              AllOf(HasSubstr("url: amqp://***@localhost:5672/"), Not(HasSubstr("swordfish"))));
  const std::string bad = Write(
      "bad.yaml", "transports: {rabbitmq: {url: 'http://ann:swordfish@localhost:nowhere/'}}\n");
  const Finished refused = Omnibus({"config", "check", bad});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.errors, AllOf(HasSubstr("transports.rabbitmq"), HasSubstr("url"),
                                    Not(HasSubstr("swordfish"))));
}
#endif

}  // namespace
}  // namespace omnibus::testing
