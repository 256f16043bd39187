#include "watch.hpp"

#include "session.hpp"

#include <boost/asio/io_context.hpp>

namespace sluice::cli {

int watch(watch_plan plan) {
  boost::asio::io_context ioc{1};
  session s{ioc, std::move(plan)};
  return s.run();
}

}  // namespace sluice::cli
