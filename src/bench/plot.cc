#include "bench/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/numbers.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::bench {
namespace {

constexpr double kWidth = 720, kHeight = 320;
constexpr double kLeft = 80, kRight = 20, kTop = 36, kBottom = 56;
constexpr std::array<const char*, 4> kColours = {"#1f5fa8", "#d9822b", "#2f8f5b", "#8b4a9c"};

std::string Open(double width, double height) {
  return absl::StrFormat(
      "<svg viewBox=\"0 0 %g %g\" width=\"%g\" "
      "font-family=\"sans-serif\" font-size=\"12\" role=\"img\">"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      width, height, width);
}

std::string Text(double x, double y, const std::string& anchor, const std::string& text,
                 const std::string& more = "") {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>\n", x, y,
                         anchor, more, Escaped(text));
}

// The smallest of 1, 2, 5 times a power of ten that is no less.
double RoundUp(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (value <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

// From data to places in the picture.
class Scale {
 public:
  Scale(double from, double to, double begin, double end, bool logarithmic)
      : logarithmic_(logarithmic), begin_(begin), end_(end) {
    from_ = At(from);
    to_ = At(to);
    if (to_ <= from_) to_ = from_ + 1;
  }

  double operator()(double value) const {
    return begin_ + (At(value) - from_) / (to_ - from_) * (end_ - begin_);
  }

 private:
  double At(double value) const { return logarithmic_ ? std::log10(std::max(value, 1e-9)) : value; }

  bool logarithmic_;
  double begin_, end_, from_ = 0, to_ = 1;
};

std::vector<double> Ticks(double from, double to, bool logarithmic) {
  std::vector<double> ticks;
  if (logarithmic) {
    const double decades = std::log10(std::max(to, 1e-9) / std::max(from, 1e-9));
    for (double power = std::pow(10, std::floor(std::log10(std::max(from, 1e-9)))); power <= to;
         power *= 10) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double tick = power * factor;
        if (factor > 1 && decades > 3) continue;
        if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) ticks.push_back(tick);
      }
    }
    return ticks;
  }
  const double step = RoundUp((to - from) / 6);
  for (int i = 0; i <= 12; ++i) {
    const double tick = from + step * i;
    if (tick <= to * (1 + 1e-9)) ticks.push_back(tick);
  }
  return ticks;
}

std::string TickText(double value) {
  return value >= 1000 ? Short(value) : absl::StrFormat("%g", value);
}

}  // namespace

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string StandAlone(const std::string& plot) {
  constexpr std::string_view kBegin = "<svg ";
  return absl::StrCat(AbslView(kBegin), "xmlns=\"http://www.w3.org/2000/svg\" ",
                      plot.substr(kBegin.size()));
}

std::string LinePlot(const Axes& axes, const std::vector<Series>& series) {
  double x_least = 1e300, x_most = -1e300, y_most = 0;
  for (const Series& each : series) {
    for (const auto& [x, y] : each.points) {
      x_least = std::min(x_least, x);
      x_most = std::max(x_most, x);
      y_most = std::max(y_most, y);
    }
  }
  if (x_least > x_most) x_least = x_most = 0;
  if (!axes.logarithmic_x) x_least = std::min(x_least, 0.0);
  const double y_end = y_most > 0 ? y_most * 1.05 : 1;
  const double right = kWidth - kRight, bottom = kHeight - kBottom;
  const Scale x(x_least, x_most, kLeft, right, axes.logarithmic_x);
  const Scale y(0, y_end, bottom, kTop, false);

  std::string svg = Open(kWidth, kHeight);
  svg += Text(kLeft, 20, "start", axes.title, "font-weight=\"bold\"");
  for (const double tick : Ticks(0, y_end, false)) {
    absl::StrAppendFormat(&svg,
                          "<line x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n",
                          kLeft, right, y(tick), y(tick));
    svg += Text(kLeft - 6, y(tick) + 4, "end", TickText(tick));
  }
  for (const double tick : Ticks(x_least, x_most, axes.logarithmic_x)) {
    absl::StrAppendFormat(&svg,
                          "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%g\" y2=\"%g\" stroke=\"#ddd\"/>\n",
                          x(tick), x(tick), kTop, bottom);
    svg += Text(x(tick), bottom + 16, "middle", TickText(tick));
  }
  svg += Text((kLeft + right) / 2, kHeight - 10, "middle", axes.x);
  svg += Text(0, 0, "middle", axes.y,
              absl::StrFormat("transform=\"translate(14 %g) rotate(-90)\"", (kTop + bottom) / 2));
  for (std::size_t i = 0; i < series.size(); ++i) {
    const char* colour = kColours[i % kColours.size()];
    absl::StrAppendFormat(
        &svg, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour);
    for (const auto& [at, value] : series[i].points) {
      absl::StrAppendFormat(&svg, "%.1f,%.1f ", x(at), y(value));
    }
    svg += "\"/>\n";
    svg += Text(right, kTop + 2 + 15 * static_cast<double>(i), "end", series[i].name,
                absl::StrCat("fill=\"", colour, "\""));
  }
  return svg + "</svg>\n";
}

std::string BarPlot(const std::string& title, const std::string& unit,
                    const std::vector<Bar>& bars) {
  constexpr double kNames = 200, kValues = 150, kRow = 26;
  double most = 0;
  for (const Bar& bar : bars) most = std::max({most, bar.value, bar.most});
  const Scale x(0, most > 0 ? most : 1, kNames, kWidth - kValues, false);
  std::string svg = Open(kWidth, kTop + kRow * static_cast<double>(bars.size()) + 10);
  svg += Text(10, 20, "start", title, "font-weight=\"bold\"");
  double top = kTop;
  for (std::size_t i = 0; i < bars.size(); ++i, top += kRow) {
    const Bar& bar = bars[i];
    const double middle = top + kRow / 2 - 2;
    svg += Text(kNames - 8, middle + 4, "end", bar.name);
    absl::StrAppendFormat(&svg,
                          "<rect x=\"%g\" y=\"%.1f\" width=\"%.1f\" height=\"18\" fill=\"%s\"/>\n",
                          kNames, top + 2, x(bar.value) - kNames, kColours[i % kColours.size()]);
    if (bar.most > bar.least) {
      absl::StrAppendFormat(
          &svg, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"black\"/>\n",
          x(bar.least), x(bar.most), middle, middle);
    }
    svg += Text(x(std::max(bar.value, bar.most)) + 6, middle + 4, "start",
                Short(bar.value) + " " + unit);
  }
  return svg + "</svg>\n";
}

}  // namespace omnibus::bench
