#include "tests/domains/support/curl.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace domain_testing {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

CurlReply Curl(const std::string& method, int port, const std::string& path,
               const std::string& body, const std::vector<std::string>& headers) {
  std::string command =
      "curl --silent --show-error --include --max-time 20 --noproxy '*' -X " + Quoted(method) + " ";
  for (const std::string& header : headers) command += "-H " + Quoted(header) + " ";
  if (!body.empty()) {
    command += "-H 'Content-Type: application/json' --data-binary " + Quoted(body) + " ";
  }
  command += Quoted("http://127.0.0.1:" + std::to_string(port) + path);

  CurlReply reply;
  std::string text;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return reply;
  char buffer[4096];
  for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, size);
  }
  if (pclose(pipe) != 0) return reply;

  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return reply;
  reply.body = text.substr(end + 4);
  std::vector<std::string> lines = absl::StrSplit(text.substr(0, end), "\r\n");
  reply.status = std::atoi(lines[0].substr(lines[0].find(' ') + 1).c_str());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    reply.headers[absl::AsciiStrToLower(lines[i].substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(lines[i].substr(colon + 1)));
  }
  return reply;
}

}  // namespace domain_testing
