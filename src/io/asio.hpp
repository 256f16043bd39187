// The names of Asio that every coroutine here uses.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace sluice {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

/// Awaits an operation whose error is a value, not an exception.
inline auto into(error_code& ec) { return asio::redirect_error(asio::use_awaitable, ec); }

}  // namespace sluice
