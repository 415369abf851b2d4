// docs/configuration.md against the code: each key of its tables is known, with the value that it
// gives as the default.
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "config/bus_configuration.h"
#include "gtest/gtest.h"
#include "omnibus/configuration.h"
#include "omnibus/runtime.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/spdlog.h"

namespace omnibus::testing {
namespace {

struct Row {
  std::string key;    // "publisher.in_flight"
  std::string value;  // its default, as YAML; empty where the table has words
};

std::vector<std::string> Split(const std::string& cell) {
  static const std::regex kComma(", ");
  return {std::sregex_token_iterator(cell.begin(), cell.end(), kComma, -1), {}};
}

std::string Unquote(const std::string& text) {
  return text.size() > 2 && text.front() == '`' ? text.substr(1, text.size() - 2) : text;
}

// The tables by the heading above them: "kafka".
std::map<std::string, std::vector<Row>> ReadTables() {
  static const std::regex kHeading("##+ (\\w+)");
  static const std::regex kRow("\\| (`[^|]*`) \\| ([^|]*?) ?\\|.*");
  static const std::regex kValue("`[^`]+`|[0-9][0-9.a-z]*|true|false");
  std::ifstream file(OMNIBUS_SOURCE_DIR "/docs/configuration.md");
  EXPECT_TRUE(file.is_open());
  std::map<std::string, std::vector<Row>> tables;
  std::string heading;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, kHeading)) {
      heading = match[1];
    } else if (std::regex_match(line, match, kRow)) {
      const std::vector<std::string> keys = Split(match[1]);
      const std::vector<std::string> values = Split(match[2]);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool literal = i < values.size() && std::regex_match(values[i], kValue);
        tables[heading].push_back({Unquote(keys[i]), literal ? Unquote(values[i]) : ""});
      }
    }
  }
  return tables;
}

// `prefix` and the rows, a document for each: "{transports: {kafka: {producer: {linger: 1ms}}}}".
std::string Nest(const std::string& path, const std::string& value) {
  std::string yaml = "'" + value + "'";
  std::istringstream names(path);
  std::vector<std::string> keys;
  for (std::string each; std::getline(names, each, '.');) keys.push_back(each);
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) yaml = "{" + *key + ": " + yaml + "}";
  return yaml;
}

TEST(ConfigurationDocument, EachKeyOfTheBusIsKnown) {
  const std::map<std::string, std::string> prefixes = {
      {"bus", "bus."}, {"channels", "channels.some-channel."}, {"modules", "modules.some-module."}};
  const auto tables = ReadTables();
  for (const auto& [heading, prefix] : prefixes) {
    ASSERT_TRUE(tables.contains(heading)) << heading;
    for (const Row& row : tables.at(heading)) {
      if (row.value.empty()) continue;
      const auto settings = ParseSettings(Nest(prefix + row.key, row.value), "document");
      ASSERT_TRUE(settings.ok()) << settings.status();
      EXPECT_TRUE(ReadBusConfiguration(*settings).ok())
          << row.key << ": " << ReadBusConfiguration(*settings).status();
    }
  }
}

TEST(ConfigurationDocument, EachOptionOfATransportIsKnown) {
  const auto tables = ReadTables();
  for (const TransportPlugin& plugin : DefaultTransports()) {
    const std::string kind(plugin.kind);
    ASSERT_TRUE(tables.contains(kind)) << kind;
    for (const Row& row : tables.at(kind)) {
      if (row.value.empty()) continue;
      const auto settings = ParseSettings(Nest(row.key, row.value), "document");
      ASSERT_TRUE(settings.ok()) << settings.status();
      const auto transport =
          plugin.make(kind, *settings, SystemRuntime(), spdlog::default_logger());
      EXPECT_TRUE(transport.ok()) << kind << " " << row.key << ": " << transport.status();
    }
  }
}

TEST(ConfigurationDocument, ItsExampleIsRight) {
  std::ifstream file(OMNIBUS_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  const std::size_t begin = document.find("```yaml\n") + 8;
  const std::string yaml = document.substr(begin, document.find("```", begin) - begin);
  const auto settings = ParseSettings(yaml, "document");
  ASSERT_TRUE(settings.ok()) << settings.status();
  const auto configuration = ReadBusConfiguration(*settings);
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->Module("bookstore", "catalog-service").retry.attempts, 8);
}

}  // namespace
}  // namespace omnibus::testing
