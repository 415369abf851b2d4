// contracts list, contracts show
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/json_line.h"
#include "cli/names.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::cli {
namespace {

std::vector<std::string> ConsumersOf(const Contract& contract) {
  return {contract.consumers.begin(), contract.consumers.end()};
}

JsonLine AsJson(const Contract& contract) {
  JsonLine line;
  line.Text("type", contract.type)
      .Text("channel", contract.channel)
      .Text("domain", contract.domain->name)
      .Text("publisher", contract.publisher)
      .Raw("consumers", JsonList(ConsumersOf(contract)))
      .Bool("open", contract.open)
      .Raw("key", contract.key.empty() ? "null" : JsonText(contract.key))
      .Text("description", contract.description);
  return line;
}

std::string Arrow(const Contract& contract) {
  std::vector<std::string> consumers = ConsumersOf(contract);
  if (contract.open) consumers.emplace_back("...");
  if (consumers.empty()) consumers.emplace_back("(none)");
  return absl::StrCat(AbslView(contract.publisher), " -> ", absl::StrJoin(consumers, ", "));
}

// Columns as wide as their widest cell, the last one as it is.
void PrintTable(const std::vector<std::vector<std::string>>& rows, Output& out) {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    out.Line(line);
  }
}

int Ended(const Output& out) {
  // `omnibus contracts list | head` has what it wanted.
  if (out.status().ok() || absl::IsCancelled(out.status())) return kDone;
  return Complain(out.status(), kFailed);
}

}  // namespace

int ListContracts(const ContractsCommand& command, Environment& environment) {
  std::vector<std::vector<std::string>> rows = {
      {"TYPE", "CHANNEL", "KEY", "PUBLISHER -> CONSUMERS"}};
  for (const EventType* event : AllEvents(environment.domains)) {
    const Contract& contract = *event->contract;
    if (command.json) {
      environment.out.Line(AsJson(contract).Done());
      continue;
    }
    rows.push_back({std::string(contract.type), std::string(contract.channel),
                    std::string(contract.key.empty() ? "-" : contract.key), Arrow(contract)});
  }
  if (!command.json) PrintTable(rows, environment.out);
  return Ended(environment.out);
}

int ShowContract(const std::string& type, const ContractsCommand& command,
                 Environment& environment) {
  absl::StatusOr<const EventType*> event = FindEvent(environment.domains, type);
  if (!event.ok()) return Complain(event.status(), kWrong);
  const Contract& contract = *(*event)->contract;
  Output& out = environment.out;
  if (command.json) {
    std::string fields = "[";
    for (const FieldInfo& field : (*event)->fields) {
      if (fields.size() > 1) fields += ',';
      fields += JsonLine()
                    .Text("name", field.name)
                    .Text("type", field.type)
                    .Bool("required", field.required)
                    .Done();
    }
    out.Line(AsJson(contract).Raw("fields", fields + "]").Done());
    return Ended(out);
  }
  out.Line(absl::StrCat(AbslView(contract.type), ": ", AbslView(contract.description)));
  out.Line(absl::StrCat("  domain   ", AbslView(contract.domain->name)));
  out.Line(absl::StrCat("  channel  ", AbslView(contract.channel)));
  out.Line(absl::StrCat("  flow     ", Arrow(contract)));
  out.Line(absl::StrCat("  key      ", contract.key.empty() ? "(none)" : AbslView(contract.key)));
  out.Line("  fields");
  std::vector<std::vector<std::string>> rows;
  for (const FieldInfo& field : (*event)->fields) {
    rows.push_back({"    " + std::string(field.name), std::string(field.type),
                    field.required ? "required" : "optional"});
  }
  PrintTable(rows, out);
  return Ended(out);
}

}  // namespace omnibus::cli
