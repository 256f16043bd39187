#include "send_plan.hpp"

#include "cli/options/contradictions.hpp"
#include "cli/options/option_reader.hpp"
#include "cli/options/own_files.hpp"
#include "cli/options/request_options.hpp"
#include "cli/terminal/output.hpp"

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

std::optional<disposal> parse_disposal(std::string_view text) {
  if (text == "keep") return disposal::keep();
  if (text == "delete") return disposal::remove();
  if (text.starts_with("move=") && text.size() > 5) return disposal::move_to(text.substr(5));
  return std::nullopt;
}

std::optional<disposal> parse_reject_disposal(std::string_view text) {
  return text == "delete" ? std::nullopt : parse_disposal(text);
}

std::optional<order> parse_order(std::string_view text) {
  order o;
  if (text.ends_with(",desc"))
    o.descending = true, text.remove_suffix(5);
  else if (text.ends_with(",asc"))
    text.remove_suffix(4);
  if (text == "name")
    o.what = order::by::name;
  else if (text == "mtime")
    o.what = order::by::mtime;
  else if (text == "size")
    o.what = order::by::size;
  else
    return std::nullopt;
  return o;
}

std::optional<send_plan::progress_style> parse_progress(std::string_view text) {
  using style = send_plan::progress_style;
  constexpr std::array<std::string_view, 4> names{"auto", "bar", "line", "none"};
  const auto it = std::ranges::find(names, text);
  if (it == names.end()) return std::nullopt;
  return static_cast<style>(it - names.begin());
}

void read_window(const raw_options& options, option_reader& r, config& cfg) {
  if (const auto text = options.value("window"); text && *text != "auto") {
    const auto fits = [](std::string_view number) {
      const auto v = parse_count(number);
      return v && std::in_range<std::size_t>(*v) ? v : std::nullopt;
    };
    r.read("window", fits, "a whole number or auto", [&](auto v) { cfg.window = window::fixed(v); });
    return;
  }
  std::size_t most = 0;
  r.count("window-max", most);
  if (options.has("window-max") && most == 0) r.complain("window-max", "must be 1 or more");
  cfg.window = window::automatic(most);
}

void read_numbers(const raw_options& options, option_reader& r, send_plan& plan) {
  auto& cfg = plan.config;
  r.count("retry", cfg.retry.retries);
  r.duration("retry-max-time", cfg.retry.max_time);
  cfg.retry.all_errors = options.flag("retry-all-errors");
  r.read("limit-rate", parse_size, "a number of bytes a second; write one like 500k or 2M",
         [&](auto v) { cfg.limit.bytes_per_second = v; });
  r.read("rate", parse_rate, "a rate; write one like 50/s or 1000/h",
         [&](auto v) { cfg.limit.requests_per_second = v; });
  r.duration("max-duration", cfg.limit.max_duration);
  r.duration("grace", cfg.limit.grace);
  r.count("max-errors", cfg.limit.max_errors);
  r.duration("settle", cfg.settle);
  read_window(options, r, cfg);
  r.duration("stats", plan.stats);
  if (plan.stats.count() == 0) r.complain("stats", "an interval of 0 would print without end");
}

void read_selection(const raw_options& options, option_reader& r, source& from) {
  auto& s = from.select;
  constexpr const char* size = "a number of bytes; write one like 4096, 10k or 2M";
  constexpr const char* age = "a time; write one like 30s, 5m or 7d";
  s.include = options.list("include"), s.exclude = options.list("exclude");
  const auto seconds = [](auto& into) {
    return [&into](auto v) { into = std::chrono::ceil<std::chrono::seconds>(v); };
  };
  r.read("min-age", parse_duration, age, seconds(s.min_age));
  r.read("max-age", parse_duration, age, seconds(s.max_age));
  r.read("min-size", parse_size, size, [&](auto v) { s.min_size = v; });
  r.read("max-size", parse_size, size, [&](auto v) { s.max_size = v; });
  r.read(
      "shard", shard_from_string,
      ("a part; write K/N with K from 0 to N, and N from 1 to " + std::to_string(most_shards) + ", like 3/16")
          .c_str(),
      [&](auto v) { s.shard = v; });
  unsigned depth = 0;
  r.count("max-depth", depth);
  if (options.has("max-depth")) s.max_depth = depth;
  r.count("max-files", s.max_files);
  r.read("order-by", parse_order, "name, mtime or size, with ,desc for the reverse",
         [&](auto v) { from.order = v; });
}

