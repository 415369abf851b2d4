#include "transports/memory/record.h"

#include <cstring>
#include <new>

namespace omnibus::memory {
namespace {

std::size_t TextSize(const OutgoingMessage& message) {
  std::size_t size = message.type.size() + message.key.size() + message.id.size() +
                     message.correlation_id.size() + message.body.size();
  for (const HeaderView& header : message.headers) size += header.name.size() + header.value.size();
  return size;
}

// Copies texts one behind the other.
class TextWriter {
 public:
  explicit TextWriter(char* to) : to_(to) {}

  std::string_view Add(std::string_view text) {
    if (text.empty()) return {};
    std::memcpy(to_, text.data(), text.size());
    const std::string_view copy(to_, text.size());
    to_ += text.size();
    return copy;
  }

 private:
  char* to_;
};

}  // namespace

std::size_t RecordRef::BytesOf(const OutgoingMessage& message) {
  return sizeof(Record) + message.headers.size() * sizeof(HeaderView) + TextSize(message);
}

RecordRef RecordRef::Copy(const OutgoingMessage& message, std::size_t bytes, RecordRef spare) {
  static_assert(sizeof(Record) % alignof(HeaderView) == 0);
  const std::size_t headers_size = message.headers.size() * sizeof(HeaderView);
  void* block = nullptr;
  std::size_t capacity = spare.record_ == nullptr ? 0 : spare.record_->capacity;
  // Twice as much at most: what lies in large blocks must not be small. The load acquires what the
  // other owners have done with it before they let it go.
  if (bytes <= capacity && capacity <= 2 * bytes &&
      spare.record_->references.load(std::memory_order_acquire) == 1) {
    block = std::exchange(spare.record_, nullptr);
  } else {
    capacity = bytes;
    block = ::operator new(bytes);
  }

  auto* const record = new (block) Record;
  char* const behind = static_cast<char*>(block) + sizeof(Record);
  auto* const headers = reinterpret_cast<HeaderView*>(behind);
  TextWriter text(behind + headers_size);
  record->bytes = bytes;
  record->capacity = capacity;
  record->type = text.Add(message.type);
  record->key = text.Add(message.key);
  record->id = text.Add(message.id);
  record->correlation_id = text.Add(message.correlation_id);
  std::size_t count = 0;
  for (const HeaderView& header : message.headers) {
    new (&headers[count++]) HeaderView{text.Add(header.name), text.Add(header.value)};
  }
  record->headers = std::span<const HeaderView>(headers, count);
  record->body = text.Add(message.body);
  return RecordRef(record);
}

void RecordRef::Drop(Record* record) {
  if (record == nullptr) return;
  if (record->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  record->~Record();
  ::operator delete(record);
}

MessageOwner RecordRef::ToOwner() && {
  return MessageOwner(
      std::exchange(record_, nullptr), +[](void* record) { Drop(static_cast<Record*>(record)); });
}

}  // namespace omnibus::memory
