// The verbs of the tests of the command line.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/subprocess.h"

namespace omnibus::testing {

// Each test has a folder of its own, in which the executable runs no differently from anywhere
// else.
class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = ::testing::TempDir() + "omnibus_cli_" + test->name() + "_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
  }
  ~CommandLineTest() override { std::filesystem::remove_all(folder_); }

  // Writes a file, and returns its path.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  std::string Memory() const { return Write("memory.yaml", "bus: {transport: memory}\n"); }

  static std::vector<std::string> Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), OMNIBUS_EXECUTABLE);
    return arguments;
  }

  static Finished Omnibus(std::vector<std::string> arguments, SubprocessOptions options = {}) {
    return RunToEnd(Command(std::move(arguments)), std::move(options));
  }

  std::string folder_;
};

}  // namespace omnibus::testing
