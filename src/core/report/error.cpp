#include <sluice/error.hpp>

#include <string>

namespace sluice {
namespace {

using boost::system::error_code;
namespace system_errc = boost::system::errc;

const char* message_of(errc e) noexcept {
  switch (e) {
    case errc::host_not_found:
      return "DNS has no address for the host";
    case errc::resolver_failed:
      return "DNS could not be asked";
    case errc::connect_timeout:
      return "no connection in time (--connect-timeout)";
    case errc::tls_identity:
      return "the server's certificate was not accepted";
    case errc::tls_pin_mismatch:
      return "the server's public key is not the pinned one";
    case errc::tls_failed:
      return "TLS failed";
    case errc::tls_client_refused:
      return "the server refused our client certificate, or wants one";
    case errc::stalled:
      return "the server took no byte of the request in time (--speed-time)";
    case errc::attempt_timeout:
      return "the attempt took too long (--max-time)";
    case errc::connection_lost:
      return "the server closed the connection before its reply was complete";
    case errc::early_reply:
      return "the server said yes before it had the whole file";
    case errc::reply_malformed:
      return "the reply is not HTTP/1.1";
    case errc::reply_too_large:
      return "the reply is too large";
    case errc::reply_unframed:
      return "the reply has no length: it may have been cut";
    case errc::refused_status:
      return "the server refused the upload";
    case errc::refused_body:
      return "the reply is not the one that means success";
    case errc::busy_status:
      return "the server asks to try again later";
    case errc::auth_refused:
      return "the server refused our credentials";
    case errc::redirected:
      return "the server redirects to another address, which is never followed";
    case errc::file_changed:
      return "the file changed while it was sent";
    case errc::file_vanished:
      return "the file is gone";
    case errc::not_a_regular_file:
      return "not a regular file";
    case errc::being_written:
      return "another process has the file open for writing";
    case errc::not_selected:
      return "left out by a selection rule";
    case errc::already_accepted:
      return "already accepted in an earlier run";
    case errc::dry_run:
      return "it would have been sent";
    case errc::stopped:
      return "the run ended before its turn came";
    case errc::unreachable:
      return "the endpoint cannot be reached";
    case errc::refused:
      return "the endpoint refuses us";
    case errc::out_of_time:
      return "the run's time was up";
    case errc::too_many_errors:
      return "too many files failed";
    case errc::locked:
      return "another instance drains this source";
    case errc::source_unreadable:
      return "the source cannot be opened, read or written";
    case errc::record_failed:
      return "the job log could not be written";
    case errc::not_removable:
      return "not sent: it cannot be taken out of its directory afterwards";
    case errc::body_spent:
      return "the body can be read only once, and the attempt that did failed";
    case errc::not_settled:
      return "not sent: it went on changing, and the system does not say whether it is still being written";
    case errc::file_missing:
      return "there is no such file";
    case errc::sidecar_missing:
      return "its side-car is not there";
    case errc::listed_twice:
      return "named before by the same list";
    case errc::reply_timeout:
      return "no complete reply came in time (--reply-time)";
    case errc::refused_request:
      return "the server refuses such a request, whatever the file";
    case errc::unconfirmed:
      return "the reply does not confirm the upload";
    case errc::no_such_interface:
      return "there is no network interface of the name behind % in the URL";
    case errc::proxy_unreachable:
      return "the proxy cannot be reached";
    case errc::proxy_identity:
      return "the proxy's certificate was not accepted, or it refused ours";
    case errc::proxy_auth_refused:
      return "the proxy refuses our credentials";
    case errc::proxy_refused:
      return "the proxy refuses the way to the endpoint";
    case errc::proxy_cannot_reach:
      return "the proxy cannot reach the endpoint";
    case errc::proxy_failed:
      return "the proxy gave no answer as a proxy gives it";
    case errc::unsendable:
      return "no request can be made of the file";
    case errc::corrupted:
      return "the server has other bytes than were sent";
  }
  return nullptr;
}

const char* message_of(condition c) noexcept {
  switch (c) {
    case condition::transient:
      return "the same upload may succeed later";
    case condition::timeout:
      return "a deadline passed";
    case condition::rejected:
      return "the server said no to this upload";
    case condition::fatal:
      return "no upload to this endpoint can succeed as configured";
  }
  return nullptr;
}

bool holds(condition c, errc e) noexcept {
  switch (e) {
    case errc::connect_timeout:
    case errc::stalled:
    case errc::attempt_timeout:
    case errc::reply_timeout:
    case errc::out_of_time:
      return c == condition::timeout || c == condition::transient;

    case errc::host_not_found:
    case errc::resolver_failed:
    case errc::no_such_interface:
    case errc::proxy_unreachable:
    case errc::proxy_cannot_reach:
    case errc::proxy_failed:
    case errc::tls_failed:
    case errc::connection_lost:
    case errc::early_reply:
    case errc::reply_malformed:
    case errc::reply_too_large:
    case errc::reply_unframed:
    case errc::busy_status:
    case errc::file_changed:
    case errc::being_written:
    case errc::not_settled:
    case errc::sidecar_missing:
    case errc::stopped:
    case errc::unreachable:
    case errc::locked:
    case errc::corrupted:
      return c == condition::transient;

    case errc::refused_status:
    case errc::refused_body:
      return c == condition::rejected;

    case errc::tls_identity:
    case errc::tls_pin_mismatch:
    case errc::tls_client_refused:
    case errc::auth_refused:
    case errc::redirected:
    case errc::refused:
    case errc::refused_request:
    case errc::proxy_identity:
    case errc::proxy_auth_refused:
    case errc::proxy_refused:
      return c == condition::fatal;

    case errc::file_vanished:
    case errc::not_a_regular_file:
    case errc::not_selected:
    case errc::already_accepted:
    case errc::dry_run:
    case errc::too_many_errors:
    case errc::source_unreadable:
    case errc::record_failed:
    case errc::not_removable:
    case errc::body_spent:
    case errc::file_missing:
    case errc::listed_twice:
    case errc::unconfirmed:
    case errc::unsendable:
      return false;
  }
  return false;
}

/// The errors of the network, or of a shortage on this machine, that pass.
bool is_transient_os_error(const error_code& e) noexcept {
  for (const auto transient :
       {system_errc::connection_refused, system_errc::connection_reset, system_errc::connection_aborted,
        system_errc::broken_pipe, system_errc::not_connected, system_errc::timed_out,
        system_errc::network_unreachable, system_errc::network_down, system_errc::network_reset,
        system_errc::host_unreachable, system_errc::address_not_available, system_errc::no_buffer_space,
        system_errc::not_enough_memory, system_errc::too_many_files_open,
        system_errc::too_many_files_open_in_system, system_errc::resource_unavailable_try_again})
    if (e == transient) return true;
  return false;
}

std::string text_or_number(const char* text, int value) {
  return text != nullptr ? text : "unknown error " + std::to_string(value);
}

// Boost's base class has no virtual destructor; nothing is destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class errors final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sluice"; }
  std::string message(int value) const override {
    return text_or_number(message_of(static_cast<errc>(value)), value);
  }
};

class conditions final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sluice.condition"; }
  std::string message(int value) const override {
    return text_or_number(message_of(static_cast<condition>(value)), value);
  }
  using error_category::equivalent;
  bool equivalent(const error_code& code, int value) const noexcept override {
    const auto asked = static_cast<condition>(value);
    if (code.category() == sluice::error_category()) return holds(asked, static_cast<errc>(code.value()));
    return asked == condition::transient && is_transient_os_error(code);
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const errors instance;
  return instance;
}

const boost::system::error_category& condition_category() noexcept {
  static const conditions instance;
  return instance;
}

error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), error_category()}; }

boost::system::error_condition make_error_condition(condition c) noexcept {
  return {static_cast<int>(c), condition_category()};
}

}  // namespace sluice
