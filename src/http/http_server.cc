#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "http/problem.h"
#include "http/routes.h"
#include "http/task_queue.h"
#include "httplib.h"
#include "omnibus/http.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus {
namespace {

constexpr char kCorrelationHeader[] = "X-Correlation-Id";
// The rest of a body that is too large is read and thrown away up to here, so that the client gets
// to see the answer. With more the connection is just cut.
constexpr std::size_t kMostDrained = std::size_t{16} << 20;
// httplib's own is 5, too few for a burst of clients.
constexpr int kBacklog = 256;

struct Address {
  std::string host;
  int port = 0;
};

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Address address;
  if (colon == std::string_view::npos ||
      text.substr(colon + 1).find_first_not_of("0123456789") != std::string_view::npos ||
      !absl::SimpleAtoi(AbslView(text.substr(colon + 1)), &address.port) || address.port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(
        "http: expected an address such as 127.0.0.1:8080, found \"", AbslView(text), "\""));
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host.empty() ? "127.0.0.1" : std::string(host);
  return address;
}

class LibraryQueue final : public httplib::TaskQueue {
 public:
  LibraryQueue(Runtime& runtime, int threads) : queue_(runtime, threads) {}
  void enqueue(std::function<void()> task) override { queue_.Enqueue(std::move(task)); }
  void shutdown() override { queue_.Shutdown(); }

 private:
  omnibus::TaskQueue queue_;
};

void Write(HttpResponse response, httplib::Response& out) {
  out.status = response.status;
  for (NamedValue& header : response.headers) out.set_header(header.name, header.value);
  out.set_content(std::move(response.body), response.content_type);
}

