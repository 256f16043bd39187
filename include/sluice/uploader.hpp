// The uploader: N uploads in flight to one endpoint, on the caller's executor.
//
//     const auto send = [](sluice::uploader& up, std::filesystem::path file) -> asio::awaitable<void> {
//       const auto r = co_await up.async_upload(file, asio::use_awaitable);
//       std::cout << file << ": " << to_string(r.fate) << '\n';
//     };
//     asio::co_spawn(ioc, send(up, "a.jpg"), asio::detached);
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

SLUICE_API std::uint64_t start_upload(const std::shared_ptr<uploader_impl>& impl, upload_request r,
                                      completion<upload_result> done);
SLUICE_API void cancel_upload(const std::weak_ptr<uploader_impl>& impl, std::uint64_t id,
                              boost::asio::cancellation_type type);
SLUICE_API std::uint64_t start_drain(const std::shared_ptr<uploader_impl>& impl, source s,
                                     drain_options options, completion<run_summary> done);
SLUICE_API void cancel_drain(const std::weak_ptr<uploader_impl>& impl, std::uint64_t id,
                             boost::asio::cancellation_type type);

}  // namespace detail

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
/// ignore SIGPIPE (sends use MSG_NOSIGNAL; a job log on a closed pipe does not). A process that ignores SIGIO
/// when its first file is opened saves a system call for each file, and must go on ignoring it: a writer that
/// opens a file while the uploader looks at it causes one (fcntl(2), F_SETLEASE).
class SLUICE_API uploader {
 public:
  /// An executor of any context and kind: that of an `io_context`, a strand of it, or a coroutine's.
  using executor_type = boost::asio::any_io_executor;

  /// Makes an uploader for one endpoint. Connects to nothing.
  ///
  /// **Parameters.** `executor`: where everything runs. `cfg`: endpoint, credentials and limits; it is
  /// copied.
  ///
  /// **Errors.** Throws std::invalid_argument with all of problems(cfg), one a line, when `cfg` can never
  /// work.
  ///
  /// **Thread safety.** Distinct uploaders may be made on distinct threads.
  uploader(executor_type executor, config cfg);
  /// Ends what is under way with `operation_aborted`, at once and without a wait.
  ///
  /// **Thread safety.** On the executor's thread or strand.
  ~uploader();
  /// Takes over the work of the other, which goes on, and whose handlers are called. A moved-from uploader
  /// can be assigned to and destroyed.
  uploader(uploader&&) noexcept;
  /// Takes over the work of the other. What this one had under way ends as if it were destroyed.
  uploader& operator=(uploader&&) noexcept;

  /// Returns the executor given to the constructor.
  executor_type get_executor() const;

