// sluice_soak: `sluice watch` beside a writer that never rests, while its endpoint is away, slow, busy and
// hung, and while it is started again. Nothing may be lost or grow, and every figure that is shown has to be
// true.
#include "soak/comparison.hpp"
#include "soak/endpoint.hpp"
#include "soak/past.hpp"
#include "soak/watched_process.hpp"
#include "soak/writer.hpp"
#include "support/process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct plan {
  double minutes = 1, rate = 200, in_a_folder = 1000, idle_seconds = 10;
};

plan parse(int argc, char** argv) {
  plan p;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    double* into = option == "--minutes"  ? &p.minutes
                   : option == "--rate"   ? &p.rate
                   : option == "--folder" ? &p.in_a_folder
                   : option == "--idle"   ? &p.idle_seconds
                                          : nullptr;
    if (into == nullptr || i + 1 == argc || (*into = std::atof(argv[i + 1])) <= 0) {
      std::cerr
          << "usage: sluice_soak [--minutes M] [--rate FILES_PER_SECOND] [--folder FILES] [--idle SECONDS]\n";
      std::exit(2);
    }
  }
  return p;
}

/// A part of a cycle: how the endpoint is, and for how long.
struct part {
  const char* name;
  soak::health endpoint;
  double share;
};
constexpr std::array parts{
    part{"calm", soak::health::well, 10},
    part{"outage", soak::health::away, 8},
    part{"after the outage", soak::health::well, 10},
    part{"overload", soak::health::slow, 8},
    part{"busy", soak::health::busy, 8},
    part{"after the overload", soak::health::well, 8},
    part{"hang", soak::health::hung, 8},
    part{"after the hang", soak::health::well, 10},
};
constexpr double after_a_start = 8;

/// One life of the watch, from its start to its end.
struct life {
  life(soak::findings& found, const support::command& c, const soak::truth& t, std::uint64_t requests)
      : process{c}, views{found, t, requests}, before{t} {}
  support::process process;
  soak::comparison views;
  soak::truth before;
  std::string page_port;
  std::vector<soak::sample> samples;
};

class soaking {
 public:
  explicit soaking(plan p) : plan_{p} {
    const auto refused = room_ / "refused";
    std::filesystem::create_directory(room_ / "spool");
    std::filesystem::create_directory(refused);
    writer_.emplace(room_ / "spool", refused, plan_.rate, static_cast<std::uint64_t>(plan_.in_a_folder));
    std::ofstream{room_ / "log"}.close();
    log_.emplace(room_ / "log");
    look_at_truth();
    start();
  }

  int run() {
    // A process that lives through several cycles shows what grows.
    const auto cycles = std::max(1, static_cast<int>(plan_.minutes / 5));
    double shares = 0;
    for (const auto& p : parts) shares += p.share;
    const double one = plan_.minutes * 60 / (shares * cycles + 2 * after_a_start);
    for (int cycle = 0; cycle < cycles; ++cycle) {
      cycles_begin_.push_back(life_->samples.size());
      for (const auto& p : parts) {
        if (p.endpoint != now_.endpoint) endpoint_.become(p.endpoint);
        live(p.name, p.endpoint, one * p.share);
      }
      if (cycle == 0) restart(SIGTERM, "after SIGTERM", one);
      if (cycle == std::min(1, cycles - 1)) restart(SIGKILL, "after SIGKILL", one);
    }
    return finish();
  }

 private:
  void start() {
    const auto number = std::to_string(++starts_);
    life_.emplace(
        found_,
        support::command{
            .arguments =
                {SLUICE_PROGRAM,      "watch",
                 room_ / "spool",     endpoint_.url(),
                 "--cacert",          std::string{TEST_CERTIFICATES} + "/ca.pem",
                 "--on-success",      "delete",
                 "--on-reject",       "move=" + (room_ / "refused").string(),
                 "--summary",         room_ / ("summary" + number),
                 "--control",         room_ / "control",
                 "--status",          "127.0.0.1:0",
                 "--joblog",          room_ / "log",
                 "--window-max",      std::to_string(static_cast<int>(soak::comparison::most_in_window)),
                 "--reply-time",      "1s",
                 "--connect-timeout", "1s"}},
        past_.last(), received_.requests);
    cycles_begin_.clear();
  }

