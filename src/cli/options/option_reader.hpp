// Options as text become values, or problems.
#pragma once

#include "quantities.hpp"
#include "raw_options.hpp"

#include <sluice/text.hpp>

#include <utility>

namespace sluice::cli {

/// Reads options one by one and gathers what is wrong with them.
class option_reader {
 public:
  option_reader(const raw_options& options, std::vector<std::string>& problems)
      : options_{options}, problems_{problems} {}

  /// Hands the parsed value to `use`, or complains with `expected`.
  template <class Parse, class Use>
  void read(std::string_view name, Parse parse, const char* expected, Use use) {
    const auto text = options_.value(name);
    if (!text) return;
    if (auto v = parse(*text))
      use(*v);
    else
      complain(name, "'" + printable(*text) + "' is not " + expected);
  }
  template <class Duration>
  void duration(std::string_view name, Duration& into) {
    read(name, parse_duration, "a time; write one like 10s, 1.5m or 2h",
         [&](auto v) { into = std::chrono::duration_cast<Duration>(v); });
  }
  template <class Number>
  void count(std::string_view name, Number& into) {
    const auto fits = [](std::string_view text) {
      const auto n = parse_count(text);
      return n && std::in_range<Number>(*n) ? n : std::nullopt;
    };
    read(name, fits, "a whole number", [&](auto v) { into = static_cast<Number>(v); });
  }
  void complain(std::string_view name, const std::string& what) {
    problems_.push_back(options_.where(name) + ": " + what);
  }

 private:
  const raw_options& options_;
  std::vector<std::string>& problems_;
};

}  // namespace sluice::cli
