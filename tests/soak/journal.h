// What a process of a soak saw and did, in a file that outlives it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace omnibus::soak {

enum class Mark : char {
  kReady = 'O',         // the bus is open, and its consumers are registered
  kPublished = 'P',     // about to be sent; detail: the key
  kOutcome = 'C',       // of that; detail: the status code
  kDelivered = 'D',     // the handler begins; detail: the attempt, from 1
  kHandled = 'H',       // the handling ended, effects included; detail: the status code
  kRepeated = 'R',      // delivered again, and not handled: the inbox knew it
  kDeadLettered = 'X',  // detail: the attempts
  kClosed = 'E',        // the bus was closed; detail: the status code
};

struct Entry {
  std::int64_t at = 0;  // nanoseconds of the machine's steady clock, the same for all processes
  Mark mark = Mark::kReady;
  int sender = 0;
  std::int64_t number = 0;
  int detail = 0;
};

std::int64_t SteadyNanoseconds();

// One line for each entry, written before Write() returns: the machine has it even when the process
// is killed right afterwards.
//
// Thread-safety: any thread, concurrently.
class JournalWriter {
 public:
  // Ends the process when the file cannot be written: a soak without its journal proves nothing.
  explicit JournalWriter(const std::string& path);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void Write(Mark mark, std::int64_t sender = 0, std::int64_t number = 0, int detail = 0);

 private:
  int file_;
};

// Reads a journal while it is being written.
//
// Thread-safety: one thread.
class JournalReader {
 public:
  explicit JournalReader(std::string path) : path_(std::move(path)) {}
  ~JournalReader();
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  // Appends what was written since the last call. A last line without its end waits for the next
  // call. kDataLoss: a line that is none.
  absl::Status ReadNew(std::vector<Entry>& entries);

 private:
  std::string path_;
  int file_ = -1;
  std::string rest_;
};

}  // namespace omnibus::soak
