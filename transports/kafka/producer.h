// The sending end on librdkafka.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"
#include "transports/kafka/topic_keeper.h"

namespace spdlog {
class logger;
}

namespace omnibus::kafka {

// A thread of a producer's or consumer's that outlives it: it lets go of librdkafka, which can take
// a while, once its owner is gone.
class Remains {
 public:
  virtual ~Remains() = default;
  // Nothing is left but to join.
  virtual bool finished() const = 0;
  virtual void Join() = 0;
};

class KafkaProducer : public Producer {
 public:
  // For tests: as if the broker had told librdkafka something that ends its instance.
  virtual void RaiseFatalErrorForTest() = 0;
};

struct OpenedProducer {
  std::unique_ptr<KafkaProducer> producer;
  std::shared_ptr<Remains> remains;
};
absl::StatusOr<OpenedProducer> OpenProducer(const KafkaOptions& options, std::size_t max_body_bytes,
                                            Runtime& runtime, std::shared_ptr<spdlog::logger> log,
                                            TopicMissing missing);

}  // namespace omnibus::kafka
