#include "transports/memory/options.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace memory {
namespace {

absl::Status Wrong(std::string_view key, std::string_view must) {
  return absl::InvalidArgumentError(
      absl::StrCat("memory: ", AbslView(key), ": must be ", AbslView(must)));
}

}  // namespace

absl::Status CheckOptions(const MemoryOptions& options) {
  if (options.partitions < 1 || options.partitions > 1024) {
    return Wrong("partitions", "from 1 to 1024");
  }
  if (options.max_body_bytes < 1) return Wrong("max_body_bytes", "1 or more");
  if (options.max_entries < 1) return Wrong("max_entries", "1 or more");
  if (options.max_bytes / 2 < options.max_body_bytes) {
    return Wrong("max_bytes", "twice max_body_bytes, or more");
  }
  if (options.release_timeout < absl::Milliseconds(1)) {
    return Wrong("release_timeout", "1ms or more");
  }
  return absl::OkStatus();
}

}  // namespace memory

absl::StatusOr<MemoryOptions> ReadMemoryOptions(const Setting& setting, std::string_view path) {
  MemoryOptions options;
  SettingsReader reader(setting, std::string(path));
  reader.Read("partitions", options.partitions);
  reader.Read("max_body_bytes", options.max_body_bytes);
  reader.Read("max_entries", options.max_entries);
  reader.Read("max_bytes", options.max_bytes);
  reader.Read("history_bytes", options.history_bytes);
  reader.Read("release_timeout", options.release_timeout);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  if (absl::Status status = memory::CheckOptions(options); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(setting.Where(), ": ", AbslView(path), ": ", status.message()));
  }
  return options;
}

}  // namespace omnibus
