#include "reloader.hpp"

#include "cli/options/credential.hpp"
#include "cli/signals.hpp"

#include <sluice/text.hpp>

#include <csignal>
#include <stdexcept>

namespace sluice::cli {

reloader::reloader(boost::asio::io_context& ioc, watch_run& run, service_manager& manager)
    : run_{run},
      manager_{manager},
      renewer_{ioc.get_executor(),
               run.plan.base.secrets,
               run.in_force(),
               {.say = [this](const std::string& text) { run_.say(text); },
                .note = [this](const std::string& text) { run_.note(text); },
                .reload_begins = [this] { reload_files(); },
                .reload_ends =
                    [this] {
                      manager_.reloaded();
                      run_.note("reloaded");
                    }}},
      hangup_{ioc} {}

void reloader::hear_hangups() {
  add_unless_ignored(hangup_, {SIGHUP});
  await_hangup();
}

void reloader::await_hangup() {
  hangup_.async_wait([this](boost::system::error_code ec, int) {
    if (ec) return;
    renewer_.ask_reload();
    await_hangup();
  });
}

void reloader::reload_files() {
  manager_.reloading();
  const auto& log = run_.in_force().job_log;
  if (const auto ec = run_.up->reopen_job_log())
    run_.say("--joblog: cannot open '" + printable(log.string()) + "' again: " + ec.message() +
             "; the old one stays in use");
  reload_tls();
}

/// The system's certificates, which no option names, are read at the start only.
void reloader::reload_tls() {
  auto tls = run_.in_force().tls;
  if (tls.ca_file.empty() && tls.cert_file.empty() && tls.key_file.empty()) return;
  std::vector<std::string> problems;
  const auto pass = header_file(run_.plan.pass).value_or("");
  for (const auto& file : {tls.ca_file.string(), tls.cert_file.string(), tls.key_file.string(), pass})
    if (!file.empty() && !is_regular(file))
      problems.push_back("'" + printable(file) + "' cannot be read again: missing, or no regular file");
  if (problems.empty() && !pass.empty())
    tls.key_password = read_password(run_.plan.pass, run_.plan.pass_from, problems);
  if (!problems.empty()) {
    run_.say(problems.front() + "; the certificates and keys stay as they were");
    return;
  }
  try {
    run_.up->update_tls(tls);
    run_.in_force().tls = std::move(tls);
  } catch (const std::invalid_argument& e) {
    run_.say(first_line(e.what()) + "; the certificates and keys stay as they were");
  }
}

}  // namespace sluice::cli
