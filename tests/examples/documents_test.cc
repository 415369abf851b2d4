// The documents against what is there: their code is taken from files, their links lead somewhere,
// and their commands are known.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace omnibus::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = OMNIBUS_SOURCE_DIR;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A block between two lines of three backticks.
struct Block {
  std::string language;  // "cpp"
  std::string file;      // of "```cpp file=examples/hello/main.cc"; else empty
  std::string text;
};

std::vector<Block> BlocksOf(const std::string& document) {
  static const std::regex kFence("```(\\w*)(?: file=(\\S+))?");
  std::vector<Block> blocks;
  std::istringstream lines(document);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    std::smatch fence;
    if (std::regex_match(line, fence, kFence)) {
      inside = !inside;
      if (inside) blocks.push_back({fence[1], fence[2], {}});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside) << "a block does not end";
  return blocks;
}

std::vector<fs::path> Documents() {
  std::vector<fs::path> documents = {kRoot / "README.md", kRoot / "CONTRIBUTING.md"};
  for (const char* folder : {"docs", "examples", "transports", "domains"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.path().extension() == ".md") documents.push_back(entry.path());
    }
  }
  return documents;
}

TEST(Documents, TheReadmesCodeIsInTheFileThatItNames) {
  std::size_t taken = 0;
  for (const Block& block : BlocksOf(ReadText(kRoot / "README.md"))) {
    if (block.language == "cpp") {
      EXPECT_NE(block.file, "") << "names no file:\n" << block.text;
    }
    if (block.file.empty()) continue;
    EXPECT_NE(ReadText(kRoot / block.file).find(block.text), std::string::npos)
        << "is not in " << block.file << " as it is:\n"
        << block.text;
    ++taken;
  }
  EXPECT_GE(taken, 3u);
}

TEST(Documents, TheirLinksLeadToFiles) {
  static const std::regex kLink("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
  for (const fs::path& path : Documents()) {
    const std::string text = ReadText(path);
    for (std::sregex_iterator link(text.begin(), text.end(), kLink), end; link != end; ++link) {
      const std::string target = (*link)[1];
      if (target.find("://") != std::string::npos) continue;
      EXPECT_TRUE(fs::exists(path.parent_path() / target)) << path << " links to " << target;
    }
  }
}

TEST(Documents, TheirCommandsAreKnown) {
  static const std::regex kMake("^make (\\w[\\w-]*)");
  static const std::regex kPreset("--preset (\\w+)");
  const std::string makefile = ReadText(kRoot / "Makefile");
  const std::string presets = ReadText(kRoot / "CMakePresets.json");
  for (const char* name : {"README.md", "CONTRIBUTING.md"}) {
    for (const Block& block : BlocksOf(ReadText(kRoot / name))) {
      if (block.language != "sh") continue;
      std::istringstream lines(block.text);
      for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (std::regex_search(line, found, kMake)) {
          EXPECT_NE(makefile.find("\n" + found[1].str() + ":"), std::string::npos) << line;
        }
        for (std::sregex_iterator it(line.begin(), line.end(), kPreset), end; it != end; ++it) {
          EXPECT_NE(presets.find("{\"name\": \"" + (*it)[1].str() + "\""), std::string::npos)
              << line;
        }
      }
    }
  }
}

}  // namespace
}  // namespace omnibus::testing