/// SOURCE... URL, either of which may come from the environment or the file.
void read_positionals(const raw_options& options, send_plan& plan, std::vector<std::string>& problems) {
  std::vector<std::filesystem::path> sources{options.positionals.begin(), options.positionals.end()};
  // The next argument was meant for the misspelt option.
  if (options.confused) {
    plan.config.url = "https://host/";
    plan.source = source::paths(std::vector<std::filesystem::path>{});
    return;
  }
  const auto is_url = [](const std::filesystem::path& p) {
    return p.string().find("://") != std::string::npos;
  };
  const auto line = "sluice " + std::string{to_string(options.verb)};
  // No URL is shown: it may hold a password.
  if (std::ranges::count_if(sources, is_url) > 1) {
    problems.push_back("more than one URL: write `" + line +
                       " SOURCE... URL`, and one run for each endpoint");
    std::erase_if(sources, is_url);
    sources.emplace_back("https://host/");
  } else if (const auto at = std::ranges::find_if(sources, is_url);
             at != sources.end() && !is_url(sources.back())) {
    const bool only_it = sources.size() == 2;
    problems.push_back("the URL comes last: write `" + line + " " +
                       (only_it ? printable(sources.back().string()) : std::string{"SOURCE..."}) + " URL`");
    std::rotate(at, at + 1, sources.end());
  }
  const auto is_there = [](const std::filesystem::path& p) {
    std::error_code ignored;
    return std::filesystem::exists(p, ignored);
  };
  const bool last_is_url =
      !sources.empty() &&
      (is_url(sources.back()) || (!options.has("url") && !(sources.size() == 1 && is_there(sources.back()))));
  if (last_is_url) {
    plan.config.url = sources.back().string();
    sources.pop_back();
  } else {
    plan.config.url = options.value("url").value_or("");
  }
  if (sources.empty()) sources.assign(options.list("source").begin(), options.list("source").end());
  if (plan.config.url.empty())
    problems.push_back("no URL: write `" + line + " SOURCE... URL`, as in `" + line +
                       " /var/spool/images https://host/upload`");
  const auto* const list_option = options.has("files-from-json") ? "files-from-json"
                                  : options.has("files-from0")   ? "files-from0"
                                                                 : "files-from";
  const auto list = options.value(list_option);
  if (list && sources.size() > 1)
    problems.push_back(options.where(list_option) +
                       ": takes at most one SOURCE, the directory its names are relative to");
  if (!list && sources.empty() && !plan.config.url.empty())
    problems.emplace_back("no SOURCE: name the directory to drain, or the files, before the URL");
  const auto base = sources.empty() ? std::filesystem::path{} : sources.front();
  if (!list)
    plan.source = source::directories(std::move(sources));
  else if (options.has("files-from-json"))
    plan.source = source::manifest(*list, base);
  else
    plan.source = source::list(*list, options.has("files-from0"), base);
}

}  // namespace

send_plan make_plan(const raw_options& options, std::vector<std::string>& problems) {
  send_plan plan;
  option_reader r{options, problems};
  auto& cfg = plan.config;
  check_contradictions(options, problems);
  read_positionals(options, plan, problems);
  read_request(options, r, cfg, problems);
  plan.secrets = read_secret_sources(options, r);
  read_numbers(options, r, plan);
  read_selection(options, r, plan.source);
  r.read("on-success", parse_disposal, "keep, delete or move=DIR", [&](auto v) { cfg.on_success = v; });
  r.read("on-reject", parse_reject_disposal, "keep or move=DIR (what was refused is never deleted)",
         [&](auto v) { cfg.on_reject = v; });
  if (auto v = options.value("sidecar")) cfg.sidecar = *v;
  cfg.sidecar_optional = options.flag("sidecar-optional");
  cfg.delete_empty_dirs = options.flag("delete-empty-dirs");
  r.read("progress", parse_progress, "auto, bar, line or none", [&](auto v) { plan.progress = v; });
  if (auto v = options.value("joblog")) cfg.job_log = *v;
  if (auto v = options.value("lock")) cfg.lock_file = *v;
  if (auto v = options.value("summary")) plan.summary = *v;
  if (const auto why = plan.summary.empty() ? "" : why_not_writable(plan.summary); !why.empty())
    r.complain("summary", "cannot write '" + printable(plan.summary) + "': " + why);
  if (auto v = options.value("trace-window")) plan.window_trace = *v;
  plan.trace = read_trace(options, r, cfg, plan.warnings);
  check_outputs(options, r);
  note_own_files(options, cfg, plan.warnings);
  if (!plan.summary.empty() && plan.summary != "-") cfg.own_files.emplace_back(plan.summary);
  if (!plan.window_trace.empty()) cfg.own_files.emplace_back(plan.window_trace);
  check_home(plan.source, problems);
  warn_of_links(plan.source, plan.warnings);
  cfg.resume = options.flag("resume");
  cfg.dry_run = options.flag("dry-run");
  plan.verbose = options.flag("verbose"), plan.quiet = options.flag("quiet"),
  plan.log_json = options.flag("log-json");
  warn_of_the_way(options, cfg, plan.warnings);
  return plan;
}

}  // namespace sluice::cli
