// The configuration of an uploader, as plain values. Each member has the default that `sluice send` has.
//
//     cfg.url = "https://host/upload";
//     cfg.form.push_back({"mark", "room-201"});
//     cfg.on_success = sluice::disposal::remove();
//     cfg.retry.retries = 5;
#pragma once

#include <sluice/detail/export.hpp>
#include <sluice/problem.hpp>
#include <sluice/window.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sluice {

struct attempt_record;
struct file_record;
struct notice;
struct trace_event;
struct used_proxy;

/// A text field of the form. `value` may hold templates: `{name}`, `{now_ms}`, … (see docs/templates.md).
struct form_field {
  std::string name;
  std::string value;
};

/// A request header. `value` may hold templates; braces that are none stay as they are (`{"a":1}`), and
/// `{{name}}` is `{name}`. Names and values with CR, LF or NUL are configuration errors, and so are the
/// headers sluice writes itself (Host, Content-Length, Transfer-Encoding, …; Content-Type unless the body is
/// raw). Host is allowed where config::resolve or config::addresses says where the URL's host is: a server is
/// tried by its future name. The name that TLS asks for and verifies stays the URL's.
struct header {
  std::string name;
  std::string value;
  /// A trace shows no value of this name. Not needed for Authorization, Cookie and names such as app_key or
  /// X-Access-Token, whose values are masked in any case (docs/trace.md).
  bool secret = false;
};

/// The body of a request.
enum class body_kind {
  form,  ///< multipart/form-data: the text fields, then the file
  raw,   ///< the file's bytes and nothing else
};

/// The file part, always the last of the form.
struct file_part {
  std::string name = "file";        ///< form name
  std::string type;                 ///< media type, also of a raw body; empty: guessed from the extension
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
  /// Shares an `asio::ssl::context`, or whatever else has a `native_handle()`.
  template <class Context>
    requires requires(Context&& c) { static_cast<ssl_ctx_st*>(c.native_handle()); }
  tls_context(Context&& context)
      : tls_context(static_cast<ssl_ctx_st*>(context.native_handle())) {}  // NOLINT
  /// Shares what a (shared) pointer leads to; null is a context that was not given.
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

/// The trust of an uploader, and its own identity. The files are read by problems(), by the uploader's
/// constructor and by update_tls(): what can be read only once, such as a pipe, is none of them. Nobody is
/// ever asked for a password.
struct tls_options {
  std::filesystem::path ca_file;  ///< PEM bundle to trust; empty: the system's
  /// The client's own certificate; empty: none. PEM: its chain, the client's first. PKCS#12 (RFC 7292): the
  /// certificate, its private key and the chain; the bytes of the file say which of the two it is.
  std::filesystem::path cert_file;
  std::filesystem::path key_file;  ///< PEM private key; empty: in cert_file. Not with PKCS#12, which has one
  std::string key_password;        ///< password of an encrypted private key or PKCS#12 file; empty: none
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

/// The kinds of addresses that connections may go to.
enum class address_family { any, ipv4, ipv6 };

/// The place that a connector is asked for.
struct connect_target {
  std::string host;  ///< name (xn-- form, with a last dot the URL has) or address (with its zone)
  std::uint16_t port = 0;
};
/// Called once, on the uploader's executor: an error, or the descriptor of a connected stream socket, which
/// the uploader then owns.
using connect_done = std::function<void(boost::system::error_code, int)>;
/// Makes a connection in the caller's way: through a tunnel, from a certain interface, to a Unix socket, in a
/// test. TLS is the uploader's, over whatever this connects to. An answer that comes too late
/// (timeout_options::connect) is closed.
using connector = std::function<void(const connect_target&, connect_done)>;

/// A forward proxy: every connection of the uploader goes through it. An `https://` endpoint is reached by a
/// tunnel (CONNECT, or SOCKS 5), and TLS is spoken with the endpoint, as without a proxy. An `http://`
/// endpoint is asked for in absolute form, or through SOCKS 5.
///
/// The proxy resolves the endpoint's name; only `socks5://` has it resolved here. User and password go to the
/// proxy alone, as Basic or as SOCKS has them (RFC 1929), and into no output.
struct proxy_options {
  std::string url{};   ///< `[http|https|socks5|socks5h://][USER:PASSWORD@]HOST:PORT`; empty: no proxy
  std::string user{};  ///< `USER:PASSWORD`, instead of those in `url`; empty: those in `url`
  std::vector<header>
      headers{};      ///< an HTTP proxy alone gets them: with CONNECT, or with each request of an http:// URL
  tls_options tls{};  ///< trust in an https:// proxy
  /// Hosts that are reached without the proxy, as curl reads them, with commas or spaces between: `*`, names
  /// (each with all below it), addresses, networks such as 10.0.0.0/8.
  std::string no_proxy{};
  std::string from{};  ///< where `url` was given, for people: `--proxy`, `HTTPS_PROXY`
};

/// The secrets that a living uploader can be given anew (uploader::update_credentials), as config has them.
struct credentials {
  std::string user{};        ///< config::user
  std::string bearer{};      ///< config::bearer
  std::string proxy_user{};  ///< proxy_options::user
};

/// When a complete reply means success: its status is in `statuses` and every rule of `json` and `headers`
/// holds. A success that no rule can be applied to confirms nothing (errc::unconfirmed): the file stays, and
/// is not sent again.
///
/// A rule with a digest or the size proves what the server has: `/sha256="{sha256}"`. Where the server says
/// another value, the file is kept as fate::corrupted; where it says none, that confirms nothing.
struct success_rule {
  std::vector<int> statuses{200, 201, 204};
  /// `POINTER=VALUE`: RFC 6901 pointer, JSON value, e.g. `/code=0`. A string may hold templates.
  std::vector<std::string> json;
  std::vector<std::string> headers{};  ///< `NAME=VALUE`: a field of the reply, e.g. `ETag="{md5}"`; templates
  std::size_t reply_limit = 65'536;    ///< bytes of a reply's body that the rules read; a body may be longer
};

/// The future of a file's name.
class disposal {
 public:
  /// Leave it; remove it; move it to directory().
  enum class action { keep, remove, move };

