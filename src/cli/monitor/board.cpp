#include "board.hpp"

#include "messages.hpp"

namespace sluice::cli {
namespace {

template <class Make>
shared_text made(shared_text& kept, Make make) {
  if (!kept) kept = std::make_shared<const std::string>(make());
  return kept;
}

}  // namespace

void board::beat(instant now) {
  shown_.sample(look_(), now);
  metrics_text_ = history_ = now_ = nullptr;
  if (errors_version_ != shown_.errors_seen()) errors_ = nullptr;
  errors_version_ = shown_.errors_seen();
}

shared_text board::metrics_text() {
  return made(metrics_text_, [&] { return metrics_.text(shown_, process_figures::now()); });
}
shared_text board::history_event() {
  return made(history_, [&] { return cli::history_event(shown_); });
}
shared_text board::now_event() {
  return made(now_, [&] { return cli::now_event(shown_); });
}
shared_text board::errors_event() {
  return made(errors_, [&] { return cli::errors_event(shown_); });
}

board::health board::check() const {
  const auto s = shown_.state();
  const auto reason = shown_.reason();
  auto text = std::string{to_string(s)} + (reason.empty() ? "" : ": " + reason) + "\n";
  return {is_healthy(s), std::move(text)};
}

}  // namespace sluice::cli
