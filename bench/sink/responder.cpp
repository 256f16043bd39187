#include "sink/responder.hpp"

#include "sink/reply.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

namespace sink {
namespace {

constexpr std::uint64_t flood_bytes = 256 * 1024 * 1024;  // a fast client reads 64 MiB in a tenth of a second
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

responder::responder(service& s, channel& to, conduct& c, receiver& from)
    : service_{s}, channel_{to}, conduct_{c}, receiver_{from} {}

void responder::record(bool complete, int decided, int sent, std::string_view reply,
                       std::string_view reason) {
  ledger_entry e;
  e.verdict = verdict_of(complete, decided, !reason.empty());
  auto& count = service_.count;
  auto& body = receiver_.body();
  if (body.file_whole()) ++count.files, count.bytes += body.size();
  falsifies_ = false;
  if (e.verdict == "accepted") {
    ++count.accepted;
    const auto one_in = service_.opt.falsify;
    falsifies_ = !conduct_.scripted() && one_in > 0 && count.accepted % one_in == 0;
    e.stored = body.commit();
  }
  const auto facts = receiver_.facts();
  e.n = facts.request;
  e.conn = facts.conn;
  e.head = facts.head;
  e.name = facts.name;
  e.type = body.type();
  e.key = facts.head->find(service_.opt.key_header);
  e.size = body.size();
  e.digest = body.digest();
  e.fields = facts.fields;
  e.complete = complete;
  e.falsified = falsifies_;
  e.status = sent;
  e.reply = reply;
  e.reason = reason;
  e.t_ms = now_ms();
  service_.log.write(e);
}

bool responder::asked_to_close() const {
  const auto limit = service_.opt.max_requests_per_connection;
  return !receiver_.keep_alive() || (limit > 0 && receiver_.served() >= limit);
}

// The final status the client can read in the reply; 0: none.
int responder::sent_status() const {
  const behaviour& b = conduct_.current();
  if (b.reply == reply_kind::raw) return status_in(b.raw);
  const bool none = b.reply == reply_kind::none || b.reply == reply_kind::junk;
  return none || b.flood == endless::interim ? 0 : conduct_.status();
}

// The status that the server decided, whether the reply says so or not.
int responder::decided_status() const {
  return conduct_.current().decides_status() ? conduct_.status() : sent_status();
}

task<void> responder::send_continue() {
  const auto& after = conduct_.current().continue_after;
  if (!after || receiver_.has_input()) co_return;
  if (after->count() > 0) co_await channel_.sleep(*after);
  co_await channel_.write("HTTP/1.1 100 Continue\r\n\r\n");
}

task<bool> responder::answer() {
  const behaviour& b = conduct_.current();
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
  co_return co_await play_reply(close) && !close;
}

task<bool> responder::answer_early() {
  const behaviour& b = conduct_.current();
  const bool leaves = b.then == after_early::close || b.then == after_early::rst;
  if (leaves) record(false, 0, sent_status(), "early", "");
  conduct_.note_early_reply();
  const bool close = closes_after(b, asked_to_close() || b.then != after_early::keep);
  const bool sent = co_await play_reply(close);
  if (b.then == after_early::rst) channel_.reset();
  if (leaves) co_return false;
  const auto how = co_await receiver_.read_body();
  const bool whole = how == receiver::received::whole;
  record(whole, decided_status(), sent_status(), "early",
         how == receiver::received::malformed ? receiver_.malformation() : "");
  if (how == receiver::received::cut) co_await end(b.how);
  co_return sent&& whole && !close;
}

task<bool> responder::refuse(int status, const char* reason) {
  record(false, 0, status, "whole", reason);
  out_.clear();
  append_refusal(out_, status, reason);
  co_await channel_.write(out_);
  co_return false;
}

task<bool> responder::give_up() {
  record(false, 0, 0, "none", "");
  co_return false;
}

task<bool> responder::cut_off() {
  record(false, 0, 0, "none", "");
  co_await end(conduct_.current().how);
  co_return false;
}

// False: the connection cannot go on.
task<bool> responder::play_reply(bool close) {
  const behaviour& b = conduct_.current();
  out_.clear();
  if (!b.interim.empty()) {
    for (const int code : b.interim) {
      append_interim(out_, code);
      if (b.interim_every.count() == 0) continue;
      if (!co_await channel_.sleep(b.interim_every) || !co_await send(out_)) co_return false;
      out_.clear();
    }
    if (!out_.empty() && !co_await send(out_)) co_return false;
    out_.clear();
  }
  if (b.delay.count() > 0 && !co_await channel_.sleep(b.delay)) co_return false;
  if (b.flood != endless::no) {
    co_await flood();
    co_return false;
  }
  if (conduct_.scripted())
    append_scripted_reply(out_, b, conduct_.status(), receiver_.body().size(), close);
  else if (service_.opt.digests)
    append_digests(close);
  else
    append_default_reply(out_, receiver_.body().size(), close);
  if (b.cut_reply_after) {
    out_.resize(std::min<std::uint64_t>(out_.size(), *b.cut_reply_after));
    if (co_await send(out_)) co_await end(b.how);
    co_return false;
  }
  out_ += b.extra;
  co_return co_await send(out_);
}

void responder::append_digests(bool close) {
  digest_list digests;
  for (const auto* name : {"md5", "sha1", "sha256", "sha512", "crc32"}) {
    digests.emplace_back(name, receiver_.body().digest(name));
    auto& raw = digests.back().second;
    if (falsifies_ && !raw.empty()) raw.back() = static_cast<char>(raw.back() ^ 1);
  }
  append_digest_reply(out_, receiver_.body().size(), digests, close);
}

task<void> responder::flood() {
  using namespace asio::experimental::awaitable_operators;
  const auto send_for_ever = [&]() -> task<bool> {
    bool sent = co_await channel_.write(flood_head(conduct_.current(), conduct_.status()));
    std::string block;
    while (block.size() < 16 * 1024) block += flood_unit(conduct_.current().flood);
    const auto loop = co_await asio::this_coro::executor;
    for (std::uint64_t n = 0; sent && n < flood_bytes; n += block.size()) {
      sent = co_await send(block);
      co_await asio::post(
          loop, asio::use_awaitable_t<executor>{});  // a fast client would have the loop for all of it
    }
    co_return sent;
  };
  timer limit{co_await asio::this_coro::executor, flood_time};
  co_await (send_for_ever() || limit.async_wait(no_throw));
}

task<bool> responder::send(std::string_view bytes) {
  const auto rate = conduct_.current().slow_reply;
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

task<void> responder::end(ending how) {
  switch (how) {
    case ending::fin:
      co_await channel_.finish(conduct_.notifies());
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
