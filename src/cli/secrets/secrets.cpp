#include "secrets.hpp"

#include "cli/options/credential.hpp"
#include "cli/options/form_option.hpp"
#include "header_changes.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <utility>

namespace sluice::cli {
namespace {

std::string not_again(const std::string& where, const std::string& file) {
  return where + ": '" + printable(file) + "' cannot be read again: missing, or no regular file";
}

}  // namespace

secrets::secrets(const boost::asio::any_io_executor& executor, const secret_sources& from,
                 const config& start)
    : from_{from},
      idempotency_header_{start.idempotency_header},
      by_socks_{start.proxy.url.starts_with("socks")},
      from_files_{start.headers, {start.user, start.bearer, start.proxy.user}} {
  if (from.command.empty())
    orphans_.emplace(executor);
  else
    command_.emplace(executor, from.command);
}

bool secrets::renewable() const {
  const auto is_file = [](const std::string& text) { return header_file(text).has_value(); };
  return command_ || std::ranges::any_of(from_.headers, is_file) || is_file(from_.user.text) ||
         is_file(from_.bearer.text);
}

/// Says what an uploader would say of them. No value is named.
std::string secrets::problem_of(const known& all) const {
  config probe;
  probe.url = "http://127.0.0.1/";  // reads no certificates
  probe.headers = all.headers;
  probe.idempotency_header = idempotency_header_;
  probe.user = all.who.user, probe.bearer = all.who.bearer;
  if (!all.who.proxy_user.empty())
    probe.proxy.url = by_socks_ ? "socks5h://127.0.0.1:1" : "http://127.0.0.1:1";
  probe.proxy.user = all.who.proxy_user;
  const auto found = problems(probe);
  return found.empty() ? "" : found.front().what;
}

void secrets::ask_command(handler done) {
  command_->run([this, done = std::move(done)](token_command::answer a) {
    fresh f;
    take(std::move(a), f);
    f.headers = overlaid(from_files_.headers, from_command_);
    f.who = from_files_.who;
    done(std::move(f));
  });
}

void secrets::renew(handler done) {
  std::vector<std::string> problems;
  read_files(problems);
  if (!command_) return done({from_files_.headers, from_files_.who, std::move(problems)});
  ask_command([done = std::move(done), problems](fresh f) mutable {
    f.problems.insert(f.problems.begin(), problems.begin(), problems.end());
    done(std::move(f));
  });
}

void secrets::read_files(std::vector<std::string>& problems) {
  read_headers_again(problems);
  read_again(from_.user, &credentials::user, problems);
  read_again(from_.bearer, &credentials::bearer, problems);
  read_again(from_.proxy_user, &credentials::proxy_user, problems);
}

void secrets::read_headers_again(std::vector<std::string>& problems) {
  const auto& where = from_.headers_from;
  std::vector<std::string> found;
  for (const auto& text : from_.headers)
    if (const auto file = header_file(text); file && !is_regular(*file))
      found.push_back(not_again(where, *file));
  auto trial = from_files_;
  if (found.empty()) trial.headers = read_headers(from_.headers, where, found);
  if (const auto what = problem_of(trial); found.empty() && !what.empty())
    found.push_back(where + ": " + what);
  if (found.empty())
    from_files_ = std::move(trial);
  else
    problems.push_back(found.front() + "; the headers stay as they were");
}

void secrets::read_again(const secret_option& given, std::string credentials::* which,
                         std::vector<std::string>& problems) {
  const auto file = header_file(given.text);
  if (!file) return;
  std::vector<std::string> found;
  if (!is_regular(*file)) found.push_back(not_again(given.from, *file));
  auto trial = from_files_;
  if (found.empty()) trial.who.*which = read_secret(given.text, given.from, found);
  if (const auto what = problem_of(trial); found.empty() && !what.empty())
    found.push_back(given.from + ": " + what);
  if (found.empty())
    from_files_ = std::move(trial);
  else
    problems.push_back(found.front() + "; it stays as it was");
}

void secrets::take(token_command::answer a, fresh& f) {
  f.asked = true;
  if (a.problem.empty()) a.problem = problem_of({a.headers, from_files_.who});
  f.gave = a.problem.empty();
  if (f.gave)
    from_command_ = std::move(a.headers), f.lifetime = a.lifetime;
  else
    f.problems.push_back("--token-command: " + a.problem);
}

}  // namespace sluice::cli
