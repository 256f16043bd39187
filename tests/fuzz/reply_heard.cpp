#include "reply_heard.hpp"

#include "fuzz.hpp"
#include "reply_model.hpp"

namespace fuzz {

heard_reply hear(const std::vector<std::string_view>& pieces, std::size_t unsent) {
  heard_reply h;
  sluice::io::reply_reader reader;
  for (const auto piece : pieces) {
    if (reader.done() || h.error) break;
    h.error = reader.feed(piece, unsent > 0);
    h.bytes += piece.size();
    if (unsent > 0) --unsent;
  }
  if (!reader.done() && !h.error) h.error = reader.feed_eof(false);
  h.whole = reader.done() && !h.error;
  if (!h.whole) {
    require(h.error.failed(), "a reply that is not whole has an error");
    return h;
  }
  h.early = reader.early();
  h.keep_alive = reader.keep_alive();
  h.reply = reader.take();
  return h;
}

void require_sound(std::string_view stream, std::string_view sizes) {
  const sluice::io::reply_limits limits;
  const auto at_once = hear(split(stream, ""));
  const auto in_pieces = hear(split(stream, sizes));
  require(at_once.whole == in_pieces.whole, "whether a reply is whole depends on how its bytes fell");
  if (!at_once.whole) return;
  const auto& a = at_once.reply;
  const auto& b = in_pieces.reply;
  require(a.status == b.status && a.framed == b.framed && a.body == b.body &&
              a.retry_after == b.retry_after && a.date == b.date,
          "a reply depends on how its bytes fell");
  const auto model = read_reply(stream);
  require(model.has_value(), "a reply was read where there is none");
  require(model->largest_head <= limits.head, "a head over 64 KiB was read");
  require(model->final_at <= limits.interim, "interim replies over 64 KiB were read");
  require(a.status == model->status, "another status than the model's");
  require(a.framed == model->framed, "framed, and the model says no, or the other way round");
  require(a.cut == (model->body.size() > limits.body), "cut, and is not longer, or the other way round");
  require(a.body == model->body.substr(0, limits.body), "another body than the model's");
  for (const auto& h : {at_once, in_pieces}) {
    require(!h.keep_alive || (h.reply.framed && h.bytes == model->end),
            "a connection is kept alive with bytes behind the reply, or after an unframed one");
  }
}

}  // namespace fuzz
