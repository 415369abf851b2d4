#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "http/problem.h"
#include "omnibus/http.h"
#include "omnibus/internal/absl_view.h"
#include "simdjson.h"

namespace omnibus {
namespace {

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return 503;
    default:
      return 500;
  }
}

const char* TitleOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 503:
      return "Service Unavailable";
    default:
      return status < 500 ? "Bad Request" : "Internal Server Error";
  }
}

std::string JsonString(std::string_view text) {
  // A detail may quote what a client sent.
  const bool valid = simdjson::validate_utf8(text.data(), text.size());
  std::string json = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      absl::StrAppendFormat(&json, "\\u%04x", byte);
    } else {
      json += byte >= 0x80 && !valid ? '?' : c;
    }
  }
  return json + "\"";
}

// "items[1].quantity: expected ..." -> "items[1].quantity"
std::string_view PathOf(std::string_view message) {
  const std::size_t end = message.find(": ");
  if (end == std::string_view::npos) return {};
  const std::string_view path = message.substr(0, end);
  const bool is_path = path.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789_.[]") == std::string_view::npos;
  return is_path ? path : std::string_view();
}

}  // namespace

HttpResponse ProblemOf(int status, std::string_view detail, std::string_view field) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = absl::StrCat("{\"type\":\"about:blank\",\"title\":\"", TitleOf(status),
                               "\",\"status\":", status);
  if (!detail.empty()) absl::StrAppend(&response.body, ",\"detail\":", JsonString(detail));
  if (!field.empty()) absl::StrAppend(&response.body, ",\"field\":", JsonString(field));
  response.body += '}';
  return response;
}

HttpResponse Problem(const absl::Status& error, std::string_view field) {
  const int status = HttpStatusOf(error.code());
  const std::string_view detail = StdView(error.message());
  if (status == 500) return ProblemOf(status, "", "");
  if (status == 400 && field.empty()) field = PathOf(detail);
  return ProblemOf(status, detail, status == 400 ? field : std::string_view());
}

HttpResponse JsonResponse(int status, std::string json) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(json);
  return response;
}

std::string_view HttpRequest::Parameter(std::string_view name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::string_view> HttpRequest::Query(std::string_view name) const {
  const auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string_view> HttpRequest::Header(std::string_view name) const {
  for (const NamedValue& header : headers) {
    if (absl::EqualsIgnoreCase(AbslView(header.name), AbslView(name))) return header.value;
  }
  return std::nullopt;
}

}  // namespace omnibus
