#include "transports/rabbitmq/address.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::rabbitmq {
namespace {

constexpr int kDefaultPort = 5672;
constexpr std::string_view kForm = "expected amqp://user:password@host:port,host:port/vhost";

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("rabbitmq: url: ", AbslView(what), "; ", AbslView(kForm)));
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    int value = 0;
    if (text.size() - i < 3 || !absl::ascii_isxdigit(text[i + 1]) ||
        !absl::ascii_isxdigit(text[i + 2]) ||
        !absl::SimpleHexAtoi(AbslView(text.substr(i + 1, 2)), &value)) {
      return std::nullopt;
    }
    decoded.push_back(static_cast<char>(value));
    i += 2;
  }
  return decoded;
}

// "host", "host:port" or "[address]:port".
absl::StatusOr<Address::Host> ParseHost(std::string_view text) {
  Address::Host host{.name = "", .port = kDefaultPort};
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return Wrong("the host's [ has no ]");
    host.name = std::string(text.substr(1, end - 1));
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    host.name = std::string(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (host.name.empty()) return Wrong("there is no host");
  if (!port.empty()) {
    if (port.front() != ':' || !absl::SimpleAtoi(AbslView(port.substr(1)), &host.port) ||
        host.port < 1 || host.port > 65535) {
      return Wrong("the port is not a number from 1 to 65535");
    }
  }
  return host;
}

}  // namespace

std::string Address::Shown() const {
  std::string shown;
  for (const Host& host : hosts) {
    const bool v6 = host.name.find(':') != std::string::npos;
    absl::StrAppend(&shown, shown.empty() ? "" : ",", v6 ? "[" : "", host.name, v6 ? "]" : "", ":",
                    host.port);
  }
  return absl::StrCat("amqp://", user, "@", shown, "/",
                      vhost == "/" ? "" : absl::StrReplaceAll(vhost, {{"/", "%2f"}}));
}

absl::StatusOr<Address> ParseUrl(std::string_view url) {
  constexpr std::string_view kScheme = "amqp://";
  if (url.substr(0, 8) == "amqps://") return Wrong("TLS (amqps) is not supported yet");
  if (url.substr(0, kScheme.size()) != kScheme) return Wrong("it does not begin with amqp://");
  url.remove_prefix(kScheme.size());

  Address address{.user = "guest", .password = "guest", .hosts = {}, .vhost = "/"};
  if (url.find_first_of("?#") != std::string_view::npos) return Wrong("it has a query or fragment");
  if (const std::size_t slash = url.find('/'); slash != std::string_view::npos) {
    const std::string_view path = url.substr(slash + 1);
    if (path.find('/') != std::string_view::npos) return Wrong("a / in the vhost is written %2f");
    std::optional<std::string> vhost = PercentDecode(path);
    if (!vhost || vhost->size() > 255) return Wrong("the vhost is wrongly encoded or too long");
    if (!vhost->empty()) address.vhost = *std::move(vhost);
    url = url.substr(0, slash);
  }
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = url.substr(0, at);
    const std::size_t colon = login.find(':');
    std::optional<std::string> user = PercentDecode(login.substr(0, colon));
    std::optional<std::string> password =
        colon == std::string_view::npos ? "" : PercentDecode(login.substr(colon + 1));
    if (!user || !password) return Wrong("user or password is wrongly percent-encoded");
    // SASL PLAIN separates the two by NUL.
    if (user->find('\0') != std::string::npos || password->find('\0') != std::string::npos) {
      return Wrong("user and password may not hold %00");
    }
    address.user = *std::move(user);
    address.password = *std::move(password);
    url = url.substr(at + 1);
  }
  while (true) {
    const std::size_t comma = url.find(',');
    absl::StatusOr<Address::Host> host = ParseHost(url.substr(0, comma));
    if (!host.ok()) return host.status();
    address.hosts.push_back(*std::move(host));
    if (comma == std::string_view::npos) break;
    url.remove_prefix(comma + 1);
  }
  return address;
}

}  // namespace omnibus::rabbitmq
