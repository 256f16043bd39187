#include "engine/run/answer_watch.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <utility>

namespace sluice::engine {

void answer_watch::judged(const core::attempt_outcome& outcome, const std::string& reason) {
  const bool silent = outcome.error == errc::connect_timeout;
  const bool distrusted =
      follows_ && (outcome.error == errc::tls_identity || outcome.error == errc::tls_pin_mismatch);
  if (!silent && !distrusted && !outcome.reply) return;
  if (std::exchange(over_, true) || outcome.reply) return;
  const auto& s = context_.settings;
  const auto host = printable(s.url.host) + ":" + std::to_string(s.url.port);
  const std::string again = follows_ || s.raw.retry.retries > 0 ? "; it is tried again" : "";
  const auto within = " within " + std::to_string(s.raw.timeout.connect.count() / 1000) + " s: ";
  if (distrusted)
    tell("no trusted connection to " + host + ": " + reason + again);
  else if (s.via)
    tell("no answer from the proxy " + s.via->proxy.shown() + within +
         "it, or the endpoint behind it, is silent, or one of their names or ports is wrong" + again);
  else
    tell("no answer from " + host + within +
         "a firewall may drop what is sent there, or its name or port is wrong" + again);
}

/// A run that reads its source once stops by itself where it is refused or finds nobody, and says why.
void answer_watch::tell_trouble(const core::endpoint_monitor::condition& trouble) {
  const bool stops_soon = !follows_ && (trouble.state == endpoint_state::unreachable ||
                                        (trouble.state == endpoint_state::refused && !trouble.is_of_rule));
  if (told_ || stops_soon || context_.now() < next_) return;
  tell(trouble.why + (follows_ ? "; no file is removed, and it is tried again" : ""));
}

void answer_watch::tell(std::string text) {
  told_ = true;
  next_ = context_.now() + least_apart;
  context_.tell(notice::kind::unanswered, std::move(text));
}

}  // namespace sluice::engine
