// A small HTTP server for the front doors of services: routes, JSON bodies, problems as RFC 7807
// has them, and the correlation id of docs/contracts.md. It is no web framework: no TLS, no files,
// no streams.
//
//   omnibus::HttpServer server;
//   server.Route("GET", "/orders/{id}", [&](const omnibus::HttpRequest& request) {
//     absl::StatusOr<std::string> order = FindOrder(request.Parameter("id"));
//     if (!order.ok()) return omnibus::Problem(order.status());
//     return omnibus::JsonResponse(200, *std::move(order));
//   });
//   absl::StatusOr<int> port = server.Start("127.0.0.1:8080");
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/envelope.h"
#include "omnibus/runtime.h"
#include "omnibus/uuid.h"

namespace omnibus {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // "/orders/17", decoded, without the query
  std::map<std::string, std::string, std::less<>> parameters;  // of the pattern: {"id", "17"}
  std::map<std::string, std::string, std::less<>>
      query;                        // decoded; of a name given twice the first
  std::vector<NamedValue> headers;  // in the order in which they came
  std::string body;

  // The request's X-Correlation-Id, or a new one when it has none. The server gives it back in
  // every response. Put it into what the request publishes.
  Uuid correlation_id = {};

  // Empty when there is none.
  std::string_view Parameter(std::string_view name) const;
  std::optional<std::string_view> Query(std::string_view name) const;
  // The name is compared without regard to case; the first one of that name.
  std::optional<std::string_view> Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<NamedValue> headers;  // beside Content-Type, Content-Length and X-Correlation-Id
  std::string body;
};

// `json` is sent as it is.
HttpResponse JsonResponse(int status, std::string json);

// application/problem+json: {"type":"about:blank","title":"Bad
// Request","status":400,"detail":"...","field":"items"}. The code decides the HTTP status:
//   kInvalidArgument, kOutOfRange                        400
//   kNotFound                                            404
//   kAlreadyExists, kFailedPrecondition, kAborted        409
//   kUnavailable, kDeadlineExceeded, kResourceExhausted  503
//   any other                                            500, without the detail: that is for the
//   log alone
// `field` names what is wrong in a 400. Without it, a message that begins with a path as the codec
// writes it
// ("items[1].quantity: expected an integer, found \"two\"") gives the field.
HttpResponse Problem(const absl::Status& error, std::string_view field = {});

// Runs on one of the server's threads, several at a time. What it throws is answered with 500, and
// logged. It must end within a deadline of its own, since Stop() waits for it.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpServerOptions {
  std::size_t max_body_bytes = 1 << 20;  // more is answered with 413
  int threads = 8;  // so many requests (and idle connections) at a time; others wait
  absl::Duration io_timeout = absl::Seconds(5);  // for each read from and write to a client
  absl::Duration idle_timeout =
      absl::Seconds(1);  // until a connection that sends no request is closed
};

// Answers by itself, as problems: 404 for an unknown path, 405 with Allow for an unknown method of
// a known one, 413, and 400 for an X-Correlation-Id that is no UUID. HEAD is not made from GET.
// Each connection serves one request.
//
// Thread-safety: Route() before Start(), from one thread; Start() once; Stop() and the destructor
// from any thread but a handler's.
class HttpServer {
 public:
  explicit HttpServer(HttpServerOptions options = {}, Runtime& runtime = SystemRuntime());
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // as Stop()

  // `pattern` is "/", or segments that are a name or a parameter: "/orders/{id}/items/{item}". A
  // parameter takes one segment, which is not empty. Where two patterns match, the one that was
  // given first gets the request.
  void Route(std::string_view method, std::string_view pattern, HttpHandler handler);

  // Listens at "127.0.0.1:8080", "localhost:0" (any free port), "[::1]:8080" or ":8080" (127.0.0.1
  // as well: other interfaces have to be named, "0.0.0.0:8080"). Returns the port.
  // kInvalidArgument: no such address; kAlreadyExists: the port is taken; kFailedPrecondition:
  // started before.
  absl::StatusOr<int> Start(std::string_view address);

  // Takes no new request, and waits for those that run: as long as the slowest of them, and at most
  // io_timeout longer. Idempotent.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace omnibus
