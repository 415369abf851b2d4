// Boost.JSON, by its headers alone: nothing has to be linked. Its tree, in memory that is used
// again, for writing; its event-driven parser for reading.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/codec_events.h"
#include "benchmarks/codec_peer.h"
#include "benchmarks/codec_peers.h"
#include "boost/json/basic_parser_impl.hpp"
#include "boost/json/src.hpp"

namespace benchmarks {
namespace {

namespace json = boost::json;

json::string_view ViewOf(std::string_view text) { return {text.data(), text.size()}; }

template <typename T>
json::value TextOf(const T& value, const json::storage_ptr& memory) {
  std::array<char, model::kTextRoom> text;
  char* const end = model::Put(text.data(), value);
  return json::value(json::string_view(text.data(), static_cast<std::size_t>(end - text.data())),
                     memory);
}
json::value TreeOf(const model::Id& id, const json::storage_ptr& memory) {
  return TextOf(id, memory);
}
json::value TreeOf(const model::Time& time, const json::storage_ptr& memory) {
  return TextOf(time, memory);
}
json::value TreeOf(std::int64_t number, const json::storage_ptr& memory) {
  return json::value(number, memory);
}
json::value TreeOf(double number, const json::storage_ptr& memory) {
  return json::value(number, memory);
}
json::value TreeOf(const std::string& text, const json::storage_ptr& memory) {
  return json::value(ViewOf(text), memory);
}
json::value TreeOf(const std::vector<model::Item>& items, const json::storage_ptr& memory);

template <model::Object T>
json::value TreeOf(const T& object, const json::storage_ptr& memory) {
  json::object tree(omnibus::internal::kFieldCount<T>, memory);
  model::EachField(object, [&](std::string_view name, const auto& field) {
    tree.emplace(ViewOf(name), TreeOf(field, memory));
    return true;
  });
  return tree;
}

json::value TreeOf(const std::vector<model::Item>& items, const json::storage_ptr& memory) {
  json::array list(memory);
  list.reserve(items.size());
  for (const model::Item& item : items) list.push_back(TreeOf(item, memory));
  return list;
}

class BoostJsonEncoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] std::string_view operator()(const T& message) {
    json::static_resource memory(memory_.data(), memory_.size());
    const json::value tree = TreeOf(message, &memory);
    serializer_.reset(&tree);
    const json::string_view text = serializer_.read(text_.data(), text_.size());
    if (!serializer_.done()) return {};
    return {text.data(), text.size()};
  }

 private:
  // Enough for each of the messages: the encoder would fail otherwise.
  std::vector<unsigned char> memory_ = std::vector<unsigned char>(256 * 1024);
  std::string text_ = std::string(16 * 1024, ' ');
  json::serializer serializer_;
};

// The names are Boost's.
class BoostJsonHandler {
 public:
  static constexpr std::size_t max_array_size = ~std::size_t{0};
  static constexpr std::size_t max_object_size = ~std::size_t{0};
  static constexpr std::size_t max_string_size = ~std::size_t{0};
  static constexpr std::size_t max_key_size = ~std::size_t{0};

  template <model::Object T>
  void Fill(T& message) {
    filler_ = model::EventFiller(message);
    part_.clear();
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) { return Or(filler_.BeginObject(), error); }
  bool on_object_end(std::size_t, json::error_code& error) {
    return Or(filler_.EndObject(), error);
  }
  bool on_array_begin(json::error_code& error) { return Or(filler_.BeginList(), error); }
  bool on_array_end(std::size_t, json::error_code& error) { return Or(filler_.EndList(), error); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return Keep(part); }
  bool on_key(json::string_view last, std::size_t, json::error_code& error) {
    const bool known = filler_.Key(Whole(last));
    part_.clear();
    return Or(known, error);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return Keep(part); }
  bool on_string(json::string_view last, std::size_t, json::error_code& error) {
    const bool taken = filler_.Text(Whole(last));
    part_.clear();
    return Or(taken, error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code& error) {
    return Or(filler_.Number(number), error);
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code& error) {
    return Or(
        std::in_range<std::int64_t>(number) && filler_.Number(static_cast<std::int64_t>(number)),
        error);
  }
  bool on_double(double number, json::string_view, json::error_code& error) {
    return Or(filler_.Number(number), error);
  }
  bool on_bool(bool, json::error_code& error) { return Or(false, error); }
  bool on_null(json::error_code& error) { return Or(false, error); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  static bool Or(bool fine, json::error_code& error) {
    if (!fine) error = json::error::exception;
    return fine;
  }

  bool Keep(json::string_view part) {
    part_.append(part.data(), part.size());
    return true;
  }
  std::string_view Whole(json::string_view last) {
    if (part_.empty()) return {last.data(), last.size()};
    Keep(last);
    return part_;
  }

  model::BookingMessage none_;
  model::EventFiller filler_{none_};
  std::string part_;  // of a text that comes in parts
};

class BoostJsonDecoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] bool operator()(const std::string& body, T& message) {
    parser_.reset();
    parser_.handler().Fill(message);
    json::error_code error;
    const std::size_t size = parser_.write_some(/*more=*/false, body.data(), body.size(), error);
    return !error.failed() && parser_.done() && size == body.size();
  }

 private:
  json::basic_parser<BoostJsonHandler> parser_{json::parse_options()};
};

}  // namespace

void RegisterBoostJson() {
  RegisterEncoder<BoostJsonEncoder>("Boost.JSON");
  RegisterDecoder<BoostJsonDecoder>("Boost.JSON");
}

}  // namespace benchmarks
