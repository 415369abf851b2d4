// RapidJSON 1.1: its Writer, and its event-driven Reader.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/codec_events.h"
#include "benchmarks/codec_peer.h"
#include "benchmarks/codec_peers.h"
#include "rapidjson/reader.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace benchmarks {
namespace {

class RapidJsonEncoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] std::string_view operator()(const T& message) {
    buffer_.Clear();
    writer_.Reset(buffer_);
    if (!Write(message)) return {};
    return {buffer_.GetString(), buffer_.GetSize()};
  }

 private:
  template <model::Object T>
  bool Write(const T& object) {
    return writer_.StartObject() &&
           model::EachField(object,
                            [this](std::string_view name, const auto& field) {
                              return writer_.Key(name.data(), SizeOf(name)) && Write(field);
                            }) &&
           writer_.EndObject();
  }
  bool Write(const std::vector<model::Item>& items) {
    writer_.StartArray();
    for (const model::Item& item : items) {
      if (!Write(item)) return false;
    }
    return writer_.EndArray();
  }
  bool Write(std::int64_t number) { return writer_.Int64(number); }
  bool Write(double number) { return writer_.Double(number); }
  bool Write(const std::string& text) { return writer_.String(text.data(), SizeOf(text)); }

  // These need no escapes: they are copied as they are.
  bool Write(const model::Id& id) { return WriteRaw(id); }
  bool Write(const model::Time& time) { return WriteRaw(time); }
  template <typename T>
  bool WriteRaw(const T& value) {
    std::array<char, model::kTextRoom> text;
    text[0] = '"';
    char* const end = model::Put(&text[1], value);
    *end = '"';
    return writer_.RawValue(text.data(), static_cast<std::size_t>(end + 1 - text.data()),
                            rapidjson::kStringType);
  }

  static rapidjson::SizeType SizeOf(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

struct RapidJsonHandler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RapidJsonHandler> {
  template <model::Object T>
  explicit RapidJsonHandler(T& message) : filler(message) {}

  bool Default() { return false; }
  bool Int(int number) { return filler.Number(number); }
  bool Uint(unsigned number) { return filler.Number(number); }
  bool Int64(std::int64_t number) { return filler.Number(number); }
  bool Double(double number) { return filler.Number(number); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return filler.Text({text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return filler.Key({text, size}); }
  bool StartObject() { return filler.BeginObject(); }
  bool EndObject(rapidjson::SizeType) { return filler.EndObject(); }
  bool StartArray() { return filler.BeginList(); }
  bool EndArray(rapidjson::SizeType) { return filler.EndList(); }

  model::EventFiller filler;
};

class RapidJsonDecoder {
 public:
  template <model::Object T>
  [[gnu::noinline]] bool operator()(const std::string& body, T& message) {
    // What the others do too: UTF-8 is checked, and the double nearest to the number is found.
    constexpr unsigned kFlags =
        rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
    rapidjson::StringStream stream(body.c_str());
    RapidJsonHandler handler(message);
    return !reader_.Parse<kFlags>(stream, handler).IsError();
  }

 private:
  rapidjson::Reader reader_;
};

}  // namespace

void RegisterRapidJson() {
  RegisterEncoder<RapidJsonEncoder>("RapidJSON");
  RegisterDecoder<RapidJsonDecoder>("RapidJSON");
}

}  // namespace benchmarks
