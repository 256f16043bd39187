// Reply judging with the parser behind it: `SIZES\ CIRCUMSTANCES\ STREAM`.
#include "core/http/verdict.hpp"
#include "fuzz.hpp"
#include "reply_heard.hpp"
#include "reply_model.hpp"

#include <sluice/error.hpp>

#include <nlohmann/json.hpp>
#include <set>

using namespace sluice;

namespace {

/// How the request fared, one character each.
struct circumstances {
  explicit circumstances(std::string_view text) {
    for (const char c : text) switch (c) {
        case 'p':
          request = core::sent::part;
          break;
        case 'n':
          request = core::sent::nothing;
          break;
        case 'x':
          write_failed = true;
          break;
        case 'j':
          json = true;
          break;
        case 'r':
          retry_all = true;
          break;
        case 'o':
          others_pass = true;
          break;
        case '4':
          statuses = {404, 302};
          break;
        default:
          if (c >= 'A' && c <= 'Z') unsent_pieces = static_cast<std::size_t>(c - 'A');
      }
  }
  core::sent request = core::sent::whole;
  bool write_failed = false, json = false, retry_all = false, others_pass = false;
  std::set<int> statuses{200, 201, 204};
  std::size_t unsent_pieces = 0;
};

bool says_code_0(const std::string& body) {
  if (body.find('\0') != std::string::npos) return false;
  const auto value = nlohmann::json::parse(body, nullptr, false);
  return value.is_object() && value.contains("code") && value["code"] == 0;
}

/// (c) of the delete rule: was the final reply's first byte among the pieces read too soon?
bool began_too_soon(const std::vector<std::string_view>& pieces, std::size_t unsent, std::size_t final_at) {
  std::size_t soon = 0;
  for (std::size_t i = 0; i < unsent && i < pieces.size(); ++i) soon += pieces[i].size();
  return final_at < soon;
}

core::success_rules rules_of(const circumstances& c) {
  core::success_rules rules{
      .statuses = {c.statuses.begin(), c.statuses.end()}, .json = {}, .retry_all = c.retry_all};
  if (c.json) rules.json.push_back(*core::json_rule::parse("/code=0"));
  return rules;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto sizes = in.text();
  const circumstances c{in.text()};
  const auto stream = fuzz::expand(in.rest());
  fuzz::require_sound(stream, sizes);

  const auto pieces = fuzz::split(stream, sizes);
  const auto heard = fuzz::hear(pieces, c.unsent_pieces);
  const auto model = fuzz::read_reply(stream);
  core::attempt_outcome outcome;
  outcome.request = c.request;
  if (c.write_failed) outcome.error = errc::connection_lost;
  if (heard.whole) {
    outcome.reply = heard.reply;
    outcome.early = heard.early;
    fuzz::require(heard.early == began_too_soon(pieces, c.unsent_pieces, model->final_at),
                  "early, and its first byte was not, or the other way round");
  } else if (!outcome.error) {
    outcome.error = heard.error;
  }
  const auto j = core::judge(outcome, rules_of(c), c.others_pass, core::wall_time{});

  const bool confirmed =
      heard.whole && model->framed && c.statuses.contains(model->status) && !heard.early &&
      c.request == core::sent::whole && !c.write_failed &&
      (!c.json || (!heard.reply.cut && heard.reply.coding.empty() && says_code_0(heard.reply.body)));
  fuzz::require((j.verdict == core::verdict::accepted) == confirmed,
                "accepted without a confirmation, or not with one");
  fuzz::require(confirmed == j.reason.empty() && confirmed == !j.error, "a reason, unless accepted");
  fuzz::require(fuzz::is_one_safe_line(j.reason), "a reason is one line without control characters");
  fuzz::require(!j.retry_after || (j.verdict == core::verdict::transient && j.retry_after->count() >= 0 &&
                                   j.retry_after->count() <= 3600),
                "Retry-After is for what is tried again, and no longer than an hour");
  fuzz::require(heard.whole || j.verdict != core::verdict::rejected, "rejected, and nothing whole was heard");
  fuzz::require(heard.whole || c.request != core::sent::whole || j.verdict == core::verdict::unknown,
                "the whole request left and nobody answered: unknown");
  return 0;
}
