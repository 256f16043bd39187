#include "io/net/resolver.hpp"

#include <sluice/error.hpp>

#include <net/if.h>

#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <cstdint>
#include <optional>

namespace sluice::io {
namespace {

/// A caller that waits for a lookup.
struct waiting {
  explicit waiting(const asio::any_io_executor& ex) : changed{ex, core::steady_time::max()} {}
  asio::steady_timer changed;  ///< cancelled when there is news
  bool aborted = false;
};

/// The number of the interface `zone`; 0 when there is none.
std::uint32_t scope_of(const std::string& zone) {
  if (const auto index = ::if_nametoindex(zone.c_str()); index != 0) return index;
  std::uint32_t number = 0;
  const auto end = zone.data() + zone.size();
  return std::from_chars(zone.data(), end, number).ptr == end ? number : 0;
}

/// A name has no such answer. Asio would take the name of an interface that is not there for scope 0.
std::optional<resolver::answer> answer_of_literal(const std::string& host) {
  const auto percent = host.find('%');
  error_code not_literal;
  const auto address = asio::ip::make_address(host.substr(0, percent), not_literal);
  if (not_literal) return std::nullopt;
  if (percent == std::string::npos) return resolver::answer{{}, {address}};
  const auto scope = scope_of(host.substr(percent + 1));
  if (scope == 0) return resolver::answer{errc::no_such_interface, {}};
  return resolver::answer{{}, {asio::ip::address_v6{address.to_v6().to_bytes(), scope}}};
}

}  // namespace

resolver::resolver(asio::any_io_executor executor, std::string host, lookup_terms terms,
                   std::shared_ptr<tracer> trace)
    : executor_{std::move(executor)},
      host_{std::move(host)},
      terms_{std::move(terms)},
      trace_{std::move(trace)} {}

resolver::~resolver() {
  if (lookup_) lookup_->abandon();
}

awaitable<resolver::answer> resolver::resolve(asio::cancellation_slot abort) {
  if (!terms_.known.empty()) co_return answer{{}, terms_.known};
  if (const auto literal = answer_of_literal(host_)) co_return *literal;
  if (!lookup_ || lookup_->is_spent(std::chrono::steady_clock::now())) {
    lookup_ = std::make_shared<name_lookup>(executor_, host_, terms_.family, trace_);
    lookup_->start();
  }
  const auto lookup = lookup_;
  const auto self = std::make_shared<waiting>(executor_);
  const auto interest = lookup->listen([self] { self->changed.cancel(); });
  // The signal may outlive the loop, and the timer must not.
  abort.assign([weak = std::weak_ptr{self}](asio::cancellation_type) {
    if (const auto waiter = weak.lock()) waiter->aborted = true, waiter->changed.cancel();
  });
  while (!lookup->is_ready() && !self->aborted) {
    error_code ignored;
    co_await self->changed.async_wait(into(ignored));
  }
  abort.clear();
  if (self->aborted) co_return answer{asio::error::operation_aborted, {}};
  const bool more = !lookup->is_over();
  lookup->linger();
  co_return answer{lookup->error(), lookup->addresses(), more ? lookup : nullptr};
}

}  // namespace sluice::io
