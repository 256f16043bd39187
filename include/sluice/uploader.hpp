// The uploader: N uploads in flight to one endpoint, on the caller's executor.
#pragma once

#include <sluice/config.hpp>
#include <sluice/detail/completion.hpp>
#include <sluice/detail/export.hpp>
#include <sluice/drain_options.hpp>
#include <sluice/result.hpp>
#include <sluice/source.hpp>
#include <sluice/upload_request.hpp>
#include <sluice/window.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <memory>
#include <utility>

namespace sluice {

namespace detail {
class SLUICE_API uploader_impl;
}

/// Uploads files, and drains directories, to one endpoint: one multipart/form-data POST (RFC 7578) per file,
/// over a window of kept-alive HTTPS connections.
///
/// **Threads.** Starts none. All members must be called from the executor given to the constructor (one
/// thread, or a strand); so are the observers of `config`. On a loop that several threads run, construct it
/// with a strand, and post() to that strand what other threads want of it, emitting a cancellation signal and
/// destroying it included. Handlers run on their associated executor, never from within an initiating
/// function: no operation completes immediately, so associated immediate executors are not asked for.
///
/// **Lifetime.** Move-only. It may be destroyed with work in flight: what is under way ends at once, and its
/// handlers are called with `boost::asio::error::operation_aborted`. When the execution context is destroyed
/// first, handlers are destroyed uncalled, and the uploader is good for nothing but its own destruction. An
/// idle uploader keeps connections open for reuse, and no work on the executor.
///
/// **Guest.** Installs no signal handler, calls no exit, changes no global OpenSSL state. Programs should
/// ignore SIGPIPE (sends use MSG_NOSIGNAL; a job log on a closed pipe does not).
class SLUICE_API uploader {
 public:
  /// Of any context and kind; what an `io_context`, a strand of it or a coroutine has.
  using executor_type = boost::asio::any_io_executor;

  /// Throws std::invalid_argument with all of problems(cfg), one a line, when `cfg` can never work. Connects
  /// to nothing.
  uploader(executor_type executor, config cfg);
  /// Ends what is under way with `operation_aborted`, at once and without a wait.
  ~uploader();
  /// Work under way goes on, and its handlers are called. A moved-from uploader can be assigned to and
  /// destroyed.
  uploader(uploader&&) noexcept;
  /// The same; what the uploader assigned to had under way ends as if it were destroyed.
  uploader& operator=(uploader&&) noexcept;

  /// The one given to the constructor.
  executor_type get_executor() const;

  /// Uploads one file, one body from memory, or one that the caller reads.
  ///
  /// **Completion.** `void(boost::system::error_code, sluice::upload_result)`. A refusal, a file that
  /// changed, spent attempts are fates in the result, not errors.
  ///
  /// **Errors.** `operation_aborted` (cancelled, or the uploader was destroyed), `invalid_argument` (not
  /// exactly one of path, data and body; a template that does not parse).
  ///
  /// **Cancellation.** `terminal` and `partial` end it now (an attempt under way is cut off:
  /// whether the server has the file is then unknown; the file stays). `total` takes effect only while no
  /// attempt has begun.
  ///
  /// **Lifetimes.** The request is the operation's own: nothing of the caller's has to outlive the call.
  template <boost::asio::completion_token_for<void(boost::system::error_code, upload_result)> CompletionToken>
  auto async_upload(upload_request request, CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, upload_result)>(
        [](auto handler, std::shared_ptr<detail::uploader_impl> impl, executor_type executor,
           upload_request r) {
          auto slot = boost::asio::get_associated_cancellation_slot(handler);
          const auto id = start_upload(impl, std::move(r),
                                       detail::make_completion<upload_result>(std::move(handler), executor));
          if (slot.is_connected())
            slot.assign([weak = std::weak_ptr{impl}, id](boost::asio::cancellation_type type) {
              cancel_upload(weak, id, type);
            });
        },
        token, impl_, get_executor(), std::move(request));
  }

