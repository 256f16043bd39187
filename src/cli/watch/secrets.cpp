#include "secrets.hpp"

#include "cli/credential.hpp"
#include "cli/form_option.hpp"
#include "header_changes.hpp"

#include <sluice/text.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>

namespace sluice::cli {
namespace {

/// What an uploader would say of them. It names no value.
std::string problem_of(const std::vector<header>& headers, const std::string& idempotency_header) {
  config probe;
  probe.url = "http://127.0.0.1/";  // reads no certificates
  probe.headers = headers;
  probe.idempotency_header = idempotency_header;
  const auto found = problems(probe);
  return found.empty() ? "" : found.front();
}

/// A pipe was read to its end the first time, and to open a fifo could wait for ever.
bool is_regular(const std::string& file) {
  struct stat st{};
  return ::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

secrets::secrets(const boost::asio::any_io_executor& executor, const watch_plan& plan)
    : texts_{plan.headers},
      where_{plan.headers_from},
      idempotency_header_{plan.base.config.idempotency_header},
      from_files_{plan.base.config.headers} {
  if (!plan.token_command.empty()) command_.emplace(executor, plan.token_command);
}

bool secrets::renewable() const {
  return command_ || std::ranges::any_of(texts_, [](auto& text) { return header_file(text).has_value(); });
}

void secrets::ask_command(handler done) {
  command_->run([this, done = std::move(done)](token_command::answer a) {
    std::vector<std::string> problems;
    take(std::move(a), problems);
    done({overlaid(from_files_, from_command_), std::move(problems)});
  });
}

void secrets::renew(handler done) {
  std::vector<std::string> problems;
  read_files(problems);
  if (command_) {
    ask_command([done = std::move(done), problems](fresh f) mutable {
      f.problems.insert(f.problems.begin(), problems.begin(), problems.end());
      done(std::move(f));
    });
    return;
  }
  done({from_files_, std::move(problems)});
}

void secrets::read_files(std::vector<std::string>& problems) {
  std::vector<std::string> found;
  for (const auto& text : texts_)
    if (const auto file = header_file(text); file && !is_regular(*file))
      found.push_back(where_ + ": '" + printable(*file) +
                      "' cannot be read again: missing, or no regular file");
  auto headers = found.empty() ? read_headers(texts_, where_, found) : std::vector<header>{};
  if (const auto what = problem_of(headers, idempotency_header_); found.empty() && !what.empty())
    found.push_back(where_ + ": " + what);
  if (found.empty())
    from_files_ = std::move(headers);
  else
    problems.push_back(found.front() + "; the headers stay as they were");
}

void secrets::take(token_command::answer a, std::vector<std::string>& problems) {
  if (a.problem.empty()) a.problem = problem_of(a.headers, idempotency_header_);
  if (a.problem.empty())
    from_command_ = std::move(a.headers);
  else
    problems.push_back("--token-command: " + a.problem);
}

}  // namespace sluice::cli