void SetTimeouts(httplib::Server& server, const HttpServerOptions& options) {
  const auto seconds = static_cast<time_t>(absl::ToInt64Seconds(options.io_timeout));
  const auto microseconds =
      static_cast<time_t>(absl::ToInt64Microseconds(options.io_timeout - absl::Seconds(seconds)));
  server.set_read_timeout(seconds, microseconds);
  server.set_write_timeout(seconds, microseconds);
  server.set_keep_alive_timeout(
      std::max<time_t>(1, static_cast<time_t>(absl::ToInt64Seconds(options.idle_timeout))));
  // One request a connection. The library leaves the body of a GET unread, and would take it for
  // the next request; and a connection that is kept alive holds one of few threads, and keeps
  // Stop() waiting.
  server.set_keep_alive_max_count(1);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, Runtime& runtime) : options_(options), runtime_(runtime) {
    SetTimeouts(server_, options_);
    server_.set_payload_max_length(options_.max_body_bytes);
    server_.new_task_queue = [this] { return new LibraryQueue(runtime_, options_.threads); };
    server_.set_tcp_nodelay(true);
    server_.set_socket_options([this](socket_t socket) {
      // Not SO_REUSEPORT, the library's default: a port that is taken would go unnoticed.
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
      socket_ = socket;
    });
    SetHandlers();
  }

  ~Impl() { Stop(); }

  Routes& routes() { return routes_; }

  absl::StatusOr<int> Start(std::string_view text) {
    absl::StatusOr<Address> address = ParseAddress(text);
    if (!address.ok()) return address.status();
    absl::MutexLock lock(&mu_);
    if (started_) return absl::FailedPreconditionError("http: the server was started before");

    errno = 0;
    int port = address->port;
    const bool bound = port == 0 ? (port = server_.bind_to_any_port(address->host)) > 0
                                 : server_.bind_to_port(address->host, port);
    if (!bound) {
      const std::string message = absl::StrCat("http: cannot listen at ", AbslView(text));
      if (errno == EADDRINUSE) {
        return absl::AlreadyExistsError(
            absl::StrCat(message, ": the port is taken; choose another"));
      }
      return absl::InvalidArgumentError(
          absl::StrCat(message, ": is that an address of this machine?"));
    }
    ::listen(socket_, kBacklog);  // once more: that changes the backlog

    started_ = true;
    listener_ = runtime_.Spawn("http-listener", [this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    // stop() has no effect before the listener runs.
    while (!server_.is_running() && !ended_) {
      runtime_.SleepUntil(runtime_.Now() + absl::Milliseconds(1));
    }
    return port;
  }

  void Stop() {
    absl::MutexLock lock(&mu_);  // concurrent calls wait for the first one
    if (listener_ == nullptr) return;
    server_.stop();
    listener_->Join();
    listener_.reset();
  }

 private:
  void SetHandlers() {
    const auto without_body = [this](const httplib::Request& request, httplib::Response& response) {
      Answer(request, request.body, response);
    };
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
      ReadAndAnswer(request, reader, response);
    };
    // All paths, line breaks included; ours are told apart in Routes.
    constexpr char kAll[] = R"([\s\S]*)";
    server_.Get(kAll, without_body);
    server_.Options(kAll, without_body);
    server_.Post(kAll, with_body);
    server_.Put(kAll, with_body);
    server_.Patch(kAll, with_body);
    server_.Delete(kAll, with_body);
    // What the library itself refuses: it has no body yet.
    server_.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty()) return;
      Refuse(request, ProblemOf(response.status, response.status == 413 ? TooLarge() : ""),
             response);
    });
  }

  // Answers what has no handler's answer.
  void Refuse(const httplib::Request& request, HttpResponse problem, httplib::Response& response) {
    Write(std::move(problem), response);
    if (absl::StatusOr<Uuid> id = CorrelationOf(request); id.ok()) {
      response.set_header(kCorrelationHeader, ToString(*id));
    }
  }

  std::string TooLarge() const {
    return absl::StrCat("the body is larger than ", options_.max_body_bytes, " bytes");
  }

  void ReadAndAnswer(const httplib::Request& request, const httplib::ContentReader& reader,
                     httplib::Response& response) {
    if (request.is_multipart_form_data()) {
      return Refuse(request, ProblemOf(415, "expected a body of application/json"), response);
    }
    // No length, no body; the library would wait for the connection's end.
    if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
      return Answer(request, "", response);
    }
    std::string body;
    std::size_t size = 0;
    const bool complete = reader([&](const char* data, std::size_t length) {
      size += length;
      if (size <= options_.max_body_bytes) body.append(data, length);
      return size <= options_.max_body_bytes + kMostDrained;
    });
    // A chunked or compressed body says its size only now; else the library has looked at it.
    if (size > options_.max_body_bytes || response.status == 413) {
      return Refuse(request, ProblemOf(413, TooLarge()), response);
    }
    if (!complete) {
      return Refuse(request, ProblemOf(400, "the body could not be read"), response);
    }
    Answer(request, std::move(body), response);
  }

  // The request's own, or a new one. kInvalidArgument: no UUID.
  absl::StatusOr<Uuid> CorrelationOf(const httplib::Request& request) {
    const std::size_t count = request.get_header_value_count(kCorrelationHeader);
    if (count == 0) return RandomUuid(runtime_.Random(), runtime_.Random());
    absl::StatusOr<Uuid> id = ParseUuid(request.get_header_value(kCorrelationHeader));
    if (count > 1 || !id.ok()) {
      return absl::InvalidArgumentError(
          "the header X-Correlation-Id has to be one UUID, or be left out");
    }
    return id;
  }

  void Answer(const httplib::Request& request, std::string body, httplib::Response& response) {
    // The library would cut the requested range out of the JSON; a request without one is always
    // answered in full.
    const_cast<httplib::Request&>(request).ranges.clear();

    absl::StatusOr<Uuid> correlation_id = CorrelationOf(request);
    if (!correlation_id.ok()) {
      return Write(Problem(correlation_id.status(), kCorrelationHeader), response);
    }
    HttpResponse answer = Route(request, std::move(body), *correlation_id);
    Write(std::move(answer), response);
    response.set_header(kCorrelationHeader, ToString(*correlation_id));
  }

  HttpResponse Route(const httplib::Request& request, std::string body,
                     const Uuid& correlation_id) {
    const std::string_view target = request.target;
    const std::size_t question = target.find('?');
    const std::string_view path = target.substr(0, question);
    Routes::Match match = routes_.Find(request.method, path);
    if (match.handler == nullptr && match.allowed.empty()) {
      return ProblemOf(404, absl::StrCat("there is nothing at ", AbslView(path)));
    }
    if (match.handler == nullptr) {
      const std::string allowed = absl::StrJoin(match.allowed, ", ");
      HttpResponse response = ProblemOf(405, "allowed here: " + allowed);
      response.headers.push_back({"Allow", allowed});
      return response;
    }
    HttpRequest ours;
    ours.method = request.method;
    ours.path = PercentDecoded(path, /*in_query=*/false);
    ours.parameters = std::move(match.parameters);
    if (question != std::string_view::npos) ours.query = ParseQuery(target.substr(question + 1));
    for (const auto& [name, value] : request.headers) ours.headers.push_back({name, value});
    ours.body = std::move(body);
    ours.correlation_id = correlation_id;
    return Run(*match.handler, ours);
  }

  HttpResponse Run(const HttpHandler& handler, const HttpRequest& request) {
    try {
      return handler(request);
    } catch (const std::exception& error) {
      spdlog::error("http: {} {}: the handler threw: {}", request.method, request.path,
                    error.what());
    } catch (...) {
      spdlog::error("http: {} {}: the handler threw what is no std::exception", request.method,
                    request.path);
    }
    return ProblemOf(500, "");
  }

  const HttpServerOptions options_;
  Runtime& runtime_;
  Routes routes_;
  httplib::Server server_;
  std::atomic<bool> ended_ = false;
  socket_t socket_ = INVALID_SOCKET;

  absl::Mutex mu_;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<Thread> listener_ ABSL_GUARDED_BY(mu_);
};

HttpServer::HttpServer(HttpServerOptions options, Runtime& runtime)
    : impl_(std::make_unique<Impl>(options, runtime)) {}

HttpServer::~HttpServer() = default;

void HttpServer::Route(std::string_view method, std::string_view pattern, HttpHandler handler) {
  impl_->routes().Add(method, pattern, std::move(handler));
}

absl::StatusOr<int> HttpServer::Start(std::string_view address) { return impl_->Start(address); }

void HttpServer::Stop() { impl_->Stop(); }

}  // namespace omnibus
