// How what a message costs grows with the size of things: channels, partitions, keys, messages that
// wait in the process, bodies and modules, one at a time, on the memory transport in one process.
//
//   benchmark_scale [--quick] [--axis AXIS] [PLOTS]     a line of JSON for each point, a table on
//                                         stderr, and scale-AXIS.svg in the folder PLOTS
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/numbers.h"
#include "bench/plot.h"
#include "scale_bus.h"
#include "spdlog/spdlog.h"

namespace {

using scale::Cost;
using scale::Shape;

constexpr int kRounds = 3;
constexpr std::int64_t kQuicker = 100;  // times fewer messages with --quick
constexpr std::int64_t kFewest = 100;

struct Point {
  std::int64_t at = 0;
  Shape shape;
  std::vector<Cost> rounds;

  // Sorted.
  std::vector<double> Of(double Cost::*what) const {
    std::vector<double> values;
    for (const Cost& cost : rounds) values.push_back(cost.*what);
    std::sort(values.begin(), values.end());
    return values;
  }
  double Median(double Cost::*what) const { return omnibus::bench::Quantile(Of(what), 0.5); }
  double Bytes() const { return static_cast<double>(rounds.front().body_bytes); }
};

struct Axis {
  std::string name;
  std::string of;   // what is counted
  std::string per;  // "message", "delivery" or "byte"
  std::vector<Point> points;

