#include "cli/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace omnibus::cli {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

absl::Status CannotRead(const std::string& name, int error) {
  const std::string message =
      absl::StrCat(name, ": cannot be read: ", std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& file) {
  const bool is_standard = file == "-";
  const std::string name = is_standard ? "standard input" : file;
  const int descriptor = is_standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return CannotRead(name, errno);

  std::string text;
  absl::Status status;
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(descriptor, buffer, sizeof(buffer));
    if (n > 0) {
      text.append(buffer, static_cast<std::size_t>(n));
      if (text.size() > kMostBytes) {
        status = absl::InvalidArgumentError(absl::StrCat(name, ": larger than 1 GiB"));
        break;
      }
    } else if (n == 0) {
      break;
    } else if (errno != EINTR) {
      status = CannotRead(name, errno);
      break;
    }
  }
  if (!is_standard) ::close(descriptor);
  if (!status.ok()) return status;
  return text;
}

}  // namespace omnibus::cli
