#include "tests/foreign/foreign_client.h"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <utility>

namespace omnibus::testing {
namespace {

// Whoever runs a Subprocess has to know its path; env knows where to look for it.
std::vector<std::string> InPath(std::vector<std::string> command) {
  command.insert(command.begin(), "/usr/bin/env");
  return command;
}

}  // namespace

std::vector<ForeignMessage> ParseMessages(const std::string& text) {
  std::vector<ForeignMessage> messages;
  ForeignMessage message;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      messages.push_back(std::exchange(message, {}));
      continue;
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      ADD_FAILURE() << "not a part of a message: " << line;
      continue;
    }
    const bool once = message.emplace(line.substr(0, colon), line.substr(colon + 2)).second;
    EXPECT_TRUE(once) << "twice in one message: " << line;
  }
  EXPECT_TRUE(message.empty()) << "half a message: " << text;
  return messages;
}

std::string Part(const ForeignMessage& message, const std::string& name) {
  const auto found = message.find(name);
  return found == message.end() ? "(none)" : found->second;
}

std::string Member(const std::string& json, const std::string& name) {
  std::smatch match;
  const std::regex member("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"");
  return std::regex_search(json, match, member) ? match[1].str() : "(none)";
}

std::string RunClient(const std::vector<std::string>& command, const std::string& input) {
  const Finished finished = RunToEnd(InPath(command), {.input = input}, std::chrono::seconds(60));
  EXPECT_EQ(finished.code, 0) << command[0] << ": " << finished.errors << finished.output;
  return finished.output;
}

bool CanRun(const std::vector<std::string>& command) { return RunToEnd(InPath(command)).code == 0; }

ForeignTest::ForeignTest() {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  folder_ =
      ::testing::TempDir() + "omnibus_foreign_" + test->name() + "_" + std::to_string(getpid());
  std::filesystem::create_directories(folder_);
}

ForeignTest::~ForeignTest() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ForeignTest::Write(const std::string& name, const std::string& text) const {
  const std::string path = folder_ + "/" + name;
  std::ofstream(path) << text;
  return path;
}

std::vector<std::string> ForeignTest::Omnibus(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), OMNIBUS_EXECUTABLE);
  return arguments;
}

}  // namespace omnibus::testing
