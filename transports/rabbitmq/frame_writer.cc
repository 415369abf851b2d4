#include "transports/rabbitmq/frame_writer.h"

#include <algorithm>
#include <cstring>

namespace omnibus::rabbitmq {
namespace {

constexpr std::size_t kHeaderBytes = 7;
constexpr std::size_t kFrameBytes = kHeaderBytes + 1;
// Above this an emptied buffer is given back.
constexpr std::size_t kKeptBytes = 4u << 20;

void PutU16(char* to, std::uint16_t value) {
  to[0] = static_cast<char>(value >> 8);
  to[1] = static_cast<char>(value);
}

void PutU32(char* to, std::uint32_t value) {
  PutU16(to, static_cast<std::uint16_t>(value >> 16));
  PutU16(to + 2, static_cast<std::uint16_t>(value));
}

void PutFrame(char* to, std::uint8_t type, std::uint16_t channel, std::size_t payload_bytes) {
  to[0] = static_cast<char>(type);
  PutU16(to + 1, channel);
  PutU32(to + 3, static_cast<std::uint32_t>(payload_bytes));
  to[kHeaderBytes + payload_bytes] = static_cast<char>(AMQP_FRAME_END);
}

}  // namespace

char* FrameWriter::Reserve(std::size_t bytes) {
  if (capacity_ - end_ >= bytes) return buffer_.get() + end_;
  const std::size_t size = end_ - begin_;
  if (capacity_ >= size + bytes && begin_ >= size) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, size);
  } else {
    const std::size_t grown = std::max<std::size_t>({2 * capacity_, size + bytes, 16384});
    std::unique_ptr<char[]> larger(new char[grown]);  // not zeroed
    if (size != 0) std::memcpy(larger.get(), buffer_.get() + begin_, size);
    buffer_ = std::move(larger);
    capacity_ = grown;
  }
  begin_ = 0;
  end_ = size;
  return buffer_.get() + end_;
}

void FrameWriter::Consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  if (capacity_ > kKeptBytes) {
    buffer_.reset();
    capacity_ = 0;
  }
}

void FrameWriter::Frame(std::uint8_t type, std::uint16_t channel, std::string_view payload) {
  char* const to = Reserve(kFrameBytes + payload.size());
  if (!payload.empty()) std::memcpy(to + kHeaderBytes, payload.data(), payload.size());
  PutFrame(to, type, channel, payload.size());
  end_ += kFrameBytes + payload.size();
}

void FrameWriter::ProtocolHeader() {
  constexpr std::string_view kHeader("AMQP\0\0\x09\x01", 8);
  std::memcpy(Reserve(kHeader.size()), kHeader.data(), kHeader.size());
  end_ += kHeader.size();
}

void FrameWriter::Heartbeat() { Frame(AMQP_FRAME_HEARTBEAT, 0, {}); }

bool FrameWriter::Method(std::uint16_t channel, amqp_method_number_t id, void* decoded) {
  char* const to = Reserve(frame_max_);
  const std::size_t room = frame_max_ - kFrameBytes - 4;
  const int size = amqp_encode_method(id, decoded, {room, to + kHeaderBytes + 4});
  if (size < 0) return false;
  PutU32(to + kHeaderBytes, id);
  const std::size_t payload = 4 + static_cast<std::size_t>(size);
  PutFrame(to, AMQP_FRAME_METHOD, channel, payload);
  end_ += kFrameBytes + payload;
  return true;
}

void FrameWriter::Content(std::uint16_t channel, std::string_view method,
                          std::string_view properties, std::string_view body) {
  Reserve(3 * kFrameBytes + method.size() + properties.size() + body.size() +
          kFrameBytes * (body.size() / (frame_max_ - kFrameBytes)));
  Frame(AMQP_FRAME_METHOD, channel, method);
  Frame(AMQP_FRAME_HEADER, channel, properties);
  while (!body.empty()) {
    const std::string_view part = body.substr(0, frame_max_ - kFrameBytes);
    Frame(AMQP_FRAME_BODY, channel, part);
    body.remove_prefix(part.size());
  }
}

}  // namespace omnibus::rabbitmq
