// One file, one try: open, request, exchange, verdict, conclusion. It returns what came of it.
#pragma once

#include "core/pacing/retry.hpp"
#include "engine/attempt/conclusion.hpp"
#include "engine/attempt/file_opener.hpp"
#include "engine/attempt/sidecars.hpp"
#include "engine/dispatch/window_control.hpp"
#include "engine/own_request.hpp"
#include "io/world/network.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sluice::engine {

class attempt {
 public:
  attempt(context& c, file_opener& opener, conclusion& end, const window_control& window)
      : context_{c}, opener_{opener}, conclusion_{end}, window_{window}, sidecars_{c} {}

  awaitable<outcome> make(io::exchanger& over, job& j);
  /// An exception ended it, lack of memory mostly: this file's turn is over, not the run's.
  outcome broken_off(job& j, const char* why);

 private:
  awaitable<std::optional<outcome>> learn_digests(job& j, io::body& body, const io::opened_file* f,
                                                  core::digest_set wanted);
  core::template_values values_of(const job& j) const;
  core::parsed<io::request> make_request(const job& j, const core::template_values& values);
  std::unique_ptr<const io::request_note> note_request(const job& j, const std::string& head) const;
  void trace_retry(const job& j, const outcome& o) const;
  void warn_of_name(const std::string& name);
  std::string response_of(const core::reply& reply) const;
  core::judgement judge(job& j, const io::exchange_report& report, const core::template_values& values);
  void tell_corruption(const job& j, const core::judgement& v);
  bool refuses_old_secrets(const job& j, const core::judgement& v, std::uint64_t turn) const;
  core::window_sample sample_of(const job& j, const io::exchange_report& report,
                                const core::judgement& v) const;
  outcome settle(job& j, const io::opened_file* f, const conclusion::identity& now,
                 const io::exchange_report& report, const core::judgement& v);
  outcome again_or_deferred(job& j, const core::judgement& v);
  void tell(const job& j, const io::exchange_report& report, const core::judgement& v) const;

  context& context_;
  file_opener& opener_;
  conclusion& conclusion_;
  const window_control& window_;
  sidecars sidecars_;
  core::retry_budget budget_;
  bool odd_name_told_ = false, corruption_told_ = false;
};

}  // namespace sluice::engine
