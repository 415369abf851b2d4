#include "tests/faults/tcp_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <utility>

#include "omnibus/runtime.h"

namespace omnibus::faults {
namespace {

using Direction = TcpProxy::Direction;

constexpr absl::Duration kSoon = absl::Seconds(10);
// Long enough that what passes would have passed.
constexpr absl::Duration kSilence = absl::Milliseconds(150);

absl::Time Now() { return SystemRuntime().Now(); }

bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = Now() + kSoon;
  while (!condition()) {
    if (Now() > deadline) return false;
    SystemRuntime().SleepUntil(Now() + absl::Milliseconds(2));
  }
  return true;
}

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { Close(); }

  static Socket Connect(int port) {
    Socket made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      made.Close();
    }
    return made;
  }

  bool open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  bool Send(const std::string& bytes) const {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  bool Quiet(absl::Duration time = kSilence) const {
    pollfd polled = {fd_, POLLIN, 0};
    return poll(&polled, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) == 0;
  }
  // The next bytes; "end" after a FIN, "reset" after a RST, "nothing" when none come.
  std::string Next(std::size_t most = 4096) const {
    if (Quiet(kSoon)) return "nothing";
    std::string bytes(most, '\0');
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
    if (size == 0) return "end";
    if (size < 0) return errno == ECONNRESET ? "reset" : "error";
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }
  std::string Exactly(std::size_t size) const {
    std::string all;
    while (all.size() < size) {
      if (Quiet(kSoon)) break;
      const std::string more = Next(size - all.size());
      if (more == "end" || more == "reset") break;
      all += more;
    }
    return all;
  }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// Both ends of one connection through a proxy.
class TcpProxyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    listener_ = Socket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(listener_.fd(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener_.fd(), 8), 0);
    ASSERT_EQ(getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    proxy_ = TcpProxy::Start();
    ASSERT_NE(proxy_, nullptr);
    proxy_->SetTarget(ntohs(address.sin_port));
    Join(client_, server_);
  }

  void Join(Socket& client, Socket& server) {
    client = Socket::Connect(proxy_->port());
    ASSERT_TRUE(client.open());
    ASSERT_FALSE(listener_.Quiet(kSoon)) << "the proxy does not connect";
    server = Socket(accept(listener_.fd(), nullptr, nullptr));
    ASSERT_TRUE(server.open());
  }

  void ExpectThatAllPasses() {
    ASSERT_TRUE(client_.Send("ping"));
    EXPECT_EQ(server_.Next(), "ping");
    ASSERT_TRUE(server_.Send("pong"));
    EXPECT_EQ(client_.Next(), "pong");
  }

  Socket listener_;
  std::unique_ptr<TcpProxy> proxy_;
  Socket client_;
  Socket server_;
};

TEST_F(TcpProxyTest, PassesBytesBothWaysAndCountsThem) {
  ExpectThatAllPasses();
  EXPECT_EQ(proxy_->passed(Direction::kToTarget), 4u);
  EXPECT_EQ(proxy_->passed(Direction::kBoth), 8u);
  EXPECT_EQ(proxy_->connections(), 1u);
}

TEST_F(TcpProxyTest, PassesMuchMoreThanItHoldsUnchanged) {
  std::string much(8'000'000, ' ');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 7 + i / 4096);
  std::thread sender([&] { EXPECT_TRUE(client_.Send(much)); });
  const std::string received = server_.Exactly(much.size());
  sender.join();
  EXPECT_TRUE(received == much) << received.size();
}

TEST_F(TcpProxyTest, PassesAnEndInOneDirectionAndThenInTheOther) {
  shutdown(client_.fd(), SHUT_WR);
  EXPECT_EQ(server_.Next(), "end");
  ASSERT_TRUE(server_.Send("late"));
  EXPECT_EQ(client_.Next(), "late");
  server_.Close();
  EXPECT_EQ(client_.Next(), "end");
  EXPECT_TRUE(Eventually([&] { return proxy_->connections() == 0; }));
}

