#include "envelope/quick_head.h"

#include "omnibus/internal/codec_take.h"
#include "omnibus/internal/codec_target.h"

namespace omnibus::envelope {

#ifdef OMNIBUS_QUICK_READS
namespace {

using internal::QuickText;

template <std::size_t Size>
OMNIBUS_QUICK_INLINE const char* Take(const char* at, const char* end, const char (&text)[Size]) {
  return internal::StartsWith<Size - 1>(at, end, text) ? at + Size - 1 : nullptr;
}

OMNIBUS_QUICK const char* TakeCamelHead(QuickText body, QuickHead& head) {
  const char* at = Take(body.begin, body.end, R"({"eventId":")");
  if (at == nullptr) return nullptr;
  at = internal::TakeUuid(at, body.end, head.id);
  if (at == nullptr) return nullptr;
  at = Take(at, body.end, R"(","eventType":")");
  if (at == nullptr) return nullptr;
  const char* const type = at;
  at = internal::FindCare(at, body);
  if (at == nullptr) return nullptr;
  head.type = {type, static_cast<std::size_t>(at - type)};
  at = Take(at, body.end, R"(","occurredAt":")");
  if (at == nullptr) return nullptr;
  at = internal::TakeTimestamp(at, body.end, head.occurred_at);
  if (at == nullptr) return nullptr;
  return Take(at, body.end, R"(","data":)");
}

OMNIBUS_QUICK const char* TakeSnakeHead(QuickText body, QuickHead& head) {
  const char* at = Take(body.begin, body.end, R"({"event_id":")");
  if (at == nullptr) return nullptr;
  at = internal::TakeUuid(at, body.end, head.id);
  if (at == nullptr) return nullptr;
  at = Take(at, body.end, R"(","occurred_at":")");
  if (at == nullptr) return nullptr;
  at = internal::TakeTimestamp(at, body.end, head.occurred_at);
  if (at == nullptr) return nullptr;
  at = Take(at, body.end, R"(","correlation_id":")");
  if (at == nullptr) return nullptr;
  at = internal::TakeUuid(at, body.end, head.correlation_id);
  if (at == nullptr) return nullptr;
  at = Take(at, body.end, R"(","idempotency_key":")");
  if (at == nullptr) return nullptr;
  at = internal::TakeUuid(at, body.end, head.idempotency_key);
  if (at == nullptr) return nullptr;
  return Take(at, body.end, R"(","payload":)");
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
