#include "benchmarks/codec_peers.h"

#include <string>
#include <vector>

#include "benchmarks/codec_peer.h"

namespace benchmarks {

std::vector<std::string> BodiesLackingAField(const std::string& body) {
  std::vector<std::string> bodies;
  for (std::size_t colon = body.find("\":"); colon != std::string::npos;
       colon = body.find("\":", colon + 1)) {
    std::string& lacking = bodies.emplace_back(body);
    const char opening = body[colon + 2];
    if (opening == '{' || opening == '[') {
      lacking[colon - 1] = '_';  // it has another name
      continue;
    }
    // With the comma behind it, or else with the one before. No value has any of these characters.
    std::size_t begin = body.rfind('"', colon - 1);
    std::size_t end = body.find_first_of(",}]", colon);
    body[end] == ',' ? ++end : --begin;
    lacking.erase(begin, end - begin);
  }
  return bodies;
}

void RegisterPeers() {
#ifdef OMNIBUS_BENCHMARK_GLAZE
  RegisterGlaze();
#endif
  RegisterSimdjson();
#ifdef OMNIBUS_BENCHMARK_RAPIDJSON
  RegisterRapidJson();
#endif
#ifdef OMNIBUS_BENCHMARK_BOOST_JSON
  RegisterBoostJson();
#endif
#ifdef OMNIBUS_BENCHMARK_NLOHMANN
  RegisterNlohmann();
#endif
}

}  // namespace benchmarks
