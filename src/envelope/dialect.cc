#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "envelope/envelope_names.h"
#include "omnibus/envelope.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {

std::string_view DialectName(Dialect dialect) {
  return dialect == Dialect::kCamel ? "camel" : "snake";
}

absl::StatusOr<Dialect> ParseDialect(std::string_view name) {
  for (const Dialect dialect : {Dialect::kCamel, Dialect::kSnake}) {
    if (name == DialectName(dialect)) return dialect;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected an envelope, camel or snake, found ", internal::Quoted(name)));
}

bool IsEnvelopeHeader(std::string_view name) {
  return name == envelope::kEventTypeHeader || name == envelope::kCorrelationIdHeader ||
         name == envelope::kIdempotencyKeyHeader || name == envelope::kCausationIdHeader ||
         name == envelope::kTraceparentHeader || name == envelope::kPartitionKeyHeader;
}

}  // namespace omnibus
