// The command line over real brokers.
#pragma once

#include <cstdio>
#include <optional>
#include <random>
#include <string>

#include "tests/cli/command_line.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {

// Over the broker that is its parameter: "kafka" or "rabbitmq".
class BrokerCommandLineTest : public CommandLineTest,
                              public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "kafka") {
      const std::optional<std::string> brokers = KafkaBrokers();
      if (!brokers.has_value()) GTEST_SKIP() << kNoKafka;
      options_ = "brokers: '" + *brokers + "'";
    } else {
      const std::optional<std::string> url = RabbitMqUrl();
      if (!url.has_value()) GTEST_SKIP() << kNoRabbitMq;
      options_ = "url: '" + *url + "'";
    }
  }

  // A file; `bus` is more of its settings: ", declare: own".
  std::string Configuration(const std::string& bus = "") const {
    return Write("omnibus.yaml", "bus: {transport: " + GetParam() + bus + "}\ntransports: {" +
                                     GetParam() + ": {" + options_ + "}}\n");
  }

  // Tests share a broker: what one of them wants, it tells by such an id.
  static std::string RandomId() {
    std::random_device random;
    char text[37];
    std::snprintf(text, sizeof(text), "%08x-%04x-4%03x-8%03x-%08x%04x", random(), random() & 0xFFFF,
                  random() & 0xFFF, random() & 0xFFF, random(), random() & 0xFFFF);
    return text;
  }

  std::string options_;  // how to reach the broker
};

}  // namespace omnibus::testing