  /// Writes, looks, and compares for a while.
  void live(const char* name, soak::health endpoint, double seconds) {
    const auto begun = steady_clock::now();
    now_ = {name, endpoint, begun, false, plan_.rate};
    const auto end =
        begun + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
    auto next_look = begun + 1s;
    int looks = 0;
    while (steady_clock::now() < end) {
      writer_->set_calm(now_.part == "calm" && past_.last().there < plan_.rate / 5);
      writer_->catch_up(steady_clock::now());
      sleep();
      if (steady_clock::now() >= next_truth_) look_at_truth();
      if (steady_clock::now() < next_look) continue;
      next_look += 1s;
      look();
      ++looks;
    }
    looks_ += looks;
    const bool seen = looks > 0 && life_->views.is_known();
    found_.expect(seen, name, "looks", "there was none");
  }

  /// Sleeps for a moment, and notes how late the machine wakes us up.
  void sleep() {
    const auto begun = steady_clock::now();
    std::this_thread::sleep_for(2ms);
    const auto now = steady_clock::now();
    late_.emplace_back(now, now - begun - 2ms);
    while (late_.front().first < now - 5s) late_.pop_front();
  }
  steady_clock::duration lateness() {
    steady_clock::duration most{};
    for (const auto& [at, late] : late_) most = std::max(most, late);
    latest_ = std::max(latest_, most);
    return most;
  }

  /// A tenth of the time goes into it at most.
  void look_at_truth() {
    const auto begun = steady_clock::now();
    auto t = writer_->look();
    while (const auto line = log_->next()) {
      const auto record = nlohmann::json::parse(*line, nullptr, false);
      if (!record.is_object()) continue;  // the watch that was killed left a torn one
      const auto fate = record.at("fate").get<std::string>();
      failed_.deferred += fate == "deferred" ? 1 : 0;
      failed_.changed += fate == "changed" ? 1 : 0;
      failed_.vanished += fate == "vanished" ? 1 : 0;
    }
    t.deferred = failed_.deferred, t.changed = failed_.changed, t.vanished = failed_.vanished;
    past_.add(t);
    next_truth_ = begun + std::max<steady_clock::duration>(200ms, 10 * (steady_clock::now() - begun));
  }

  void look() {
    auto& p = life_->process;
    p.wait_until([] { return false; }, 1ms);  // reads what it says
    if (life_->page_port.empty()) {
      const std::string before = "status on http://127.0.0.1:";
      const auto at = p.err().find(before);
      if (at == std::string::npos) return;
      const auto from = at + before.size();
      life_->page_port = p.err().substr(from, p.err().find('/', from) - from);
      life_->views.set_page(soak::page{life_->page_port});
    }
    life_->samples.push_back(soak::look_at(p.pid()));
    received_.read(writer_->files);
    look_at_truth();
    life_->views.look(room_ / "control", now_, past_, received_, lateness(), [&] { look_at_truth(); });
  }

  /// Ends the watch, and starts it again a moment later. Files come meanwhile.
  void restart(int signal, const char* name, double one) {
    end_life(signal, name);
    for (const auto until = steady_clock::now() + 1s; steady_clock::now() < until;) {
      writer_->catch_up(steady_clock::now());
      sleep();
    }
    look_at_truth();
    received_.read(writer_->files);
    start();
    live(name, soak::health::well, std::max(5.0, one * after_a_start));
  }

