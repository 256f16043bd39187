// sluice_sweep: a fault at every place of a reference run, one run each, judged by the oracle.
#include "sweep/selftest.hpp"
#include "sweep/trace.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>

namespace {

using std::chrono::steady_clock;
using sweep::settings;
using sweep::totals;

constexpr int skipped = 77;
constexpr const char* usage =
    "usage: sluice_sweep kill|errno|cut|memory|all|selftest [--sample N|SHARE] [--seed N] [--jobs N] [--only "
    "POINT]\n";

struct kind {
  const char* name;
  sweep::points (*points)(const settings&);
  bool traced;
};
constexpr kind kinds[]{{"kill", sweep::kill_points, true},
                       {"errno", sweep::errno_points, true},
                       {"cut", sweep::cut_points, false},
                       {"memory", sweep::memory_points, false}};

settings parse(int argc, char** argv) {
  settings s;
  for (int i = 2; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(option + " needs a value");
    const std::string value = argv[i + 1];
    if (option == "--sample")
      s.sample = std::stod(value);
    else if (option == "--seed")
      s.seed = std::stoull(value);
    else if (option == "--jobs")
      s.jobs = static_cast<unsigned>(std::stoul(value));
    else if (option == "--only")
      s.only = value;
    else
      throw std::invalid_argument("no option " + option);
  }
  return s;
}

std::string seconds_since(steady_clock::time_point begin) {
  return std::to_string(
             std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - begin).count()) +
         " s";
}

/// A sweep that misses its places proves nothing.
bool misses(const totals& t) { return t.points == 0 || t.unreached * 10 > t.points; }

int run(const std::string& which, const settings& s) {
  const auto begin = steady_clock::now();
  if (s.sample) std::cout << "seed " << s.seed << '\n';
  totals all;
  bool red = false, left_out = false;
  for (const auto& k : kinds) {
    if (which != "all" && which != k.name) continue;
    if (const auto why = k.traced ? sweep::no_tracing() : std::string{}; !why.empty()) {
      std::cout << k.name << ": skipped: " << why << '\n';
      left_out = true;
      continue;
    }
    const auto began = steady_clock::now();
    auto points = k.points(s);
    std::cout << k.name << ": " << points.size() << " places in the reference runs\n" << std::flush;
    const auto t = sweep::run_all(k.name, std::move(points), s);
    std::cout << k.name << ": " << t.text() << ", " << t.unreached << " not reached, " << seconds_since(began)
              << '\n';
    if (misses(t)) std::cout << k.name << ": too few of its places were reached\n";
    red = red || t.failures > 0 || misses(t);
    all += t;
  }
  std::cout << "sweep: " << all.text() << ", " << seconds_since(begin) << '\n';
  return red ? 1 : left_out ? skipped : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string which = argc > 1 ? argv[1] : "";
  try {
    if (which == "selftest") return sweep::selftest();
    const bool known = std::ranges::find(kinds, which, [](const kind& k) { return std::string{k.name}; }) !=
                       std::ranges::end(kinds);
    if (!known && which != "all") throw std::invalid_argument("which sweep?");
    return run(which, parse(argc, argv));
  } catch (const std::logic_error& e) {
    std::cerr << "sluice_sweep: " << e.what() << '\n' << usage;
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "sluice_sweep: " << e.what() << '\n';
    return 1;
  }
}
