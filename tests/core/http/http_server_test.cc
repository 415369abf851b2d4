#include "omnibus/http.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omnibus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kId[] = "0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d";

// One connection to 127.0.0.1, by hand: what a client library would not send can be sent.
class Connection {
 public:
  explicit Connection(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval timeout = {.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Connection() { close(socket_); }

  bool connected() const { return connected_; }

  void Send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n = send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }

  // All until the server closes.
  std::string Receive() {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = recv(socket_, buffer, sizeof(buffer), 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all;
  }

 private:
  const int socket_;
  bool connected_ = false;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void Start() {
    absl::StatusOr<int> port = server_.Start("127.0.0.1:0");
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *port;
  }

  std::string Exchange(const std::string& text) {
    Connection connection(port_);
    connection.Send(text);
    return connection.Receive();
  }

  std::string Ask(const std::string& method, const std::string& target,
                  const std::string& headers = "", const std::string& body = "") {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return Exchange(text + "\r\n" + body);
  }

  HttpServer server_;
  int port_ = 0;
};

TEST_F(HttpServerTest, GivesAHandlerWhatTheRequestSays) {
  HttpRequest seen;
  server_.Route("POST", "/orders/{id}/items/{item}", [&](const HttpRequest& request) {
    seen = request;
    HttpResponse response = JsonResponse(201, "{\"ok\":true}");
    response.headers.push_back({"Location", "/orders/17"});
    return response;
  });
  Start();
  const std::string answer = Ask("POST", "/orders/17/items/a%2Fb%20c?x=1%262&y=&z&x=2",
                                 "X-Custom: Value\r\n", "{\"a\":1}");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 201"), HasSubstr("Location: /orders/17\r\n"),
                            HasSubstr("Content-Type: application/json\r\n"),
                            HasSubstr("\r\n\r\n{\"ok\":true}")));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.Parameter("id"), "17");
  EXPECT_EQ(seen.Parameter("item"), "a/b c");
  EXPECT_EQ(seen.Parameter("other"), "");
  EXPECT_EQ(seen.Query("x"), "1&2");
  EXPECT_EQ(seen.Query("y"), "");
  EXPECT_EQ(seen.Query("z"), "");
  EXPECT_EQ(seen.Query("w"), std::nullopt);
  EXPECT_EQ(seen.Header("x-custom"), "Value");
  EXPECT_EQ(seen.Header("x-none"), std::nullopt);
  EXPECT_EQ(seen.body, "{\"a\":1}");
}