  void end_life(int signal, const char* name) {
    auto& p = life_->process;
    p.signal(signal);
    const int code = p.wait();
    look_at_truth();
    const auto gone = past_.last().gone - life_->before.gone;
    if (signal == SIGKILL) {
      // Each upload on its way may come again.
      may_be_twice_ +=
          life_->views.unknown_outcomes() + 2 * static_cast<std::uint64_t>(soak::comparison::most_in_window);
    } else {
      found_.expect(code == 128 + SIGTERM, name, "exit code", "was " + std::to_string(code));
      const auto s =
          nlohmann::json::parse(support::content_of(room_ / ("summary" + std::to_string(starts_))));
      may_be_twice_ += s.at("unknown_outcomes").get<std::uint64_t>();
      found_.expect(s.at("accepted") == gone, name, "summary",
                    "had " + s.at("accepted").dump() + " accepted, the truth " + std::to_string(gone));
    }
    std::uint64_t told = 0;
    for (const auto& line : support::lines_of(p.err()))
      told += line.find("cannot be reached") != std::string::npos ? 1 : 0;
    outages_told_ += told;
  }

  bool is_empty() {
    look_at_truth();
    return past_.last().there == 0;
  }

  int finish() {
    const auto asked = writer_->due(steady_clock::now());
    auto& p = life_->process;
    const bool emptied = p.wait_until([&] { return is_empty(); }, 600s);
    std::this_thread::sleep_for(2s);
    now_ = {"idle", soak::health::well, steady_clock::now() - 5s, true, 0};
    for (int n = 0; n < 3; ++n) look(), std::this_thread::sleep_for(1s);
    const auto before = soak::look_at(p.pid());
    std::this_thread::sleep_for(std::chrono::duration<double>(plan_.idle_seconds));
    const auto after = soak::look_at(p.pid());
    auto samples = std::move(life_->samples);
    end_life(SIGTERM, "end");
    endpoint_.become(soak::health::away);
    received_.read(writer_->files);
    return report(asked, emptied, (after.cpu_seconds - before.cpu_seconds) / plan_.idle_seconds * 100,
                  samples);
  }

