#include "plot.hpp"

#include "assets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace sluice::cli {
namespace {

// Units of the view box; a page shows it between 300 and 480 pixels wide.
constexpr double box_width = 400, box_height = 270, box_left = 46, box_top = 30, box_bottom = 222;
constexpr double word_height = 15, letter_width = 8, title_height = 26;

std::string number(double v) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f", v);
  return out.data();
}

std::string word(double x, double y, const char* anchor, const std::string& text,
                 const std::string& how = {}) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\"" +
         (how.empty() ? "" : " class=\"" + how + "\"") + ">" + escaped(text) + "</text>";
}

std::string segment(double x1, double y1, double x2, double y2, const char* how) {
  return std::string{"<path class=\""} + how + "\" d=\"M" + number(x1) + " " + number(y1) + "L" + number(x2) +
         " " + number(y2) + "\"/>";
}

/// Maps values to places in the view box.
struct scales {
  double x_least = 0, x_most = 1, y_least = 0, y_most = 1;
  bool log_y = false;
  double right = box_width - 14;

  double x(double v) const {
    return x_most > x_least ? box_left + (v - x_least) / (x_most - x_least) * (right - box_left)
                            : (box_left + right) / 2;
  }
  double y(double v) const {
    const auto part =
        log_y ? std::log(std::max(v, y_least) / y_least) / std::log(y_most / y_least) : v / y_most;
    return box_bottom - part * (box_bottom - box_top);
  }
};

std::vector<double> y_ticks(const plot& p, scales& s) {
  double least = HUGE_VAL, most = 0;
  for (const auto& l : p.lines)
    for (const auto& [x, y] : l.points)
      if (y > 0) least = std::min(least, y), most = std::max(most, y);
  for (const double y : p.bounds) least = std::min(least, y), most = std::max(most, y);
  s.log_y = p.log_y;
  auto ticks = p.log_y ? log_ticks(least, most) : linear_ticks(most);
  s.y_least = ticks.front(), s.y_most = ticks.back();
  return ticks;
}

std::string axes(const plot& p, const scales& s, const std::vector<double>& ticks) {
  std::string out;
  for (const double v : ticks) {
    out += segment(box_left, s.y(v), s.right, s.y(v), "grid");
    out += word(box_left - 7, s.y(v) + 5, "end", tick_text(v));
  }
  if (p.places.empty()) {
    for (const double v : linear_ticks(s.x_most))
      if (v <= s.x_most && v == std::floor(v)) out += word(s.x(v), box_bottom + 19, "middle", tick_text(v));
  } else {
    for (std::size_t i = 0; i < p.places.size(); ++i)
      out += word(s.x(static_cast<double>(i)), box_bottom + 19, "middle", p.places[i]);
  }
  out += word((box_left + s.right) / 2, box_height - 9, "middle", p.x_title, "soft");
  out += word(4, 16, "start", p.y_title, "soft");
  return out;
}

/// Names at the right ends, moved apart where they would lie on each other.
std::string names(const plot& p, const scales& s) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.lines.size(); ++i)
    if (!p.lines[i].points.empty() && !p.lines[i].name.empty()) order.push_back(i);
  const auto end = [&](std::size_t i) { return s.y(p.lines[i].points.back().second); };
  std::ranges::sort(order, {}, end);
  std::vector<double> at;
  at.reserve(order.size());
  for (const auto i : order) at.push_back(at.empty() ? end(i) : std::max(end(i), at.back() + word_height));
  for (std::size_t i = at.size(); i-- > 0;)
    at[i] = std::min(at[i], i + 1 == at.size() ? box_bottom : at[i + 1] - word_height);
  std::string out;
  for (std::size_t i = 0; i < order.size(); ++i)
    out += word(s.right + 8, at[i] + 5, "start", p.lines[order[i]].name,
                "name l" + std::to_string(order[i] % 6));
  return out;
}

std::string lines(const plot& p, const scales& s) {
  constexpr std::size_t few = 40;  // more dots than that are a smear
  std::string out;
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    const auto& points = p.lines[i].points;
    const auto style = " l" + std::to_string(i % 6);
    std::string path;
    for (const auto& [x, y] : points)
      path += (path.empty() ? "M" : "L") + number(s.x(x)) + " " + number(s.y(y));
    out += "<path class=\"line" + style + "\" d=\"" + path + "\"/>";
    if (points.size() > few) continue;
    for (const auto& [x, y] : points)
      out += "<circle class=\"dot" + style + "\" cx=\"" + number(s.x(x)) + "\" cy=\"" + number(s.y(y)) +
             "\" r=\"3.5\"/>";
  }
  return out;
}

