// From YAML's events to Settings: the one place that knows yaml-cpp.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "omnibus/configuration.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/mark.h"

namespace omnibus {

// Builds from events and not from yaml-cpp's tree, which loses the place of aliases and takes
// duplicate keys. Anchors, aliases and merge keys (<<) mean what YAML says. Throws
// YAML::ParserException, as the parser around it does.
class YamlBuilder final : public YAML::EventHandler {
 public:
  explicit YamlBuilder(std::string file) : file_(std::move(file)) {}

  const Setting& root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

 private:
  struct Value {
    Setting setting;
    std::size_t weight = 1;  // values in it, itself included
  };

  // A list or mapping that is not complete.
  struct Frame {
    bool is_map = false;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::size_t weight = 1;
    std::vector<Setting> items;
    std::vector<Setting::Entry> entries;
    bool has_key = false;  // entries.back() waits for its value
    bool merging = false;  // the value that comes is that of <<
    std::vector<Setting> merged;
    bool merge_seen = false;
  };

  Setting::Place PlaceOf(const YAML::Mark& mark) const;
  // Whether a mapping waits for its next key.
  bool ExpectsKey() const;
  void TakeKey(const YAML::Mark& mark, std::string key, bool is_merge);
  void Add(const YAML::Mark& mark, YAML::anchor_t anchor, Value value);
  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map);

  std::string file_;
  Setting root_;
  int documents_ = 0;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Value> anchors_;
};

}  // namespace omnibus
