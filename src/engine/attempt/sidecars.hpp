// Side-cars: small files beside those that are sent, with what their requests have of their own.
#pragma once

#include "engine/attempt/job_owner.hpp"
#include "engine/context.hpp"

#include <chrono>
#include <optional>

namespace sluice::engine {

/// A side-car is read before each attempt; conclusion::take_sidecar() disposes of it after its file. It is
/// not sent, so its bytes are all that matters.
class sidecars {
 public:
  explicit sidecars(context& c) : context_{c} {}

  bool are_wanted_for(const job& j) const noexcept { return context_.settings.sidecar && j.root; }
  /// Gives the job what its side-car says. An outcome means that no attempt begins. `f` is the job's file.
  awaitable<std::optional<outcome>> read(job& j, const io::opened_file& f);

 private:
  outcome look_again(job& j, std::chrono::nanoseconds wait) const;
  outcome refused(job& j, const io::opened_file& f, error_code why) const;

  context& context_;
};

}  // namespace sluice::engine
