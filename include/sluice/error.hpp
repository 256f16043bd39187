// Error codes and conditions of the library (Boost.System).
//
//     up.async_upload("a.jpg", [](boost::system::error_code, const sluice::upload_result& r) {
//       if (r.error == sluice::condition::transient) std::cout << "later: " << r.error.message() << '\n';
//     });
#pragma once

#include <sluice/detail/export.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>
#include <type_traits>

namespace sluice {

/// The reason why an attempt or a run went wrong. Operating-system errors keep their own category.
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
  stalled,          ///< the kernel took no byte of the request for timeout_options::stall
  attempt_timeout,  ///< the attempt took longer than attempt_timeout
  connection_lost,  ///< the peer closed or reset the connection before a complete reply
  early_reply,      ///< a success reply came before the whole request had been sent
  reply_malformed,  ///< the reply is not HTTP/1.x as RFC 9112 frames it
  reply_too_large,  ///< a head of the reply, or its interim replies together, are over 64 KiB or 500 fields
  reply_unframed,   ///< only the end of the connection ends the reply, and nothing says that it was not cut
  // The server's answer.
  refused_status,  ///< the status says no
  refused_body,    ///< the status is fine, the body rule does not hold
  busy_status,     ///< the status says: try again later
  auth_refused,    ///< 401 or 403, or a 407 where no proxy replies
  redirected,      ///< 3xx: redirects are never followed
  // The file.
  file_changed,        ///< size, times, inode or name changed while it was sent
  file_vanished,       ///< the name is gone
  not_a_regular_file,  ///< link, directory, fifo, socket or device: never followed, never opened for real
  being_written,       ///< another process has it open for writing
  not_selected,        ///< left out by a selection rule
  already_accepted,    ///< an earlier run's job log has it as accepted
  dry_run,             ///< a dry run would have sent it
  // The run.
  stopped,            ///< the run ended before this file's turn (or its next attempt) came
  unreachable,        ///< the endpoint cannot be reached; the run stopped early
  refused,            ///< the endpoint refuses us (TLS identity, 401/403/407, redirects); stopped early
  out_of_time,        ///< max_duration was reached
  too_many_errors,    ///< max_errors was reached
  locked,             ///< another instance drains this source
  source_unreadable,  ///< the source cannot be opened, read, or (to delete or move) written
  record_failed,      ///< the job log could not be written: nothing more is sent, and nothing removed
  // More of the file: numbers stay.
  not_removable,  ///< the file is to be removed or moved, and could not be taken out of its directory: not
                  ///< sent
  body_spent,     ///< a body that can be read once was read by an attempt that failed
  not_settled,    ///< the file changed within config::settle, and the system does not say whether it is being
                  ///< written
  file_missing,   ///< a list or a range names it, and there is no such file
  listed_twice,   ///< the same list or range has named it before
  // More of the server's answer.
  reply_timeout,    ///< no complete reply within timeout_options::reply
  refused_request,  ///< the status speaks of the endpoint or of how we ask, not of the file: 404, 405, 421, …
  unconfirmed,      ///< the server may have taken it, and its reply does not say so as success_rule wants it
  // More of getting to the endpoint.
  no_such_interface,  ///< the URL's IPv6 address has a zone, and this machine has no such interface
  // The way through a proxy.
  proxy_unreachable,   ///< no connection to the proxy: DNS, TCP or TLS failed
  proxy_identity,      ///< the proxy's certificate was not accepted, or it refused ours
  proxy_auth_refused,  ///< the proxy refuses our credentials, or asks for a way to log in that is not spoken:
                       ///< 407
  proxy_refused,       ///< the proxy does not let us connect to the endpoint
  proxy_cannot_reach,  ///< the proxy says that it cannot reach the endpoint, or not now
  proxy_failed,        ///< the proxy hung up, or its answer is not one of a proxy
  // More of the file, and of the answer.
  unsendable,  ///< no request can be made of the file: a value has no place in the URL or a header, or is
               ///< missing
  corrupted,   ///< the server says a digest or a size of what it stored that is not that of what was sent
  sidecar_missing,  ///< the file has no side-car yet (config::sidecar)
};

/// The class of an error, as callers usually want it; compare an error_code with one of these.
enum class condition {
  transient = 1,  ///< the same upload may succeed later
  timeout,        ///< a deadline of ours passed
  rejected,       ///< the server said no to this upload
  fatal,          ///< no upload to this endpoint can succeed as configured
};

/// Returns the category of sluice::errc: `sluice`.
SLUICE_API const boost::system::error_category& error_category() noexcept;
/// Returns the category of sluice::condition.
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
