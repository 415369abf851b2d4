#include "transports/kafka/link_monitor.h"

#include <simdjson.h>
#include <spdlog/logger.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

// A broker that owes an answer and has said nothing for so long is stuck, although its connection
// looks alive. Fetches come back after 0.5 s, heartbeats at once.
constexpr std::int64_t kSilenceMicroseconds = 5'000'000;
// Reports (seconds) without any connection before that counts as cut off: brokers close idle
// connections, and those come back by themselves.
constexpr int kSilentReports = 2;

struct Brokers {
  int up = 0;
  int stuck = 0;
  std::string names;
};

// Reads {"brokers": {"host:port/1": {"state": "UP", "waitresp_cnt": 0, "rxidle": 12 ...}}}.
std::optional<Brokers> ReadBrokers(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object brokers;
  if (parser.parse(json.data(), json.size())["brokers"].get(brokers)) return std::nullopt;
  Brokers result;
  for (const auto& [name, value] : brokers) {
    std::string_view state;
    std::string_view source;
    if (value["state"].get(state) || value["source"].get(source)) continue;
    // "logical" is the connection to the group's coordinator: a join may wait there for minutes.
    if (state != "UP" || source == "logical" || source == "internal") continue;
    ++result.up;
    std::int64_t waiting = 0;
    std::int64_t idle = 0;
    if (!value["waitresp_cnt"].get(waiting) && !value["rxidle"].get(idle) && waiting > 0 &&
        idle > kSilenceMicroseconds) {
      ++result.stuck;
    }
    if (!result.names.empty()) result.names += ", ";
    result.names += std::string(name.substr(0, name.find('/')));
  }
  return result;
}

}  // namespace

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
  const std::optional<Brokers> brokers = ReadBrokers(json);
  if (!brokers) return;
  absl::MutexLock lock(&mu_);
  if (brokers->up > brokers->stuck) {
    silent_reports_ = 0;
    SetUp(absl::StrCat("connected to ", brokers->names));
  } else if (brokers->stuck > 0) {
    SetDown(absl::StrCat("no answer from ", brokers->names));
  } else if (state_ == State::kUp && ++silent_reports_ >= kSilentReports) {
    SetDown(last_error_.empty() ? "no broker is connected" : last_error_);
  }
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

absl::Status LinkMonitor::LoginError() const {
  absl::MutexLock lock(&mu_);
  return login_error_;
}

}  // namespace omnibus::kafka
