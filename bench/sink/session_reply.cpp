// What becomes of a request: the ledger's line first, then the reply, as the script has it.
#include "sink/reply.hpp"
#include "sink/session.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>

namespace sink {
namespace {

constexpr std::uint64_t flood_bytes = 64 * 1024 * 1024;
constexpr std::chrono::seconds flood_time{30};

std::string_view verdict_of(bool complete, int decided, bool malformed) {
  if (malformed) return "malformed";
  if (!complete) return "incomplete";
  if (decided == 0) return "none";
  return decided >= 200 && decided < 300 ? "accepted" : "refused";
}

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

}  // namespace

void session::record(bool complete, int decided, int sent, std::string_view reply, std::string_view reason) {
  ledger_entry e;
  e.verdict = verdict_of(complete, decided, !reason.empty());
  auto& count = service_.count;
  if (intake_.file_whole()) ++count.files, count.bytes += intake_.size();
  if (e.verdict == "accepted") {
    ++count.accepted;
    e.stored = intake_.commit();
  }
  e.n = request_;
  e.conn = id_;
  e.head = &head_;
  e.name = intake_.name();
  e.type = intake_.type();
  e.key = head_.find(service_.opt.key_header);
  e.size = intake_.size();
  e.digest = intake_.digest();
  e.fields = &intake_.fields();
  e.complete = complete;
  e.status = sent;
  e.reply = reply;
  e.reason = reason;
  e.t_ms = now_ms();
  service_.log.write(e);
}

bool session::asked_to_close() const {
  const auto limit = service_.opt.max_requests_per_connection;
  return !parser_->keep_alive() || (limit > 0 && served_ >= limit);
}

// The final status the client can read in the reply; 0: none.
int session::sent_status() const {
  if (what_->reply == reply_kind::raw) return status_in(what_->raw);
  const bool none = what_->reply == reply_kind::none || what_->reply == reply_kind::junk;
  return none || what_->flood == endless::interim ? 0 : choice_.status;
}

// What the server made of the request, whether it says so or not.
int session::decided_status() const { return what_->decides_status() ? choice_.status : sent_status(); }

task<bool> session::answer() {
  const behaviour& b = *what_;
  const bool cut = b.cut_reply_after || b.flood != endless::no;
  record(true, decided_status(), sent_status(),
         b.reply == reply_kind::none ? "none"
         : cut                       ? "cut"
                                     : "whole",
         "");
  if (b.reply == reply_kind::none) {
    if (b.delay.count() > 0) co_await channel_.sleep(b.delay);
    co_await end(b.how);
    co_return false;
  }
  const bool close = closes_after(b, asked_to_close());
  co_return co_await play_reply(choice_.status, close) && !close;
}

task<bool> session::answer_early() {
  const behaviour& b = *what_;
  const bool leaves = b.then == after_early::close || b.then == after_early::rst;
  if (leaves) record(false, 0, sent_status(), "early", "");
  replied_early_ = true;
  const bool close = closes_after(b, asked_to_close() || b.then != after_early::keep);
  const bool sent = co_await play_reply(choice_.status, close);
  if (b.then == after_early::rst) channel_.reset();
  if (leaves) co_return false;
  const auto how = co_await receive();
  const bool whole = how == received::whole;
  record(whole, decided_status(), sent_status(), "early", how == received::malformed ? malformation() : "");
  if (how == received::cut) co_await end(b.how);
  co_return sent&& whole && !close;
}

task<bool> session::refuse(int status, const char* reason) {
  record(false, 0, status, "whole", reason);
  out_.clear();
  append_refusal(out_, status, reason);
  co_await channel_.write(out_);
  co_return false;
}

// False: the connection cannot go on.
task<bool> session::play_reply(int status, bool close) {
  const behaviour& b = *what_;
  out_.clear();
  if (!b.interim.empty()) {
    for (const int code : b.interim) append_interim(out_, code);
    if (!co_await send(out_)) co_return false;
    out_.clear();
  }
  if (b.delay.count() > 0 && !co_await channel_.sleep(b.delay)) co_return false;
  if (b.flood != endless::no) {
    co_await flood(status);
    co_return false;
  }
  if (choice_.what)
    append_scripted_reply(out_, b, status, intake_.size(), close);
  else
    append_default_reply(out_, intake_.size(), close);
  if (b.cut_reply_after) {
    out_.resize(std::min<std::uint64_t>(out_.size(), *b.cut_reply_after));
    if (co_await send(out_)) co_await end(b.how);
    co_return false;
  }
  out_ += b.extra;
  co_return co_await send(out_);
}

task<void> session::flood(int status) {
  using namespace asio::experimental::awaitable_operators;
  const auto send_for_ever = [&]() -> task<bool> {
    bool sent = co_await channel_.write(flood_head(*what_, status));
    std::string block;
    while (block.size() < 16 * 1024) block += flood_unit(what_->flood);
    for (std::uint64_t n = 0; sent && n < flood_bytes; n += block.size()) sent = co_await send(block);
    co_return sent;
  };
  timer limit{co_await asio::this_coro::executor, flood_time};
  co_await (send_for_ever() || limit.async_wait(no_throw));
}

task<bool> session::send(std::string_view bytes) {
  const auto rate = what_->slow_reply;
  if (rate == 0) co_return co_await channel_.write(bytes);
  const auto tenth = std::max<std::uint64_t>(1, rate / 10);
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, tenth);
    bytes.remove_prefix(piece.size());
    if (!co_await channel_.write(piece)) co_return false;
    const milliseconds pause{std::max<std::uint64_t>(1, 1000 * tenth / rate)};
    if (!bytes.empty() && !co_await channel_.sleep(pause)) co_return false;
  }
  co_return true;
}

task<void> session::end(ending how) {
  switch (how) {
    case ending::fin:
      co_await channel_.finish(notify_);
      break;
    case ending::rst:
      channel_.reset();
      break;
    case ending::stall:
      co_await channel_.hold();
      break;
  }
}

}  // namespace sink
