#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/soak/report.h"

namespace omnibus::soak {
namespace {

constexpr double kLeft = 56, kWidth = 1100, kPanel = 190, kMarks = 96, kTop = 64;

// One colour for each kind of fault, the same in all panels.
constexpr std::array<const char*, 12> kFaultColours = {"#d62728", "#ff7f0e", "#9467bd", "#8c564b",
                                                       "#e377c2", "#bcbd22", "#17becf", "#7f7f7f",
                                                       "#1b6ca8", "#a05195", "#665191", "#2f4b7c"};
constexpr const char* kConfirmed = "#2ca02c";
constexpr const char* kHandled = "#1f77b4";

class Panel {
 public:
  Panel(const RunResult& run, double y, double most) : run_(run), y_(y), most_(most) {
    length_ = std::max<double>(1, static_cast<double>(run.seconds.size()));
    // About a point for each pixel and a half.
    bin_ = std::max<std::size_t>(1, static_cast<std::size_t>(length_ / 700));
  }

  void Draw(std::string& out, const std::vector<std::string>& faults) const {
    absl::StrAppendFormat(&out, "<text x='%g' y='%g' class='title'>%s, %s</text>\n", kLeft, y_ - 8,
                          NameOf(run_.transport), NameOf(run_.topology));
    for (const Window& window : run_.windows) DrawWindow(out, window, faults);
    DrawAxes(out);
    Line(out, kConfirmed, [](const Second& second) { return second.confirmed; });
    Line(out, kHandled, [](const Second& second) {
      // The group that has least.
      return *std::min_element(second.handled.begin(), second.handled.end());
    });
  }

 private:
  double X(double second) const { return kLeft + kWidth * second / length_; }
  double Y(double rate) const { return y_ + kPanel * (1 - std::min(rate / most_, 1.0)); }
  double SecondOf(std::int64_t at) const { return static_cast<double>(at - run_.begin) / 1e9; }

  void DrawWindow(std::string& out, const Window& window,
                  const std::vector<std::string>& faults) const {
    if (window.fault == "none") return;
    const auto place = std::find(faults.begin(), faults.end(), window.fault) - faults.begin();
    const char* colour = kFaultColours[static_cast<std::size_t>(place) % kFaultColours.size()];
    const double from = X(SecondOf(window.begin)), to = X(SecondOf(window.healed));
    absl::StrAppendFormat(
        &out,
        "<g><title>%s%s at %.0f s, for %.1f s</title><rect x='%.1f' y='%g' width='%.1f' "
        "height='%g' "
        "fill='%s' fill-opacity='0.25'/><text class='mark' fill='%s' transform='translate(%.1f,%g) "
        "rotate(60)'>%s</text></g>\n",
        window.fault, window.detail.empty() ? "" : " (" + window.detail + ")",
        SecondOf(window.begin), SecondOf(window.healed) - SecondOf(window.begin), from, y_,
        std::max(1.0, to - from), kPanel, colour, colour, from, y_ + kPanel + 26, window.fault);
  }

  void DrawAxes(std::string& out) const {
    absl::StrAppendFormat(&out, "<rect x='%g' y='%g' width='%g' height='%g' class='frame'/>\n",
                          kLeft, y_, kWidth, kPanel);
    for (int i = 0; i <= 4; ++i) {
      const double rate = most_ * i / 4;
      absl::StrAppendFormat(
          &out,
          "<line x1='%g' x2='%g' y1='%.1f' y2='%.1f' class='grid'/><text x='%g' y='%.1f' "
          "class='number' text-anchor='end'>%.0f</text>\n",
          kLeft, kLeft + kWidth, Y(rate), Y(rate), kLeft - 6, Y(rate) + 4, rate);
    }
    const int step = length_ > 900 ? 120 : length_ > 240 ? 60 : length_ > 90 ? 20 : 10;
    for (int second = 0; second <= static_cast<int>(length_); second += step) {
      absl::StrAppendFormat(
          &out, "<text x='%.1f' y='%g' class='number' text-anchor='middle'>%d:%02d</text>\n",
          X(second), y_ + kPanel + 14, second / 60, second % 60);
    }
  }

  template <typename Get>
  void Line(std::string& out, const char* colour, Get get) const {
    absl::StrAppend(&out, "<polyline fill='none' stroke='", colour,
                    "' stroke-width='1.2' points='");
    for (std::size_t i = 0; i < run_.seconds.size(); i += bin_) {
      const std::size_t end = std::min(i + bin_, run_.seconds.size());
      double sum = 0;
      for (std::size_t k = i; k < end; ++k) sum += get(run_.seconds[k]);
      absl::StrAppendFormat(&out, "%.1f,%.1f ", X(static_cast<double>(i)),
                            Y(sum / static_cast<double>(end - i)));
    }
    absl::StrAppend(&out, "'/>\n");
  }

  const RunResult& run_;
  const double y_;
  const double most_;
  double length_;
  std::size_t bin_;
};

}  // namespace

std::string Plot(const std::vector<RunResult>& results) {
  std::vector<std::string> faults;
  double most = 0;
  std::vector<int> rates;
  for (const RunResult& run : results) {
    for (const Window& window : run.windows) {
      if (std::find(faults.begin(), faults.end(), window.fault) == faults.end()) {
        faults.push_back(window.fault);
      }
    }
    for (const Second& second : run.seconds) rates.push_back(second.published);
  }
  // Four times the usual rate: what piled up comes faster than that, and is cut off.
  std::sort(rates.begin(), rates.end());
  most = rates.empty() ? 100 : std::max(100.0, 4.0 * rates[rates.size() / 2]);

  const double height = kTop + static_cast<double>(results.size()) * (kPanel + kMarks + 30);
  std::string out = absl::StrFormat(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %g %g' font-family='sans-serif'>\n"
      "<style>.title{font-size:15px;font-weight:bold;fill:#222}.number{font-size:10px;fill:#555}"
      ".mark{font-size:9px}.grid{stroke:#ddd;stroke-width:0.5}.frame{fill:none;stroke:#999}"
      ".key{font-size:12px;fill:#222}</style>\n<rect width='100%%' height='100%%' fill='white'/>\n",
      kLeft + kWidth + 50, height);
  absl::StrAppendFormat(
      &out,
      "<text x='%g' y='20' class='key'>Events a second over time (minutes:seconds). "
      "<tspan fill='%s'>&#9644; confirmed to the publisher</tspan>  "
      "<tspan fill='%s'>&#9644; handled, in the group that handled least</tspan>.  Coloured: from "
      "the "
      "beginning of a fault until all is whole again. More than %.0f is cut off.</text>\n",
      kLeft, kConfirmed, kHandled, most);
  double y = kTop;
  for (const RunResult& run : results) {
    Panel(run, y, most).Draw(out, faults);
    y += kPanel + kMarks + 30;
  }
  return out + "</svg>\n";
}

}  // namespace omnibus::soak
