#include "sink/options.hpp"

#include "sink/script.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace sink {
namespace {

struct raw_options {
  options checked;
  std::string script_file, tls_min, tls_max;
  std::uint64_t accept_delay_ms = 0, keepalive_timeout_ms = 0;
  bool no_hash = false;
};

void declare(CLI::App& app, raw_options& raw) {
  options& o = raw.checked;
  app.add_option("--host", o.host, "address to listen on")->capture_default_str()->group("Listening");
  app.add_option("--port", o.port, "0: any free one")->capture_default_str()->group("Listening");
  app.add_option("--accept-delay-ms", raw.accept_delay_ms, "pause before each accept")->group("Listening");
  app.add_option("--max-connections", o.max_connections, "at once; more wait to be accepted")
      ->group("Listening");
  app.add_option("--keepalive-timeout-ms", raw.keepalive_timeout_ms, "close idle connections")
      ->group("Listening");
  app.add_option("--max-requests-per-connection", o.max_requests_per_connection, "then Connection: close")
      ->group("Listening");
  app.add_option("--receive-buffer", o.receive_buffer,
                 "SO_RCVBUF in bytes, so that unread bytes stop the client")
      ->group("Listening");
  app.add_flag("--http", o.http, "no TLS")->group("TLS");
  app.add_option("--tls-dir", o.tls_dir, "where ca.pem goes (default: a temporary directory)")->group("TLS");
  app.add_option("--cert", o.cert_file, "PEM chain to serve instead of a throw-away one")->group("TLS");
  app.add_option("--key", o.key_file, "its PEM key")->group("TLS");
  app.add_option("--client-ca", o.client_ca_file, "require client certificates of this CA (PEM)")
      ->group("TLS");
  app.add_option("--tls-min", raw.tls_min, "1.0, 1.1, 1.2 or 1.3")->group("TLS");
  app.add_option("--tls-max", raw.tls_max, "1.0, 1.1, 1.2 or 1.3")->group("TLS");
  app.add_option("--ledger", o.ledger, "JSON lines: a file to append to, - or none")
      ->capture_default_str()
      ->group("Record");
  app.add_flag("--ledger-buffer", o.ledger_buffer, "write the ledger 64 KiB at a time")->group("Record");
  app.add_flag("--no-hash", raw.no_hash, "no SHA-256")->group("Record");
  app.add_option("--store", o.store, "directory that keeps accepted files; made when missing")
      ->group("Record");
  app.add_option("--key-header", o.key_header, "request header recorded as \"key\"")
      ->default_str("Idempotency-Key")
      ->group("Record");
  app.add_flag("--raw", o.raw, "every body is the file (otherwise those of PUT and PATCH are)")
      ->group("Behaviour");
  app.add_flag("--digests", o.digests, "replies say the digests of what was received")->group("Behaviour");
  app.add_option("--falsify", o.falsify, "in one of so many replies the digests are wrong")
      ->group("Behaviour");
  app.add_option("--script", raw.script_file, "JSON file: what to do wrong, and when")->group("Behaviour");
  app.add_option("--script-json", o.script, "the same, as text")->group("Behaviour");
}

std::optional<tls_version> parse_version(const char* option, const std::string& text) {
  static const std::map<std::string, tls_version> versions{{"1.0", tls_version::v1_0},
                                                           {"1.1", tls_version::v1_1},
                                                           {"1.2", tls_version::v1_2},
                                                           {"1.3", tls_version::v1_3}};
  if (text.empty()) return std::nullopt;
  const auto it = versions.find(text);
  if (it == versions.end())
    throw usage_error(std::string{option} + " " + text + ": give 1.0, 1.1, 1.2 or 1.3");
  return it->second;
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw usage_error("--script " + path + ": cannot be read; give a readable JSON file");
  return text.str();
}

bool make_directory(const std::string& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  return std::filesystem::is_directory(path, ec);
}

options check(raw_options raw) {
  options& o = raw.checked;
  error_code ec;
  if (o.host == "localhost") o.host = "127.0.0.1";
  asio::ip::make_address(o.host, ec);
  if (ec) throw usage_error("--host " + o.host + ": give an IP address, such as 127.0.0.1 or ::1");
  if (o.cert_file.empty() != o.key_file.empty()) throw usage_error("--cert and --key go together: give both");
  if (o.http && !(o.cert_file + o.client_ca_file + o.tls_dir + raw.tls_min + raw.tls_max).empty())
    throw usage_error(
        "--http has no TLS: leave out --cert, --key, --client-ca, --tls-dir, --tls-min and --tls-max");
  o.tls_min = parse_version("--tls-min", raw.tls_min);
  o.tls_max = parse_version("--tls-max", raw.tls_max);
  if (o.tls_min && o.tls_max && *o.tls_min > *o.tls_max)
    throw usage_error("--tls-min is above --tls-max: swap them");
  if (!raw.script_file.empty() && !o.script.empty())
    throw usage_error("--script and --script-json exclude each other: give one");
  if (!raw.script_file.empty()) o.script = read_file(raw.script_file);
  if (o.receive_buffer < 0) throw usage_error("--receive-buffer must not be negative: give bytes");
  if (!o.store.empty() && !make_directory(o.store))
    throw usage_error("--store " + o.store + ": cannot be made; give a directory that can be written");
  if (o.falsify > 0 && !o.digests) throw usage_error("--falsify has no digests to falsify: add --digests");
  if (o.digests && raw.no_hash) throw usage_error("--digests and --no-hash exclude each other: give one");
  o.accept_delay = milliseconds{raw.accept_delay_ms};
  o.keepalive_timeout = milliseconds{raw.keepalive_timeout_ms};
  o.hash = !raw.no_hash;
  for (char& c : o.key_header)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return o;
}

}  // namespace

std::optional<options> parse_options(int argc, const char* const* argv) {
  raw_options raw;
  CLI::App app{"Receives multipart/form-data uploads, keeps a ledger of them, and misbehaves on request.",
               "sluice-sink"};
  declare(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    throw usage_error(std::string{e.what()} + "; see --help");
  }
  return check(std::move(raw));
}

}  // namespace sink
