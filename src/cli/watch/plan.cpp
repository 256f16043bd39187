#include "plan.hpp"

#include "cli/options/library_problems.hpp"
#include "cli/options/option_reader.hpp"

#include <sluice/uploader.hpp>

#include <sys/un.h>

#include <boost/asio/ip/address.hpp>
#include <cstdlib>

namespace sluice::cli {
namespace {

/// systemd's RuntimeDirectory= may name several, with colons between.
std::string default_control() {
  const char* given = std::getenv("RUNTIME_DIRECTORY");
  if (given == nullptr || *given == '\0') return {};
  const std::string all{given};
  return all.substr(0, all.find(':')) + "/control";
}

void read_follow(option_reader& r, source& from) {
  following f;
  const auto usual = f.rescan;
  r.duration("rescan", f.rescan);
  if (f.rescan.count() == 0) {
    r.complain("rescan", "an interval of 0 would walk without end");
    f.rescan = usual;  // one complaint is enough
  }
  f.again = std::min(f.again, f.rescan);
  from.follow = f;
}

void read_status(const raw_options& options, option_reader& r, watch_plan& plan) {
  r.read("status", parse_status_address, "an address and a port; write one like 127.0.0.1:9180 or [::1]:9180",
         [&](auto v) { plan.status = std::move(v); });
  const bool open_to_all = options.flag("status-public");
  if (plan.status && !open_to_all && !boost::asio::ip::make_address(plan.status->ip).is_loopback())
    r.complain("status", "'" + plan.status->ip +
                             "' can be reached from other machines; add --status-public if they may read it");
}

/// Files that are kept are told apart only by the log; without one, each start would send them all again.
void check_memory(const raw_options& options, const send_plan& plan, std::vector<std::string>& problems) {
  const auto& cfg = plan.config;
  const bool remembers = !cfg.job_log.empty() && cfg.job_log != "-";
  if (cfg.on_success.what() != disposal::action::keep || remembers) return;
  problems.push_back(options.where("on-success") +
                     " keep needs --joblog FILE: it is how a restarted watch knows what was sent; or choose "
                     "--on-success delete or --on-success move=DIR");
}

}  // namespace

std::optional<status_address> parse_status_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = parse_count(text.substr(colon + 1));
  auto host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  if (ec || address.is_v6() != brackets || !port || *port > 65535) return std::nullopt;
  return status_address{std::string{host}, static_cast<std::uint16_t>(*port)};
}

std::string control_path_problem(const std::string& path) {
  constexpr auto most = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return "an empty path";
  return path.size() <= most ? ""
                             : "a socket's path has at most " + std::to_string(most) + " bytes, this one " +
                                   std::to_string(path.size());
}

watch_plan make_watch_plan(const raw_options& options, std::vector<std::string>& problems) {
  watch_plan plan;
  option_reader r{options, problems};
  plan.base = make_plan(options, problems);
  auto& base = plan.base;
  auto& cfg = base.config;
  base.endless = true;
  if (!options.has("stats")) base.stats = std::chrono::minutes{1};
  if (!options.confused) read_follow(r, base.source);
  read_status(options, r, plan);
  r.read("joblog-compact", parse_size, "a number of bytes; write one like 500k or 1G",
         [&](auto v) { cfg.job_log_compact = v; });
  if (!options.confused)
    check_memory(options, base, problems);  // a misspelt option may be the one that is missing
  plan.pass = options.value("pass").value_or(""), plan.pass_from = options.where("pass");
  plan.control = options.value("control").value_or(default_control());
  if (options.has("control") || !plan.control.empty())
    if (const auto what = control_path_problem(plan.control); !what.empty()) r.complain("control", what);
  if (!plan.control.empty()) cfg.own_files.emplace_back(plan.control);
  cfg.resume = !cfg.job_log.empty() && cfg.job_log != "-";
  cfg.count_ahead = true;  // the backlog and its age are told
  for (auto& p : library_problems(cfg, &base.source, options)) problems.push_back(std::move(p));
  return plan;
}

}  // namespace sluice::cli
