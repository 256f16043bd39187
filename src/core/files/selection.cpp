#include "core/files/selection.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace sluice::core {
namespace {

using std::string_view;

template <class Predicate>
bool any(const std::vector<glob>& globs, Predicate holds) {
  return std::any_of(globs.begin(), globs.end(), holds);
}

string_view bare(string_view path) noexcept {
  for (;;)
    if (path.starts_with("./"))
      path.remove_prefix(2);
    else if (path.starts_with('/'))
      path.remove_prefix(1);
    else
      return path;
}

bool is_hidden(string_view path) noexcept {
  while (!path.empty()) {
    const auto component = path.substr(0, path.find('/'));
    if (component.starts_with('.') && component != "." && component != "..") return true;
    path.remove_prefix(std::min(path.size(), component.size() + 1));
  }
  return false;
}

bool is_unfinished(string_view path) noexcept {
  return is_hidden(path) || path.ends_with(".tmp") || path.ends_with(".part");
}

std::size_t depth_of(string_view path) noexcept {
  return 1 + static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

/// Compiles into `out`, or says which glob of which list is bad.
void compile_globs(string_view list, const std::vector<std::string>& patterns, std::vector<glob>& out,
                   std::vector<sluice::problem>& problems) {
  for (const auto& pattern : patterns)
    if (auto compiled = glob::parse(pattern))
      out.push_back(std::move(*compiled));
    else
      problems.push_back({std::string{list}, "\"" + printable(pattern) + "\": " + compiled.error().what});
}

void check_numbers(const selection& rules, std::vector<sluice::problem>& problems) {
  const auto seconds = [](std::chrono::seconds s) { return std::to_string(s.count()) + " s"; };
  if (rules.min_size && rules.max_size && *rules.min_size > *rules.max_size)
    problems.push_back({"select.min_size",
                        std::to_string(*rules.min_size) + " is over the maximum of " +
                            std::to_string(*rules.max_size) + ": no file has both",
                        "select.max_size"});
  if (rules.min_age && rules.max_age && *rules.min_age > *rules.max_age)
    problems.push_back({"select.min_age",
                        seconds(*rules.min_age) + " is over the maximum of " + seconds(*rules.max_age) +
                            ": no file has both",
                        "select.max_age"});
  if (rules.max_depth == 0u)
    problems.push_back({"select.max_depth", "0 selects nothing: 1 means files right in the root"});
  if (rules.shard && !is_possible(*rules.shard))
    problems.push_back({"select.shard", to_string(*rules.shard) +
                                            " is no part: it must be K/N with K from 1 to N, and N at most " +
                                            std::to_string(most_shards)});
}

}  // namespace

std::vector<sluice::problem> problems(const selection& rules) {
  std::vector<sluice::problem> found;
  std::vector<glob> compiled;
  compile_globs("select.include", rules.include, compiled, found);
  compile_globs("select.exclude", rules.exclude, compiled, found);
  check_numbers(rules, found);
  return found;
}

parsed<selector> selector::compile(const selection& rules) {
  selector result;
  std::vector<sluice::problem> found;
  compile_globs("select.include", rules.include, result.include_, found);
  compile_globs("select.exclude", rules.exclude, result.exclude_, found);
  check_numbers(rules, found);
  if (!found.empty()) return problem{to_string(found.front())};
  result.rules_ = rules;
  if (rules.shard) result.part_ = range_of(*rules.shard);
  return result;
}

/// The path itself, or a directory it is in.
bool selector::excludes(string_view path) const noexcept {
  for (auto end = path.find('/'); !exclude_.empty(); end = path.find('/', end + 1)) {
    const auto part = path.substr(0, end);
    if (any(exclude_, [part](const glob& g) { return g.matches(part); })) return true;
    if (end == string_view::npos) break;
  }
  return false;
}

bool selector::wants_name(string_view whole) const noexcept {
  const auto path = bare(whole);
  if (rules_.max_depth && depth_of(path) > *rules_.max_depth) return false;
  if (excludes(path)) return false;
  if (sidecar_ && sidecar_->may_be(path)) return false;
  if (include_.empty() ? is_unfinished(path)
                       : !any(include_, [path](const glob& g) { return g.matches(path); }))
    return false;
  return fits_pattern(whole);
}

bool selector::fits_pattern(string_view path) const noexcept try {
  return !pattern_ || pattern_->matches(path);
} catch (const std::bad_alloc&) {
  return true;  // asked again before it is sent
}

bool selector::wants_directory(string_view path, unsigned depth) const noexcept {
  path = bare(path);
  if (rules_.max_depth && depth >= *rules_.max_depth) return false;
  if (excludes(path) || any(exclude_, [path](const glob& g) { return g.covers(path); })) return false;
  if (is_hidden(path))
    return any(include_, [path](const glob& g) { return g.names_hidden() && g.reaches(path); });
  return include_.empty() || any(include_, [path](const glob& g) { return g.reaches(path); });
}

bool selector::wants_content(std::uint64_t size, std::int64_t mtime_ns, wall_time now) const noexcept {
  if (rules_.min_size && size < *rules_.min_size) return false;
  if (rules_.max_size && size > *rules_.max_size) return false;
  // Compared in seconds: a limit of centuries would not fit in nanoseconds.
  const auto age = age_of(mtime_ns, now);
  if (rules_.min_age && std::chrono::floor<std::chrono::seconds>(age) < *rules_.min_age) return false;
  if (rules_.max_age && std::chrono::ceil<std::chrono::seconds>(age) > *rules_.max_age) return false;
  return true;
}

std::optional<wall_time> selector::old_enough_at(const file_identity& f, wall_time now) const noexcept {
  constexpr std::chrono::hours longest{24 * 366};  // no file waits in memory for longer
  if (!rules_.min_age || *rules_.min_age > longest || wants_content(f, now)) return std::nullopt;
  const auto now_ns = std::chrono::nanoseconds{now.time_since_epoch()}.count();
  const auto born_ns = f.mtime_ns > now_ns ? f.ctime_ns : f.mtime_ns;
  if (born_ns > now_ns) return std::nullopt;
  const auto at = now + std::chrono::duration_cast<wall_time::duration>(
                            std::chrono::nanoseconds{born_ns - now_ns} + *rules_.min_age);
  if (at <= now || !wants_content(f.size, born_ns, at)) return std::nullopt;
  return at;
}

bool selector::needs_stat() const noexcept {
  return rules_.min_size || rules_.max_size || rules_.min_age || rules_.max_age;
}

}  // namespace sluice::core
