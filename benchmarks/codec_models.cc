#include "benchmarks/codec_models.h"

#include "omnibus/internal/codec_take.h"

namespace benchmarks::model {
namespace {

#ifdef OMNIBUS_QUICK_READS
OMNIBUS_QUICK bool TakeIdQuickly(const char* at, Id& id) {
  return omnibus::internal::TakeUuid(at, id.uuid) != nullptr;
}
OMNIBUS_QUICK const char* TakeTimeQuickly(const char* at, const char* end, Time& time) {
  using omnibus::internal::HasRoom;
  if (!HasRoom(at, end, omnibus::internal::kLeastText<omnibus::Timestamp>)) return nullptr;
  return omnibus::internal::TakeTimestamp(at, end, time.time);
}
const bool kQuick = omnibus::internal::RunsQuickReads();
#endif

}  // namespace

bool TakeId(const char* at, Id& id) {
#ifdef OMNIBUS_QUICK_READS
  if (kQuick) return TakeIdQuickly(at, id);
#endif
  return omnibus::internal::ReadUuid({at, omnibus::internal::kUuidText}, id.uuid);
}

const char* TakeTime(const char* at, const char* end, Time& time) {
#ifdef OMNIBUS_QUICK_READS
  if (kQuick) return TakeTimeQuickly(at, end, time);
#endif
  const char* behind = at;
  while (behind < end && *behind != '"') ++behind;
  const std::string_view text(at, static_cast<std::size_t>(behind - at));
  return omnibus::internal::ReadTimestamp(text, time.time) == nullptr ? behind : nullptr;
}

}  // namespace benchmarks::model
