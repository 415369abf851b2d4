#include "cli/tables.h"

#include <algorithm>
#include <vector>

#include "cli/event_line.h"
#include "cli/json_line.h"

namespace omnibus::cli {
namespace {

// Characters, not bytes.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line = " ";
  for (std::size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
    line += " " + Padded(Printable(cells[i]), widths[i]) + " ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string Padded(std::string_view text, std::size_t width) {
  std::string padded(text);
  if (const std::size_t is = Width(text); is < width) padded.append(width - is, ' ');
  return padded;
}

std::string TableText(const Demonstration::Table& table, bool coloured) {
  std::vector<std::size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(Width(column));
  for (const std::vector<std::string>& row : table.rows) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  const auto in = [&](const char* colour, const std::string& text) {
    return coloured ? colour + text + kPlain : text;
  };
  std::string text = in(kBold, table.title) + "\n" + in(kDim, Row(table.columns, widths));
  for (const std::vector<std::string>& row : table.rows) text += "\n" + Row(row, widths);
  if (table.rows.empty()) text += "\n  (none)";
  return text;
}

std::string TableJson(const Demonstration::Table& table) {
  std::string rows;
  for (const std::vector<std::string>& row : table.rows) {
    JsonLine object;
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
      object.Text(table.columns[i], row[i]);
    }
    if (!rows.empty()) rows += ',';
    rows += object.Done();
  }
  return "[" + rows + "]";
}

}  // namespace omnibus::cli
