#include "http/routes.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"

namespace omnibus {
namespace {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

void Routes::Add(std::string_view method, std::string_view pattern, HttpHandler handler) {
  assert(pattern.starts_with('/') && handler != nullptr);
  routes_.push_back({.method = std::string(method),
                     .segments = Split(pattern.substr(1), '/'),
                     .handler = std::move(handler)});
}

Routes::Match Routes::Find(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  std::vector<std::string> segments = Split(path.substr(1), '/');
  for (std::string& segment : segments) segment = PercentDecoded(segment, /*in_query=*/false);

  for (const Route& route : routes_) {
    if (route.segments.size() != segments.size()) continue;
    std::map<std::string, std::string, std::less<>> parameters;
    bool matches = true;
    for (std::size_t i = 0; i < segments.size() && matches; ++i) {
      const std::string& expected = route.segments[i];
      if (!IsParameter(expected)) {
        matches = expected == segments[i];
      } else if (matches = !segments[i].empty(); matches) {
        parameters[expected.substr(1, expected.size() - 2)] = segments[i];
      }
    }
    if (!matches) continue;
    if (route.method == method) {
      match.handler = &route.handler;
      match.parameters = std::move(parameters);
      return match;
    }
    if (std::find(match.allowed.begin(), match.allowed.end(), route.method) ==
        match.allowed.end()) {
      match.allowed.push_back(route.method);
    }
  }
  return match;
}

std::string PercentDecoded(std::string_view text, bool in_query) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      decoded += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      decoded += in_query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::map<std::string, std::string, std::less<>> ParseQuery(std::string_view query) {
  std::map<std::string, std::string, std::less<>> values;
  if (query.empty()) return values;
  for (const std::string& part : Split(query, '&')) {
    const std::size_t equals = part.find('=');
    std::string name = PercentDecoded(std::string_view(part).substr(0, equals), /*in_query=*/true);
    if (name.empty()) continue;
    values.emplace(std::move(name), equals == std::string::npos
                                        ? std::string()
                                        : PercentDecoded(std::string_view(part).substr(equals + 1),
                                                         /*in_query=*/true));
  }
  return values;
}

}  // namespace omnibus
