#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "omnibus/configuration.h"
#include "omnibus/transports/rabbitmq.h"
#include "transports/rabbitmq/address.h"
#include "transports/rabbitmq/utf8.h"

namespace omnibus::rabbitmq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<RabbitMqOptions> Read(std::string_view yaml) {
  const auto setting = ParseSettings(yaml, "test.yaml");
  EXPECT_TRUE(setting.ok()) << setting.status();
  return ReadRabbitMqOptions(*setting, "transports.rabbitmq");
}

TEST(RabbitMqOptionsTest, EveryKeyIsRead) {
  const auto options = Read(R"(
url: amqp://u:p@h:1/v
heartbeat: 5s
connect_timeout: 3s
max_body_bytes: 1000
reconnect: { first_delay: 10ms, max_delay: 2s }
publisher: { in_flight: 7, queue: 8, queue_bytes: 9 }
consumer: { prefetch: 11 }
)");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->url, "amqp://u:p@h:1/v");
  EXPECT_EQ(options->heartbeat, absl::Seconds(5));
  EXPECT_EQ(options->connect_timeout, absl::Seconds(3));
  EXPECT_EQ(options->max_body_bytes, 1000u);
  EXPECT_EQ(options->reconnect_first_delay, absl::Milliseconds(10));
  EXPECT_EQ(options->reconnect_max_delay, absl::Seconds(2));
  EXPECT_EQ(options->publisher.in_flight, 7);
  EXPECT_EQ(options->publisher.queue, 8);
  EXPECT_EQ(options->publisher.queue_bytes, 9u);
  EXPECT_EQ(options->consumer.prefetch, 11);
}

TEST(RabbitMqOptionsTest, WrongOnesAreNamedWithoutThePassword) {
  for (const auto& [yaml, what] : {std::pair{"heartbeat: 100ms", "heartbeat"},
                                   {"consumer: { prefetch: 0 }", "consumer.prefetch"},
                                   {"publisher: { in_flight: 70000 }", "publisher.in_flight"},
                                   {"reconnect: { max_delay: 1ms }", "reconnect.max_delay"},
                                   {"url: amqp://u:s3cret@h:99999/", "port"},
                                   {"url: http://u:s3cret@h/", "amqp://"},
                                   {"heartbeet: 1s", "heartbeat"}}) {
    const auto options = Read(yaml);
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument) << yaml;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(what));
    EXPECT_THAT(std::string(options.status().message()), Not(HasSubstr("s3cret")));
  }
}

TEST(RabbitMqUrl, ItsPartsAreDecoded) {
  const auto address = ParseUrl("amqp://us%40er:p%3Aw%2Ford@[::1]:1234/a%2fb");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->user, "us@er");
  EXPECT_EQ(address->password, "p:w/ord");
  ASSERT_EQ(address->hosts.size(), 1u);
  EXPECT_EQ(address->hosts[0].name, "::1");
  EXPECT_EQ(address->hosts[0].port, 1234);
  EXPECT_EQ(address->vhost, "a/b");
  EXPECT_EQ(address->Shown(), "amqp://us@er@[::1]:1234/a%2fb");
}

TEST(RabbitMqUrl, WhatIsLeftOutHasItsDefault) {
  for (const char* url : {"amqp://h", "amqp://h/", "amqp://guest:guest@h:5672/%2f"}) {
    const auto address = ParseUrl(url);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->user, "guest");
    EXPECT_EQ(address->password, "guest");
    ASSERT_EQ(address->hosts.size(), 1u);
    EXPECT_EQ(address->hosts[0].name, "h");
    EXPECT_EQ(address->hosts[0].port, 5672);
    EXPECT_EQ(address->vhost, "/");
    EXPECT_EQ(address->Shown(), "amqp://guest@h:5672/");
  }
}

TEST(RabbitMqUrl, NamesTheNodesOfACluster) {
  const auto address = ParseUrl("amqp://u:p@one:1,[::1]:2,three/v");
  ASSERT_TRUE(address.ok()) << address.status();
  ASSERT_EQ(address->hosts.size(), 3u);
  EXPECT_EQ(address->hosts[1].name, "::1");
  EXPECT_EQ(address->hosts[1].port, 2);
  EXPECT_EQ(address->hosts[2].name, "three");
  EXPECT_EQ(address->Shown(), "amqp://u@one:1,[::1]:2,three:5672/v");
}

TEST(RabbitMqUrl, WrongOnesAreRefused) {
  for (const char* url :
       {"", "h", "amqps://h", "amqp://", "amqp://:5672", "amqp://h:0", "amqp://h:x",
        "amqp://h:", "amqp://h,", "amqp://,h", "amqp://h,i:0", "amqp://[::1", "amqp://h/a/b",
        "amqp://u%4:p@h", "amqp://u:p%zz@h", "amqp://u%00:p@h", "amqp://h/?heartbeat=1"}) {
    EXPECT_EQ(ParseUrl(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (const std::string& good :
       {std::string(), std::string(1, '\0'), std::string("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
        std::string("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf")}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff", "a\xc3z"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace omnibus::rabbitmq
