// Which coworking each place belongs to, and what time it is there.
#pragma once

#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/uuid.h"

namespace coworking {

struct Place {
  omnibus::Uuid coworking_id = {};
  absl::TimeZone time_zone = absl::UTCTimeZone();
};

// Thread-safety: any thread, concurrently.
class PlaceDirectory {
 public:
  virtual ~PlaceDirectory() = default;

  // kNotFound: there is no such place. A database's errors are kUnavailable.
  virtual absl::StatusOr<Place> Find(const omnibus::Uuid& place_id) const = 0;
};

std::shared_ptr<PlaceDirectory> MakePlaceDirectory(std::map<omnibus::Uuid, Place> places);

}  // namespace coworking
