#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace omnibus::cli {

void Output::Line(std::string_view line) {
  std::string text(line);
  text += '\n';
  Bytes(text);
}

void Output::Bytes(std::string_view text) {
  if (!status_.ok()) return;
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data() + written, text.size() - written);
    if (n >= 0) {
      written += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    const std::string reason = std::generic_category().message(errno);
    status_ =
        errno == EPIPE
            ? absl::CancelledError("standard output was closed by its reader")
            : absl::UnavailableError(absl::StrCat("cannot write to standard output: ", reason));
    return;
  }
}

void GuardStandardStreams() {
  std::signal(SIGPIPE, SIG_IGN);
  // open() takes the lowest number that is free, so each of these gets just the one that was found
  // closed. Standard output gets one that cannot be written to.
  constexpr int kModes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) {
      (void)!::open("/dev/null", kModes[descriptor]);
    }
  }
}

}  // namespace omnibus::cli
