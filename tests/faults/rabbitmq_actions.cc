#include "tests/faults/rabbitmq_actions.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace omnibus::faults {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::string Binary(const std::string& text) { return "<<\"" + text + "\">>"; }

std::string Resource(const std::string& kind, const std::string& name) {
  return "rabbit_misc:r(<<\"/\">>, " + kind + ", " + Binary(name) + ")";
}

bool SetPermissions(const testing::PrivateBroker& broker, const std::string& user,
                    const std::string& pattern) {
  const std::string allowed = Binary(pattern);
  return EvalErlang(broker, "rabbit_auth_backend_internal:set_permissions(" + Binary(user) +
                                ", <<\"/\">>, " + allowed + ", " + allowed + ", " + allowed +
                                ", <<\"test\">>).");
}

// The limit takes effect when the broker looks the next time.
bool WaitForAlarm(const testing::PrivateBroker& broker, const std::string& resource, bool raised) {
  const std::string wanted = raised ? "true" : "false";
  return EvalErlang(
      broker,
      "Wait = fun Wait(0) -> throw(too_late); Wait(N) -> case lists:any(fun({{resource_limit, R, "
      "_}, "
      "_}) -> R =:= " +
          resource + "; (_) -> false end, rabbit_alarm:get_alarms()) =:= " + wanted +
          " of true -> ok; false -> timer:sleep(20), Wait(N - 1) end end, Wait(500).");
}

}  // namespace

bool EvalErlang(const testing::PrivateBroker& broker, const std::string& erlang,
                std::string* result) {
  const std::string port = std::to_string(broker.Port("amqp"));
  const std::string& directory = broker.directory();
  const std::string command = "HOME='" + directory +
                              "/home' ERL_EPMD_PORT=" + std::to_string(broker.Port("epmd")) +
                              " timeout 20 erl_call -sname test-" + port + " -n omnibus-" + port +
                              "@localhost -c " + ReadFile(directory + "/home/.erlang.cookie") +
                              " -e 2>&1 <<'ERLANG'\n" + erlang + "\nERLANG\n";
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return false;
  std::string answer;
  std::array<char, 1024> bytes;
  while (const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
    answer.append(bytes.data(), size);
  }
  pclose(pipe);
  constexpr char kBegin[] = "{ok, ";
  const bool done = answer.rfind(kBegin, 0) == 0;
  if (!done) std::fprintf(stderr, "erl_call: %s: %s\n", erlang.c_str(), answer.c_str());
  if (done && result != nullptr) {
    *result = answer.substr(sizeof kBegin - 1, answer.rfind('}') - (sizeof kBegin - 1));
  }
  return done;
}

bool RaiseMemoryAlarm(const testing::PrivateBroker& broker) {
  return EvalErlang(broker, "vm_memory_monitor:set_vm_memory_high_watermark(0.00001).") &&
         WaitForAlarm(broker, "memory", true);
}

bool RaiseDiskAlarm(const testing::PrivateBroker& broker) {
  return EvalErlang(broker, "rabbit_disk_monitor:set_disk_free_limit(1000000000000000).") &&
         WaitForAlarm(broker, "disk", true);
}

bool ClearAlarms(const testing::PrivateBroker& broker) {
  return EvalErlang(broker, "vm_memory_monitor:set_vm_memory_high_watermark(0.4).") &&
         EvalErlang(broker, "rabbit_disk_monitor:set_disk_free_limit(50000000).") &&
         WaitForAlarm(broker, "memory", false) && WaitForAlarm(broker, "disk", false);
}

bool DeleteQueue(const testing::PrivateBroker& broker, const std::string& queue) {
  return EvalErlang(broker,
                    "{ok, Q} = rabbit_amqqueue:lookup(" + Resource("queue", queue) +
                        "), {ok, _} = rabbit_amqqueue:delete(Q, false, false, <<\"test\">>).");
}

bool DeleteExchange(const testing::PrivateBroker& broker, const std::string& exchange) {
  return EvalErlang(broker, "ok = rabbit_exchange:delete(" + Resource("exchange", exchange) +
                                ", false, <<\"test\">>).");
}

bool AddUser(const testing::PrivateBroker& broker, const std::string& user) {
  return EvalErlang(broker, "rabbit_auth_backend_internal:add_user(" + Binary(user) + ", " +
                                Binary(user) + ", <<\"test\">>).") &&
         GrantPermissions(broker, user);
}

bool RevokePermissions(const testing::PrivateBroker& broker, const std::string& user) {
  // Channels remember what they were allowed.
  return SetPermissions(broker, user, "^$") &&
         EvalErlang(broker, "rabbit_channel:refresh_config_local(), ok.") &&
         CloseConnections(broker);
}

bool GrantPermissions(const testing::PrivateBroker& broker, const std::string& user) {
  return SetPermissions(broker, user, ".*");
}

bool CloseConnections(const testing::PrivateBroker& broker) {
  return EvalErlang(broker,
                    "[rabbit_networking:close_connection(C, \"closed by a test\") || C <- "
                    "rabbit_networking:connections()], ok.");
}

int ConsumersOf(const testing::PrivateBroker& broker, const std::string& queue) {
  std::string count;
  if (!EvalErlang(broker,
                  "{ok, Q} = rabbit_amqqueue:lookup(" + Resource("queue", queue) +
                      "), length(rabbit_amqqueue:consumers(Q)).",
                  &count)) {
    return -1;
  }
  return std::atoi(count.c_str());
}

}  // namespace omnibus::faults
