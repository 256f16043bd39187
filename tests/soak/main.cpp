// sluice_soak: `sluice watch` beside a writer that never rests. Nothing may be lost, grow, or fall behind.
#include "soak/watched_process.hpp"
#include "soak/writer.hpp"
#include "support/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct plan {
  double minutes = 1, rate = 2000, in_a_folder = 1000, idle_seconds = 10;
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

/// Reads the receiver's ledger as it grows.
class ledger {
 public:
  explicit ledger(const std::filesystem::path& file) : in_{file, std::ios::binary} {}

  void read(std::unordered_map<std::string, soak::written>& files) {
    in_.clear();
    for (std::string part; std::getline(in_, part);) {
      line_ += part;
      if (in_.eof()) return;  // the rest of the line is to come
      const auto j = nlohmann::json::parse(std::exchange(line_, {}));
      if (j.at("verdict") != "accepted") continue;
      ++accepted;
      const auto it = files.find(j.at("name"));
      if (it == files.end() || it->second.sha256 != j.at("sha256")) {
        ++strange;
        continue;
      }
      if (++it->second.received > 1) continue;
      const std::chrono::duration<double, std::milli> late =
          soak::system_clock::time_point{std::chrono::milliseconds{j.at("t_ms").get<std::int64_t>()}} -
          it->second.closed;
      late_ms.push_back(late.count());
      if (late.count() > latest_ms) latest_ms = late.count(), latest = it->first;
    }
  }

  std::uint64_t accepted = 0, strange = 0;
  std::vector<double> late_ms;
  double latest_ms = 0;
  std::string latest;

 private:
  std::ifstream in_;
  std::string line_;
};

class soaking {
 public:
  explicit soaking(plan p) : plan_{p} {
    std::filesystem::create_directory(room_ / "spool");
    if (!sink_.wait_until([&] { return sink_.out().ends_with("ready\n"); }))
      throw std::runtime_error("no receiver: " + sink_.err());
    for (const auto& line : support::lines_of(sink_.out())) {
      if (line.starts_with("url ")) url_ = line.substr(4);
      if (line.starts_with("ca ")) ca_ = line.substr(3);
    }
  }

  int run() {
    support::process watch{{.arguments = {SLUICE_PROGRAM, "watch", room_ / "spool", url_, "--cacert", ca_,
                                          "--on-success", "delete", "--summary", room_ / "summary", "-q"}}};
    ledger received{room_ / "ledger"};
    soak::writer writer{room_ / "spool", plan_.rate, static_cast<std::uint64_t>(plan_.in_a_folder)};
    const auto end = steady_clock::now() + std::chrono::seconds{static_cast<int>(plan_.minutes * 60)};
    auto next_look = steady_clock::now() + 1s;
    while (steady_clock::now() < end) {
      writer.catch_up(steady_clock::now());
      std::this_thread::sleep_for(2ms);
      if (steady_clock::now() < next_look) continue;
      next_look += 1s;
      samples_.push_back(soak::look_at(watch.pid()));
      received.read(writer.files);
      backlog_.push_back(writer.count() - received.late_ms.size());
    }
    const auto asked = writer.due(end);
    const bool emptied = watch.wait_until([&] {
      received.read(writer.files);
      return received.late_ms.size() == writer.count();
    });
    std::this_thread::sleep_for(1s);
    const auto before = soak::look_at(watch.pid());
    std::this_thread::sleep_for(std::chrono::duration<double>(plan_.idle_seconds));
    const auto after = soak::look_at(watch.pid());
    watch.signal(SIGTERM);
    const int code = watch.wait();
    return report(writer, received, asked, emptied, code,
                  (after.cpu_seconds - before.cpu_seconds) / plan_.idle_seconds * 100);
  }

 private:
  int report(soak::writer& writer, ledger& received, std::uint64_t asked, bool emptied, int code,
             double idle_percent) {
    received.read(writer.files);
    std::uint64_t lost = 0;
    for (const auto& [name, file] : writer.files) lost += file.received == 0 ? 1 : 0;
    const auto summary = nlohmann::json::parse(support::content_of(room_ / "summary"));
    const auto duplicates = received.accepted - received.strange - received.late_ms.size();
    std::ranges::sort(received.late_ms);
    const auto late = [&](double q) {
      return received.late_ms.empty()
                 ? 0
                 : received.late_ms[static_cast<std::size_t>(q * double(received.late_ms.size() - 1))];
    };
    const auto memory = soak::growth_of(samples_, &soak::sample::kib);
    const auto descriptors = soak::growth_of(samples_, &soak::sample::descriptors);
    const auto most_threads = std::ranges::max(samples_, {}, &soak::sample::threads).threads;
    const auto half = backlog_.begin() + static_cast<std::ptrdiff_t>(backlog_.size() / 2);
    const auto first = std::max_element(backlog_.begin(), half),
               second = std::max_element(half, backlog_.end());
    std::cout << "soak: " << writer.count() << " files of " << asked << " due, " << plan_.rate << "/s; "
              << lost << " lost, " << received.strange << " strange, " << duplicates << " duplicates ("
              << summary.at("unknown_outcomes") << " unknown outcomes)\n"
              << "soak: from close to receipt p50 " << late(0.5) << " ms, p99 " << late(0.99) << ", max "
              << late(1) << " (" << received.latest << "); most waiting " << *first << " in the first half, "
              << *second << " in the second\n"
              << "soak: from the first fifth to the last: memory " << memory.before << " to " << memory.after
              << " KiB, descriptors " << descriptors.before << " to " << descriptors.after << "; threads "
              << most_threads << ", idle CPU " << idle_percent << " %, exit code " << code << '\n';
    int bad = 0;
    const auto expect = [&](bool holds, const char* what) {
      if (!holds) std::cout << "soak: FAILED: " << what << '\n', bad = 1;
    };
    expect(emptied && lost == 0 && received.strange == 0, "every file arrives, as it was written");
    expect(duplicates <= summary.at("unknown_outcomes"), "duplicates need unknown outcomes");
    expect(summary.at("accepted") == received.accepted, "the summary agrees with the receiver");
    expect(code == 128 + SIGTERM, "SIGTERM ends it in order");
    expect(late(0.5) < 50, "half of them are on the wire within 50 ms");
    expect(double(*second) < double(*first) + plan_.rate, "the backlog is flat");
    const double a_tick = 1 / plan_.idle_seconds;  // the kernel counts hundredths of a second
    expect(idle_percent <= std::max(0.1, a_tick) * 1.01, "idle costs nothing");
    expect(memory.within(1024), "memory is flat");
    expect(descriptors.within(8), "descriptors are flat");  // the window tries a few more for a while
    expect(most_threads == 1, "there is one thread");
    std::cout << (bad ? "soak: failed\n" : "soak: all well\n");
    return bad;
  }

  plan plan_;
  support::scratch room_;
  support::process sink_{{.arguments = {SLUICE_SINK, "--ledger", room_ / "ledger"}}};
  std::string url_, ca_;
  std::vector<soak::sample> samples_;
  std::vector<std::uint64_t> backlog_;
};

}  // namespace

int main(int argc, char** argv) try {
  return soaking{parse(argc, argv)}.run();
} catch (const std::exception& e) {
  std::cerr << "sluice_soak: " << e.what() << '\n';
  return 2;
}