TEST_F(TcpProxyTest, PassesAReset) {
  const linger at_once = {1, 0};
  setsockopt(server_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  server_.Close();
  EXPECT_EQ(client_.Next(), "reset");
}

TEST_F(TcpProxyTest, DelaysAndKeepsTheOrder) {
  proxy_->Delay(Direction::kToTarget, absl::Milliseconds(300));
  const absl::Time begun = Now();
  ASSERT_TRUE(client_.Send("one"));
  ASSERT_TRUE(client_.Send("two"));
  EXPECT_EQ(server_.Exactly(6), "onetwo");
  EXPECT_GE(Now() - begun, absl::Milliseconds(300));
  const absl::Time answered = Now();
  ASSERT_TRUE(server_.Send("back"));
  EXPECT_EQ(client_.Next(), "back");
  EXPECT_LT(Now() - answered, absl::Milliseconds(250)) << "the other direction is not delayed";
  proxy_->Heal();
  ExpectThatAllPasses();
}

TEST_F(TcpProxyTest, ThrottlesToAboutTheRate) {
  proxy_->Throttle(Direction::kToClient, 100'000);
  const absl::Time begun = Now();
  ASSERT_TRUE(server_.Send(std::string(60'000, 'x')));
  EXPECT_EQ(client_.Exactly(60'000).size(), 60'000u);
  const absl::Duration taken = Now() - begun;
  EXPECT_GE(taken, absl::Milliseconds(450));
  EXPECT_LE(taken, absl::Seconds(3));
}

TEST_F(TcpProxyTest, CutsByAResetOnBothSides) {
  proxy_->Cut();
  EXPECT_EQ(client_.Next(), "reset");
  EXPECT_EQ(server_.Next(), "reset");
  EXPECT_EQ(proxy_->connections(), 0u);
  Join(client_, server_);
  ExpectThatAllPasses();
}

TEST_F(TcpProxyTest, HalfClosesOneDirectionAndLetsTheOtherGoOn) {
  proxy_->HalfClose(Direction::kToClient);
  EXPECT_EQ(client_.Next(), "end");
  ASSERT_TRUE(client_.Send("still"));
  EXPECT_EQ(server_.Next(), "still");
}

TEST_F(TcpProxyTest, ABlackHoleHoldsBytesEndsAndNewConnections) {
  proxy_->BlackHole(Direction::kBoth);
  ASSERT_TRUE(client_.Send("ping"));
  ASSERT_TRUE(server_.Send("pong"));
  EXPECT_TRUE(client_.Quiet());
  EXPECT_TRUE(server_.Quiet());
  Socket late = Socket::Connect(proxy_->port());
  EXPECT_TRUE(listener_.Quiet()) << "the connection reached the target";
  server_.Close();
  EXPECT_TRUE(client_.Quiet()) << "an end passed";

  proxy_->Heal();
  EXPECT_EQ(client_.Next(), "pong");
  EXPECT_FALSE(listener_.Quiet(kSoon)) << "the connection never reaches the target";
}

TEST_F(TcpProxyTest, ABlackHoleInOneDirectionLetsTheOtherPass) {
  proxy_->BlackHole(Direction::kToClient);
  ASSERT_TRUE(client_.Send("ping"));
  EXPECT_EQ(server_.Next(), "ping");
  ASSERT_TRUE(server_.Send("pong"));
  EXPECT_TRUE(client_.Quiet());
  proxy_->Heal();
  EXPECT_EQ(client_.Next(), "pong");
}

TEST_F(TcpProxyTest, RefusesNewConnectionsAndKeepsTheOldOnes) {
  proxy_->Refuse();
  EXPECT_FALSE(Socket::Connect(proxy_->port()).open());
  ExpectThatAllPasses();
  proxy_->Heal();
  ExpectThatAllPasses();
  Join(client_, server_);
  ExpectThatAllPasses();
}

TEST_F(TcpProxyTest, ResetsWhoeverComesWhileTheTargetIsGone) {
  listener_.Close();
  const Socket client = Socket::Connect(proxy_->port());
  ASSERT_TRUE(client.open());
  EXPECT_EQ(client.Next(), "reset");
}

}  // namespace
}  // namespace omnibus::faults
