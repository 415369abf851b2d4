// Publishes that the broker has not confirmed yet, by their sequence number on the channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "transports/rabbitmq/publish_record.h"

namespace omnibus::rabbitmq {

// A ring: confirms come in any order, one or many at a time, and the numbers restart at 1 on every
// new channel. It is full when the oldest unconfirmed one is its whole size behind the newest.
//
// Thread-safety: the I/O thread alone.
class PublishWindow {
 public:
  using Taker = absl::FunctionRef<void(PublishRecordPtr)>;

  explicit PublishWindow(std::size_t size) : slots_(size), orders_(size) {}

  bool full() const { return next_ - oldest_ == slots_.size(); }
  bool empty() const { return next_ == oldest_; }

  // The record that was just written; it has the channel's next number. Not when full.
  void Add(PublishRecordPtr record);

  // Takes out what the broker has confirmed or refused: the one with this number, or with
  // `multiple` all up to it (0: all).
  void Take(std::uint64_t number, bool multiple, Taker taker);

  // Whether anything of the same destination and partition key was written after this one, which is
  // being taken out: that may have been confirmed.
  bool IsFollowed(const PublishRecord& record) const;

  // Takes out all, oldest first; the next number is 1.
  void Restart(Taker taker);

  // The oldest one without an outcome that looks like this one. Two that look the same are the same
  // to the broker, too.
  PublishRecord* Find(std::string_view exchange, std::string_view routing_key, std::string_view id,
                      std::string_view body);

  void ForEach(absl::FunctionRef<void(PublishRecord&)> visit);

 private:
  PublishRecordPtr& At(std::uint64_t number) { return slots_[number % slots_.size()]; }

  std::vector<PublishRecordPtr>
      slots_;  // empty where a later one was confirmed before an earlier one
  std::vector<std::uint64_t> orders_;  // of each, also of those that are out
  std::uint64_t oldest_ = 1;
  std::uint64_t next_ = 1;
};

}  // namespace omnibus::rabbitmq
