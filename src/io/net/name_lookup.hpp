// One lookup of a host: the hosts file, then A and AAAA, each for itself (RFC 8305, section 3).
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/net/dns_channel.hpp"
#include "io/net/tracer.hpp"

#include <sluice/config.hpp>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// The connections of an uploader share a lookup. It ends when nobody listens to it any more.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
 public:
  /// When one family has brought addresses, the other has so long before the first connection begins.
  static constexpr std::chrono::milliseconds resolution_delay{50};
  /// An answer that comes later than everybody's interest is still heard for so long.
  static constexpr std::chrono::milliseconds lingering{250};
  static constexpr std::chrono::seconds good_for{10};

  /// `trace` is told of each answer; null: nobody is.
  name_lookup(asio::any_io_executor executor, std::string host, address_family family = address_family::any,
              std::shared_ptr<tracer> trace = nullptr)
      : executor_{std::move(executor)}, asked_{std::move(host), family}, trace_{std::move(trace), {}, {}} {}

  void start();
  /// There is an error, or there are addresses, and it is time to begin with them.
  bool is_ready() const noexcept { return stage_ != stage::asking; }
  /// No more will come.
  bool is_over() const noexcept { return stage_ == stage::over; }
  /// Another lookup is to be made.
  bool is_spent(core::steady_time now) const noexcept;
  const std::vector<asio::ip::address>& addresses() const noexcept { return addresses_; }
  /// The reason why there is no address: host_not_found, resolver_failed; operation_aborted after abandon().
  error_code error() const noexcept { return error_; }

  /// `changed` is called after each answer while the result lives. It must only take note.
  [[nodiscard]] std::shared_ptr<void> listen(std::function<void()> changed);
  /// The lookup does not end for a little longer, although nobody may listen.
  void linger();
  /// The lookup ends, and all who wait are told.
  void abandon();

 private:
  void ask_next(dns_channel& channel);
  void take_answer(std::size_t family, const dns_answer& a);
  void conclude();
  void begin_delay();
  void tell_all();
  void trace_question(const std::string& name);
  void trace_answer(const char* source, const dns_answer& a) const;
  void stop() noexcept;

  asio::any_io_executor executor_;
  struct {
    std::string host;
    address_family family;
  } asked_;
  struct {
    std::shared_ptr<tracer> to;  ///< null: the others are not used
    core::steady_time asked;
    std::string name;  ///< the name that was asked for last
  } trace_;
  std::vector<std::string> names_;  ///< names to be asked for; the next one is the last of them
  std::weak_ptr<dns_channel> channel_;
  struct {
    std::weak_ptr<asio::steady_timer> delay, lingering;
  } timers_;
  std::array<std::optional<dns_answer>, 2> answers_;  ///< AAAA, A
  std::vector<asio::ip::address> addresses_;
  error_code error_;
  enum class stage { asking, ready, over } stage_ = stage::asking;
  core::steady_time good_until_ = core::steady_time::max();
  std::map<std::uint64_t, std::function<void()>> listeners_;
};

}  // namespace sluice::io
