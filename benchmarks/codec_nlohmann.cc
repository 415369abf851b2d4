// nlohmann-json: its tree for writing, which is all that it has; its event-driven parser for
// reading, which makes no tree.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/codec_events.h"
#include "benchmarks/codec_peer.h"
#include "benchmarks/codec_peers.h"
#include "nlohmann/json.hpp"

namespace benchmarks {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json TextOf(const T& value) {
  std::array<char, model::kTextRoom> text;
  return std::string(text.data(), model::Put(text.data(), value));
}
Json TreeOf(const model::Id& id) { return TextOf(id); }
Json TreeOf(const model::Time& time) { return TextOf(time); }
Json TreeOf(std::int64_t number) { return number; }
Json TreeOf(double number) { return number; }
Json TreeOf(const std::string& text) { return text; }
Json TreeOf(const std::vector<model::Item>& items);

template <model::Object T>
Json TreeOf(const T& object) {
  Json tree = Json::object();
  model::EachField(object, [&tree](std::string_view name, const auto& field) {
    tree.emplace(std::string(name), TreeOf(field));
    return true;
  });
  return tree;
}

Json TreeOf(const std::vector<model::Item>& items) {
  Json::array_t list;
  list.reserve(items.size());
  for (const model::Item& item : items) list.push_back(TreeOf(item));
  return list;
}

class NlohmannEncoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] std::string_view operator()(const T& message) {
    text_ = TreeOf(message).dump();
    return text_;
  }

 private:
  std::string text_;
};

class NlohmannHandler final : public Json::json_sax_t {
 public:
  template <model::Object T>
  explicit NlohmannHandler(T& message) : filler_(message) {}

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(std::int64_t number) override { return filler_.Number(number); }
  bool number_unsigned(std::uint64_t number) override {
    return std::in_range<std::int64_t>(number) && filler_.Number(static_cast<std::int64_t>(number));
  }
  bool number_float(double number, const std::string&) override { return filler_.Number(number); }
  bool string(std::string& text) override { return filler_.Text(text); }
  bool binary(Json::binary_t&) override { return false; }
  bool key(std::string& text) override { return filler_.Key(text); }
  bool start_object(std::size_t) override { return filler_.BeginObject(); }
  bool end_object() override { return filler_.EndObject(); }
  bool start_array(std::size_t) override { return filler_.BeginList(); }
  bool end_array() override { return filler_.EndList(); }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  model::EventFiller filler_;
};

struct NlohmannDecoder {
  template <model::Object T>
  [[gnu::noinline]] bool operator()(const std::string& body, T& message) {
    NlohmannHandler handler(message);
    return Json::sax_parse(body, &handler);
  }
};

}  // namespace

void RegisterNlohmann() {
  RegisterEncoder<NlohmannEncoder>("nlohmann-json");
  RegisterDecoder<NlohmannDecoder>("nlohmann-json");
}

}  // namespace benchmarks
