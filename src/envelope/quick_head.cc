#include "envelope/quick_head.h"

#include "omnibus/internal/codec_take.h"
#include "omnibus/internal/codec_target.h"

namespace omnibus::envelope {

#ifdef OMNIBUS_QUICK_READS
namespace {

using internal::FindCare;
using internal::HasRoom;
using internal::kLeastText;
using internal::QuickText;
using internal::TakeTimestamp;
using internal::TakeUuid;

// What stands between two values, where there is room for it; null for anything else.
template <std::size_t Size>
OMNIBUS_QUICK_INLINE const char* Take(const char* at, const char (&text)[Size]) {
  return internal::Matches<Size - 1>(at, text) ? at + Size - 1 : nullptr;
}

// One look for the end of the body is enough up to what may differ in size.

OMNIBUS_QUICK const char* TakeCamelHead(QuickText body, QuickHead& head) {
  constexpr char kId[] = R"({"eventId":")";
  constexpr char kType[] = R"(","eventType":")";
  constexpr char kTime[] = R"(","occurredAt":")";
  constexpr char kData[] = R"(","data":)";
  if (!HasRoom(body.begin, body.end, sizeof(kId) + kLeastText<Uuid> + sizeof(kType)))
    return nullptr;
  const char* at = Take(body.begin, kId);
  if (at == nullptr) return nullptr;
  at = TakeUuid(at, head.id);
  if (at == nullptr) return nullptr;
  at = Take(at, kType);
  if (at == nullptr) return nullptr;
  const char* const type = at;
  at = FindCare(at, body);
  if (at == nullptr) return nullptr;
  head.type = {type, static_cast<std::size_t>(at - type)};
  if (!HasRoom(at, body.end, sizeof(kTime) + kLeastText<Timestamp>)) return nullptr;
  at = Take(at, kTime);
  if (at == nullptr) return nullptr;
  at = TakeTimestamp(at, body.end, head.occurred_at);
  if (at == nullptr || !HasRoom(at, body.end, sizeof(kData))) return nullptr;
  return Take(at, kData);
}

OMNIBUS_QUICK const char* TakeSnakeHead(QuickText body, QuickHead& head) {
  constexpr char kId[] = R"({"event_id":")";
  constexpr char kTime[] = R"(","occurred_at":")";
  constexpr char kCorrelation[] = R"(","correlation_id":")";
  constexpr char kIdempotency[] = R"(","idempotency_key":")";
  constexpr char kPayload[] = R"(","payload":)";
  if (!HasRoom(body.begin, body.end,
               sizeof(kId) + kLeastText<Uuid> + sizeof(kTime) + kLeastText<Timestamp>)) {
    return nullptr;
  }
  const char* at = Take(body.begin, kId);
  if (at == nullptr) return nullptr;
  at = TakeUuid(at, head.id);
  if (at == nullptr) return nullptr;
  at = Take(at, kTime);
  if (at == nullptr) return nullptr;
  at = TakeTimestamp(at, body.end, head.occurred_at);
  if (at == nullptr) return nullptr;
  if (!HasRoom(
          at, body.end,
          sizeof(kCorrelation) + sizeof(kIdempotency) + 2 * kLeastText<Uuid> + sizeof(kPayload))) {
    return nullptr;
  }
  at = Take(at, kCorrelation);
  if (at == nullptr) return nullptr;
  at = TakeUuid(at, head.correlation_id);
  if (at == nullptr) return nullptr;
  at = Take(at, kIdempotency);
  if (at == nullptr) return nullptr;
  at = TakeUuid(at, head.idempotency_key);
  if (at == nullptr) return nullptr;
  return Take(at, kPayload);
}

}  // namespace

bool ReadQuickHead(Dialect dialect, std::string_view body, QuickHead& head) {
  static const bool runs = internal::RunsQuickReads();
  if (!runs) return false;
  const QuickText text = {body.data(), body.data() + body.size()};
  const char* const at =
      dialect == Dialect::kCamel ? TakeCamelHead(text, head) : TakeSnakeHead(text, head);
  if (at == nullptr) return false;
  head.payload = {at, static_cast<std::size_t>(text.end - at)};
  return true;
}

#else

bool ReadQuickHead(Dialect, std::string_view, QuickHead&) { return false; }

#endif

}  // namespace omnibus::envelope
