// librdkafka's errors in the bus's terms. The one place that knows both.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "absl/status/status.h"

namespace omnibus::kafka {

// OK for no error. Otherwise "kafka: ACTION: what librdkafka says (detail)".
absl::Status ToStatus(rd_kafka_resp_err_t error, std::string_view action,
                      std::string_view detail = {});

// What became of a message: `status` decides whether a failed one may have been written all the
// same. `detail` says what is wrong with the connection, if anything.
absl::Status DeliveryStatus(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status,
                            std::string_view topic, std::string_view detail = {});

// The group has gone on without us: what we settled will run again elsewhere.
bool IsFenced(rd_kafka_resp_err_t error);

// The group's coordinator cannot answer just now.
bool IsCoordinatorAway(rd_kafka_resp_err_t error);

// The broker refused our name or password, or a certificate.
bool IsLoginError(rd_kafka_resp_err_t error);

}  // namespace omnibus::kafka
