#include "domains/coworking/schedule_store.h"

#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace coworking {
namespace {

class MemoryScheduleStore final : public ScheduleStore {
 public:
  absl::StatusOr<bool> Insert(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    return bookings_.insert(booking_id).second;
  }

 private:
  absl::Mutex mu_;
  std::set<omnibus::Uuid> bookings_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::shared_ptr<ScheduleStore> MakeMemoryScheduleStore() {
  return std::make_shared<MemoryScheduleStore>();
}

}  // namespace coworking
