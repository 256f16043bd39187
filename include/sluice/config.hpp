// Everything an uploader needs to know, as plain values. Each member has the default that `sluice send` has.
#pragma once

#include <sluice/detail/export.hpp>
#include <sluice/window.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sluice {

struct attempt_record;
struct file_record;

/// A text field of the form. `value` may hold templates: `{name}`, `{now_ms}`, … (see docs/templates.md).
struct form_field {
  std::string name;
  std::string value;
};

/// A request header, sent as given. Names and values with CR, LF or NUL are configuration errors, and so are
/// the headers sluice writes itself (Host, Content-Length, Content-Type, Transfer-Encoding, …).
struct header {
  std::string name;
  std::string value;
};

/// The file part, always the last of the form.
struct file_part {
  std::string name = "file";        ///< form name
  std::string type;                 ///< media type; empty: guessed from the file's extension
  std::string filename = "{name}";  ///< template of the filename parameter
};

/// The least version that is spoken; 1.3 always is.
enum class tls_version { v1_2, v1_3 };

/// The caller's own TLS context, used instead of the other members of tls_options (which must be left alone).
/// Made from an `asio::ssl::context`, a (shared) pointer to one, or an `SSL_CTX*`; shares ownership of the
/// SSL_CTX by its reference count, so the asio object may die first. It must not be changed after the
/// uploader was made. Verification of chain and host name stays on unless `tls_options::insecure` is set.
class tls_context {
 public:
  /// A context that was not given.
  tls_context() noexcept = default;
  /// Throws std::bad_alloc; a null pointer is a context that was not given.
  SLUICE_API tls_context(
      ssl_ctx_st* native);  // NOLINT(google-explicit-constructor): assignable from what callers have
  /// Of an `asio::ssl::context`, or whatever else has a `native_handle()`.
  template <class Context>
    requires requires(Context&& c) { static_cast<ssl_ctx_st*>(c.native_handle()); }
  tls_context(Context&& context)
      : tls_context(static_cast<ssl_ctx_st*>(context.native_handle())) {}  // NOLINT
  /// Of a (shared) pointer to such; null is a context that was not given.
  template <class Pointer>
    requires requires(const Pointer& p) { static_cast<ssl_ctx_st*>(p->native_handle()); }
  tls_context(const Pointer& context)
      : tls_context(static_cast<ssl_ctx_st*>(context ? context->native_handle() : nullptr)) {}  // NOLINT

  /// Null when none was given; valid as long as this object.
  ssl_ctx_st* get() const noexcept { return native_.get(); }
  /// Whether one was given.
  explicit operator bool() const noexcept { return native_ != nullptr; }

 private:
  std::shared_ptr<ssl_ctx_st> native_;
};

/// Whom to trust, and who we are. The files are read by the uploader's constructor and by update_tls().
struct tls_options {
  std::filesystem::path ca_file;    ///< PEM bundle to trust; empty: the system's
  std::filesystem::path cert_file;  ///< PEM client certificate chain; empty: none
  std::filesystem::path key_file;   ///< PEM private key; empty: in cert_file
  std::string
      pinned_public_key;  ///< curl's form: `sha256//BASE64[;sha256//BASE64…]`; checked besides the chain
  bool insecure = false;  ///< verify neither chain nor host name (a pin is still checked)
  tls_version min_version = tls_version::v1_2;
  tls_context context;  ///< the caller's own; empty: one is made from the members above
};

/// An address of the endpoint, for callers that know it: no DNS is asked then.
struct address {
  std::string ip;          ///< IPv4 or IPv6, as text
  std::uint16_t port = 0;  ///< 0: the URL's
};

/// What a connector is asked for.
struct connect_target {
  std::string host;  ///< as the URL has it
  std::uint16_t port = 0;
};
/// Called once, on the uploader's executor: an error, or the descriptor of a connected stream socket, which
/// the uploader then owns.
using connect_done = std::function<void(boost::system::error_code, int)>;
/// Makes a connection in the caller's way: through a tunnel, from a certain interface, to a Unix socket, in a
/// test. TLS is the uploader's, over whatever this connects to. An answer that comes too late
/// (timeout_options::connect) is closed.
using connector = std::function<void(const connect_target&, connect_done)>;

/// When a complete reply means success: its status is in `statuses` and every rule of `json` holds.
struct success_rule {
  std::vector<int> statuses{200, 201, 204};
  std::vector<std::string> json;  ///< `POINTER=VALUE`: RFC 6901 pointer, JSON value, e.g. `/code=0`
};