std::string mark(const plot& p, const scales& s) {
  if (!p.marked) return {};
  const double x = s.x(p.marked->x);
  const bool at_right = x > (box_left + s.right) / 2;
  return segment(x, box_top - 6, x, box_bottom, "mark") + word(x + (at_right ? -6 : 6), box_bottom - 9,
                                                               at_right ? "end" : "start", p.marked->words,
                                                               "mark-words");
}

std::string bound_lines(const plot& p, const scales& s) {
  std::string out;
  for (const double v : p.bounds) out += segment(box_left, s.y(v), s.right, s.y(v), "mark");
  return out;
}

/// The content of the `<svg>`; empty when there is no point to draw.
std::string svg_content(const plot& p) {
  scales s;
  double least = HUGE_VAL, most = -HUGE_VAL;
  bool any = false;
  std::size_t longest = 0;
  for (const auto& l : p.lines) {
    longest = std::max(longest, l.name.size());
    for (const auto& [x, y] : l.points)
      least = std::min(least, x), most = std::max(most, x), any = any || y > 0;
  }
  if (!any) return {};
  s.x_least = p.places.empty() ? 0 : least, s.x_most = most;
  if (longest > 0) s.right -= letter_width * static_cast<double>(longest);
  const auto ticks = y_ticks(p, s);
  return axes(p, s, ticks) + bound_lines(p, s) + mark(p, s) + lines(p, s) + names(p, s) + "</svg>";
}

/// The attributes for a screen reader.
std::string spoken_text(const plot& p) {
  return "role=\"img\" aria-label=\"" + escaped(p.title + ". " + p.says) + "\">";
}

}  // namespace

std::string drawn(const plot& p) {
  const auto all = svg_content(p);
  if (all.empty()) return {};
  return "<figure><figcaption>" + escaped(p.title) + "</figcaption><svg viewBox=\"0 0 " + number(box_width) +
         " " + number(box_height) + "\" " + spoken_text(p) + all + "</figure>\n";
}

std::string drawn_file(const plot& p) {
  const auto all = svg_content(p);
  if (all.empty()) return {};
  const auto box = " y=\"" + number(-title_height) + "\" width=\"" + number(box_width) + "\" height=\"" +
                   number(box_height + title_height) + "\"";
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 " + number(-title_height) + " " +
         number(box_width) + " " + number(box_height + title_height) + "\" " + spoken_text(p) +
         "\n<style>\n" + std::string{colours_css()} + std::string{plot_css()} +
         "</style>\n<rect class=\"card\"" + box + "/>" + word(4, -8, "start", p.title, "title") + all + "\n";
}

std::vector<double> linear_ticks(double most) {
  if (!(most > 0)) return {0, 1};
  const double power = std::pow(10, std::floor(std::log10(most / 4)));
  double step = power;
  for (const double times : {1.0, 2.0, 5.0, 10.0})
    if (most / (power * times) <= 6) {
      step = power * times;
      break;
    }
  const auto count = static_cast<std::size_t>(std::ceil(most / step - 1e-9));
  std::vector<double> ticks(count + 1);
  for (std::size_t i = 0; i <= count; ++i) ticks[i] = static_cast<double>(i) * step;
  return ticks;
}

std::vector<double> log_ticks(double least, double most) {
  const int first = static_cast<int>(std::floor(std::log10(least) + 1e-9));
  const int last = std::max(static_cast<int>(std::ceil(std::log10(most) - 1e-9)), first + 1);
  std::vector<double> ticks;
  for (int e = first; e <= last; ++e) {
    ticks.push_back(std::pow(10, e));
    if (last - first > 2 || e == last) continue;
    ticks.push_back(2 * std::pow(10, e)), ticks.push_back(5 * std::pow(10, e));
  }
  // No more ticks than needed are between two powers.
  while (ticks.size() > 2 && ticks[1] <= least) ticks.erase(ticks.begin());
  while (ticks.size() > 2 && ticks[ticks.size() - 2] >= most) ticks.pop_back();
  return ticks;
}

std::string tick_text(double v) {
  std::array<char, 32> out{};
  const char* unit = v >= 1e6 ? "M" : v >= 1e3 ? "k" : "";
  std::snprintf(out.data(), out.size(), "%.4g%s", v >= 1e6 ? v / 1e6 : v >= 1e3 ? v / 1e3 : v, unit);
  return out.data();
}

}  // namespace sluice::cli
