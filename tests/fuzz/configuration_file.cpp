// The configuration file, up to what a `send` is told to do: the input is its text.
#include "cli/options/option_table.hpp"
#include "cli/options/raw_options.hpp"
#include "cli/send/send_plan.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace sluice;
using cli::option_row;
using nlohmann::json;

namespace {

const std::string place = "--config: 'sluice.json'";

std::vector<std::string> names() {
  std::vector<std::string> all{"url", "source"};
  for (const auto& spec : cli::options_of(cli::verb::send)) all.emplace_back(spec.name);
  return all;
}

/// The same options, written anew.
std::string written(const cli::raw_options& options) {
  json object = json::object();
  for (const auto& name : names()) {
    if (!options.has(name)) continue;
    const auto* spec = cli::find_option(name, cli::verb::send);
    if (name == "source" || (spec && spec->what == option_row::kind::list))
      object[name] = options.list(name);
    else if (spec && spec->what == option_row::kind::flag)
      object[name] = options.flag(name);
    else
      object[name] = options.value(name).value();
  }
  return object.dump();
}

void check_problem(const std::string& line, const std::string& text) {
  fuzz::require(line.starts_with(place), "a problem names the place");
  fuzz::require(fuzz::is_one_safe_line(line), "and is one line");
  const auto at = line.find(", line ");
  if (at == place.size())
    fuzz::require(std::stol(line.substr(at + 7)) <= 1 + std::count(text.begin(), text.end(), '\n'),
                  "and no line after the last");
}

void check_plan(const cli::raw_options& options) {
  const auto& headers = options.list("header");
  if (std::ranges::any_of(headers, [](const auto& h) { return h.starts_with('@'); })) return;  // reads a file
  std::vector<std::string> problems;
  const auto plan = cli::make_plan(options, problems);
  for (const auto& p : problems) fuzz::require(fuzz::is_one_safe_line(p), "a plan's problem is one line");
  // Deadlines are sums of these with a clock of nanoseconds, which ends in 292 years.
  constexpr std::chrono::hours century{24 * 36525};
  const auto& c = plan.config;
  for (const auto duration : {c.timeout.connect, c.timeout.attempt, c.timeout.stall, c.limit.max_duration,
                              c.limit.grace, plan.stats, std::chrono::milliseconds{c.retry.max_time}})
    fuzz::require(duration.count() >= 0 && duration <= century, "a time fits every clock");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  cli::raw_options options;
  std::vector<std::string> problems;
  cli::add_text(options, text, "sluice.json", problems);
  for (const auto& p : problems) check_problem(p, text);
  for (const auto& name : names()) {
    if (name == "header" || name == "form" || !problems.empty()) continue;
    for (const auto& value : options.list(name))
      fuzz::require(value.find('\0') == std::string::npos, "no value has a NUL, where a path would end");
  }
  if (!problems.empty()) return 0;

  fuzz::require(text.find('\0') == std::string::npos, "no NUL is passed over");
  cli::raw_options again;
  cli::add_text(again, written(options), "sluice.json", problems);
  fuzz::require(problems.empty(), "what was read can be written");
  for (const auto& name : names())
    fuzz::require(options.has(name) == again.has(name) && options.list(name) == again.list(name),
                  "and is read as the same");
  check_plan(options);
  return 0;
}
