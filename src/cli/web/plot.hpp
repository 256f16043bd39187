// Line plots as SVG: no script, colours from the style, readable at any width.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {

struct plot_line {
  std::string name;  ///< written at its right end
  std::vector<std::pair<double, double>> points;
};

struct plot {
  std::string title{};
  std::string says{};  ///< text for those who cannot see it
  std::string x_title{}, y_title{};
  std::vector<plot_line> lines{};
  std::vector<std::string> places{};  ///< names of x = 0, 1, 2, …; empty: x is a number
  bool log_y = false;
  struct mark {
    double x = 0;
    std::string words;
  };
  std::optional<mark> marked{};  ///< a vertical line
  std::vector<double> bounds{};  ///< horizontal lines
};

/// A `<figure>`; empty when there is no point to draw.
std::string drawn(const plot& p);
/// The same plot as an SVG file of its own, which contains its style.
std::string drawn_file(const plot& p);

/// Values for an axis from 0 to `most`: round numbers, four to seven of them.
std::vector<double> linear_ticks(double most);
/// Powers of ten around [least, most], and 2 and 5 times them where there are few.
std::vector<double> log_ticks(double least, double most);
/// `0.05`, `12k`, `1.5M`.
std::string tick_text(double v);

}  // namespace sluice::cli