  // What nanoseconds of a delivery are divided by.
  double Divisor(const Point& point) const { return per == "byte" ? point.Bytes() : 1; }
};

template <typename ShapeOf>
Axis MakeAxis(std::string name, std::string of, std::string per,
              const std::vector<std::int64_t>& points, ShapeOf shape_of) {
  Axis axis;
  axis.name = std::move(name);
  axis.of = std::move(of);
  axis.per = std::move(per);
  for (const std::int64_t at : points) {
    Point point;
    point.at = at;
    shape_of(at, point.shape);
    axis.points.push_back(point);
  }
  return axis;
}

std::vector<Axis> Axes() {
  std::vector<Axis> axes;
  axes.push_back(MakeAxis("channels", "channels", "message", {1, 10, 100, 300, 1000},
                          [](std::int64_t channels, Shape& shape) { shape.channels = channels; }));
  // What the bus looks through for a message is not shared by many then.
  axes.push_back(MakeAxis("channels-one-by-one", "channels, a message at a time", "message",
                          {1, 10, 100, 300, 1000}, [](std::int64_t channels, Shape& shape) {
                            shape.channels = channels;
                            shape.one_by_one = true;
                            shape.messages = 5000;
                          }));
  axes.push_back(
      MakeAxis("partitions", "partitions of a channel", "message", {1, 4, 16, 64},
               [](std::int64_t partitions, Shape& shape) { shape.partitions = partitions; }));
  axes.push_back(MakeAxis("keys", "keys", "message", {1, 100, 10'000, 1'000'000},
                          [](std::int64_t keys, Shape& shape) {
                            shape.keys = keys;
                            shape.messages = 1'000'000;  // each key comes
                          }));
  axes.push_back(
      MakeAxis("outstanding", "messages that were taken and wait for their handler", "message",
               {1, 10, 100, 1000, 10'000}, [](std::int64_t in_flight, Shape& shape) {
                 shape.in_flight = in_flight;
                 shape.keys = 20'000;
                 shape.held = true;
                 // One at a time is a thread's waking for each.
                 shape.messages = std::clamp<std::int64_t>(in_flight * 2000, 5000, shape.messages);
               }));
  axes.push_back(MakeAxis(
      "bodies", "bytes of text in a body", "byte", {100, 1000, 10'000, 100'000, 1'000'000},
      [](std::int64_t bytes, Shape& shape) {
        shape.text_bytes = static_cast<std::size_t>(bytes);
        shape.messages = std::clamp<std::int64_t>(400'000'000 / bytes, 400, shape.messages);
      }));
  axes.push_back(MakeAxis("modules", "modules that all receive each message", "delivery",
                          {1, 5, 20, 50}, [](std::int64_t modules, Shape& shape) {
                            shape.modules = modules;
                            shape.messages /= modules;
                          }));
  return axes;
}

void MeasureAll(int rounds, std::int64_t fewer, std::vector<Axis>& axes) {
  for (int round = 0; round < rounds; ++round) {
    for (Axis& axis : axes) {
      for (Point& point : axis.points) {
        Shape shape = point.shape;
        shape.messages = std::max(std::min(kFewest, shape.messages), shape.messages / fewer);
        absl::StatusOr<Cost> cost = scale::MeasureCost(shape);
        if (!cost.ok()) {
          std::fprintf(stderr, "benchmark_scale: %s %lld: %s\n", axis.name.c_str(),
                       static_cast<long long>(point.at),
                       std::string(cost.status().message()).c_str());
          std::exit(1);
        }
        point.rounds.push_back(*cost);
      }
    }
  }
}

std::string List(const std::vector<double>& values) {
  return absl::StrJoin(values, ",", [](std::string* out, double value) {
    absl::StrAppendFormat(out, "%.1f", value);
  });
}

void Print(const Axis& axis) {
  for (const Point& point : axis.points) {
    const double divisor = axis.Divisor(point);
    std::fprintf(stderr, "%-19s %9lld  %10.4g ns of CPU a %s  %10.4g ns  open %8.1f ms of CPU\n",
                 axis.name.c_str(), static_cast<long long>(point.at),
                 point.Median(&Cost::cpu_ns) / divisor, axis.per.c_str(),
                 point.Median(&Cost::wall_ns) / divisor, point.Median(&Cost::open_ms));
    absl::PrintF(
        "{\"bench\":\"scale\",\"axis\":\"%s\",\"of\":\"%s\",\"per\":\"%s\",\"at\":%d,"
        "\"body_bytes\":%.0f,\"cpu_ns\":[%s],\"wall_ns\":[%s],\"open_ms\":[%s]}\n",
        axis.name, axis.of, axis.per, point.at, point.Bytes(), List(point.Of(&Cost::cpu_ns)),
        List(point.Of(&Cost::wall_ns)), List(point.Of(&Cost::open_ms)));
  }
}

bool Plot(const Axis& axis, const std::string& folder) {
  omnibus::bench::Axes plot;
  plot.title = "What a " + axis.per + " costs, by " + axis.name;
  plot.x = axis.of;
  plot.y = "ns a " + axis.per;
  plot.logarithmic_x = true;
  omnibus::bench::Series cpu, wall;
  cpu.name = "CPU time of the process";
  wall.name = "time";
  for (const Point& point : axis.points) {
    const double divisor = axis.Divisor(point);
    const auto at = static_cast<double>(point.at);
    cpu.points.emplace_back(at, point.Median(&Cost::cpu_ns) / divisor);
    wall.points.emplace_back(at, point.Median(&Cost::wall_ns) / divisor);
  }
  std::ofstream file(folder + "/scale-" + axis.name + ".svg");
  file << omnibus::bench::StandAlone(omnibus::bench::LinePlot(plot, {cpu, wall}));
  file.close();
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::err);
  bool quick = false;
  std::string plots, only;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") {
      quick = true;
    } else if (argument == "--axis" && i + 1 < argc) {
      only = argv[++i];
    } else {
      plots = argv[i];
    }
  }
  std::vector<Axis> axes = Axes();
  if (!only.empty()) std::erase_if(axes, [&](const Axis& axis) { return axis.name != only; });
  MeasureAll(quick ? 1 : kRounds, quick ? kQuicker : 1, axes);
  for (const Axis& axis : axes) {
    Print(axis);
    if (!plots.empty() && !Plot(axis, plots)) {
      std::fprintf(stderr, "benchmark_scale: cannot write into %s\n", plots.c_str());
      return 1;
    }
  }
}
