#include "engine/settings.hpp"

#include "core/content_type.hpp"
#include "core/multipart.hpp"
#include "core/read_ahead.hpp"

#include <sluice/text.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::engine {
namespace {

/// Descriptors that are not a window's: files opened ahead; standard streams, epoll, timers, DNS, the walk,
/// logs, the program's own.
constexpr std::size_t reserved_descriptors = core::read_ahead::most + 64;

/// How many uploads at once the limit of file descriptors allows; `limit` is 0 where there is none.
std::size_t most_at_once(rlim_t& limit) {
  rlimit now{};
  limit = ::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur == RLIM_INFINITY ? 0 : now.rlim_cur;
  if (limit == 0) return std::numeric_limits<std::size_t>::max();
  return limit > reserved_descriptors + 2 ? (limit - reserved_descriptors) / 2 : 1;
}

/// An automatic window is cut to what fits.
void check_window(window w, std::vector<std::string>& problems) {
  if (w.is_automatic()) return;
  if (w.size() == 0) {
    problems.emplace_back("window: 0 uploads at once would send nothing; choose 1 or more");
    return;
  }
  rlim_t limit = 0;
  const auto most = most_at_once(limit);
  if (w.size() > most)
    problems.push_back("window: " + std::to_string(w.size()) +
                       " uploads at once need more file descriptors than the limit of " +
                       std::to_string(limit) + " allows; at most " + std::to_string(most) +
                       " fit, or raise the limit (ulimit -n)");
}

void check_numbers(const config& cfg, std::vector<std::string>& problems) {
  const auto negative = [&](const char* member, auto value) {
    if (value.count() < 0) problems.push_back(std::string(member) + ": a time cannot be negative");
  };
  negative("retry.base", cfg.retry.base), negative("retry.cap", cfg.retry.cap);
  negative("retry.max_time", cfg.retry.max_time), negative("timeout.attempt", cfg.timeout.attempt);
  negative("limit.max_duration", cfg.limit.max_duration), negative("limit.grace", cfg.limit.grace);
  negative("timeout.connection_age", cfg.timeout.connection_age);
  const auto positive = [&](const char* member, auto value) {
    if (value.count() <= 0)
      problems.push_back(std::string(member) + ": must be more than 0, or every wait would end at once");
  };
  positive("timeout.connect", cfg.timeout.connect), positive("timeout.stall", cfg.timeout.stall);
  if (!(cfg.limit.requests_per_second >= 0))
    problems.emplace_back("limit.requests_per_second: cannot be negative");
  for (const int s : cfg.success.statuses)
    if (s < 200 || s > 599)
      problems.push_back("success.statuses: " + std::to_string(s) +
                         " is not a final HTTP status (200 to 599)");
  if (cfg.success.statuses.empty())
    problems.emplace_back("success.statuses: empty: no reply could mean success");
  if (cfg.resume && (cfg.job_log.empty() || cfg.job_log == "-"))
    problems.emplace_back("resume: needs job_log to name the file of an earlier run");
  if (cfg.on_reject.what == disposal::action::remove)
    problems.emplace_back("on_reject: a rejected file is never removed; choose keep or move");
}

void check_headers(const config& cfg, std::vector<std::string>& problems) {
  for (const auto& h : cfg.headers)
    if (auto what = core::header_problem(h, cfg.idempotency_header); !what.empty())
      problems.push_back("headers: " + what);
  if (!cfg.idempotency_header.empty())
    if (auto what = core::header_problem({cfg.idempotency_header, ""}, ""); !what.empty())
      problems.push_back("idempotency_header: " + what);
}

template <class T>
std::optional<T> value_or_problem(core::parsed<T> parsed, const std::string& member,
                                  std::vector<std::string>& problems) {
  if (parsed.has_value()) return std::move(*parsed);
  problems.push_back(member + ": " + parsed.error().what);
  return std::nullopt;
}

void check_part(const config& cfg, std::vector<std::string>& problems) {
  const auto empty_name = [](const form_field& f) { return f.name.empty(); };
  if (cfg.file.name.empty() || std::ranges::any_of(cfg.form, empty_name))
    problems.emplace_back("form: a field without a name; write NAME=VALUE");
  if (!cfg.file.type.empty() && !core::is_media_type(cfg.file.type))
    problems.push_back("file.type: '" + printable(cfg.file.type) +
                       "' is not a media type; write one like image/jpeg");
}

std::vector<asio::ip::tcp::endpoint> compile_addresses(const config& cfg, std::uint16_t port,
                                                       std::vector<std::string>& problems) {
  std::vector<asio::ip::tcp::endpoint> compiled;
  for (const auto& a : cfg.addresses) {
    error_code ec;
    const auto ip = asio::ip::make_address(a.ip, ec);
    if (ec)
      problems.push_back("addresses: '" + printable(a.ip) + "' is not an IP address; names are for the URL");
    else
      compiled.emplace_back(ip, a.port != 0 ? a.port : port);
  }
  return compiled;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()}
                                                          : std::string{"localhost"};
}

}  // namespace

