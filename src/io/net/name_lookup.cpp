#include "io/net/name_lookup.hpp"

#include "core/net/search_names.hpp"
#include "io/net/destination_order.hpp"

#include <sluice/error.hpp>

#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <utility>

namespace sluice::io {
namespace {

/// The system's own reading of resolv.conf and its environment: c-ares would search for each family alone,
/// and find the addresses of two hosts.
core::search_rules system_search_rules() {
  struct __res_state state{};
  core::search_rules rules;
  if (::res_ninit(&state) != 0) return rules;
  rules.ndots = state.ndots;
  for (const char* const* domain = state.dnsrch; *domain != nullptr; ++domain)
    rules.domains.emplace_back(*domain);
  ::res_nclose(&state);
  return rules;
}

int domain_of(address_family f) {
  return f == address_family::any ? AF_UNSPEC : f == address_family::ipv4 ? AF_INET : AF_INET6;
}

/// The family of the better first address goes first; each is in order already.
std::vector<asio::ip::address> in_order(const std::vector<asio::ip::address>& six,
                                        const std::vector<asio::ip::address>& four) {
  auto all = six;
  const bool four_first =
      !six.empty() && !four.empty() &&
      is_better({four.front(), source_towards(four.front())}, {six.front(), source_towards(six.front())});
  all.insert(four_first ? all.begin() : all.end(), four.begin(), four.end());
  return all;
}

}  // namespace

void name_lookup::start() {
  if (trace_.to) trace_question(asked_.host);
  const bool absolute = asked_.host.ends_with('.');
  addresses_ = addresses_of_files(absolute ? asked_.host.substr(0, asked_.host.size() - 1) : asked_.host,
                                  domain_of(asked_.family));
  if (!addresses_.empty()) {
    if (trace_.to) trace_answer("hosts", {{}, addresses_});
    return conclude();
  }
  names_ = core::search_names(asked_.host, system_search_rules());
  std::ranges::reverse(names_);
  const auto channel = std::make_shared<dns_channel>(executor_);
  channel_ = channel;
  if (channel->open()) return ask_next(*channel);
  error_ = errc::resolver_failed;
  if (trace_.to) trace_answer("DNS", {error_});
  conclude();
}

void name_lookup::ask_next(dns_channel& channel) {
  const auto name = std::move(names_.back());
  names_.pop_back();
  answers_ = {};
  if (trace_.to) trace_question(name);
  constexpr std::array domains{AF_INET6, AF_INET};
  // A family that is not wanted has said no before it is asked.
  for (std::size_t i = 0; i < domains.size(); ++i)
    if (asked_.family != address_family::any && domains[i] != domain_of(asked_.family))
      answers_[i] = dns_answer{errc::host_not_found};
  for (std::size_t i = 0; i < domains.size(); ++i)
    if (!answers_[i])
      channel.ask(name, domains[i], [weak = weak_from_this(), i](const dns_answer& a) {
        if (const auto self = weak.lock()) self->take_answer(i, a);
      });
}

void name_lookup::take_answer(std::size_t family, const dns_answer& a) {
  answers_[family] = a;
  if (trace_.to) trace_answer(family == 0 ? "DNS AAAA" : "DNS A", a);
  const auto addresses_of = [this](std::size_t f) {
    return answers_[f] ? answers_[f]->addresses : std::vector<asio::ip::address>{};
  };
  addresses_ = in_order(addresses_of(0), addresses_of(1));
  if (!answers_[1 - family]) {
    if (!addresses_.empty()) begin_delay();
    return tell_all();
  }
  const auto says_no = [](const auto& answer) { return answer->error == errc::host_not_found; };
  const bool both_say_no = std::ranges::all_of(answers_, says_no);
  if (const auto channel = channel_.lock(); both_say_no && !names_.empty() && channel)
    return ask_next(*channel);
  if (addresses_.empty()) error_ = both_say_no ? errc::host_not_found : errc::resolver_failed;
  conclude();
  tell_all();
}

void name_lookup::conclude() {
  if (!addresses_.empty() && !is_ready()) good_until_ = std::chrono::steady_clock::now() + good_for;
  stop();
}

void name_lookup::begin_delay() {
  good_until_ = std::chrono::steady_clock::now() + good_for;
  const auto timer = std::make_shared<asio::steady_timer>(executor_, resolution_delay);
  timers_.delay = timer;
  timer->async_wait([timer, weak = weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (ec || !self || self->is_over()) return;
    self->stage_ = stage::ready;
    self->tell_all();
  });
}

void name_lookup::linger() {
  if (is_over() || !timers_.lingering.expired()) return;
  const auto timer = std::make_shared<asio::steady_timer>(executor_, lingering);
  timers_.lingering = timer;
  timer->async_wait([timer, interest = listen([] {})](error_code) {});
}

void name_lookup::trace_question(const std::string& name) {
  trace_.asked = std::chrono::steady_clock::now();
  trace_.name = name;
}

void name_lookup::trace_answer(const char* source, const dns_answer& a) const try {
  trace_event e;
  e.what = trace_event::kind::lookup;
  e.name = trace_.name, e.source = source, e.error = a.error;
  for (const auto& address : a.addresses) e.addresses.push_back(address.to_string());
  e.took = std::chrono::steady_clock::now() - trace_.asked;
  trace_.to->tell(std::move(e));
} catch (const std::bad_alloc&) {  // a line lost
}

bool name_lookup::is_spent(core::steady_time now) const noexcept {
  return is_over() && (addresses_.empty() || now >= good_until_);
}

std::shared_ptr<void> name_lookup::listen(std::function<void()> changed) {
  const auto id = listeners_.empty() ? 0 : listeners_.rbegin()->first + 1;
  listeners_.emplace(id, std::move(changed));
  return {nullptr, [self = shared_from_this(), id](void*) {
            self->listeners_.erase(id);
            if (self->listeners_.empty()) self->stop();
          }};
}

void name_lookup::tell_all() {
  for (const auto& [id, changed] : listeners_) changed();
}

void name_lookup::abandon() {
  stop();
  if (addresses_.empty()) error_ = asio::error::operation_aborted;
  tell_all();
}

void name_lookup::stop() noexcept {
  stage_ = stage::over;
  if (const auto timer = timers_.delay.lock()) timer->cancel();
  if (const auto timer = timers_.lingering.lock()) timer->cancel();
  if (const auto channel = channel_.lock()) channel->close();
}

}  // namespace sluice::io
