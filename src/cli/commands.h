// The commands: what each is asked, and the function that does it and returns the exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/environment.h"
#include "omnibus/envelope.h"
#include "omnibus/transport.h"
#include "omnibus/uuid.h"

namespace omnibus::cli {

struct RunCommand {
  std::vector<std::string> modules;
  std::vector<std::string> configuration;
  std::optional<absl::Duration> timeout;  // for reaching the brokers; none: for ever
};
int Run(const RunCommand& command, Environment& environment);

struct PublishCommand {
  std::string type;
  std::string data;  // JSON, @FILE, or - for standard input
  std::optional<std::string> key;
  std::optional<Uuid> correlation_id;
  std::optional<Uuid> idempotency_key;
  std::vector<std::string> configuration;
  absl::Duration timeout = absl::Seconds(30);
  bool json = false;
};
int Publish(const PublishCommand& command, Environment& environment);

struct TailCommand {
  std::string channel;
  std::string group;  // empty: nobody's
  StartFrom from = StartFrom::kLatest;
  std::optional<int> count;
  std::vector<std::string> configuration;
  // For reaching the broker, 30 s where it is not given; where it is given, and `count` too, for
  // all.
  std::optional<absl::Duration> timeout;
  bool json = false;
};
int Tail(const TailCommand& command, Environment& environment);

struct ContractsCommand {
  bool json = false;
};
int ListContracts(const ContractsCommand& command, Environment& environment);
int ShowContract(const std::string& type, const ContractsCommand& command,
                 Environment& environment);

struct CheckMessagesCommand {
  std::string file;  // or -
  std::optional<Dialect> envelope;
  std::string type;  // empty: the message says
  bool json = false;
};
int CheckMessages(const CheckMessagesCommand& command, Environment& environment);

struct CheckConfigurationCommand {
  std::vector<std::string> files;
  bool json = false;
};
int CheckConfiguration(const CheckConfigurationCommand& command, Environment& environment);

}  // namespace omnibus::cli
