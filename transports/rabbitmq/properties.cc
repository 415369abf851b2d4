#include "transports/rabbitmq/properties.h"

#include <charconv>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/frame_writer.h"
#include "transports/rabbitmq/utf8.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::size_t kShortString = 255;
constexpr std::size_t kNumberBytes = 20;  // of any 64-bit integer as text

absl::Status Refuse(const OutgoingMessage& message, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument,
               absl::StrCat("publish to ", AbslView(message.channel)), what);
}

absl::Status CheckShort(const OutgoingMessage& message, std::string_view what,
                        std::string_view value) {
  if (value.size() <= kShortString) return absl::OkStatus();
  return Refuse(message, absl::StrCat("its ", AbslView(what), " has ", value.size(),
                                      " bytes; AMQP carries no more than ", kShortString));
}

amqp_table_entry_t Header(std::string_view name, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = ToBytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = ToBytes(value);
  return entry;
}

// Appends views into `text`, which never moves: it has room for all.
class TextWriter {
 public:
  TextWriter(std::string& text, std::size_t room) : text_(text) {
    text_.clear();
    text_.reserve(room);
  }

  std::string_view Put(std::string_view value) {
    const std::size_t begin = text_.size();
    text_.append(value);
    return std::string_view(text_).substr(begin);
  }

  // False when `value` is none that has a text.
  bool Put(const amqp_field_value_t& value, std::string_view& put) {
    switch (value.kind) {
      case AMQP_FIELD_KIND_UTF8:
      case AMQP_FIELD_KIND_BYTES:
        put = Put(ToView(value.value.bytes));
        return true;
      case AMQP_FIELD_KIND_BOOLEAN:
        put = Put(value.value.boolean ? std::string_view("true") : std::string_view("false"));
        return true;
      case AMQP_FIELD_KIND_I8:
        return PutNumber(value.value.i8, put);
      case AMQP_FIELD_KIND_U8:
        return PutNumber(value.value.u8, put);
      case AMQP_FIELD_KIND_I16:
        return PutNumber(value.value.i16, put);
      case AMQP_FIELD_KIND_U16:
        return PutNumber(value.value.u16, put);
      case AMQP_FIELD_KIND_I32:
        return PutNumber(value.value.i32, put);
      case AMQP_FIELD_KIND_U32:
        return PutNumber(value.value.u32, put);
      case AMQP_FIELD_KIND_I64:
        return PutNumber(value.value.i64, put);
      case AMQP_FIELD_KIND_U64:
      case AMQP_FIELD_KIND_TIMESTAMP:
        return PutNumber(value.value.u64, put);
      default:
        return false;
    }
  }

 private:
  template <typename Number>
  bool PutNumber(Number number, std::string_view& put) {
    char digits[kNumberBytes];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    put = Put(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    return true;
  }

  std::string& text_;
};

std::size_t RoomFor(const amqp_field_value_t& value) {
  const bool bytes = value.kind == AMQP_FIELD_KIND_UTF8 || value.kind == AMQP_FIELD_KIND_BYTES;
  return bytes ? value.value.bytes.len : kNumberBytes;
}

// Quorum queues count deliveries in headers; they are no part of what was published.
bool IsBrokersOwn(std::string_view name) {
  return name == "x-delivery-count" || name == "x-acquired-count";
}

}  // namespace

absl::Status CheckProperties(const OutgoingMessage& message) {
  if (message.channel.empty()) return Refuse(message, "it names no channel");
  if (absl::Status s = CheckShort(message, "channel", message.channel); !s.ok()) return s;
  if (absl::Status s = CheckShort(message, "type", message.type); !s.ok()) return s;
  if (absl::Status s = CheckShort(message, "id", message.id); !s.ok()) return s;
  if (absl::Status s = CheckShort(message, "correlation id", message.correlation_id); !s.ok())
    return s;
  for (const HeaderView& header : message.headers) {
    if (header.name.empty()) return Refuse(message, "a header has no name");
    if (absl::Status s = CheckShort(message, "header's name", header.name); !s.ok()) return s;
    if (!IsUtf8(header.name)) return Refuse(message, "a header's name is not UTF-8");
    if (header.name == kPartitionKey) {
      return Refuse(message,
                    "the header partition_key is the transport's own: set the message's key");
    }
    if (!IsUtf8(header.value)) {
      return Refuse(message, absl::StrCat("the header ", AbslView(header.name), " is not UTF-8"));
    }
    for (const HeaderView& other : message.headers) {
      if (&other == &header) break;
      if (other.name != header.name) continue;
      return Refuse(message, absl::StrCat("the header ", AbslView(header.name), " is there twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status AppendProperties(const OutgoingMessage& message, std::string& to) {
  absl::InlinedVector<amqp_table_entry_t, 12> headers;
  // Each value has its kind and length, each name a length; the rest are the fixed fields.
  std::size_t room = 128 + message.id.size() + message.correlation_id.size() + message.type.size();
  if (!message.key.empty()) {
    headers.push_back(Header(kPartitionKey, message.key));
    room += 6 + kPartitionKey.size() + message.key.size();
  }
  for (const HeaderView& header : message.headers) {
    headers.push_back(Header(header.name, header.value));
    room += 6 + header.name.size() + header.value.size();
  }

  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  if (!message.type.empty()) {
    properties._flags |= AMQP_BASIC_TYPE_FLAG;
    properties.type = ToBytes(message.type);
  }
  if (!message.id.empty()) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = ToBytes(message.id);
  }
  if (!message.correlation_id.empty()) {
    properties._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.correlation_id = ToBytes(message.correlation_id);
  }
  if (!headers.empty()) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {static_cast<int>(headers.size()), headers.data()};
  }

  const std::size_t begin = to.size();
  to.resize(begin + room);
  const int size = amqp_encode_properties(AMQP_BASIC_CLASS, &properties, {room, to.data() + begin});
  if (size < 0) return Refuse(message, amqp_error_string2(size));
  to.resize(begin + static_cast<std::size_t>(size));
  return absl::OkStatus();
}

void ReadProperties(const amqp_basic_properties_t& properties, std::string& text,
                    ReceivedMessage& message) {
  const bool has_headers = properties._flags & AMQP_BASIC_HEADERS_FLAG;
  const amqp_table_t headers = has_headers ? properties.headers : amqp_empty_table;
  const auto field = [&](amqp_flags_t flag, amqp_bytes_t value) {
    return properties._flags & flag ? ToView(value) : std::string_view();
  };
  const std::string_view type = field(AMQP_BASIC_TYPE_FLAG, properties.type);
  const std::string_view id = field(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id);
  const std::string_view correlation_id =
      field(AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id);
  std::size_t room = type.size() + id.size() + correlation_id.size();
  for (int i = 0; i < headers.num_entries; ++i) {
    room += headers.entries[i].key.len + RoomFor(headers.entries[i].value);
  }

  TextWriter writer(text, room);
  message.type = writer.Put(type);
  message.id = writer.Put(id);
  message.correlation_id = writer.Put(correlation_id);
  for (int i = 0; i < headers.num_entries; ++i) {
    const std::string_view name = ToView(headers.entries[i].key);
    std::string_view value;
    if (IsBrokersOwn(name) || !writer.Put(headers.entries[i].value, value)) continue;
    if (name == kPartitionKey) {
      message.key = value;
    } else {
      message.headers.push_back({writer.Put(name), value});
    }
  }
}

}  // namespace omnibus::rabbitmq
