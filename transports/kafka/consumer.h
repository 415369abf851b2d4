// The receiving end on librdkafka.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"
#include "transports/kafka/producer.h"

namespace omnibus::kafka {

struct OpenedConsumer {
  std::unique_ptr<Consumer> consumer;
  std::shared_ptr<Remains> remains;
};
absl::StatusOr<OpenedConsumer> OpenConsumer(const KafkaOptions& options,
                                            const ConsumerOptions& consumer, Runtime& runtime,
                                            std::shared_ptr<spdlog::logger> log,
                                            TopicMissing missing);

}  // namespace omnibus::kafka