  /// Uploads one file, one body from memory, or one that the caller reads.
  ///
  /// **Parameters.** `request`: a path, or whatever a path can be made of, or an upload_request with what is
  /// special of this upload. `token`: any completion token.
  ///
  /// **Completion.** `void(boost::system::error_code, sluice::upload_result)`. A refusal, a file that
  /// changed, spent attempts are fates in the result, not errors.
  ///
  /// **Errors.** `operation_aborted` (cancelled, or the uploader was destroyed), `invalid_argument` (an empty
  /// path or a null body; a template that does not parse).
  ///
  /// **Cancellation.** `terminal` and `partial` end it now (an attempt under way is cut off:
  /// whether the server has the file is then unknown; the file stays). `total` takes effect only while no
  /// attempt has begun.
  ///
  /// **Lifetimes.** The request is the operation's own: nothing of the caller's has to outlive the call.
  ///
  /// **Thread safety.** On the executor's thread or strand; the handler runs on its associated executor.
  template <boost::asio::completion_token_for<void(boost::system::error_code, upload_result)> CompletionToken>
  auto async_upload(upload_request request, CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, upload_result)>(
        [](auto handler, std::shared_ptr<detail::uploader_impl> impl, executor_type executor,
           upload_request r) {
          auto slot = boost::asio::get_associated_cancellation_slot(handler);
          const auto id = detail::start_upload(
              impl, std::move(r), detail::make_completion<upload_result>(std::move(handler), executor));
          if (slot.is_connected())
            slot.assign([weak = std::weak_ptr{impl}, id](boost::asio::cancellation_type type) {
              detail::cancel_upload(weak, id, type);
            });
        },
        token, impl_, get_executor(), std::move(request));
  }

  /// Drains a source: uploads each of its files and disposes of it as the configuration says. One drain at a
  /// time.
  ///
  /// **Parameters.** `from`: directories, files, a list or a range. `token`: any completion token.
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
  /// **Lifetimes.** The source is the operation's own; a range that source::paths() only refers to outlives
  /// it.
  ///
  /// **Thread safety.** On the executor's thread or strand; the handler runs on its associated executor.
  template <boost::asio::completion_token_for<void(boost::system::error_code, run_summary)> CompletionToken>
  auto async_drain(source from, CompletionToken&& token) {
    return async_drain(std::move(from), drain_options{}, std::forward<CompletionToken>(token));
  }
  /// Drains a source with an observer of its own, or keeps its records in the order of the source.
  ///
  /// **Parameters.** `options`: the observer, and whether records are kept; else those of the shorter form,
  /// whose **Completion.**, **Errors.**, **Cancellation.**, **Lifetimes.** and **Thread safety.** hold here.
  template <boost::asio::completion_token_for<void(boost::system::error_code, run_summary)> CompletionToken>
  auto async_drain(source from, drain_options options, CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, run_summary)>(
        [](auto handler, std::shared_ptr<detail::uploader_impl> impl, executor_type executor, source s,
           drain_options o) {
          auto slot = boost::asio::get_associated_cancellation_slot(handler);
          const auto id =
              detail::start_drain(impl, std::move(s), std::move(o),
                                  detail::make_completion<run_summary>(std::move(handler), executor));
          if (slot.is_connected())
            slot.assign([weak = std::weak_ptr{impl}, id](boost::asio::cancellation_type type) {
              detail::cancel_drain(weak, id, type);
            });
        },
        token, impl_, get_executor(), std::move(from), std::move(options));
  }

  // The functions below complete at once. **Thread safety.** Each is called on the executor's thread or
  // strand.
  // **Lifetimes.** Arguments are copied. **Errors.** Those named, and std::bad_alloc.

  /// Returns figures of the drain under way; between drains, of all single uploads so far.
  sluice::progress progress() const;
  /// Returns why files of the same were not accepted, the most frequent reason first. Bounded.
  std::vector<failure_reason> reasons() const;
  /// Changes the window. A smaller one lets what is in flight end first; an automatic one begins anew.
  ///
  /// **Parameters.** `w`: uploads at once.
  void set_window(window w);
  /// Changes `limit.requests_per_second`, from now on.
  ///
  /// **Parameters.** `requests_per_second`: of the whole uploader; 0 or less: no limit.
  void set_rate(double requests_per_second);
  /// Changes `limit.bytes_per_second`, from now on, also for bodies under way.
  ///
  /// **Parameters.** `bytes_per_second`: of the whole uploader; 0: no limit.
  void set_limit_rate(std::uint64_t bytes_per_second);
  /// Begins nothing new until resume(); what is in flight goes on. Deadlines of a drain keep running.
  ///
  /// **Parameters.** `why`: tells the two states `paused` and `renewing` of progress() apart. Each reason is
  /// ended by itself.
  void pause(pause_reason why = pause_reason::asked);
  /// Ends pause() for that reason: what waited begins, unless the other reason holds.
  void resume(pause_reason why = pause_reason::asked);
  /// Gives header `name` (of config::headers, or a new one) another value from the next request on. An
  /// endpoint that had refused us is asked again. The value is a secret for config::on_trace.
  ///
  /// **Errors.** Throws std::invalid_argument for what config::headers would not take.
  void update_header(std::string name, std::string value);
  /// Gives requests from the next one on other credentials, and the proxy those of its own from the next
  /// tunnel on. An endpoint that had refused us is asked again. A 401 to a request that had the old ones
  /// refuses no upload, nor does one that comes while pause() holds for pause_reason::renewal: what got it is
  /// sent again, at most three times. The same holds for update_header().
  ///
  /// **Parameters.** `fresh`: all of them; an empty one is none, and of the proxy's the one in its URL.
  ///
  /// **Errors.** Throws std::invalid_argument, and changes nothing, for what config would not take.
  void update_credentials(credentials fresh);
  /// Reads the files of `tls` anew: requests that begin from now on go over new connections, made as it says.
  ///
  /// **Errors.** Throws std::invalid_argument, and changes nothing, when it cannot work.
  void update_tls(tls_options tls);
  /// Opens config::job_log again by its name, after somebody renamed it.
  ///
  /// **Errors.** The operating system's; the old file stays in use then.
  boost::system::error_code reopen_job_log();
  /// Walks a followed source now, not when its time has come.
  void rescan();
  /// Walks a followed source once more; its drain ends when all of it has been tried.
  void finish();
  /// Ends all that is under way or waiting, at once, with `operation_aborted`.
  void cancel();

 private:
  std::shared_ptr<detail::uploader_impl> impl_;
};

/// Returns problems(cfg), problems(src), and what follows from both together: a source of `/`, a source that
/// is a file, a directory to move to that is missing, on another file system or inside the source, a job log
/// inside the source. Empty: the drain can begin.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe; it reads the file system.
SLUICE_API std::vector<problem> problems(const config& cfg, const source& src);

}  // namespace sluice
