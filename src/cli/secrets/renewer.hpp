// Secrets that change while a run lasts: the server no longer takes them, they will end, or somebody asks.
#pragma once

#include "reload.hpp"
#include "secrets.hpp"
#include "token_lifetime.hpp"

#include <sluice/attempt.hpp>
#include <sluice/uploader.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <vector>

namespace sluice::cli {

/// One line, whatever `text` was made of.
std::string first_line(const std::string& text);

/// Does what `reload` and `token_lifetime` decide.
class renewer {
 public:
  struct listeners {
    std::function<void(const std::string&)> say;   ///< a line for everybody
    std::function<void(const std::string&)> note;  ///< a line that -q leaves out
    std::function<void()> reload_begins{},
        reload_ends{};  ///< begin and end of ask_reload(); empty: never called
  };
  /// `in_force` outlives it. What is changed in an uploader is changed there as well.
  renewer(const boost::asio::any_io_executor& executor, const secret_sources& from, config& in_force,
          listeners told);
  renewer(const renewer&) = delete;

  /// Reads the first token, where a command prints it, and calls `begin`; `fail` with a problem of it.
  void read_token(std::function<void()> begin, std::function<void(const std::string&)> fail);
  /// The uploader `up` gets what is fresh from now on; null: no uploader does, until the next call.
  void serve(uploader* up);
  /// The reading that is under way is the last one.
  void stop() noexcept { reload_.stop(); }

  /// Whether answered() has to be called, by config::on_attempt: there is something to be read again.
  bool is_of_use() const { return secrets_.renewable(); }
  void answered(const attempt_record& a);
  /// Reads everything again; the listeners hear when.
  void ask_reload();
  /// The operator's pause begins or ends.
  void hold_back(bool on);

 private:
  void read_all();
  void secrets_read(secrets::fresh f);
  bool put_in_force(const secrets::fresh& f);
  bool put_headers_in_force(const std::vector<header>& fresh);
  void consider();
  void hold_or_go();

  boost::asio::steady_timer due_at_;
  config& in_force_;
  listeners told_;
  reload reload_;
  secrets secrets_;
  token_lifetime lifetime_;
  uploader* up_ = nullptr;
  struct {
    bool asked = false, renewal = false;
  } paused_;  ///< the pauses that `up_` was told of
};

}  // namespace sluice::cli
