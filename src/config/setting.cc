#include "omnibus/configuration.h"

namespace omnibus {

struct Setting::Node {
  Kind kind = Kind::kNothing;
  std::string text;
  std::vector<Setting> items;
  std::vector<Entry> entries;
  Place place;
};

Setting Setting::MakeScalar(std::string text, Place place) {
  auto node = std::make_shared<Node>();
  node->kind = Kind::kScalar;
  node->text = std::move(text);
  node->place = std::move(place);
  return Setting(std::move(node));
}

Setting Setting::MakeList(std::vector<Setting> items, Place place) {
  auto node = std::make_shared<Node>();
  node->kind = Kind::kList;
  node->items = std::move(items);
  node->place = std::move(place);
  return Setting(std::move(node));
}

Setting Setting::MakeMap(std::vector<Entry> entries, Place place) {
  auto node = std::make_shared<Node>();
  node->kind = Kind::kMap;
  node->entries = std::move(entries);
  node->place = std::move(place);
  return Setting(std::move(node));
}

Setting::Kind Setting::kind() const { return node_ == nullptr ? Kind::kNothing : node_->kind; }

std::string Setting::Where() const {
  if (node_ == nullptr) return "(default)";
  const Place& place = node_->place;
  if (place.line == 0) return place.file;
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string_view Setting::text() const {
  return node_ == nullptr ? std::string_view() : std::string_view(node_->text);
}

std::span<const Setting> Setting::items() const {
  if (node_ == nullptr) return {};
  return node_->items;
}

std::span<const Setting::Entry> Setting::entries() const {
  if (node_ == nullptr) return {};
  return node_->entries;
}

Setting Setting::Find(std::string_view key) const {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return entry.value;
  }
  return Setting();
}

}  // namespace omnibus