std::vector<compiled_field> compile_fields(const std::vector<form_field>& fields, const char* member,
                                           std::vector<std::string>& problems) {
  std::vector<compiled_field> compiled;
  for (const auto& f : fields)
    if (auto t = value_or_problem(core::field_template::parse(f.value),
                                  std::string(member) + " '" + printable(f.name) + "'", problems))
      compiled.emplace_back(f.name, std::move(*t));
  return compiled;
}

std::optional<settings> compile(const config& cfg, std::vector<std::string>& problems) {
  const auto before = problems.size();
  auto url = value_or_problem(core::parse_url(cfg.url), "url", problems);
  auto fields = compile_fields(cfg.form, "form", problems);
  auto filename = value_or_problem(core::field_template::parse(cfg.file.filename), "file.filename", problems);
  core::success_rules rules{cfg.success.statuses, {}};
  for (const auto& text : cfg.success.json)
    if (auto rule = value_or_problem(core::json_rule::parse(text), "success.json", problems))
      rules.json.push_back(std::move(*rule));
  check_part(cfg, problems);
  check_window(cfg.window, problems);
  check_numbers(cfg, problems);
  check_headers(cfg, problems);
  auto addresses = compile_addresses(cfg, url ? url->port : 0, problems);
  std::shared_ptr<const io::tls_client> tls;
  if (!url || url->tls) tls = io::make_tls_client(cfg.tls, problems);
  if (problems.size() != before) return std::nullopt;
  rlim_t descriptors = 0;
  return settings{cfg,
                  *url,
                  std::move(tls),
                  core::request_head{*url, cfg.headers, cfg.idempotency_header},
                  std::move(fields),
                  std::move(*filename),
                  std::move(rules),
                  host_name(),
                  most_at_once(descriptors),
                  std::move(addresses)};
}

io::request render(const settings& s, const core::template_values& values,
                   const std::vector<compiled_field>& extra, std::string_view boundary) {
  std::vector<core::field> fields;
  fields.reserve(s.fields.size() + extra.size());
  for (const auto* list : {&s.fields, &extra})
    for (const auto& [name, value] : *list) fields.push_back({name, value.render(values)});
  const auto name = values.path.substr(values.path.rfind('/') + 1);
  core::file_head file{
      s.raw.file.name, s.filename.render(values),
      s.raw.file.type.empty() ? std::string{core::guess_content_type(name)} : s.raw.file.type};
  auto frame = core::frame_multipart(boundary, fields, file);
  io::request r;
  r.head.reserve(1024 + frame.preamble.size());
  s.head.append(r.head, boundary, frame.content_length(values.size), values.key);
  r.head += frame.preamble;
  r.tail = std::move(frame.epilogue);
  return r;
}

}  // namespace sluice::engine
