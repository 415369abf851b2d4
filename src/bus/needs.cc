#include "bus/needs.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

bool Meets(Need need, const Capabilities& capabilities) {
  switch (need) {
    case Need::kOrderWithinKey:
      return capabilities.ordered_by_key;
    case Need::kReplay:
      return capabilities.replay;
    case Need::kDelayedRetry:
      return capabilities.side_queues;
  }
  return false;
}

std::string_view Describe(Need need) {
  switch (need) {
    case Need::kOrderWithinKey:
      return "order within a key among several members of its group";
    case Need::kReplay:
      return "a replay of earlier events for a group that is new";
    case Need::kDelayedRetry:
      return "retries that outlive the process";
  }
  return "something unknown";
}

std::string_view Help(Need need) {
  switch (need) {
    case Need::kOrderWithinKey:
      return "Kafka and memory have it; give its channels one of these "
             "(channels.<name>.transport)";
    case Need::kReplay:
      return "Kafka and memory have it; give its channels one of these "
             "(channels.<name>.transport), or start the group before its events are published";
    case Need::kDelayedRetry:
      return "Kafka, RabbitMQ and memory have it; give its channels one of these "
             "(channels.<name>.transport)";
  }
  return "";
}

}  // namespace

absl::Status CheckNeeds(const ModulePlan& module, std::string_view name, std::string_view kind,
                        const Capabilities& capabilities) {
  std::vector<std::string> lines;
  const auto complain = [&](std::string_view need, std::string_view help) {
    lines.push_back(absl::StrCat("module ", GroupName(*module.module), ": needs ", AbslView(need),
                                 ", which transport ", AbslView(name), " (", AbslView(kind),
                                 ") does not give; ", AbslView(help)));
  };
  for (const Need need : module.description.needs()) {
    if (!Meets(need, capabilities)) complain(Describe(need), Help(need));
  }
  if (module.configuration.after_dead_letter == AfterDeadLetter::kPark &&
      !capabilities.side_queues) {
    complain("side queues for after_dead_letter: park",
             "use after_dead_letter: continue, or give its channels another transport");
  }
  if (lines.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(lines, "\n"));
}

}  // namespace omnibus
