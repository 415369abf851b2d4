#include "config/yaml_builder.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/secrets.h"
#include "config/substitution.h"
#include "omnibus/internal/absl_view.h"
#include "yaml-cpp/exceptions.h"

namespace omnibus {
namespace {

// No configuration is that large; a few lines of aliases of aliases are.
constexpr std::size_t kMaxValues = 100'000;

[[noreturn]] void Refuse(const YAML::Mark& mark, const std::string& message) {
  throw YAML::ParserException(mark, message);
}

void CheckTag(const YAML::Mark& mark, const std::string& tag) {
  // "?" marks what has none, "!" what was quoted.
  if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
  Refuse(mark, "the tag " + Quoted(tag) + " means nothing here: leave it out");
}

bool HasKey(const std::vector<Setting::Entry>& entries, const std::string& key) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Setting::Entry& entry) { return entry.key == key; });
}

}  // namespace

Setting::Place YamlBuilder::PlaceOf(const YAML::Mark& mark) const {
  return {.file = file_, .line = mark.line + 1, .column = mark.column + 1};
}

bool YamlBuilder::ExpectsKey() const {
  return !open_.empty() && open_.back().is_map && !open_.back().has_key && !open_.back().merging;
}

void YamlBuilder::TakeKey(const YAML::Mark& mark, std::string key, bool is_merge) {
  Frame& frame = open_.back();
  if (is_merge) {
    if (frame.merge_seen) Refuse(mark, "the merge key << is given twice: use << : [*a, *b]");
    frame.merge_seen = true;
    frame.merging = true;
    return;
  }
  for (const Setting::Entry& entry : frame.entries) {
    if (entry.key != key) continue;
    Refuse(mark, "the key " + Quoted(key) + " is given twice: first in line " +
                     std::to_string(entry.key_place.line));
  }
  frame.entries.push_back({.key = std::move(key), .key_place = PlaceOf(mark), .value = Setting()});
  frame.has_key = true;
}

void YamlBuilder::Add(const YAML::Mark& mark, YAML::anchor_t anchor, Value value) {
  if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
  if (open_.empty()) {
    root_ = std::move(value.setting);
    return;
  }
  Frame& frame = open_.back();
  frame.weight += value.weight;
  if (frame.weight > kMaxValues) Refuse(mark, "more than 100000 values");
  if (!frame.is_map) {
    frame.items.push_back(std::move(value.setting));
  } else if (frame.has_key) {
    frame.entries.back().value = std::move(value.setting);
    frame.has_key = false;
  } else {  // the value of <<
    frame.merging = false;
    const Setting& from = value.setting;
    if (from.kind() == Setting::Kind::kMap) {
      frame.merged.push_back(from);
    } else {
      frame.merged.insert(frame.merged.end(), from.items().begin(), from.items().end());
    }
    const bool maps =
        std::all_of(frame.merged.begin(), frame.merged.end(),
                    [](const Setting& each) { return each.kind() == Setting::Kind::kMap; });
    if (!maps || frame.merged.empty()) {
      Refuse(mark, "the merge key << takes a mapping, or a list of mappings");
    }
  }
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ > 1) Refuse(mark, "a second document (after ---): give each a file of its own");
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (ExpectsKey()) Refuse(mark, "a value without its key");
  Add(mark, anchor, {});
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) Refuse(mark, "an alias inside of what it stands for");
  if (!ExpectsKey()) return Add(mark, YAML::NullAnchor, found->second);
  if (found->second.setting.kind() != Setting::Kind::kScalar) {
    Refuse(mark, "a key has to be a single value");
  }
  TakeKey(mark, std::string(found->second.setting.text()), /*is_merge=*/false);
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  CheckTag(mark, tag);
  if (ExpectsKey()) {
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = {.setting = Setting::MakeScalar(value, PlaceOf(mark))};
    }
    return TakeKey(mark, value, /*is_merge=*/value == "<<" && tag == "?");
  }
  absl::StatusOr<std::string> text = Substitute(value);
  if (!text.ok()) Refuse(mark, std::string(StdView(text.status().message())));
  Add(mark, anchor, {.setting = Setting::MakeScalar(*std::move(text), PlaceOf(mark))});
}

void YamlBuilder::Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       bool is_map) {
  CheckTag(mark, tag);
  if (ExpectsKey()) Refuse(mark, "a key has to be a single value");
  Frame frame;
  frame.is_map = is_map;
  frame.mark = mark;
  frame.anchor = anchor;
  open_.push_back(std::move(frame));
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                  YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  Open(mark, tag, anchor, /*is_map=*/false);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  Open(mark, tag, anchor, /*is_map=*/true);
}

void YamlBuilder::OnSequenceEnd() {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  Add(frame.mark, frame.anchor,
      {.setting = Setting::MakeList(std::move(frame.items), PlaceOf(frame.mark)),
       .weight = frame.weight});
}

void YamlBuilder::OnMapEnd() {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  // What the mapping says itself wins over what is merged, and an earlier one of several over a
  // later one.
  for (const Setting& merged : frame.merged) {
    for (const Setting::Entry& entry : merged.entries()) {
      if (!HasKey(frame.entries, entry.key)) frame.entries.push_back(entry);
    }
  }
  Add(frame.mark, frame.anchor,
      {.setting = Setting::MakeMap(std::move(frame.entries), PlaceOf(frame.mark)),
       .weight = frame.weight});
}

}  // namespace omnibus
