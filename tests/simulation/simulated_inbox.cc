#include "tests/simulation/simulated_inbox.h"

#include "absl/strings/str_cat.h"

namespace omnibus::simulation {
namespace {

class TableInbox final : public Inbox {
 public:
  TableInbox(std::map<Uuid, InboxTable::Entry>& entries, Process& process)
      : entries_(entries), process_(process) {}

  absl::StatusOr<Claim> Begin(const Uuid& key) override {
    if (!process_.Step("claim")) return absl::UnavailableError("killed");
    const auto [entry, is_new] = entries_.try_emplace(key, InboxTable::Entry{&process_});
    if (is_new) return Claim::kFresh;
    if (entry->second.runs == nullptr) return Claim::kTaken;
    // A dead process's claim has ended with its connection.
    if (entry->second.runs->alive()) return Claim::kRunning;
    entry->second.runs = &process_;
    return Claim::kFresh;
  }

  absl::Status Complete(const Uuid& key) override {
    if (!process_.Step("complete")) return absl::UnavailableError("killed");
    entries_[key].runs = nullptr;
    return absl::OkStatus();
  }

  void Abandon(const Uuid& key) override {
    const auto entry = entries_.find(key);
    if (entry != entries_.end() && entry->second.runs == &process_) entries_.erase(entry);
  }

 private:
  std::map<Uuid, InboxTable::Entry>& entries_;
  Process& process_;
};

}  // namespace

InboxFactory MakeInboxFactory(InboxTable& table, Process& process) {
  return [&](std::string_view domain, std::string_view module) {
    return std::make_unique<TableInbox>(
        table.of(absl::StrCat(std::string(domain), ".", std::string(module))), process);
  };
}

}  // namespace omnibus::simulation
