// Every figure that a watch shows, held against the truth and against the other views.
#pragma once

#include "soak/endpoint.hpp"
#include "soak/past.hpp"
#include "soak/views.hpp"
#include "soak/watched_process.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace soak {

/// The figures that did not hold, by part of the soak and name.
class findings {
 public:
  void expect(bool holds, const std::string& part, const std::string& what, const std::string& why);
  std::uint64_t compared = 0;
  bool empty() const noexcept { return all_.empty(); }
  void print(std::ostream& out) const;

 private:
  struct finding {
    std::uint64_t times = 0;
    std::string first;
  };
  std::map<std::string, finding> all_;
};

/// The part of the soak that is under way.
struct situation {
  std::string part;
  health endpoint = health::well;
  steady_clock::time_point since{};
  bool at_rest = false;  ///< no file has come or waited for a while
  double rate = 0;       ///< files that the writer makes in a second
};

/// Looks at one process; its counts began at 0 when it was started.
class comparison {
 public:
  static constexpr unsigned most_in_window = 32;

  /// `before` is what was true when the process was started, and `requests` those that the ledger had then.
  comparison(findings& found, const truth& before, std::uint64_t requests);

  void set_page(page p) { page_ = std::move(p); }
  /// One look at all views. The past has a look from right before it; `after` makes the one right after it.
  /// `late`: the machine is so busy that whoever wakes up does so this much later.
  template <class After>
  void look(const std::string& socket, const situation& now, past& p, const ledger& received,
            steady_clock::duration late, After after) {
    const auto begun = p.last().at;
    late_ = late;
    if (!read_views(socket, begun)) return;
    after();
    compare(now, p, received, begun);
  }
  bool is_known() const noexcept { return known_.has_value(); }
  /// Attempts that may have left two copies, as far as the last look knows.
  std::uint64_t unknown_outcomes() const noexcept { return unknown_; }

 private:
  bool read_views(const std::string& socket, steady_clock::time_point begun);
  void compare(const situation& now, const past& p, const ledger& received, steady_clock::time_point begun);
  void compare_with_truth(const view& v, const past& p, steady_clock::time_point since, double stale,
                          double burst);
  void compare_rates(const past& p);
  void compare_states(const situation& now, const past& p);
  void compare_views(steady_clock::time_point begun);
  void compare_health();
  void expect(bool holds, const view& v, const std::string& figure, const std::string& truth);
  void expect_within(const view& v, const std::string& figure, double least, double most);

  findings& found_;
  truth before_;
  std::uint64_t requests_before_;
  std::string part_;
  steady_clock::time_point begun_{};
  steady_clock::duration late_{};
  page page_;
  std::optional<steady_clock::time_point> answered_, known_;
  struct {
    view control_before, metrics_before, now, health, metrics, control;
    std::vector<const view*> counting() const { return {&control, &metrics, &now}; }
  } seen_;
  std::deque<std::pair<steady_clock::time_point, view>> earlier_;  ///< path of the control socket
  std::uint64_t unknown_ = 0;
};

}  // namespace soak
