// The one loop, and the Asio types bound to it (a known executor spares every operation a type-erased one).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace sink {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

using executor = asio::io_context::executor_type;
template <class T>
using task = asio::awaitable<T, executor>;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using timer = asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, executor>;

/// Completes with a tuple that begins with the error_code; nothing throws.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> no_throw{};

}  // namespace sink
