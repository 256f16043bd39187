// A connection and its scripted peer, over plain TCP and over TLS.
#pragma once

#include "support/loop_certificate.hpp"
#include "support/loop_client.hpp"
#include "support/loop_peer.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <optional>

namespace sluice::io {

class with_peer : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return;
    tls_.ca_file = scratch_.write("ca.pem", authority_.certificate());
  }

  loop::client make_client(timeout_options timeout = loop::patient(), const lookup_terms& lookup = {}) {
    return {ioc_, listener_.url(), tls_, timeout, lookup};
  }

  exchange_report exchange(loop::client& c, loop::hand_fed& body) {
    start(c, body);
    return finish();
  }
  exchange_report exchange(loop::client& c, std::string bytes = "bytes") {
    loop::hand_fed body{ioc_.get_executor(), std::move(bytes)};
    return exchange(c, body);
  }

  /// An exchange under way, to be brought to its end by finish().
  void start(loop::client& c, loop::hand_fed& body) {
    request_ = loop::post(body.size());
    report_.reset();
    asio::co_spawn(ioc_, c.connection.exchange(request_, body),
                   [this](std::exception_ptr e, exchange_report r) {
                     if (e) std::rethrow_exception(e);
                     report_ = std::move(r);
                   });
  }
  exchange_report finish() {
    loop::run_until(ioc_, [&] { return report_.has_value(); });
    return std::move(*report_);
  }
  /// Says what the peer does. The script lives as long as the test.
  void script(std::function<awaitable<void>(loop::listener&)> steps) {
    scripts_.push_back(std::move(steps));
    loop::beside(ioc_, [this, &s = scripts_.back()]() -> awaitable<void> { co_await s(listener_); });
  }

  loop::scratch scratch_;
  loop::authority authority_;
  tls_options tls_;
  std::list<std::function<awaitable<void>(loop::listener&)>> scripts_;
  request request_;
  std::optional<exchange_report> report_;
  asio::io_context ioc_;
  loop::listener listener_{ioc_.get_executor(), GetParam() ? loop::serve_as(authority_.issue()) : nullptr};
};

inline std::string plain_or_tls(const testing::TestParamInfo<bool>& p) { return p.param ? "tls" : "plain"; }

}  // namespace sluice::io
