// A drain that reads its source once, to the end.
#pragma once

#include "engine/run/intake.hpp"
#include "engine/run/run.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace sluice::engine {

class drain_run final : public run {
 public:
  drain_run(const run_site& site, source from, drain_options options, drain_done done)
      : run{site, std::move(from), std::move(options), std::move(done)},
        intake_{site.context, site.dispatcher, *this} {}

  void fill(progress& p) const override;

 private:
  void opened() override;
  awaitable<void> feed() override;
  void stop_feeding() override;
  awaitable<void> count();

  intake intake_;
  std::unique_ptr<io::entry_reader> reader_;
  std::optional<std::uint64_t> total_;
};

}  // namespace sluice::engine
