#ifndef OMNIBUS_TESTS_DOMAINS_SUPPORT_CURL_H_
#define OMNIBUS_TESTS_DOMAINS_SUPPORT_CURL_H_

#include <map>
#include <string>
#include <vector>

namespace domain_testing {

struct CurlReply {
  int status = 0;                              // 0: there was no answer
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;
};

// Asks a server by Debian's curl, a client that is not ours. `body` is sent when it is not empty;
// `headers` are whole lines.
CurlReply Curl(const std::string& method, int port, const std::string& path,
               const std::string& body = "", const std::vector<std::string>& headers = {});

}  // namespace domain_testing

#endif  // OMNIBUS_TESTS_DOMAINS_SUPPORT_CURL_H_
