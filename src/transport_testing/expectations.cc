#include "transport_testing/expectations.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace omnibus::transport_testing {
namespace {

// "settling.cc:57"
std::string Describe(const Place& at) {
  std::string_view file = at.file;
  if (const std::size_t slash = file.rfind('/'); slash != file.npos) file.remove_prefix(slash + 1);
  return absl::StrCat(std::string(file), ":", at.line);
}

}  // namespace

void Findings::Add(std::string text) {
  absl::MutexLock lock(&mu_);
  found_.push_back(std::move(text));
}

std::vector<std::string> Findings::all() const {
  absl::MutexLock lock(&mu_);
  return found_;
}

Remark::Remark(Findings* findings, std::string text, Place at, bool abandon)
    : findings_(findings), abandon_(abandon) {
  if (findings_ != nullptr) text_ = absl::StrCat(Describe(at), ": ", text);
}

Remark::~Remark() noexcept(false) {
  if (findings_ == nullptr) return;
  findings_->Add(more_.empty() ? text_ : absl::StrCat(text_, ": ", more_));
  if (abandon_) throw Abandoned();
}

}  // namespace omnibus::transport_testing
