// The ends of child processes: of a command that we run, and of orphans that the system gives us.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/error_code.hpp>
#include <functional>

namespace sluice::cli {

/// Process 1 of a container, and a subreaper, get the processes whose parents have ended: those that our own
/// command left behind, and those of shells that people or probes ran in the container. All of these are
/// reaped when they end; otherwise they would stay as zombies until no process number was free. One object of
/// this class at a time, because in this case any child that ends is taken to be an orphan or the awaited
/// one.
class children {
 public:
  using handler = std::function<void(int status)>;

  explicit children(const boost::asio::any_io_executor& executor);
  children(const children&) = delete;

  /// Hears of all ends from now on: to be called before the child is made, so that none can end unseen.
  boost::system::error_code hear_ends();
  /// `ended` gets the status of waitpid(2), once. One child at a time.
  void await_child(pid_t child, handler ended);
  /// The end of no child is awaited any more. Orphans are still reaped.
  void await_none();

 private:
  void wait_for_end();
  void reap_ended();

  boost::asio::signal_set signal_;
  const bool adopts_;
  bool waiting_ = false;
  pid_t awaited_ = -1;
  handler ended_;
};

}  // namespace sluice::cli