  /// keep().
  disposal() = default;
  /// Leaves it: the next run sends it again, unless a job log says what has been sent.
  static disposal keep() { return {}; }
  /// Removes it, when all of docs/delete-rule.md holds.
  static disposal remove() { return {action::remove, {}}; }
  /// Moves it to `dir`, by the same rule, with its path below the source. `dir` is an existing directory of
  /// the same file system, outside the source.
  static disposal move_to(std::filesystem::path dir) { return {action::move, std::move(dir)}; }

  /// Returns which of the three it is.
  action what() const noexcept { return what_; }
  /// Returns the directory of move_to(), else an empty path.
  const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  disposal(action what, std::filesystem::path dir) : what_{what}, directory_{std::move(dir)} {}

  action what_ = action::keep;
  std::filesystem::path directory_;
};

/// Rules for failed attempts: which are made again, and when.
struct retry_options {
  unsigned retries = 2;                 ///< attempts after the first one, per file and run
  std::chrono::milliseconds base{500};  ///< full jitter: uniform in [0, base·2ⁿ], capped
  std::chrono::milliseconds cap{30'000};
  std::chrono::seconds max_time{0};  ///< no retry begins this long after the first attempt; 0: no limit
  bool all_errors = false;           ///< retry every reply that is not a success (never 401, 403, 407, 3xx)
  std::vector<int> statuses{};       ///< more statuses that mean "later", besides 408, 425, 429 and 5xx
  /// The whole pool waits when the endpoint asks for it (Retry-After) or fails again and again, and a drain
  /// ends when it does so for long. Without it every upload is tried at once: for measuring, not for sending.
  bool hold_back = true;
};

/// Deadlines. One that passes is an error of the attempt (sluice::condition::timeout), never
/// `operation_aborted`.
struct timeout_options {
  std::chrono::milliseconds connect{10'000};  ///< DNS, TCP and TLS handshake together
  std::chrono::milliseconds attempt{0};       ///< one attempt as a whole; 0: no limit
  std::chrono::milliseconds stall{30'000};    ///< the kernel takes no byte of the request for this long
  /// The time from the last byte sent to the end of the reply; each interim reply (1xx) begins it anew.
  std::chrono::milliseconds reply{300'000};
  std::chrono::milliseconds idle{15'000};  ///< a connection idle for longer is not used again
  /// A connection older than this carries no further request: a new one asks DNS again, so that an endpoint
  /// that moved is followed; 0: no limit.
  std::chrono::milliseconds connection_age{300'000};
};

/// How much at most. Rates are of the whole uploader, single uploads and drain together.
struct limit_options {
  std::uint64_t bytes_per_second = 0;         ///< bytes of the whole pool; 0: no limit
  double requests_per_second = 0;             ///< requests of the whole pool; 0: no limit
  std::chrono::milliseconds max_duration{0};  ///< time of a drain: then nothing new starts; 0: no limit
  std::chrono::milliseconds grace{10'000};    ///< time for what is in flight when a drain is told to stop
  std::uint64_t max_errors = 0;  ///< a drain stops after this many rejected or deferred files; 0: no limit
};

/// Configuration of one uploader: one origin, one TLS configuration, one set of credentials, for its
/// lifetime.
struct config {
  /// `https://host[:port]/path[?query]`; `http://` works when written out. Path and query may hold templates,
  /// whose values are percent-encoded. A file whose value makes an empty segment, `.` or `..` is not sent
  /// (errc::unsendable).
  std::string url;
  std::string method = "POST";       ///< or PUT, PATCH
  body_kind body = body_kind::form;  ///< raw: `form` and `form_escape` are left alone
  /// A regular expression (RE2) over the path: its groups are the templates `{1}`, `{2}`, … and `{NAME}`, and
  /// files that it does not match are fate::skipped; empty: none.
  std::string match{};
  tls_options tls;
  std::vector<form_field> form;  ///< text fields, in the order they are sent
  file_part file;
  /// A `"` in a name is written `\"` and a backslash `\\`, as curl's option of this name does; without it `"`
  /// is
  /// `%22` and a backslash is itself (docs/receivers.md says which servers want what).
  bool form_escape = false;
  std::vector<header> headers;
  /// `NAME[:PASSWORD]`, sent with each request as `Authorization: Basic` (RFC 7617); the first colon ends the
  /// name, and without one the password is empty. Empty: none. Not together with `bearer`, nor with an
  /// `Authorization` among `headers`. A control character, or neither name nor password, is a problem.
  std::string user{};
  /// A token, sent with each request as `Authorization: Bearer` (RFC 6750). Empty: none. A character other
  /// than a visible one of ASCII is a problem.
  std::string bearer{};
  std::string idempotency_header = "Idempotency-Key";  ///< empty: not sent
  success_rule success;
  disposal on_success;
  /// keep or move. Only what was said of the file moves it: 413, 415, 422, a rule of `success.json` that does
  /// not hold, and 400 or 409 once another upload was accepted. Five are moved at most before one is
  /// accepted.
  disposal on_reject;
  /// The side-car of each file of a drain: its path below the source with the templates `{path} {dir} {name}
  /// {stem} {ext}`, as in `{path}.json`; empty: none. It is a JSON object with the members of a line of
  /// source::manifest() but for `path`, of at most 64 KiB. A file whose name it may have is not sent by
  /// itself. A file without its side-car is deferred. It is disposed of as its file was, and after it.
  std::string sidecar{};
  bool sidecar_optional = false;  ///< a file without its side-car is sent
  /// A drain removes folders below the source that it emptied, deepest first: they are empty, and nobody but
  /// us has changed them for `settle`. The source itself stays, and so does what is mounted. Needs
  /// `on_success` or `on_reject` to take files away.
  bool delete_empty_dirs = false;
  /// Where the system does not say whether a file is still being written (another user's file without
  /// CAP_LEASE, a network or FUSE mount), a drain sends it once size and times have not moved for so long; so
  /// does an upload whose file is then removed or moved. 0: whoever makes the files renames them into place.
  std::chrono::milliseconds settle{10'000};
  std::vector<address> addresses;  ///< tried in turn (RFC 8305) instead of what DNS says; empty: DNS
  /// `HOST:PORT:ADDRESS[,ADDRESS…]` each, as curl's --resolve: the addresses of a host instead of what DNS
  /// says; several are raced as DNS's are (RFC 8305). HOST and PORT are the URL's or the proxy's, and `*` is
  /// any host; the last entry for a host counts, and one that names it counts before `*`. IPv6 addresses may
  /// stand in brackets. An entry for another host or port is an error. The URL's host has none where a proxy
  /// looks it up. Not with `addresses` or a connector.
  std::vector<std::string> resolve;
  /// Names are looked up in this family alone: the endpoint's, and the proxy's. An address of the other
  /// family in a URL is an error. Not with `addresses` or a connector.
  address_family family = address_family::any;
  /// The address or the interface of this machine that connections to the endpoint, or to its proxy, come
  /// from: `192.0.2.7`, `eth1`. An interface is bound to (SO_BINDTODEVICE); where the system does not permit
  /// that, connections come from its addresses. An address decides the family. Empty: the system chooses.
  /// Name servers are asked as always. Not with a connector.
  std::string interface;
  /// The Unix socket at which the endpoint is reached, a side-car's: a path of 1 to 107 bytes. The URL says
  /// what is spoken there (`http://`, or `https://` with the URL's name). Nobody there yet is an endpoint
  /// that cannot be reached. Not with a proxy, a connector, or anything of the members above. Empty: TCP.
  std::filesystem::path unix_socket;
  sluice::connector connector;  ///< instead of DNS and TCP; empty: ours
  proxy_options proxy;          ///< not with `addresses` or a connector
  bool spread = false;          ///< each new connection goes to the address that has the fewest open ones
  sluice::window window = sluice::window::automatic();
  retry_options retry;
  timeout_options timeout;
  limit_options limit;

  std::filesystem::path
      job_log;  ///< one JSON line per file, appended before its disposal; empty: none; `-`: standard output
  /// A drain whose job_log grows past so many bytes (and twice what it had after the last time) compacts it
  /// as compact_job_log() does, without stopping; 0: never. Another process that has the log open is an error
  /// of that, which config::on_notice is told.
  std::uint64_t job_log_compact = 0;
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
  /// The same for each notice: once for each folder or cause, not for each file.
  std::function<void(const notice&)> on_notice;
  /// The same for each step on the way to the endpoint: DNS, connections, TLS, heads. It must not call the
  /// uploader, and is called no more once the uploader was destroyed and its handlers were called. Empty:
  /// nothing is noted.
  std::function<void(const trace_event&)> on_trace;
  /// Called with each line of the NSS key log format (without its end) as TLS makes its keys: whoever has
  /// these lines can read what was sent. Not with tls_options::context, whose owner sets a callback there.
  /// The same rules as for on_trace. Empty: no key leaves OpenSSL.
  std::function<void(std::string_view)> on_tls_key;
};

/// The proxy of the environment for the endpoint `url`, as curl chooses it: https_proxy or HTTPS_PROXY for
/// https://, http_proxy (in lower case only) for http://, then all_proxy or ALL_PROXY; and no_proxy or
/// NO_PROXY. `get` returns the value of a variable, or null: std::getenv does. The library itself reads no
/// such variable.
///
/// **Errors.** Throws std::bad_alloc, and what `get` throws.
///
/// **Thread safety.** That of `get`.
SLUICE_API proxy_options proxy_of_environment(const std::string& url,
                                              const std::function<const char*(const char*)>& get);

/// Returns the proxy through which an uploader of `cfg` reaches its endpoint; an empty `url` where it needs
/// none, or the configuration is not one that can work.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe.
SLUICE_API used_proxy proxy_in_use(const config& cfg);

/// Returns every reason why no uploader can be made of `cfg`. Empty: one can. Reads the files it names and
/// the file-descriptor limit; opens no connection.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe; it reads the file system.
SLUICE_API std::vector<problem> problems(const config& cfg);

}  // namespace sluice
