#include "domains/coworking/place_directory.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace coworking {
namespace {

class FixedPlaceDirectory final : public PlaceDirectory {
 public:
  explicit FixedPlaceDirectory(std::map<omnibus::Uuid, Place> places)
      : places_(std::move(places)) {}

  absl::StatusOr<Place> Find(const omnibus::Uuid& place_id) const override {
    const auto found = places_.find(place_id);
    if (found == places_.end()) {
      return absl::NotFoundError(absl::StrCat("place ", omnibus::ToString(place_id),
                                              " is not in the directory of places"));
    }
    return found->second;
  }

 private:
  const std::map<omnibus::Uuid, Place> places_;
};

}  // namespace

std::shared_ptr<PlaceDirectory> MakePlaceDirectory(std::map<omnibus::Uuid, Place> places) {
  return std::make_shared<FixedPlaceDirectory>(std::move(places));
}

}  // namespace coworking
