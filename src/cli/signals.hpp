// A parent may have said that a signal is to be ignored (nohup, `&` in a script): then it is.
#pragma once

#include <signal.h>

#include <boost/asio/signal_set.hpp>
#include <initializer_list>

namespace sluice::cli {

/// Says what we were started with, as long as nothing of ours handles the signal.
inline bool is_ignored(int number) {
  struct sigaction now{};
  return ::sigaction(number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
         now.sa_handler == SIG_IGN;
}

/// Leaves out the signals that are ignored: they stay so.
inline void add_unless_ignored(boost::asio::signal_set& set, std::initializer_list<int> numbers) {
  for (const int n : numbers)
    if (!is_ignored(n)) set.add(n);
}

}  // namespace sluice::cli