/// What becomes of a file's name.
struct disposal {
  /// Leave it; remove it; move it to `directory`.
  enum class action { keep, remove, move };
  action what = action::keep;
  std::filesystem::path
      directory;  ///< for move: an existing directory of the same file system, outside the source

  /// It stays: the next run sends it again, unless a job log says what has been sent.
  static disposal keep() { return {}; }
  /// Removed, when all of docs/delete-rule.md holds.
  static disposal remove() { return {action::remove, {}}; }
  /// Moved to `dir`, by the same rule, with its path below the source.
  static disposal move_to(std::filesystem::path dir) { return {action::move, std::move(dir)}; }
};

/// Which failed attempts are made again, and when.
struct retry_options {
  unsigned retries = 2;                 ///< attempts after the first one, per file and run
  std::chrono::milliseconds base{500};  ///< full jitter: uniform in [0, base·2ⁿ], capped
  std::chrono::milliseconds cap{30'000};
  std::chrono::seconds max_time{0};  ///< no retry begins this long after the first attempt; 0: no limit
  bool all_errors = false;           ///< retry every reply that is not a success (never 401, 403, 407, 3xx)
  /// The whole pool waits when the endpoint asks for it (Retry-After) or fails again and again, and a drain
  /// ends when it does so for long. Without it every upload is tried at once: for measuring, not for sending.
  bool hold_back = true;
};

/// Deadlines. One that passes is an error of the attempt (sluice::condition::timeout), never
/// `operation_aborted`.
struct timeout_options {
  std::chrono::milliseconds connect{10'000};  ///< DNS, TCP and TLS handshake together
  std::chrono::milliseconds attempt{0};       ///< one attempt as a whole; 0: no limit
  std::chrono::milliseconds stall{
      30'000};  ///< no byte moved for this long; a reply may take twice as long in all
  std::chrono::milliseconds idle{15'000};  ///< a connection idle for longer is not used again
  /// A connection older than this carries no further request: a new one asks DNS again, so that an endpoint
  /// that moved is followed; 0: no limit.
  std::chrono::milliseconds connection_age{300'000};
};

/// How much at most. Rates are of the whole uploader, single uploads and drain together.
struct limit_options {
  std::uint64_t bytes_per_second = 0;         ///< for the whole pool; 0: no limit
  double requests_per_second = 0;             ///< for the whole pool; 0: no limit
  std::chrono::milliseconds max_duration{0};  ///< of a drain: then nothing new starts; 0: no limit
  std::chrono::milliseconds grace{10'000};    ///< for what is in flight when a drain is told to stop
  std::uint64_t max_errors = 0;  ///< a drain stops after this many rejected or deferred files; 0: no limit
};

/// Configuration of one uploader: one origin, one TLS configuration, one set of credentials, for its
/// lifetime.
struct config {
  std::string url;  ///< `https://host[:port]/path[?query]`; `http://` works when written out
  tls_options tls;
  std::vector<form_field> form;  ///< text fields, in the order they are sent
  file_part file;
  std::vector<header> headers;
  std::string idempotency_header = "Idempotency-Key";  ///< empty: not sent
  success_rule success;
  disposal on_success;
  disposal on_reject;              ///< keep or move
  std::vector<address> addresses;  ///< tried in turn (RFC 8305) instead of what DNS says; empty: DNS
  sluice::connector connector;     ///< instead of DNS and TCP; empty: ours
  sluice::window window = sluice::window::automatic();
  retry_options retry;
  timeout_options timeout;
  limit_options limit;

  std::filesystem::path
      job_log;  ///< one JSON line per file, appended before its disposal; empty: none; `-`: standard output
  bool resume = false;              ///< skip what job_log has as accepted
  std::filesystem::path lock_file;  ///< locked instead of the source's root directory
  /// The program's other files (configuration, secrets, reports): a source that one of them is in is an
  /// error.
  std::vector<std::filesystem::path> own_files;
  bool dry_run = false;      ///< select and report, send nothing
  bool count_ahead = false;  ///< walk the source a second time to know progress::total

  /// Called on the uploader's executor for each finished file, after its disposal; must neither block nor
  /// throw.
  std::function<void(const file_record&)> on_record;
  /// The same for each attempt that came to use the network, as it ends; before on_record of its file.
  std::function<void(const attempt_record&)> on_attempt;
  /// The same for each change of an automatic window, as it is made.
  std::function<void(const window_change&)> on_window;
};

/// Every reason why no uploader can be made of `cfg`, one line each, naming the member and how to mend it.
/// Empty when it can. Reads the files it names and the file-descriptor limit; opens no connection.
SLUICE_API std::vector<std::string> problems(const config& cfg);

}  // namespace sluice
