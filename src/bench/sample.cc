#include "bench/sample.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::bench {
namespace {

constexpr DomainName kDomain = {.name = "omnibus-bench",
                                .services = {"bench-publisher", kConsumer}};

// M2: an order of two items.
constexpr std::string_view kOrder =
    R"({"order_id":10,"user_id":1,"total_amount":31.5,)"
    R"("items":[{"book_id":1,"quantity":2},{"book_id":5,"quantity":1}],"status":"created"})";

// Behind the closing quote of the string that begins at `i`.
std::size_t EndOfString(std::string_view json, std::size_t i) {
  for (++i; i < json.size() && json[i] != '"'; ++i) {
    if (json[i] == '\\') ++i;
  }
  return i + 1;
}

// Where the value of the object's own member `name` begins. `json` is valid and compact.
std::optional<std::size_t> ValueOf(std::string_view json, std::string_view name) {
  int depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '{' || json[i] == '[') ++depth;
    if (json[i] == '}' || json[i] == ']') --depth;
    if (json[i] != '"') continue;
    const std::size_t end = EndOfString(json, i);
    const bool is_name = depth == 1 && end < json.size() && json[end] == ':';
    if (is_name && json.substr(i + 1, end - i - 2) == name) return end + 1;
    i = end - 1;
  }
  return std::nullopt;
}

// The first element of the list that begins at `i`; empty: it has none.
std::string_view FirstElement(std::string_view json, std::size_t i) {
  const std::size_t begin = i + 1;
  int depth = 0;
  for (std::size_t k = begin; k < json.size(); ++k) {
    if (depth == 0 && (json[k] == ',' || json[k] == ']')) return json.substr(begin, k - begin);
    if (json[k] == '{' || json[k] == '[') ++depth;
    if (json[k] == '}' || json[k] == ']') --depth;
    if (json[k] == '"') k = EndOfString(json, k) - 1;
  }
  return {};
}

// Adds at least `missing` bytes to the payload of an event of `type`; false: nothing can grow.
bool Grow(const EventType& type, std::size_t missing, std::string& json) {
  for (const FieldInfo& field : type.fields) {
    const std::optional<std::size_t> at = ValueOf(json, field.name);
    if (!at.has_value() || field.type != "string" || json[*at] != '"') continue;
    json.insert(*at + 1, missing, 'x');
    return true;
  }
  for (const FieldInfo& field : type.fields) {
    const std::optional<std::size_t> at = ValueOf(json, field.name);
    if (!at.has_value() || json[*at] != '[') continue;
    const std::string element(FirstElement(json, *at));
    if (element.empty()) continue;
    std::string more;
    while (more.size() < missing) more += element + ",";
    json.insert(*at + 1, more);
    return true;
  }
  return false;
}

}  // namespace

const DomainName& BenchDomain() { return kDomain; }

std::string ChannelFor(const EventType& type) {
  return "omnibus-bench." + std::string(type.contract->type);
}

absl::StatusOr<std::unique_ptr<Sample>> Sample::Make(const EventType& original,
                                                     std::string_view data, std::string channel) {
  std::unique_ptr<Sample> sample(new Sample);
  sample->channel_ = std::move(channel);
  sample->contract_ = *original.contract;
  sample->contract_.channel = sample->channel_;
  sample->contract_.domain = &kDomain;
  sample->contract_.publisher = "bench-publisher";
  sample->contract_.consumers = {kConsumer};
  sample->type_ = original;
  sample->type_.contract = &sample->contract_;
  sample->event_ = NewEvent(sample->type_);
  if (data.empty()) {
    absl::StatusOr<EventPointer> order =
        ParsePayloadInEitherNaming(sample->type_, kOrder, Naming::kSnake, "data");
    if (order.ok()) sample->event_ = *std::move(order);
  } else {
    absl::StatusOr<EventPointer> event =
        ParsePayloadInEitherNaming(sample->type_, data, Naming::kCamel, "data");
    if (!event.ok()) return event.status();
    sample->event_ = *std::move(event);
  }
  absl::StatusOr<std::string> payload =
      FormatPayload(sample->type_, sample->event(), Naming::kSnake);
  if (!payload.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("an empty ", AbslView(original.contract->type),
                                                   " cannot be sent: ", payload.status().message(),
                                                   "; say with --data what to send"));
  }
  return sample;
}

absl::StatusOr<std::size_t> Sample::BodyBytes(Dialect dialect) const {
  Metadata metadata;
  metadata.id = metadata.correlation_id = metadata.idempotency_key = RandomUuid(1, 2);
  metadata.type = contract_.type;
  // As many digits as the clock gives.
  metadata.occurred_at = {1'735'732'800'123'456'789};
  EnvelopeWriter writer;
  if (absl::Status status = writer.Write(dialect, {}, metadata, type_, event()); !status.ok()) {
    return status;
  }
  return writer.message().body.size();
}

absl::Status Sample::GrowTo(std::size_t bytes, Dialect dialect) {
  while (true) {
    absl::StatusOr<std::size_t> size = BodyBytes(dialect);
    if (!size.ok()) return size.status();
    if (*size >= bytes) return absl::OkStatus();
    absl::StatusOr<std::string> json = FormatPayload(type_, event(), Naming::kSnake);
    if (!json.ok()) return json.status();
    if (!Grow(type_, bytes - *size, *json)) {
      return absl::InvalidArgumentError(absl::StrCat(
          AbslView(contract_.type), " has ", *size, " bytes, and neither a string nor ",
          "a list that is not empty, which could grow; say with --data what to send"));
    }
    absl::StatusOr<EventPointer> event = ParsePayload(type_, *json, Naming::kSnake, "data");
    if (!event.ok()) return event.status();
    event_ = *std::move(event);
  }
}

Domain DomainOf(const Sample& sample) {
  Domain domain;
  domain.name = &kDomain;
  domain.events = {&sample.type()};
  domain.modules = {{.name = kConsumer, .make = nullptr}};
  return domain;
}

}  // namespace omnibus::bench
