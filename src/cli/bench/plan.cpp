#include "plan.hpp"

#include "cli/host.hpp"
#include "cli/options/contradictions.hpp"
#include "cli/options/library_problems.hpp"
#include "cli/options/option_reader.hpp"
#include "cli/options/own_files.hpp"
#include "cli/options/request_options.hpp"
#include "cli/terminal/output.hpp"

#include <sluice/uploader.hpp>

#include <algorithm>
#include <limits>
#include <ranges>

namespace sluice::cli {
namespace {

constexpr std::uint64_t largest_body = 8u << 20;  ///< a copy of it holds the loop for a millisecond or two
constexpr std::uint64_t largest_load = 1024ull << 20;  ///< bodies in memory at once, bytes
constexpr std::size_t most_at_once = 1000;             ///< the most of the automatic window
constexpr double least_rate = 1.0 / 3600, most_rate = 1e6;

std::optional<size_range> parse_sizes(std::string_view text) {
  const auto dash = text.find('-');
  const auto least = parse_size(text.substr(0, dash));
  const auto most = dash == text.npos ? least : parse_size(text.substr(dash + 1));
  if (!least || !most || *least > *most) return std::nullopt;
  return size_range{*least, *most};
}

std::optional<bench_step> parse_step(std::string_view text) {
  if (text == "auto") return bench_step{"auto", window::automatic()};
  const auto n = parse_count(text);
  if (!n) return std::nullopt;
  return bench_step{std::to_string(*n), window::fixed(*n)};
}

/// The place of a step in a sweep is in ascending order, because the knee is the first that does; the
/// automatic one comes last.
std::size_t order_of(const bench_step& s) {
  return s.window.is_automatic() ? std::numeric_limits<std::size_t>::max() : s.window.size();
}

std::optional<std::vector<bench_step>> parse_steps(std::string_view text) {
  std::vector<bench_step> steps;
  while (true) {
    const auto one = parse_step(text.substr(0, text.find(',')));
    if (!one) return std::nullopt;
    steps.push_back(*one);
    if (text.find(',') == text.npos) break;
    text.remove_prefix(text.find(',') + 1);
  }
  std::ranges::sort(steps, {}, order_of);
  const auto twice = std::ranges::unique(steps, {}, order_of);
  steps.erase(twice.begin(), twice.end());
  return steps;
}

void read_load(const raw_options& options, option_reader& r, bench_plan& plan) {
  auto& l = plan.load;
  r.read("size", parse_sizes, "a size or a range of sizes; write one like 32k or 2k-64k",
         [&](auto v) { plan.sizes = v; });
  if (plan.sizes.most > largest_body)
    r.complain("size", "bodies of more than 8M come from files: --from DIR");
  if (auto v = options.value("from")) plan.from = *v;
  r.read("window", parse_steps, "a list of windows; write one like 16 or 1,4,16,64,auto",
         [&](auto v) { plan.steps = std::move(v); });
  if (plan.steps.empty()) plan.steps.push_back({"16", window::fixed(16)});
  const auto room = static_cast<std::size_t>(largest_load / std::max<std::uint64_t>(plan.sizes.most, 1));
  for (auto& s : plan.steps)
    if (plan.from.empty() && s.window.is_automatic())
      s.window = window::automatic(std::min(room, most_at_once));
  // An impossible one is refused with the rest of the configuration.
  const auto largest = std::ranges::find_if(std::views::reverse(plan.steps),
                                            [](const bench_step& s) { return !s.window.is_automatic(); });
  if (largest != plan.steps.rend())
    plan.config.window = plan.steps.front().window.size() == 0 ? plan.steps.front().window : largest->window;
  if (plan.from.empty() && !plan.config.window.is_automatic() && plan.config.window.size() > room)
    r.complain("window",
               "so many bodies of this size would take more than 1G of memory; choose a smaller --size, or "
               "--from DIR");
  r.read("rate", parse_rate, "a rate; write one like 50/s or 1000/h", [&](auto v) {
    l.rate = v;
    if (v < least_rate || v > most_rate) r.complain("rate", "choose one between 1/h and 1000000/s");
  });
  r.duration("duration", l.duration);
  if (l.duration.count() == 0) r.complain("duration", "no time to measure anything in");
  r.count("count", l.count);
  if (options.has("count") && l.count == 0) r.complain("count", "no request to measure");
  r.duration("warm-up", l.warm_up);
  r.duration("grace", l.grace);
}

/// The proxy's loopback is another machine's, unless the proxy is here.
void check_host(const raw_options& options, const config& cfg, std::vector<std::string>& problems) {
  const auto host = std::string{host_of(cfg.url)};
  const auto proxy = proxy_in_use(cfg).url;
  const auto allowed = options.value("yes-i-may-load");
  // An address by hand may be anyone's.
  const bool by_hand = !cfg.resolve.empty();
  const bool is_here = is_loopback(host) && !by_hand && (proxy.empty() || is_loopback(host_of(proxy)));
  if (is_here || allowed == host) return;
  problems.push_back(
      "'" + printable(host) + "'" + (proxy.empty() ? "" : " through " + proxy) +
      (by_hand ? " is at an address of " + options.where("resolve") : std::string{" is not this machine"}) +
      ", and a load that its owner does not expect is an attack; if you may, "
      "add --yes-i-may-load " +
      printable(host));
}

/// The check comes early, because it would be a pity to find out only when all is measured.
void check_writable(const raw_options& options, const char* name, std::vector<std::string>& problems) {
  const auto file = options.value(name);
  if (!file) return;
  if (const auto why = why_not_writable(*file); !why.empty())
    problems.push_back(options.where(name) + ": cannot write '" + printable(*file) + "': " + why);
}

void read_url(const raw_options& options, bench_plan& plan, std::vector<std::string>& problems) {
  const auto& given = options.positionals;
  if (options.confused) {  // the next argument was meant for the misspelt option
    plan.config.url = "https://127.0.0.1/";
    return;
  }
  plan.config.url = given.empty() ? options.value("url").value_or("") : given.back();
  if (given.size() > 1)
    problems.emplace_back(
        "more than one URL: `sluice bench URL` loads one endpoint, and --from DIR names files");
  if (plan.config.url.empty())
    problems.emplace_back(
        "no URL: write `sluice bench URL`, as in `sluice bench https://127.0.0.1:8443/upload`");
}

}  // namespace

bench_plan make_bench_plan(const raw_options& options, std::vector<std::string>& problems) {
  bench_plan plan;
  option_reader r{options, problems};
  auto& cfg = plan.config;
  check_contradictions(options, problems);
  read_url(options, plan, problems);
  read_request(options, r, cfg, problems);
  plan.secrets = read_secret_sources(options, r);
  read_load(options, r, plan);
  cfg.retry.retries = 0;        // each attempt is a sample,
  cfg.retry.hold_back = false;  // and none waits for a better time
  plan.quiet = options.flag("quiet");
  plan.json = options.value("json").value_or(""), plan.html = options.value("html").value_or("");
  if (plan.html == "-") r.complain("html", "standard output has the table; give a file");
  for (const auto& file : {plan.json, plan.html})
    if (!file.empty() && file != "-") cfg.own_files.emplace_back(file);
  plan.trace = read_trace(options, r, cfg, plan.warnings);
  check_outputs(options, r);
  note_own_files(options, cfg, plan.warnings);
  warn_of_the_way(options, cfg, plan.warnings);
  const auto from = source::directory(plan.from);
  if (!plan.from.empty()) check_home(from, problems);
  for (auto& p : library_problems(cfg, plan.from.empty() ? nullptr : &from, options))
    problems.push_back(std::move(p));
  if (problems.empty()) check_host(options, cfg, problems);
  for (const auto* name : {"json", "html"})
    if (problems.empty()) check_writable(options, name, problems);
  return plan;
}

}  // namespace sluice::cli
