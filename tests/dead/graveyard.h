// A channel whose events die, over any transport.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "omnibus/bus.h"
#include "omnibus/dead_letters.h"
#include "omnibus/transports/memory.h"

namespace omnibus::testing {

// Tests run at once, on the same brokers: each has a channel and modules of its own, by number.
inline constexpr int kChannels = 16;

// What its modules do and see.
class Diary {
 public:
  struct Entry {
    Metadata metadata;
    std::int64_t number;
  };

  // The picky module fails with this; OK: it takes all.
  void FailWith(absl::Status status) {
    absl::MutexLock lock(&mu_);
    failure_ = std::move(status);
  }
  absl::Status failure() const {
    absl::MutexLock lock(&mu_);
    return failure_;
  }

  void Note(const std::string& module, const Metadata& metadata, std::int64_t number) {
    absl::MutexLock lock(&mu_);
    entries_[module].push_back({metadata, number});
  }
  std::vector<Entry> entries(const std::string& module) const {
    absl::MutexLock lock(&mu_);
    const auto found = entries_.find(module);
    return found == entries_.end() ? std::vector<Entry>() : found->second;
  }
  std::vector<std::int64_t> numbers(const std::string& module) const {
    std::vector<std::int64_t> numbers;
    for (const Entry& entry : entries(module)) numbers.push_back(entry.number);
    return numbers;
  }

 private:
  mutable absl::Mutex mu_;
  absl::Status failure_ ABSL_GUARDED_BY(mu_) = absl::NotFoundError("no such place");
  std::map<std::string, std::vector<Entry>> entries_ ABSL_GUARDED_BY(mu_);
};

// With "memory", "kafka" or "rabbitmq". It has a module "picky-service" that fails, and an
// "other-service" that takes all, both of the domain "dead-test".
class GraveyardTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Opens the bus with both modules, on the channel of that number.
  void Open(int channel);
  void Reopen();  // after Close()
  void Close();

  absl::Status Publish(std::int64_t number, const std::string& key);
  // Bytes as they are, straight to the channel.
  absl::Status PublishRaw(const std::string& type, const std::string& key, const std::string& body);

  std::unique_ptr<DeadLetters> Letters(std::stop_token stop = {},
                                       absl::Duration timeout = absl::Seconds(30));
  std::vector<BuriedMessage> Listed(const DeadLetterFilter& filter = {});
  // Waits until so many lie there.
  ::testing::AssertionResult Buried(std::size_t count, const DeadLetterFilter& filter = {});
  ::testing::AssertionResult Becomes(const std::function<bool()>& condition,
                                     absl::Duration timeout = absl::Seconds(30));

  const EventType& type() const;
  std::string channel() const;
  bool is(const std::string& transport) const { return GetParam() == transport; }
  // The number in each body, as far as it has one.
  static std::vector<std::int64_t> Numbers(const std::vector<BuriedMessage>& letters);

  Diary diary_;
  std::string picky_ = "retry: {attempts: 1}";  // the picky module's configuration
  Setting configuration_;
  std::vector<TransportPlugin> transports_;
  std::unique_ptr<Bus> bus_;
  int channel_ = 0;
};

}  // namespace omnibus::testing