  /// Drains a source: uploads each of its files and disposes of it as the configuration says. One drain at a
  /// time.
  ///
  /// **Completion.** `void(boost::system::error_code, sluice::run_summary)`; the summary is filled in
  /// whatever the error is. No error: the source was walked to its end (look at the counts: files may have
  /// been refused).
  ///
  /// **Errors.** `operation_aborted`, `already_started`, `invalid_argument` (see problems(config,
  /// source)), or a sluice::errc of the run: out_of_time, too_many_errors, unreachable, refused,
  /// source_unreadable, locked, record_failed.
  ///
  /// **Cancellation.** `partial` (and `total`) starts no new file and lets what is in flight end
  /// within `limit.grace`; `terminal` ends that now as well. It may be emitted again, stronger.
  ///
  /// **Lifetimes.** The source is the operation's own.
  template <boost::asio::completion_token_for<void(boost::system::error_code, run_summary)> CompletionToken>
  auto async_drain(source from, CompletionToken&& token) {
    return async_drain(std::move(from), drain_options{}, std::forward<CompletionToken>(token));
  }
  /// The same, with an observer of its own, or its records kept in the order of the source.
  template <boost::asio::completion_token_for<void(boost::system::error_code, run_summary)> CompletionToken>
  auto async_drain(source from, drain_options options, CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, run_summary)>(
        [](auto handler, std::shared_ptr<detail::uploader_impl> impl, executor_type executor, source s,
           drain_options o) {
          auto slot = boost::asio::get_associated_cancellation_slot(handler);
          const auto id = start_drain(impl, std::move(s), std::move(o),
                                      detail::make_completion<run_summary>(std::move(handler), executor));
          if (slot.is_connected())
            slot.assign([weak = std::weak_ptr{impl}, id](boost::asio::cancellation_type type) {
              cancel_drain(weak, id, type);
            });
        },
        token, impl_, get_executor(), std::move(from), std::move(options));
  }

  /// Of the drain under way; between drains, of all single uploads so far.
  sluice::progress progress() const;
  /// A smaller window lets what is in flight end first. An automatic one begins anew.
  void set_window(window w);
  /// What `limit.requests_per_second` and `limit.bytes_per_second` say, changed; 0: no limit. In force from
  /// now on, also for bodies under way.
  void set_rate(double requests_per_second);
  /// The same of `limit.bytes_per_second`.
  void set_limit_rate(std::uint64_t bytes_per_second);
  /// Nothing new begins until resume(); what is in flight goes on. Deadlines of a drain keep running.
  void pause();
  /// Ends pause(); what waited begins.
  void resume();
  /// From the next request on, header `name` (of config::headers, or a new one) has this value. Throws
  /// std::invalid_argument for what config::headers would not take. An endpoint that had refused us is asked
  /// again.
  void update_header(std::string name, std::string value);
  /// Reads the files of `tls` anew: requests that begin from now on go over new connections, made as it says.
  /// Throws std::invalid_argument, and changes nothing, when it cannot work.
  void update_tls(tls_options tls);
  /// Opens config::job_log again by its name, after somebody renamed it. Errors: the operating system's; the
  /// old one stays in use then.
  boost::system::error_code reopen_job_log();
  /// A followed source is walked now, not when its time has come.
  void rescan();
  /// A followed source is walked once more, and its drain ends when all of it has been tried.
  void finish();
  /// Ends all that is under way or waiting, at once, with operation_aborted.
  void cancel();

 private:
  using impl_ptr = std::shared_ptr<detail::uploader_impl>;
  static std::uint64_t start_upload(const impl_ptr& impl, upload_request r,
                                    detail::callback<upload_result> done);
  static void cancel_upload(const std::weak_ptr<detail::uploader_impl>& impl, std::uint64_t id,
                            boost::asio::cancellation_type type);
  static std::uint64_t start_drain(const impl_ptr& impl, source s, drain_options options,
                                   detail::callback<run_summary> done);
  static void cancel_drain(const std::weak_ptr<detail::uploader_impl>& impl, std::uint64_t id,
                           boost::asio::cancellation_type type);

  impl_ptr impl_;
};

/// problems(cfg), problems(src), and what follows from both together: a source of `/`, a source that is a
/// file, a directory to move to that is missing, on another file system or inside the source, a job log
/// inside the source.
SLUICE_API std::vector<std::string> problems(const config& cfg, const source& src);

}  // namespace sluice
