#include "engine/run/single_upload.hpp"

#include "core/http/idempotency_key.hpp"
#include "engine/own_request.hpp"

#include <sluice/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace sluice::engine {

single_upload::single_upload(context& c, dispatcher& d, core::totals& totals, std::uint64_t id,
                             upload_request request, std::function<void(std::uint64_t)> over,
                             upload_done done)
    : context_{c},
      dispatcher_{d},
      totals_{totals},
      id_{id},
      request_{std::move(request)},
      over_{std::move(over)},
      done_{std::move(done), c.now()} {
  terms_.on_success = request_.on_success().value_or(c.settings.raw.on_success);
  terms_.only_unwritten = false;  // the caller says that it is whole
  terms_.files = !request_.data() && request_.body() == nullptr;
  state_.valid = !request_.path().empty() || !terms_.files;
  if (request_.data()) data_.emplace(*request_.data());
  if (request_.body()) given_.emplace(c.world.executor, request_.body(), c.settings.raw.timeout.stall);
}

void single_upload::begin() {
  std::vector<problem> problems;
  own_words words{.form = request_.fields(), .headers = request_.headers()};
  words.url = request_.url(), words.method = request_.method();
  auto own = compile_own(context_.settings, words, problems);
  state_.valid = state_.valid && problems.empty();
  if (!state_.valid) {
    asio::post(context_.world.executor, [self = shared_from_this(), whole = context_.keep_alive()] {
      self->over_(self->id_);
      self->done_.call(asio::error::invalid_argument, upload_result{});
    });
    return;
  }
  job j;
  j.owner = shared_from_this();
  j.seq = j.record.seq = id_;
  j.own = std::make_shared<const own_request>(std::move(own));
  j.path = j.record.path = request_.path().empty() ? request_.filename() : request_.path().string();
  dispatcher_.push(std::move(j));
  dispatcher_.pump_soon();
}

error_code single_upload::ended() const noexcept {
  return state_.cancelled ? error_code{asio::error::operation_aborted} : error_code{};
}

void single_upload::cancel(bool only_waiting) {
  if (state_.judged || (only_waiting && state_.begun)) return;
  const auto self = shared_from_this();
  for (auto& j : dispatcher_.take_waiting(this)) return give_up(*j);
  state_.cancelled = true;
  dispatcher_.abort(this, asio::error::operation_aborted);
  if (given_) given_->wake();
}

io::body* single_upload::begin_body(job& j) {
  if (terms_.files) return nullptr;
  if (given_) given_->begin();
  io::body* body = given_ ? static_cast<io::body*>(&*given_) : &*data_;
  auto& r = j.record;
  r.size = body->size();
  auto& random = *context_.world.entropy;
  // A body that is no file has neither name nor inode to derive a key from.
  if (r.key.empty()) r.key = core::random_key(random.number(), random.number());
  if (j.attempts.made == 0) j.attempts.first_wall = context_.wall();
  return body;
}

std::optional<core::steady_time> single_upload::decide(job& j, outcome o) {
  const bool spent = given_ && given_->spent();
  if (o.again && !state_.cancelled && !spent) {
    state_.judged = false;
    return o.again;
  }
  finish(j, std::move(o));
  return std::nullopt;
}

void single_upload::give_up(job& j) {
  state_.cancelled = true;
  finish(j, outcome::of(fate::deferred, asio::error::operation_aborted));
}

void single_upload::finish(job& j, outcome o) {
  settle_job(j, o);
  auto& r = j.record;
  r.time = context_.wall();
  totals_.add(r);
  try {
    if (context_.settings.raw.on_record) context_.settings.raw.on_record(r);
  } catch (const std::bad_alloc&) {  // the upload is counted
  }
  over_(id_);
  const auto elapsed = context_.now() - done_.accepted_at;
  upload_result result{o.fate,
                       r.status,
                       r.attempts,
                       r.response,
                       std::chrono::duration_cast<std::chrono::milliseconds>(elapsed),
                       o.error};
  const bool aborted = state_.cancelled && o.fate != fate::accepted && o.fate != fate::undeletable;
  done_.call(aborted ? error_code{asio::error::operation_aborted} : error_code{}, std::move(result));
}

}  // namespace sluice::engine
