#include "status_server.hpp"

#include "status_session.hpp"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <utility>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds breath{200};

}  // namespace

/// Kept by its coroutines and handlers; after stop() they touch nothing of the caller's.
struct status_server::room : std::enable_shared_from_this<room> {
  room(const asio::any_io_executor& executor, telemetry& shown, std::function<progress()> look,
       status_limits limits)
      : acceptor{executor}, beat{executor}, again{executor}, common{{shown, std::move(look)}, limits} {}

  error_code listen(const std::string& address, std::uint16_t at);
  void accept();
  void admit(tcp::socket socket);
  void start(bool turned_away, tcp::socket socket);
  void tick();
  void stop();

  tcp::acceptor acceptor;
  asio::steady_timer beat, again;
  desk common;
  std::set<status_session*> served, turned_away;
  bool stopped = false;
};

error_code status_server::room::listen(const std::string& address, std::uint16_t at) {
  error_code ec;
  const auto host = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, ec);
  const tcp::endpoint here{host, at};
  const auto attempt = [&](auto step) {
    if (!ec) step();
  };
  attempt([&] { acceptor.open(here.protocol(), ec); });
  attempt([&] { acceptor.set_option(asio::socket_base::reuse_address{true}, ec); });
  attempt([&] { acceptor.bind(here, ec); });
  attempt([&] { acceptor.listen(asio::socket_base::max_listen_connections, ec); });
  if (ec) {
    error_code ignored;
    acceptor.close(ignored);
    return ec;
  }
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  common.local_only = host.is_loopback();
  beat.expires_at(asio::steady_timer::clock_type::now());
  tick();
  accept();
  return ec;
}

/// Beats that were missed (a suspended machine) are not made up for.
void status_server::room::tick() {
  const auto now = instant::now();
  common.all.beat(now);
  const auto next = beat.expiry() + common.limits.beat;
  beat.expires_at(next > now.steady ? next : now.steady + common.limits.beat);
  beat.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && !self->stopped) self->tick();
  });
}

void status_server::room::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code ec, tcp::socket socket) {
    if (self->stopped) return;
    if (!ec) {
      self->admit(std::move(socket));
      return self->accept();
    }
    self->again.expires_after(breath);  // the process has no descriptors, most likely: some will come back
    self->again.async_wait([self](error_code) {
      if (!self->stopped) self->accept();
    });
  });
}

/// A client that is too many is told so, as long as these clients are not too many as well.
void status_server::room::admit(tcp::socket socket) {
  const auto most = common.limits.connections;
  if (served.size() < most)
    start(false, std::move(socket));
  else if (turned_away.size() < most)
    start(true, std::move(socket));
}

void status_server::room::start(bool too_many, tcp::socket socket) {
  const auto one = std::make_shared<status_session>(std::move(socket), common);
  auto& among = too_many ? turned_away : served;
  among.insert(one.get());
  const auto executor = acceptor.get_executor();
  asio::co_spawn(executor, too_many ? one->turn_away() : one->serve(),
                 [self = shared_from_this(), one, &among](const std::exception_ptr&) {
                   one->close();  // lack of memory ends one client, not the program
                   among.erase(one.get());
                 });
}

void status_server::room::stop() {
  error_code ignored;
  stopped = true;
  acceptor.close(ignored);
  beat.cancel();
  again.cancel();
  for (auto* s : served) s->close();
  for (auto* s : turned_away) s->close();
}

status_server::status_server(asio::any_io_executor executor, telemetry& shown, std::function<progress()> look,
                             status_limits limits)
    : room_{std::make_shared<room>(executor, shown, std::move(look), limits)} {}

status_server::~status_server() { stop(); }

error_code status_server::listen(const std::string& address, std::uint16_t port) {
  return room_->listen(address, port);
}

std::uint16_t status_server::port() const noexcept {
  error_code ec;
  const auto here = room_->acceptor.local_endpoint(ec);
  return ec ? std::uint16_t{0} : here.port();
}

void status_server::stop() {
  if (!room_->stopped) room_->stop();
}

}  // namespace sluice::cli
