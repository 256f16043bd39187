// Error codes and conditions of the library (Boost.System).
#pragma once

#include <sluice/detail/export.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>
#include <type_traits>

namespace sluice {

/// What went wrong in one attempt or one run. Operating-system errors keep their own category.
enum class errc {
  // Getting to the endpoint.
  host_not_found = 1,  ///< DNS has no address for the host
  resolver_failed,     ///< DNS could not be asked, or failed in passing
  connect_timeout,     ///< no connection and no TLS session within connect_timeout
  tls_identity,        ///< the server's certificate was not accepted: chain, name, validity
  tls_pin_mismatch,    ///< the server's public key is not a pinned one
  tls_failed,          ///< the TLS handshake or a record failed for another reason
  tls_client_refused,  ///< the server refused our client certificate, or wants one
  // One exchange.
  stalled,          ///< no byte moved for stall_timeout
  attempt_timeout,  ///< the attempt took longer than attempt_timeout
  connection_lost,  ///< the peer closed or reset the connection before a complete reply
  early_reply,      ///< a success reply came before the whole request had been sent
  reply_malformed,  ///< the reply is not HTTP/1.x as RFC 9112 frames it
  reply_too_large,  ///< the reply is over the cap of 64 KiB, or has more than 8 interim replies
  reply_unframed,   ///< the reply ends only with the connection: it may have been cut
  // The server's answer.
  refused_status,  ///< the status says no
  refused_body,    ///< the status is fine, the body rule does not hold
  busy_status,     ///< the status says: try again later
  auth_refused,    ///< 401, 403 or 407
  redirected,      ///< 3xx: redirects are never followed
  // The file.
  file_changed,        ///< size, times, inode or name changed while it was sent
  file_vanished,       ///< the name is gone
  not_a_regular_file,  ///< link, directory, fifo, socket or device: never followed, never opened for real
  being_written,       ///< another process has it open for writing
  not_selected,        ///< left out by a selection rule
  already_accepted,    ///< an earlier run's job log has it as accepted
  dry_run,             ///< it would have been sent
  // The run.
  stopped,            ///< the run ended before this file's turn (or its next attempt) came
  unreachable,        ///< the endpoint cannot be reached; the run stopped early
  refused,            ///< the endpoint refuses us (TLS identity, 401/403/407, redirects); stopped early
  out_of_time,        ///< max_duration was reached
  too_many_errors,    ///< max_errors was reached
  locked,             ///< another instance drains this source
  source_unreadable,  ///< the source cannot be opened, read, or (to delete or move) written
  record_failed,      ///< the job log could not be written: nothing more is removed
  // Of the file as well; numbers stay.
  not_removable,  ///< it is to be removed or moved, and could not be taken out of its directory: not sent
  body_spent,     ///< a body that can be read once was read by an attempt that failed
};

/// What a caller usually wants to know; compare an error_code with one of these.
enum class condition {
  transient = 1,  ///< the same upload may succeed later
  timeout,        ///< a deadline of ours passed
  rejected,       ///< the server said no to this upload
  fatal,          ///< no upload to this endpoint can succeed as configured
};

/// That of sluice::errc: `sluice`.
SLUICE_API const boost::system::error_category& error_category() noexcept;
/// That of sluice::condition.
SLUICE_API const boost::system::error_category& condition_category() noexcept;

/// `e` in error_category(). Boost.System finds it: `ec == sluice::errc::refused` calls it.
SLUICE_API boost::system::error_code make_error_code(errc e) noexcept;
/// `c` in condition_category(): `ec == sluice::condition::transient` calls it.
SLUICE_API boost::system::error_condition make_error_condition(condition c) noexcept;

}  // namespace sluice

/// @cond  Boost.System's way to let an enumerator be compared with, and become, an error_code.
template <>
struct boost::system::is_error_code_enum<sluice::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<sluice::condition> : std::true_type {};
/// @endcond
