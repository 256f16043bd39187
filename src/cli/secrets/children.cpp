#include "children.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace sluice::cli {
namespace {

bool gets_orphans() {
  int subreaper = 0;
  return ::getpid() == 1 || (::prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

}  // namespace

children::children(const boost::asio::any_io_executor& executor)
    : signal_{executor}, adopts_{gets_orphans()} {
  if (!adopts_ || hear_ends()) return;
  wait_for_end();
  reap_ended();  // a shell may have had children before it became this program
}

boost::system::error_code children::hear_ends() {
  boost::system::error_code ec;
  signal_.add(SIGCHLD, ec);
  return ec;
}

void children::await_child(pid_t child, handler ended) {
  awaited_ = child, ended_ = std::move(ended);
  wait_for_end();
}

void children::await_none() {
  awaited_ = -1, ended_ = nullptr;
  if (adopts_) return;
  boost::system::error_code ignored;
  signal_.cancel(ignored), signal_.clear(ignored);
  waiting_ = false;
}

void children::wait_for_end() {
  if (std::exchange(waiting_, true)) return;
  signal_.async_wait([this](boost::system::error_code ec, int) {
    if (ec) return;
    waiting_ = false;
    reap_ended();
    if (awaited_ >= 0 || adopts_) wait_for_end();
  });
}

void children::reap_ended() {
  int status = 0;
  while (adopts_ || awaited_ >= 0) {
    const auto ended = ::waitpid(adopts_ ? -1 : awaited_, &status, WNOHANG);
    if (ended <= 0) return;
    if (ended != awaited_) continue;
    awaited_ = -1;
    std::exchange(ended_, nullptr)(status);
  }
}

}  // namespace sluice::cli
