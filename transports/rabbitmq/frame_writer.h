// What waits to be written to one connection's socket, as AMQP frames.
#pragma once

#include <amqp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace omnibus::rabbitmq {

inline amqp_bytes_t ToBytes(std::string_view text) {
  // rabbitmq-c has no constant bytes; what it encodes it does not change.
  return {text.size(), const_cast<char*>(text.data())};
}

inline std::string_view ToView(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

// Why we frame ourselves, with rabbitmq-c's encoders, instead of letting rabbitmq-c write: its
// writes block without limit once the broker stops reading, and then neither heartbeats nor
// deadlines are kept. A buffer of ours, flushed when poll() says that there is room, cannot block.
//
// Thread-safety: the I/O thread alone.
class FrameWriter {
 public:
  void set_frame_max(std::size_t bytes) { frame_max_ = bytes; }
  std::size_t frame_max() const { return frame_max_; }

  void ProtocolHeader();
  void Heartbeat();

  // `decoded` points to the method's struct. False when it does not fit into a frame.
  bool Method(std::uint16_t channel, amqp_method_number_t id, void* decoded);

  // A method that is followed by content; `method` and `properties` are encoded already (see
  // publish_record.h). They fit into a frame. The body is copied: the bytes stay here while the
  // socket takes them bit by bit, and the message may be gone.
  void Content(std::uint16_t channel, std::string_view method, std::string_view properties,
               std::string_view body);

  std::string_view pending() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void Consume(std::size_t bytes);

 private:
  char* Reserve(std::size_t bytes);
  void Frame(std::uint8_t type, std::uint16_t channel, std::string_view payload);

  std::size_t frame_max_ = 4096;  // the protocol's least, until it was negotiated
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace omnibus::rabbitmq
