// One message in a log.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "omnibus/transport.h"

namespace omnibus::memory {

// Constant, and shared by its log and by all to whom it was delivered: the message is copied once,
// when it is published. It lies in one block of memory with all that its views point to.
struct Record {
  std::size_t bytes = 0;     // that it takes
  std::size_t capacity = 0;  // of the whole block
  std::string_view type;
  std::string_view key;
  std::string_view id;
  std::string_view correlation_id;
  std::string_view body;
  std::span<const HeaderView> headers;
  mutable std::atomic<std::uint32_t> references = 1;
};

// Owns a share of a Record.
//
// Thread-safety: as a std::shared_ptr.
class RecordRef {
 public:
  static std::size_t BytesOf(const OutgoingMessage& message);

  // In the memory of `spare`, where nobody else has a share of it and it is large enough. `bytes`
  // are BytesOf(message).
  static RecordRef Copy(const OutgoingMessage& message, std::size_t bytes, RecordRef spare);

  RecordRef() = default;
  RecordRef(const RecordRef& other) : record_(other.record_) {
    if (record_ != nullptr) record_->references.fetch_add(1, std::memory_order_relaxed);
  }
  RecordRef(RecordRef&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  RecordRef& operator=(RecordRef other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~RecordRef() { Drop(record_); }

  const Record& operator*() const { return *record_; }
  const Record* operator->() const { return record_; }

  // Hands the share over to a received message.
  MessageOwner ToOwner() &&;

 private:
  explicit RecordRef(Record* record) : record_(record) {}
  static void Drop(Record* record);

  Record* record_ = nullptr;
};

}  // namespace omnibus::memory
