#include "transports/kafka/link_monitor.h"

#include <simdjson.h>
#include <spdlog/logger.h>

#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

// A broker that owes an answer and has said nothing for so long is stuck, although its connection
// looks alive. Fetches come back after 0.5 s, and each client asks for metadata once a second; so
// two heartbeats (3 s) are enough to notice, the reports' own half second included.
constexpr std::int64_t kSilenceMicroseconds = 2'000'000;
// Reports without any connection before that counts as cut off: brokers close idle connections, and
// those come back by themselves.
constexpr int kSilentReports = 3;

constexpr std::string_view kCoordinator = "GroupCoordinator";

std::int64_t Number(const simdjson::dom::element& object, std::string_view name) {
  std::int64_t value = 0;
  return object[name].get(value) ? 0 : value;
}

}  // namespace

// What librdkafka's statistics say of one moment.
struct LinkMonitor::Seen {
  int up = 0;
  int stuck = 0;
  std::string names;
  bool member = false;           // the group has us, as far as we know
  bool coordinator_owes = true;  // it is not connected, or has not answered yet
  std::int64_t heartbeats = 0;   // sent to the coordinator
};

// Reads {"brokers": {"host:port/1": {"state": "UP", "waitresp_cnt": 0, "rxidle": 12 ...}},
// "cgrp": {"state": "up", "join_state": "steady"}}.
std::optional<LinkMonitor::Seen> LinkMonitor::Read(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element report;
  simdjson::dom::object brokers;
  if (parser.parse(json.data(), json.size()).get(report) || report["brokers"].get(brokers)) {
    return std::nullopt;
  }
  Seen seen;
  std::map<std::string, std::int64_t, std::less<>> owing;
  for (const auto& [name, value] : brokers) {
    std::string_view state;
    std::string_view source;
    if (value["state"].get(state) || value["source"].get(source)) continue;
    const std::int64_t waiting = Number(value, "waitresp_cnt");
    if (name == kCoordinator) {
      seen.coordinator_owes = state != "UP" || waiting > 0;
      simdjson::dom::element requests;
      if (!value["req"].get(requests)) seen.heartbeats = Number(requests, "Heartbeat");
    }
    // "logical" is the connection to the group's coordinator: a join may wait there for minutes.
    if (state != "UP" || source == "logical" || source == "internal") continue;
    ++seen.up;
    if (waiting > 0) {
      // An idle connection that was asked something just now has been silent for long, too: it owes
      // an answer only if it has said nothing since the last report either.
      const std::int64_t received = Number(value, "rx");
      const auto before = owing_.find(name);
      if (before != owing_.end() && before->second == received &&
          Number(value, "rxidle") > kSilenceMicroseconds) {
        ++seen.stuck;
      }
      owing.emplace(name, received);
    }
    if (!seen.names.empty()) seen.names += ", ";
    seen.names += std::string(name.substr(0, name.find('/')));
  }
  owing_ = std::move(owing);
  simdjson::dom::element group;
  std::string_view state;
  std::string_view join_state;
  seen.member = !report["cgrp"].get(group) && !group["state"].get(state) && state == "up" &&
                !group["join_state"].get(join_state) && join_state == "steady";
  return seen;
}

LinkMonitor::LinkMonitor(std::string name, std::shared_ptr<spdlog::logger> log)
    : name_(std::move(name)), log_(std::move(log)) {}

void LinkMonitor::OnLog(int syslog_level, std::string_view facility, std::string_view text) {
  constexpr int kCritical = 2;
  log_->log(syslog_level <= kCritical ? spdlog::level::err : spdlog::level::debug,
            "kafka: {}: librdkafka: {}: {}", name_, facility, text);
}

void LinkMonitor::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  absl::MutexLock lock(&mu_);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    SetDown(last_error_.empty() ? reason : last_error_);
    return;
  }
  last_error_ = std::string(reason);
  if (!IsLoginError(error)) return;
  login_error_ = ToStatus(error, "log in", reason);
  SetDown(reason);
}

void LinkMonitor::OnStatistics(std::string_view json) {
  absl::MutexLock lock(&mu_);
  const std::optional<Seen> brokers = Read(json);
  if (!brokers) return;
  // After a break a heartbeat has to be answered before the group counts as ours again.
  if (state_ != State::kUp) heartbeats_ = brokers->heartbeats;
  if (state_ == State::kUp && brokers->member && !brokers->coordinator_owes &&
      brokers->heartbeats > heartbeats_) {
    group_has_us_ = true;
  }
  if (brokers->up > brokers->stuck) {
    silent_reports_ = 0;
    SetUp(absl::StrCat("connected to ", brokers->names));
  } else if (brokers->stuck > 0) {
    SetDown(absl::StrCat("no answer from ", brokers->names));
  } else if (state_ == State::kUp && ++silent_reports_ >= kSilentReports) {
    SetDown(last_error_.empty() ? "no broker is connected" : last_error_);
  }
}

void LinkMonitor::OnMember() {
  absl::MutexLock lock(&mu_);
  group_has_us_ = true;
}

bool LinkMonitor::GroupHasUs() const {
  absl::MutexLock lock(&mu_);
  return group_has_us_;
}

void LinkMonitor::OnAnswer() {
  absl::MutexLock lock(&mu_);
  silent_reports_ = 0;
  if (state_ != State::kUp) SetUp("connected");
}

void LinkMonitor::SetDown(std::string_view reason) {
  detail_ = absl::StrCat("cut off: ", AbslView(reason));
  if (state_ == State::kDown) return;
  log_->warn("kafka: {}: {}: {}; trying again until it is back", name_,
             state_ == State::kUp ? "cut off" : "cannot connect", reason);
  state_ = State::kDown;
  group_has_us_ = false;
}

void LinkMonitor::SetUp(std::string detail) {
  detail_ = std::move(detail);
  login_error_ = absl::OkStatus();
  last_error_.clear();
  if (state_ == State::kUp) return;
  if (state_ == State::kDown) {
    log_->info("kafka: {}: {} again", name_, detail_);
  } else {
    log_->debug("kafka: {}: {}", name_, detail_);
  }
  state_ = State::kUp;
}

LinkHealth LinkMonitor::Get() const {
  absl::MutexLock lock(&mu_);
  return {.healthy = state_ == State::kUp,
          .detail = state_ == State::kConnecting ? "connecting" : detail_};
}

bool LinkMonitor::healthy() const {
  absl::MutexLock lock(&mu_);
  return state_ == State::kUp;
}

absl::Status LinkMonitor::LoginError() const {
  absl::MutexLock lock(&mu_);
  return login_error_;
}

}  // namespace omnibus::kafka
