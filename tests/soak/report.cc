#include "tests/soak/report.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace omnibus::soak {
namespace {

std::string Time(std::int64_t nanoseconds) {
  return nanoseconds < 0 ? "never"
                         : absl::StrFormat("%.1f s", static_cast<double>(nanoseconds) / 1e9);
}

// Of all times that the same fault struck.
struct Row {
  int times = 0;
  Figures sum;
};

void Add(Row& row, const Figures& figures) {
  ++row.times;
  Figures& sum = row.sum;
  sum.published += figures.published;
  sum.confirmed += figures.confirmed;
  sum.failed += figures.failed;
  sum.lost += figures.lost;
  sum.duplicated += figures.duplicated;
  sum.taken_twice += figures.taken_twice;
  sum.reordered += figures.reordered;
  const auto worst = [](std::int64_t& all, std::int64_t one, bool first) {
    all = first ? one : (all < 0 || one < 0) ? -1 : std::max(all, one);
  };
  worst(sum.confirm_recovery, figures.confirm_recovery, row.times == 1);
  worst(sum.delivery_recovery, figures.delivery_recovery, row.times == 1);
  worst(sum.caught_up, figures.caught_up, row.times == 1);
  sum.longest_wait = std::max(sum.longest_wait, figures.longest_wait);
}

std::string Line(const std::string& fault, const std::string& where, int times,
                 const Figures& sum) {
  return absl::StrFormat(
      "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %s | %s | %s |\n", fault, where,
      times, sum.published, sum.confirmed, sum.failed, sum.lost, sum.duplicated, sum.taken_twice,
      sum.reordered, Time(sum.confirm_recovery), Time(sum.delivery_recovery), Time(sum.caught_up),
      Time(sum.longest_wait));
}

std::string Where(const RunResult& run) {
  return absl::StrCat(NameOf(run.transport), ", ", NameOf(run.topology));
}

std::string Table(const std::vector<RunResult>& results) {
  std::string out =
      "| fault | transport | times | published | confirmed | failed | lost | duplicated | taken "
      "twice "
      "| reordered | first confirm | first delivery | caught up | longest wait |\n"
      "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  std::map<std::pair<std::string, std::string>, Row> rows;
  for (const RunResult& run : results) {
    for (std::size_t i = 0; i < run.windows.size(); ++i) {
      Add(rows[{run.windows[i].fault, Where(run)}], run.verdict.windows[i]);
    }
  }
  for (const auto& [key, row] : rows) out += Line(key.first, key.second, row.times, row.sum);
  for (const RunResult& run : results) {
    out += Line("**all**", Where(run), static_cast<int>(run.windows.size()), run.verdict.total);
  }
  return out;
}

std::string Bounds(const std::vector<RunResult>& results) {
  std::string out;
  for (const RunResult& run : results) {
    for (const std::string& broken : run.verdict.broken) {
      absl::StrAppend(&out, "- ", Where(run), ": ", broken, "\n");
    }
  }
  return out.empty() ? "All bounds were kept.\n" : "Bounds that were broken:\n\n" + out;
}

std::string Csv(const std::vector<RunResult>& results) {
  std::string out =
      "transport,topology,fault,detail,begin_s,healed_s,end_s,published,confirmed,failed,lost,"
      "duplicated,duplicates_allowed,taken_twice,reordered,confirm_recovery_s,delivery_recovery_s,"
      "caught_up_s,"
      "longest_wait_s\n";
  for (const RunResult& run : results) {
    const auto at = [&](std::int64_t when) { return static_cast<double>(when - run.begin) / 1e9; };
    for (std::size_t i = 0; i < run.windows.size(); ++i) {
      const Window& window = run.windows[i];
      const Figures& figures = run.verdict.windows[i];
      const auto seconds = [](std::int64_t nanoseconds) {
        return nanoseconds < 0 ? -1.0 : static_cast<double>(nanoseconds) / 1e9;
      };
      absl::StrAppendFormat(
          &out, "%s,%s,%s,%s,%.1f,%.1f,%.1f,%d,%d,%d,%d,%d,%d,%d,%d,%.2f,%.2f,%.2f,%.2f\n",
          NameOf(run.transport), NameOf(run.topology), window.fault, window.detail,
          at(window.begin), at(window.healed), at(window.end), figures.published, figures.confirmed,
          figures.failed, figures.lost, figures.duplicated, window.duplicates_allowed,
          figures.taken_twice, figures.reordered, seconds(figures.confirm_recovery),
          seconds(figures.delivery_recovery), seconds(figures.caught_up),
          seconds(figures.longest_wait));
    }
  }
  return out;
}

absl::Status Write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file.fail()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("soak: cannot write ", path));
}

}  // namespace

absl::Status WriteReport(const std::string& directory, const ReportHeader& header,
                         const std::vector<RunResult>& results) {
  std::string page = "# Loss report\n\n";
  absl::StrAppend(&page, "Seed ", header.seed, ", ", header.rate,
                  " ticks a second to each broker. ", header.machine, " To repeat it:\n\n```sh\n",
                  header.command, "\n```\n\n");
  for (const RunResult& run : results) {
    absl::StrAppendFormat(
        &page, "- %s: %.1f minutes, %d faults, %d events confirmed\n", Where(run),
        static_cast<double>(run.end - run.begin) / 60e9,
        std::count_if(run.windows.begin(), run.windows.end(),
                      [](const Window& window) { return window.fault != "none"; }),
        run.verdict.total.confirmed);
  }
  absl::StrAppend(&page, "\n![Throughput over time](soak.svg)\n\n", Table(results), "\n",
                  Bounds(results));
  absl::Status status = Write(directory + "/report.md", page);
  status.Update(Write(directory + "/soak.svg", Plot(results)));
  status.Update(Write(directory + "/faults.csv", Csv(results)));
  return status;
}

}  // namespace omnibus::soak
