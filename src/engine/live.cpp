#include "engine/live.hpp"

#include "engine/pool.hpp"

namespace sluice::engine {

std::shared_ptr<engine_base> make_engine(asio::any_io_executor executor, settings s) {
  return std::make_shared<pool<live>>(std::move(executor), std::move(s));
}

}  // namespace sluice::engine
