#include "soak/comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <utility>

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr double beat = 1;       ///< metrics and page are made anew so often
constexpr double settled = 2.5;  ///< a state that has lasted so long is in every view
constexpr auto patience = 5s;    ///< the endpoint's trouble is told after so long: three attempts of a second

double seconds(std::chrono::duration<double> d) { return d.count(); }

std::string text(double value) {
  std::ostringstream out;
  out.precision(12);
  out << value;
  return out.str();
}

std::string text(double least, double most) { return "from " + text(least) + " to " + text(most); }

/// The words of the endpoint's state that are true while it is so.
std::vector<std::string> words_of(health h) {
  switch (h) {
    case health::away:
      return {"unreachable"};
    case health::busy:
      return {"held back", "unreachable"};  // a hundred busy replies have gone by: all others are errors
    case health::hung:
      return {"no replies", "unreachable"};
    default:
      return {"sending", "idle", "held back"};
  }
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

void findings::expect(bool holds, const std::string& part, const std::string& what, const std::string& why) {
  ++compared;
  if (holds) return;
  auto& f = all_[part + ": " + what];
  if (f.times++ == 0) f.first = why;
}

void findings::print(std::ostream& out) const {
  for (const auto& [what, f] : all_)
    out << "soak: FAILED: " << what << ' ' << f.first << " (" << f.times << " times)\n";
}

comparison::comparison(findings& found, const truth& before, std::uint64_t requests)
    : found_{found}, before_{before}, requests_before_{requests} {}

void comparison::expect(bool holds, const view& v, const std::string& figure, const std::string& truth) {
  const auto shown = v.find(figure);
  found_.expect(holds, part_, v.name + " " + figure,
                "was " + (shown ? text(*shown) : std::string{"not there"}) + ", the truth " + truth);
}

void comparison::expect_within(const view& v, const std::string& figure, double least, double most) {
  const auto shown = v.find(figure);
  expect(shown && *shown >= least && *shown <= most, v, figure, text(least, most));
}

bool comparison::read_views(const std::string& socket, steady_clock::time_point begun) {
  auto control = ask_control(socket);
  if (!control) {
    found_.expect(!answered_, part_, "ctl status", "did not answer");
    return false;
  }
  if (!answered_) answered_ = begun;
  seen_.control_before = std::move(*control);
  seen_.metrics_before = page_.ask_metrics();
  seen_.now = page_.ask_now();
  seen_.health = page_.ask_health();
  seen_.metrics = page_.ask_metrics();
  control = ask_control(socket);
  if (control) seen_.control = std::move(*control);
  return control.has_value();
}

void comparison::compare(const situation& now, const past& p, const ledger& received,
                         steady_clock::time_point begun) {
  part_ = now.part;
  begun_ = begun;
  const auto& control = seen_.control;
  unknown_ = static_cast<std::uint64_t>(control.find("unknown_outcomes").value_or(0));
  compare_health();
  if (!control.find("backlog")) {
    const auto why = "was not known " + text(seconds(begun - *answered_)) + " s after the first answer";
    found_.expect(!known_ && begun - *answered_ < 5s + 10 * late_, part_, "backlog", why);
    for (const auto* v : {&seen_.metrics_before, &seen_.now})
      expect(!v->find("backlog") && !v->find("oldest_age_s"), *v, "backlog", "not known yet");
    return;
  }
  if (!known_) {
    known_ = begun;
    return;
  }
  if (begun - *known_ < 2s + 2 * late_) return;
  // So many files may come between two looks at the truth, and go again.
  const double burst = std::ceil(now.rate * seconds(late_ + 200ms));
  compare_with_truth(control, p, begun - 1s - late_, 0, burst);
  for (const auto* v : {&seen_.metrics_before, &seen_.now})
    compare_with_truth(*v, p, begun - 2s - 2 * late_, beat, burst);
  expect(control.find("attempts").value_or(0) + control.find("in_flight").value_or(0) >=
             double(received.requests - requests_before_),
         control, "attempts", "at least " + text(double(received.requests - requests_before_)));
  compare_rates(p);
  compare_states(now, p);
  compare_views(begun);
  earlier_.emplace_back(begun, control);
  while (earlier_.size() > 8) earlier_.pop_front();
}

void comparison::compare_with_truth(const view& v, const past& p, steady_clock::time_point since,
                                    double stale, double burst) {
  const bool is_control = v.name == "ctl status", is_metrics = v.name == "metrics";
  const auto there = p.of(&truth::there, since);
  expect_within(v, "backlog", std::floor(there.least * 0.99) - 1, std::ceil(there.most * 1.01) + 1 + burst);
  const auto age = p.age(since);
  const auto took = steady_clock::now() - begun_;  // the ages go on meanwhile
  expect_within(v, "oldest_age_s", age.least - 1 - stale - seconds(2 * late_ + took), age.most + 1);
  const auto expect_growth = [&](const char* figure, std::uint64_t truth::* of) {
    const auto r = p.of(of, since);
    expect_within(v, figure, r.least - double(before_.*of), r.most - double(before_.*of));
  };
  expect_growth("accepted", &truth::gone);
  expect_growth("rejected", &truth::refused);
  if (is_control) expect_growth("deleted", &truth::gone);
  if (is_control) expect_growth("moved", &truth::refused);
  if (is_control) expect_growth("reasons", &truth::refused);
  if (is_control || is_metrics) expect_growth("bytes", &truth::bytes_gone);
  // Few files fail for a while; the job log has a line for each before it is counted.
  expect_growth("deferred", &truth::deferred);
  expect_growth("changed", &truth::changed);
  expect_growth("vanished", &truth::vanished);
  for (const auto* none : {"undeletable", "missing", "only_rescans"}) expect_within(v, none, 0, 0);
  expect_within(v, "window", 1, most_in_window);
  expect_within(v, "in_flight", 0, most_in_window);            // a window that shrinks leaves some under way
  expect_within(v, "backing_off", 0, there.most + 1 + burst);  // a pause may be shorter than two looks
  if (is_metrics)
    for (const auto* none : {"sluice_log_lines_dropped_total", "sluice_paused", "sluice_refusals_total"})
      expect_within(v, none, 0, 0);
}

/// A rate is the mean of a span that ends in the last second: 3 to 4 s long in `ctl`, 5 to 6 s on the page.
void comparison::compare_rates(const past& p) {
  const auto now = p.last().at;
  if (now - *answered_ < 15s) return;
  for (const auto& [v, span] : {std::pair{&seen_.control, 3s}, std::pair{&seen_.now, 5s}}) {
    const auto least = p.growth(&truth::gone, now - span + 500ms + late_, begun_ - 1500ms - 2 * late_);
    const auto most = p.growth(&truth::gone, begun_ - span - 2500ms - 2 * late_, now);
    expect_within(*v, "files_per_second", double(least) / seconds(span + 1500ms + late_) - 1,
                  double(most) / seconds(span) + 1);
  }
}

void comparison::compare_states(const situation& now, const past& p) {
  const bool is_ill =
      now.endpoint == health::away || now.endpoint == health::busy || now.endpoint == health::hung;
  const auto at = p.last().at;
  if (begun_ - now.since < patience + 1s + 4 * late_) return;
  // An endpoint that is well again is told so once a file got through: until then nobody knows.
  if (!is_ill && !now.at_rest && p.growth(&truth::gone, at - 3s, at - 1s) == 0) return;
  const auto words = now.at_rest ? std::vector<std::string>{"idle"} : words_of(now.endpoint);
  const auto when = "' for " + text(seen_.control.find("state_age_s").value_or(0)) + " s, " +
                    text(seconds(at - now.since)) + " s after it began";
  for (const auto* v : seen_.counting())
    found_.expect(has(words, v->state), part_, v->name + " state", "was '" + v->state + when);
  found_.expect(has(words, seen_.health.state), part_, "healthz", "was '" + seen_.health.state + when);
  if (now.endpoint == health::away)
    for (const auto* v : seen_.counting())
      expect_within(*v, "state_age_s", seconds(begun_ - now.since - patience - 4 * late_) - beat,
                    seconds(at - now.since) + 1);
}

/// Metrics and page have their gauges from the same beat, and their counters between two looks at the control
/// socket.
void comparison::compare_views(steady_clock::time_point begun) {
  const auto& [control_before, before, now, health, metrics, control] = seen_;
  const auto* const age = "state_age_s";
  const bool same_beat = before.find(age) == metrics.find(age);
  if (same_beat) {
    for (const auto* figure : {"backlog", "in_flight", "window", "backing_off"})
      expect(now.find(figure) == metrics.find(figure), now, figure,
             "of the metrics " + text(metrics.find(figure).value_or(-1)));
    for (const auto* figure : {"oldest_age_s", age}) {
      const auto there = metrics.find(figure).value_or(-1);
      expect_within(now, figure, there - 0.51, there + 0.51);
    }
    for (const auto* v : {&now, &health})
      found_.expect(v->state == metrics.state, part_, v->name + " state",
                    "was '" + v->state + "' and that of the metrics '" + metrics.state + "'");
  }
  const auto old = std::find_if(earlier_.rbegin(), earlier_.rend(),
                                [&](const auto& e) { return e.first < begun - 1500ms - 2 * late_; });
  for (const auto* figure :
       {"accepted", "rejected", "bytes", "attempts", "retries", "unknown_outcomes", "connections"})
    for (const auto* v : {&before, &now})
      if (v == &before || (figure != std::string{"bytes"} && v->find(figure)))
        expect_within(*v, figure, old == earlier_.rend() ? 0 : old->second.find(figure).value_or(0),
                      control.find(figure).value_or(0));
  if (control.find(age).value_or(0) < settled + seconds(steady_clock::now() - begun + 2 * late_)) return;
  for (const auto* v : {&metrics, &now}) {
    found_.expect(v->state == control.state, part_, v->name + " state",
                  "was '" + v->state + "' and that of ctl '" + control.state + "'");
    expect_within(*v, age, control_before.find(age).value_or(0) - beat - 0.6 - 2 * seconds(late_),
                  control.find(age).value_or(0) + 0.6);
  }
}

void comparison::compare_health() {
  const auto& h = seen_.health;
  const bool works = has({"idle", "sending", "held back", "renewing", "starting", "stopping"}, h.state);
  expect_within(h, "code", works ? 200 : 503, works ? 200 : 503);
  const auto& m = seen_.metrics;
  const bool up = !has({"refused", "unreachable", "no replies"}, m.state);
  expect_within(m, "sluice_endpoint_up", up ? 1 : 0, up ? 1 : 0);
}

}  // namespace soak
