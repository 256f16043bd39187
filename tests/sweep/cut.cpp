// The first connection ended, reset, stalled or falsified at every edge of a TLS record, and a byte before
// and after.
#include "sweep/stage.hpp"

#include "support/chaos_proxy.hpp"

#include <array>
#include <stdexcept>

namespace sweep {
namespace {

using support::chaos_proxy;
using direction = chaos_proxy::direction;
using fault = chaos_proxy::fault;
using namespace std::chrono_literals;

const std::vector<scenario>& cut_scenarios() {
  static const std::vector<scenario> all{
      {.name = "w1", .files = 4, .window = 1},
      {.name = "w2", .files = 5, .window = 2},
      {.name = "tls12", .files = 3, .window = 1, .sink_arguments = {"--tls-max", "1.2"}},
      {.name = "big", .files = 1, .size = std::size_t{1} << 20U, .window = 1},
  };
  return all;
}

constexpr std::array directions{std::pair{direction::to_server, "to_server"},
                                std::pair{direction::to_client, "to_client"}};
constexpr std::array faults{std::pair{fault::fin, "fin"}, std::pair{fault::rst, "rst"},
                            std::pair{fault::stall, "stall"}, std::pair{fault::flip, "flip"}};

int run_through(chaos_proxy& proxy, stage& s) {
  return s.run({.arguments = {"--connect-timeout", "700ms", "--speed-time", "400ms", "--reply-time", "400ms"},
                .port = proxy.port(),
                .meanwhile = [&] { proxy.turn(1ms); }});
}

/// An alert says that it is all over, be it right or wrong; its ciphertext in TLS 1.3 is 19 bytes long.
bool may_be_alert(const chaos_proxy::record& r) { return r.type == 21 || r.size == 24; }

/// A bit of an encrypted record that was turned over must be noticed, and the connection not used again.
void check_flip(const chaos_proxy& proxy, const chaos_proxy::plan& p, int status, outcome& into) {
  const auto& records = proxy.records(p.where);
  const auto which = p.shift < 0 ? p.edge - 1 : p.edge;
  constexpr unsigned char application_data = 23;
  if (which >= records.size() || records[which].type != application_data || may_be_alert(records[which]))
    return;
  if (proxy.connections() < 2 && status == 0) into.problems.emplace_back("nobody noticed the falsified bit");
}

outcome cut_at(const scenario& what, const chaos_proxy::plan& plan, const settings& how) {
  outcome result;
  stage s{what, how};
  {
    chaos_proxy proxy{s.sink_port(), plan};
    const int status = run_through(proxy, s);
    result.reached = proxy.struck();
    if (!documented(status)) result.problems.push_back(ending(status));
    if (plan.what == fault::flip && result.reached) check_flip(proxy, plan, status, result);
  }
  s.judge(result);
  s.finish(result);
  return result;
}

std::array<std::size_t, 2> records_of(const scenario& what, const settings& how) {
  stage s{what, how};
  chaos_proxy proxy{s.sink_port()};
  if (const int status = run_through(proxy, s); status != 0)
    throw std::runtime_error("the reference run " + what.name + " ended with " + ending(status));
  return {proxy.records(direction::to_server).size(), proxy.records(direction::to_client).size()};
}

}  // namespace

point first_cut(const settings& s) {
  return {"w1/to_server:0:fin", [&s] { return cut_at(cut_scenarios().front(), {}, s); }};
}

points cut_points(const settings& s) {
  points all;
  for (const auto& what : cut_scenarios()) {
    const auto records = records_of(what, s);
    for (std::size_t d = 0; d < directions.size(); ++d)
      for (std::size_t edge = 0; edge <= records[d]; ++edge)
        for (const int shift : {-1, 0, 1})
          for (const auto& [kind, kind_name] : faults) {
            const bool beyond = edge == records[d] && (shift > 0 || (shift == 0 && kind == fault::flip));
            if ((edge == 0 && shift < 0) || beyond) continue;
            const chaos_proxy::plan plan{directions[d].first, edge, shift, kind};
            all.push_back({what.name + "/" + directions[d].second + ":" + std::to_string(edge) +
                               (shift < 0   ? "-1"
                                : shift > 0 ? "+1"
                                            : "") +
                               ":" + kind_name,
                           [&what, plan, &s] { return cut_at(what, plan, s); }});
          }
  }
  return all;
}

}  // namespace sweep
