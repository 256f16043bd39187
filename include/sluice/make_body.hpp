// Bodies from what Asio can read from.
//
//     asio::readable_pipe pipe{ioc};  // or a socket
//     auto body = sluice::make_stream_body(std::move(pipe), 4096);
//     up.async_upload(sluice::upload_request::from_source(std::move(body), "pipe.bin"), asio::detached);
#pragma once

#include <sluice/body_source.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <memory>
#include <utility>

namespace sluice {

namespace detail {

/// An end is no error of a read that brought nothing: the uploader says what a short body means.
inline boost::system::error_code without_eof(boost::system::error_code ec) {
  return ec == boost::asio::error::eof ? boost::system::error_code{} : ec;
}

template <class Device>
class random_access_body final : public body_source,
                                 public std::enable_shared_from_this<random_access_body<Device>> {
 public:
  random_access_body(Device device, std::uint64_t size) : device_{std::move(device)}, size_{size} {}
  std::uint64_t size() const noexcept override { return size_; }
  void read_at(std::uint64_t offset, std::span<char> into, read_done done) override {
    device_.async_read_some_at(
        offset, boost::asio::buffer(into.data(), into.size()),
        [self = this->shared_from_this(), done = std::move(done)](
            boost::system::error_code ec, std::size_t n) { done(without_eof(ec), n); });
  }

 private:
  Device device_;
  std::uint64_t size_;
};

template <class Stream>
class stream_body final : public body_source, public std::enable_shared_from_this<stream_body<Stream>> {
 public:
  stream_body(Stream stream, std::uint64_t size) : stream_{std::move(stream)}, size_{size} {}
  std::uint64_t size() const noexcept override { return size_; }
  bool rewindable() const noexcept override { return false; }
  void read_at(std::uint64_t, std::span<char> into, read_done done) override {
    stream_.async_read_some(boost::asio::buffer(into.data(), into.size()),
                            [self = this->shared_from_this(), done = std::move(done)](
                                boost::system::error_code ec, std::size_t n) { done(without_eof(ec), n); });
  }

 private:
  Stream stream_;
  std::uint64_t size_;
};

}  // namespace detail

/// Makes a body of a device that can be read at any offset, for upload_request::from_source().
///
/// **Parameters.** `device`: an Asio AsyncRandomAccessReadDevice (`asio::random_access_file`, or a class of
/// the caller's with `async_read_some_at(offset, buffer, token)`). `size`: bytes of the body.
///
/// **Errors.** Throws std::bad_alloc only; what a read fails with ends the upload (fate deferred).
///
/// **Lifetimes.** The body owns the device from now on.
///
/// **Thread safety.** The device's executor is the uploader's.
template <class Device>
std::shared_ptr<body_source> make_random_access_body(Device device, std::uint64_t size) {
  return std::make_shared<detail::random_access_body<Device>>(std::move(device), size);
}

/// Makes a body of the next bytes of a stream, for upload_request::from_source(). It can be read once: there
/// is no second attempt after the first read.
///
/// **Parameters.** `stream`: an Asio AsyncReadStream (a socket, a pipe). `size`: bytes of the body.
///
/// **Errors.** Throws std::bad_alloc only; what a read fails with ends the upload (fate deferred).
///
/// **Lifetimes.** The body owns the stream from now on.
///
/// **Thread safety.** The stream's executor is the uploader's.
template <class Stream>
std::shared_ptr<body_source> make_stream_body(Stream stream, std::uint64_t size) {
  return std::make_shared<detail::stream_body<Stream>>(std::move(stream), size);
}

}  // namespace sluice
