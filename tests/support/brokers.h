#ifndef OMNIBUS_TESTS_SUPPORT_BROKERS_H_
#define OMNIBUS_TESTS_SUPPORT_BROKERS_H_

#include <cstddef>
#include <optional>
#include <string>

namespace omnibus::testing {

// Where the real brokers of this test run listen. ctest starts them (see omnibus_add_test in
// tests/CMakeLists.txt); whoever runs a test by hand starts one with
//
//   tests/brokers/kafka start DIR       tests/brokers/rabbitmq start DIR
//
// and puts the line that it prints into the environment. Without a value there is none to be had,
// and a test that needs it skips itself:
//
//   const std::optional<std::string> brokers = KafkaBrokers();
//   if (!brokers.has_value()) GTEST_SKIP() << kNoKafka;
//
// The environment variable is looked at first, then what ctest's broker has written. Each call
// looks again: a broker that stopped is not remembered.
//
// Thread-safety: any thread, as long as nobody changes the environment.

// "host:port", for `transports.kafka.brokers`; OMNIBUS_TEST_KAFKA_BROKERS.
std::optional<std::string> KafkaBrokers();

// "amqp://user:password@host:port/", for `transports.rabbitmq.url`; OMNIBUS_TEST_RABBITMQ_URL.
std::optional<std::string> RabbitMqUrl();

// What a test that has to skip itself says.
inline constexpr char kNoKafka[] = "no real Kafka here (tests/brokers/kafka says why)";
inline constexpr char kNoRabbitMq[] = "no real RabbitMQ here (tests/brokers/rabbitmq says why)";

// A broker of a test's own, that it may stop, kill and start again under the same address while it
// runs: for what happens when a broker goes away. Stopped by the destructor, and also when this
// process is gone.
//
// Thread-safety: one thread.
class PrivateBroker {
 public:
  enum class Kind { kKafka, kRabbitMq };

  struct Options {
    // The loopback port of a proxy that clients come by: Kafka tells whoever came to proxied_port()
    // to go on there. 0: there is none.
    int advertised_port = 0;
    // Bytes of a disk of its own, which fills up; needs to be root. 0: the machine's.
    std::size_t disk_bytes = 0;
  };

  // Starts it: some seconds. Nullopt when it is not to be had, after it said
  // why on standard error. Its files are below the build folder.
  static std::optional<PrivateBroker> Start(Kind kind);
  static std::optional<PrivateBroker> Start(Kind kind, const Options& options);

  PrivateBroker(PrivateBroker&& other) noexcept;
  PrivateBroker& operator=(PrivateBroker&& other) = delete;
  ~PrivateBroker();

  // As KafkaBrokers() or RabbitMqUrl(): straight to it.
  const std::string& address() const { return address_; }
  Kind kind() const { return kind_; }
  // Where it listens.
  int port() const;
  // Where it listens for clients that come by a proxy.
  int proxied_port() const;
  // Where it has its files; its data in "data", its ports in "ports.json".
  const std::string& directory() const { return directory_; }
  // The number that ports.json has for `name`; 0: none.
  int Port(const std::string& name) const;

  // Each returns whether it was done. Stop is a clean one, Kill is a crash; after either, Restart
  // brings it back with its data, under the same address, and waits until it is ready.
  bool Stop();
  bool Kill();
  bool Restart();
  // Only while it is stopped: it comes back empty.
  bool Forget();

  // Frozen, it keeps its sockets, and neither reads, writes nor answers.
  bool Freeze();
  bool Thaw();

 private:
  PrivateBroker(Kind kind, std::string directory, const Options& options);
  std::string StartCommand() const;
  bool MountDisk();
  bool Run(const std::string& command) const;
  bool ReadAddress();

  Kind kind_;
  std::string directory_;  // empty once moved from
  Options options_;
  bool has_disk_ = false;
  std::string address_;
};

}  // namespace omnibus::testing

#endif  // OMNIBUS_TESTS_SUPPORT_BROKERS_H_