  int report(std::uint64_t asked, bool emptied, double idle_percent,
             const std::vector<soak::sample>& samples) {
    std::uint64_t lost = 0, refused = 0;
    for (const auto& [name, file] : writer_->files)
      if (name.starts_with('r'))
        ++refused, lost += file.received == 0 ? 0 : 1;
      else
        lost += file.received == 0 ? 1 : 0;
    std::uint64_t kept = 0;
    for (const auto& [name, digest] : support::files_below(room_ / "refused")) {
      const auto file = writer_->files.find(std::filesystem::path{name}.filename().string());
      kept += file != writer_->files.end() && file->second.sha256 == digest ? 1 : 0;
    }
    const auto duplicates = received_.accepted - received_.strange - received_.received;
    auto& late_ms = received_.late_ms;
    std::ranges::sort(late_ms);
    const auto late = [&](double q) {
      return late_ms.empty() ? 0 : late_ms[static_cast<std::size_t>(q * double(late_ms.size() - 1))];
    };
    // The first and the last whole cycle of the last life. It begins in a cycle that another one began.
    const auto cycles = cycles_begin_.size();
    const auto extremes = [&](std::size_t from, std::size_t to, std::size_t soak::sample::* what) {
      const auto [least, most] = std::ranges::minmax(
          std::ranges::subrange(samples.begin() + long(from), samples.begin() + long(to)), {}, what);
      return std::pair{least.*what, most.*what};
    };
    const auto all = samples.size();
    const auto first =
        cycles < 2 ? std::pair{std::size_t{0}, all} : std::pair{cycles_begin_[0], cycles_begin_[1]};
    const auto last = cycles < 2 ? first : std::pair{cycles_begin_[cycles - 1], all};
    const auto memory_of = [&](auto span) {
      return extremes(span.first, span.second, &soak::sample::kib).second;
    };
    // The most are what the window has open; a leak shows in the least.
    const auto open_in = [&](auto span) {
      return extremes(span.first, span.second, &soak::sample::descriptors).first;
    };
    const soak::growth memory{memory_of(first), memory_of(last)};
    const soak::growth descriptors{open_in(first), open_in(last)};
    const auto most_open = extremes(0, all, &soak::sample::descriptors).second;
    const auto most_threads = extremes(0, all, &soak::sample::threads).second;
    std::cout << "soak: " << writer_->count() << " files of " << asked << " due, " << plan_.rate << "/s; "
              << lost << " lost, " << received_.strange << " strange, " << duplicates << " duplicates ("
              << may_be_twice_ << " may be), " << refused << " refused, of which " << kept << " are kept\n"
              << "soak: " << found_.compared << " comparisons in " << looks_ << " looks, " << starts_
              << " starts, " << outages_told_ << " lines about the endpoint; the machine was up to "
              << std::chrono::duration_cast<std::chrono::milliseconds>(latest_).count() << " ms late\n"
              << "soak: from close to receipt, in calm: p50 " << late(0.5) << " ms, p99 " << late(0.99)
              << ", max " << late(1) << " (" << received_.latest << ")\n"
              << "soak: from the first cycle to the last of a life of " << cycles << ": memory "
              << memory.before << " to " << memory.after << " KiB, descriptors " << descriptors.before
              << " to " << descriptors.after << " at the least and " << most_open << " at the most; threads "
              << most_threads << ", idle CPU " << idle_percent << " %\n";
    const auto expect = [&](bool holds, const char* what) { found_.expect(holds, "all", what, ""); };
    expect(emptied && lost == 0 && received_.strange == 0, "every file arrives, as it was written");
    expect(kept == refused, "refused files are kept");
    expect(duplicates <= may_be_twice_, "duplicates need unknown outcomes");
    const std::chrono::duration<double, std::milli> busy = latest_;
    expect(late(0.5) < 50 + 2 * busy.count(), "in calm half of them are on the wire within 50 ms");
    const double a_tick = 1 / plan_.idle_seconds;  // the kernel counts hundredths of a second
    expect(idle_percent <= std::max(0.5, 2 * a_tick) * 1.01, "idle costs nothing");
    expect(memory.within(1024) && memory.after < std::size_t{64} * 1024, "memory is flat");
    expect(descriptors.within(4), "descriptors are flat");
    constexpr std::size_t most_allowed = 64 + 64 + 2 * std::size_t{soak::comparison::most_in_window};
    expect(most_open <= most_allowed,
           "descriptors are those of the window, of files opened ahead and of others");
    expect(most_threads == 1, "there is one thread");
    expect(outages_told_ >= 1, "an outage is told on standard error");
    found_.print(std::cout);
    std::cout << (found_.empty() ? "soak: all well\n" : "soak: failed\n");
    return found_.empty() ? 0 : 1;
  }

  plan plan_;
  support::scratch room_;
  soak::endpoint endpoint_{room_ / "ledger"};
  soak::ledger received_{room_ / "ledger"};
  std::optional<soak::writer> writer_;
  std::optional<soak::growing_lines> log_;
  soak::truth failed_;  ///< the figures of the job log
  soak::past past_;
  soak::findings found_;
  soak::situation now_;
  steady_clock::time_point next_truth_{};
  std::deque<std::pair<steady_clock::time_point, steady_clock::duration>>
      late_;  ///< values of the last seconds
  steady_clock::duration latest_{};
  std::optional<life> life_;
  std::vector<std::size_t> cycles_begin_;  ///< numbers of samples
  std::uint64_t may_be_twice_ = 0, outages_told_ = 0, looks_ = 0;
  int starts_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  return soaking{parse(argc, argv)}.run();
} catch (const std::exception& e) {
  std::cerr << "sluice_soak: " << e.what() << '\n';
  return 2;
}