TEST_F(HttpServerTest, TakesABodyWhateverItIsCalled) {
  server_.Route("POST", "/echo", [](const HttpRequest& r) { return JsonResponse(200, r.body); });
  server_.Route("DELETE", "/echo", [](const HttpRequest& r) { return JsonResponse(200, r.body); });
  Start();
  // What curl calls the body of --data.
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const std::string body(100'000, 'x');
  EXPECT_THAT(Ask("POST", "/echo", form, body), HasSubstr("\r\n\r\n" + body));
  EXPECT_THAT(Ask("DELETE", "/echo", form, body), HasSubstr("\r\n\r\n" + body));
  EXPECT_THAT(Exchange("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
              HasSubstr("\r\n\r\nabcde"));
  EXPECT_THAT(Ask("POST", "/echo", "Content-Type: multipart/form-data; boundary=x\r\n", "--x--"),
              StartsWith("HTTP/1.1 415"));
}

TEST_F(HttpServerTest, AnswersInFullWhenARangeIsAskedFor) {
  server_.Route("GET", "/", [](const HttpRequest&) { return JsonResponse(200, "0123456789"); });
  Start();
  EXPECT_THAT(Ask("GET", "/", "Range: bytes=2-3\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\n0123456789")));
}

TEST_F(HttpServerTest, SaysWhatIsNotThere) {
  server_.Route("GET", "/orders/{id}", [](const HttpRequest&) { return JsonResponse(200, "{}"); });
  server_.Route("DELETE", "/orders/{id}",
                [](const HttpRequest&) { return JsonResponse(200, "{}"); });
  Start();
  EXPECT_THAT(Ask("GET", "/nothing"),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("Content-Type: application/problem+json"),
                    HasSubstr("\"title\":\"Not Found\",\"status\":404")));
  EXPECT_THAT(Ask("GET", "/orders/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask("GET", "/orders/1/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask("POST", "/orders/1"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, DELETE"),
                    HasSubstr("problem+json")));
  EXPECT_THAT(Ask("HEAD", "/orders/1"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(Exchange("rubbish\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("problem+json")));
  EXPECT_THAT(Ask("GET", "/" + std::string(100'000, 'a')), StartsWith("HTTP/1.1 414"));
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLarge) {
  std::atomic<int> called = 0;
  const HttpHandler handler = [&](const HttpRequest& request) {
    ++called;
    return JsonResponse(200, std::to_string(request.body.size()));
  };
  server_.Route("POST", "/", handler);
  server_.Route("DELETE", "/", handler);
  Start();
  const std::string largest(1 << 20, 'x');
  EXPECT_THAT(Ask("POST", "/", "", largest), HasSubstr("\r\n\r\n1048576"));
  EXPECT_EQ(called, 1);
  for (const char* method : {"POST", "DELETE"}) {
    EXPECT_THAT(Ask(method, "/", "", largest + "x"),
                AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("larger than 1048576 bytes"),
                      HasSubstr("X-Correlation-Id: ")));
  }
  std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 3; ++i) chunked += "80000\r\n" + std::string(0x80000, 'x') + "\r\n";
  EXPECT_THAT(Exchange(chunked + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_EQ(called, 1);
}

TEST_F(HttpServerTest, SurvivesAHandlerThatThrows) {
  server_.Route("GET", "/a",
                [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); });
  server_.Route("GET", "/b", [](const HttpRequest&) -> HttpResponse { throw 5; });
  server_.Route("GET", "/c", [](const HttpRequest&) { return JsonResponse(200, "{}"); });
  Start();
  EXPECT_THAT(Ask("GET", "/a"), AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("problem+json"),
                                      HasSubstr("X-Correlation-Id: "), Not(HasSubstr("secret"))));
  EXPECT_THAT(Ask("GET", "/b"), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(Ask("GET", "/c"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, GivesTheCorrelationIdBack) {
  Uuid seen = {};
  server_.Route("GET", "/", [&](const HttpRequest& request) {
    seen = request.correlation_id;
    return JsonResponse(200, "{}");
  });
  Start();
  const std::string header = std::string("X-Correlation-Id: ") + kId + "\r\n";
  EXPECT_THAT(Ask("GET", "/", header), HasSubstr(header));
  EXPECT_EQ(ToString(seen), kId);
  EXPECT_THAT(Ask("GET", "/nothing", header), AllOf(StartsWith("HTTP/1.1 404"), HasSubstr(header)));
  EXPECT_THAT(Ask("GET", "/", "x-correlation-id: 0190C6F8-3E2A-4B7C-9C1D-2F3E4A5B6C7D\r\n"),
              HasSubstr(header));

  const std::string answer = Ask("GET", "/");
  EXPECT_THAT(answer, HasSubstr("X-Correlation-Id: " + ToString(seen) + "\r\n"));
  EXPECT_NE(ToString(seen), kId);
}

TEST_F(HttpServerTest, RefusesACorrelationIdThatIsNoUuid) {
  std::atomic<bool> called = false;
  server_.Route("GET", "/", [&](const HttpRequest&) {
    called = true;
    return JsonResponse(200, "{}");
  });
  Start();
  EXPECT_THAT(Ask("GET", "/", "X-Correlation-Id: 17\r\n"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("\"field\":\"X-Correlation-Id\"")));
  const std::string header = std::string("X-Correlation-Id: ") + kId + "\r\n";
  EXPECT_THAT(Ask("GET", "/", header + header), StartsWith("HTTP/1.1 400"));
  EXPECT_FALSE(called);
}

TEST_F(HttpServerTest, FinishesRunningRequestsWhenItStops) {
  std::promise<void> entered, leave;
  server_.Route("GET", "/", [&](const HttpRequest&) {
    entered.set_value();
    leave.get_future().wait();
    return JsonResponse(200, "{\"done\":1}");
  });
  Start();
  std::future<std::string> answer =
      std::async(std::launch::async, [this] { return Ask("GET", "/"); });
  entered.get_future().wait();
  std::future<void> stopped = std::async(std::launch::async, [this] { server_.Stop(); });
  // Whatever the timing, the running request gets its answer; that it is running still is the usual
  // case.
  leave.set_value();
  EXPECT_THAT(answer.get(), HasSubstr("{\"done\":1}"));
  stopped.get();
  EXPECT_FALSE(Connection(port_).connected());
  server_.Stop();
}

TEST_F(HttpServerTest, StopsSoonBesideAnIdleConnection) {
  Start();
  Connection idle(port_);
  ASSERT_TRUE(idle.connected());
  const absl::Time before = SystemRuntime().Now();
  server_.Stop();
  EXPECT_LT(SystemRuntime().Now() - before, absl::Seconds(5));
}

TEST_F(HttpServerTest, ServesManyClientsAtOnce) {
  std::atomic<int> count = 0;
  server_.Route("POST", "/", [&](const HttpRequest& request) {
    ++count;
    return JsonResponse(200, request.body);
  });
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&, i] {
      for (int j = 0; j < 20; ++j) {
        const std::string body = std::to_string(i) + "/" + std::to_string(j);
        if (Ask("POST", "/", "", body).ends_with("\r\n\r\n" + body)) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 320);
  EXPECT_EQ(count, 320);
}

TEST(HttpServerStart, RefusesWhatCannotBe) {
  HttpServer first;
  absl::StatusOr<int> port = first.Start(":0");
  ASSERT_TRUE(port.ok()) << port.status();
  EXPECT_EQ(first.Start(":0").status().code(), absl::StatusCode::kFailedPrecondition);

  HttpServer second;
  const absl::Status taken = second.Start("127.0.0.1:" + std::to_string(*port)).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists) << taken;
  EXPECT_THAT(std::string(taken.message()), HasSubstr(std::to_string(*port)));
  for (const char* address : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http",
                              "127.0.0.1:65536", "192.0.2.1:0", "no such host:1"}) {
    EXPECT_EQ(second.Start(address).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  EXPECT_TRUE(second.Start("localhost:0").ok());
}

TEST(Problem, MapsCodesToStatuses) {
  EXPECT_EQ(Problem(absl::InvalidArgumentError("")).status, 400);
  EXPECT_EQ(Problem(absl::NotFoundError("")).status, 404);
  EXPECT_EQ(Problem(absl::AlreadyExistsError("")).status, 409);
  EXPECT_EQ(Problem(absl::FailedPreconditionError("")).status, 409);
  EXPECT_EQ(Problem(absl::AbortedError("")).status, 409);
  EXPECT_EQ(Problem(absl::UnavailableError("")).status, 503);
  EXPECT_EQ(Problem(absl::DeadlineExceededError("")).status, 503);
  EXPECT_EQ(Problem(absl::ResourceExhaustedError("")).status, 503);
  EXPECT_EQ(Problem(absl::InternalError("x")).body,
            "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500}");
}

TEST(Problem, NamesTheField) {
  EXPECT_EQ(
      Problem(absl::InvalidArgumentError("items[1].quantity: expected an integer, found \"two\""))
          .body,
      "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":"
      "\"items[1].quantity: expected an integer, found "
      "\\\"two\\\"\",\"field\":\"items[1].quantity\"}");
  EXPECT_THAT(Problem(absl::InvalidArgumentError("a line\n\xff"), "user_id").body,
              AllOf(HasSubstr("a line\\u000a?"), HasSubstr("\"field\":\"user_id\"")));
  EXPECT_THAT(Problem(absl::InvalidArgumentError("no path here: really")).body,
              Not(HasSubstr("field")));
  EXPECT_THAT(Problem(absl::NotFoundError("order: gone"), "x").body, Not(HasSubstr("field")));
}

}  // namespace
}  // namespace omnibus
