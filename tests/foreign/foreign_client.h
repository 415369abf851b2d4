// Programs of others that speak to a broker, and what they read there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/subprocess.h"

namespace omnibus::testing {

// Debian's python3-pika and python3-confluent-kafka belong to Debian's Python.
inline constexpr char kPython[] = "/usr/bin/python3";

// A message as a foreign client saw it: each part's name ("body", "routing_key", "property type",
// "header partition_key", "partition"...), and its text. Bytes of a body that are no printable
// ASCII are spelled \xff there.
using ForeignMessage = std::map<std::string, std::string>;

// What one of our clients.py printed: lines "name: text", and an empty one after each message.
std::vector<ForeignMessage> ParseMessages(const std::string& text);

// The part of `message`, or "(none)".
std::string Part(const ForeignMessage& message, const std::string& name);

// The value of a string member of a JSON text, by its name; the first one's.
std::string Member(const std::string& json, const std::string& name);

// Runs a client to its end; fails the test if it did not succeed. Its standard output.
std::string RunClient(const std::vector<std::string>& command, const std::string& input = "");

// Whether `program` is there to be run: "/usr/bin/python3 -c 'import pika'", "kcat -V".
bool CanRun(const std::vector<std::string>& command);

// A folder of the test's own, and our services beside the foreign clients.
class ForeignTest : public ::testing::Test {
 protected:
  ForeignTest();
  ~ForeignTest() override;

  // Writes a file, and returns its path.
  std::string Write(const std::string& name, const std::string& text) const;

  // omnibus with `arguments`.
  static std::vector<std::string> Omnibus(std::vector<std::string> arguments);

  std::string folder_;
};

}  // namespace omnibus::testing
