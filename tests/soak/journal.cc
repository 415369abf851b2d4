#include "tests/soak/journal.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omnibus::soak {

std::int64_t SteadyNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

JournalWriter::JournalWriter(const std::string& path)
    : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (file_ >= 0) return;
  std::perror(path.c_str());
  std::exit(1);
}

JournalWriter::~JournalWriter() { close(file_); }

void JournalWriter::Write(Mark mark, std::int64_t sender, std::int64_t number, int detail) {
  char line[96];
  const int size =
      std::snprintf(line, sizeof(line), "%" PRId64 " %c %" PRId64 " %" PRId64 " %d\n",
                    SteadyNanoseconds(), static_cast<char>(mark), sender, number, detail);
  // One call for one line: appended as a whole, whoever else writes.
  if (write(file_, line, static_cast<std::size_t>(size)) != size) std::abort();
}

JournalReader::~JournalReader() {
  if (file_ >= 0) close(file_);
}

absl::Status JournalReader::ReadNew(std::vector<Entry>& entries) {
  if (file_ < 0) file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) return absl::OkStatus();  // its process has yet to begin
  char buffer[1 << 16];
  ssize_t size;
  while ((size = read(file_, buffer, sizeof(buffer))) > 0) {
    rest_.append(buffer, static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      Entry entry;
      char mark = 0;
      rest_[end] = '\0';
      if (std::sscanf(rest_.c_str() + begin, "%" SCNd64 " %c %d %" SCNd64 " %d", &entry.at, &mark,
                      &entry.sender, &entry.number, &entry.detail) != 5) {
        return absl::DataLossError(absl::StrCat(path_, ": no entry: ", rest_.c_str() + begin));
      }
      entry.mark = static_cast<Mark>(mark);
      entries.push_back(entry);
    }
    rest_.erase(0, begin);
  }
  return absl::OkStatus();
}

}  // namespace omnibus::soak
