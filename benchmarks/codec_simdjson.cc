// simdjson reads only. It wants padding behind its input, so that is copied, as ours does where it
// reads by simdjson.
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/codec_peer.h"
#include "benchmarks/codec_peers.h"
#include "simdjson.h"

namespace benchmarks {
namespace {

// Fills a field from a value, of which both front ends have the same accessors.
template <typename Value>
bool Read(Value value, std::int64_t& number) {
  return value.get_int64().get(number) == simdjson::SUCCESS;
}
template <typename Value>
bool Read(Value value, double& number) {
  return value.get_double().get(number) == simdjson::SUCCESS;
}
template <typename Value>
bool Read(Value value, std::string& text) {
  std::string_view view;
  if (value.get_string().get(view) != simdjson::SUCCESS) return false;
  text.assign(view);
  return true;
}
template <typename Value, typename T>
requires std::same_as<T, model::Id> || std::same_as<T, model::Time>
bool Read(Value value, T& to) {
  std::string_view view;
  return value.get_string().get(view) == simdjson::SUCCESS && model::Take(view, to);
}
template <typename Value>
bool Read(Value value, std::vector<model::Item>& items);

simdjson::simdjson_result<simdjson::dom::element> Find(const simdjson::dom::object& object,
                                                       std::string_view name) {
  return object.at_key(name);
}
// Looks behind the field that was found last, and only then before it.
simdjson::simdjson_result<simdjson::ondemand::value> Find(simdjson::ondemand::object& object,
                                                          std::string_view name) {
  return object.find_field_unordered(name);
}

template <typename Value, model::Object T>
bool Read(Value value, T& object) {
  auto from = value.get_object();
  if (from.error() != simdjson::SUCCESS) return false;
  auto fields = from.value_unsafe();
  return model::EachField(object, [&fields](std::string_view name, auto& field) {
    auto found = Find(fields, name);
    return found.error() == simdjson::SUCCESS && Read(found.value_unsafe(), field);
  });
}

// An array's elements are there already in one front end, and may fail in the other.
bool ReadElement(simdjson::dom::element element, model::Item& item) { return Read(element, item); }
bool ReadElement(simdjson::simdjson_result<simdjson::ondemand::value> element, model::Item& item) {
  return element.error() == simdjson::SUCCESS && Read(element.value_unsafe(), item);
}

template <typename Value>
bool Read(Value value, std::vector<model::Item>& items) {
  auto list = value.get_array();
  if (list.error() != simdjson::SUCCESS) return false;
  for (auto element : list.value_unsafe()) {
    if (!ReadElement(element, items.emplace_back())) return false;
  }
  return true;
}

class PaddedBuffer {
 public:
  simdjson::padded_string_view Copy(const std::string& body) {
    text_.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    text_.assign(body);
    return simdjson::padded_string_view(text_.data(), text_.size(), text_.capacity());
  }

 private:
  std::string text_;
};

class DomDecoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] bool operator()(const std::string& body, T& message) {
    const simdjson::padded_string_view text = buffer_.Copy(body);
    simdjson::dom::element root;
    return parser_.parse(text.data(), text.size(), /*realloc_if_needed=*/false).get(root) ==
               simdjson::SUCCESS &&
           Read(root, message);
  }

 private:
  simdjson::dom::parser parser_;
  PaddedBuffer buffer_;
};

// Which instructions it uses is chosen when this is compiled, other than for the DOM: those of
// every x86-64. What follows the last field is not looked at: 3.0 has no question for it.
class OnDemandDecoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] bool operator()(const std::string& body, T& message) {
    simdjson::ondemand::document document;
    if (parser_.iterate(buffer_.Copy(body)).get(document) != simdjson::SUCCESS) return false;
    simdjson::ondemand::value root;
    return document.get_value().get(root) == simdjson::SUCCESS && Read(root, message);
  }

 private:
  simdjson::ondemand::parser parser_;
  PaddedBuffer buffer_;
};

}  // namespace

void RegisterSimdjson() {
  RegisterDecoder<DomDecoder>("simdjson DOM");
  RegisterDecoder<OnDemandDecoder>("simdjson on-demand");
}

}  // namespace benchmarks
