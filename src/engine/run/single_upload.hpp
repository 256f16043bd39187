// One upload that somebody waits for.
#pragma once

#include "engine/attempt/caller_body.hpp"
#include "engine/attempt/job_owner.hpp"
#include "engine/attempt/memory_body.hpp"
#include "engine/context.hpp"
#include "engine/dispatch/dispatcher.hpp"

#include <sluice/upload_request.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace sluice::engine {

using upload_done = asio::any_completion_handler<void(error_code, upload_result)>;

class single_upload final : public job_owner, public std::enable_shared_from_this<single_upload> {
 public:
  /// `over` is called once, before `done` is. `totals` are those of all single uploads.
  single_upload(context& c, dispatcher& d, core::totals& totals, std::uint64_t id, upload_request request,
                std::function<void(std::uint64_t)> over, upload_done done);

  /// Puts the job into the backlog; the end of a request that makes no sense is posted.
  void begin();
  /// Ends it now; with `only_waiting`, only if no attempt has begun.
  void cancel(bool only_waiting);

  const job_terms& terms() const noexcept override { return terms_; }
  core::totals& totals() noexcept override { return totals_; }
  engine::spool& spool() noexcept override { return spool_; }
  error_code ended() const noexcept override;
  std::optional<core::steady_time> decide(job& j, outcome o) override;
  void give_up(job& j) override;
  io::body* begin_body(job& j) override;
  void attempt_begins(job&) override { state_.begun = true; }
  void attempt_judged(const io::exchange_report&, const core::judgement&) override { state_.judged = true; }

 private:
  void finish(job& j, outcome o);

  context& context_;
  dispatcher& dispatcher_;
  core::totals& totals_;
  std::uint64_t id_;
  upload_request request_;
  job_terms terms_;
  engine::spool spool_;               ///< belongs to no source
  std::optional<memory_body> data_;   ///< reads the request's bytes, which stay where they are
  std::optional<caller_body> given_;  ///< read by the caller
  struct {
    bool valid = true;    ///< the request makes sense
    bool begun = false;   ///< an attempt of it has begun
    bool judged = false;  ///< its reply was judged: it is too late to cancel
    bool cancelled = false;
  } state_;
  std::function<void(std::uint64_t)> over_;
  struct {
    upload_done call;
    core::steady_time accepted_at;
  } done_;
};

}  // namespace sluice::engine
