// An uploader, its endpoint and its files on one loop, turned by hand.
#pragma once

#include "support/loop_endpoint.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <sluice/sluice.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/cancellation_signal.hpp>

#include <optional>

namespace sluice {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using boost::system::error_code;

struct upload_outcome {
  error_code error;
  upload_result result;
};
struct drain_outcome {
  error_code error;
  run_summary summary;
};

class with_endpoint : public testing::Test {
 protected:
  config cfg() const {
    config c;
    c.url = server_.url();
    c.window = window::fixed(4);
    c.retry.base = c.retry.cap = std::chrono::milliseconds{1};
    return c;
  }

  upload_request file(const std::string& name, const std::string& bytes = "bytes") const {
    return files_.write(name, bytes);
  }
  static upload_request data(std::string bytes, std::string name = "name.txt") {
    return upload_request::from_memory(std::move(bytes), std::move(name));
  }

  /// Starts an upload; its outcome appears where the result points to.
  std::shared_ptr<std::optional<upload_outcome>> start(uploader& up, upload_request r,
                                                       asio::cancellation_slot slot = {}) {
    auto outcome = std::make_shared<std::optional<upload_outcome>>();
    up.async_upload(std::move(r),
                    asio::bind_cancellation_slot(slot, [outcome](error_code ec, upload_result u) {
                      EXPECT_FALSE(*outcome) << "called twice";
                      *outcome = {ec, std::move(u)};
                    }));
    return outcome;
  }
  upload_outcome upload(uploader& up, upload_request r) {
    const auto outcome = start(up, std::move(r));
    loop::run_until(ioc_, [&] { return outcome->has_value(); });
    return **outcome;
  }

  std::shared_ptr<std::optional<drain_outcome>> start_drain(uploader& up, source from,
                                                            asio::cancellation_slot slot = {}) {
    auto outcome = std::make_shared<std::optional<drain_outcome>>();
    up.async_drain(std::move(from),
                   asio::bind_cancellation_slot(slot, [outcome](error_code ec, run_summary s) {
                     EXPECT_FALSE(*outcome) << "called twice";
                     *outcome = {ec, std::move(s)};
                   }));
    return outcome;
  }
  drain_outcome drain(uploader& up, source from) {
    const auto outcome = start_drain(up, std::move(from));
    loop::run_until(ioc_, [&] { return outcome->has_value(); });
    return **outcome;
  }
  drain_outcome drain(uploader& up) { return drain(up, source::directory(files_.path())); }

  /// Turns the loop until nothing is ready.
  void settle() {
    ioc_.restart();
    ioc_.poll();
  }

  loop::scratch files_;
  asio::io_context ioc_;
  loop::endpoint server_{ioc_};
};

}  // namespace sluice
