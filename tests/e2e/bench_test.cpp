// `sluice bench`: what it says of a server is what that server saw.
#include "e2e/e2e.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <numeric>

namespace e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Not;

/// A run's exit code, texts and figures.
struct measured {
  int code = 0;
  std::string out, err;
  json figures;  ///< null when none were written

  const json& step(std::size_t n = 0) const { return figures.at("steps").at(n); }
  double ms(const char* phase, const char* percentile) const {
    return step().at("latency_ms").at(phase).at(percentile);
  }
};

class bench : public test {
 protected:
  support::command command(const support::sink& to, const arguments& more) const {
    arguments all{"bench", to.url(), "--json", room / "figures"};
    if (!to.ca().empty()) all.insert(all.end(), {"--cacert", to.ca()});
    all.insert(all.end(), more.begin(), more.end());
    return sluice(std::move(all));
  }
  measured outcome_of(support::process& p) const {
    const int code = p.wait();
    const auto text = support::content_of(room / "figures");
    return {code, p.out(), p.err(), text.empty() ? json{} : json::parse(text)};
  }
  measured measure(const support::sink& to, const arguments& more) const {
    support::process p{command(to, more)};
    return outcome_of(p);
  }

  static std::uint64_t sum(const json& list, const char* member) {
    return std::accumulate(list.begin(), list.end(), std::uint64_t{0}, [&](auto n, const json& each) {
      return n + each.at(member).get<std::uint64_t>();
    });
  }
  static void expect_adds_up(const json& step) {
    EXPECT_EQ(step.at("requests"), step.at("accepted").get<std::uint64_t>() +
                                       step.at("failed").get<std::uint64_t>() +
                                       step.at("unfinished").get<std::uint64_t>());
    std::uint64_t errors = 0;
    for (const auto& [kind, n] : step.at("errors").items()) errors += n.get<std::uint64_t>();
    EXPECT_EQ(step.at("failed"), errors);
    const double seconds = step.at("seconds");
    const auto expect_rate = [&](const char* rate, const char* of) {
      const auto wanted = static_cast<double>(sum(step.at("per_second"), of)) / seconds;
      EXPECT_NEAR(step.at(rate).get<double>(), wanted, 1 + wanted / 1000);
    };
    expect_rate("requests_per_second", "accepted");
    expect_rate("bytes_per_second", "bytes");
  }
};

TEST_F(bench, counts_what_the_server_counts) {
  support::sink to{R"([{"delay_ms": 2}])"};
  const auto o = measure(to, {"-w", "2,4", "--count", "50", "--warm-up", "100ms", "--size", "3000"});
  EXPECT_EQ(o.code, 0) << o.err;
  std::uint64_t requests = 0, connections = 0;
  for (const auto& s : o.figures.at("steps")) {
    expect_adds_up(s);
    EXPECT_EQ(s.at("requests"), 50);
    EXPECT_EQ(s.at("accepted"), 50);
    EXPECT_GT(s.at("unmeasured"), 0);
    EXPECT_EQ(s.at("connections"), s.at("window"));
    requests += s.at("requests").get<std::uint64_t>() + s.at("unmeasured").get<std::uint64_t>();
    connections += s.at("connections").get<std::uint64_t>();
    EXPECT_THAT(o.out, HasSubstr("window " + s.at("window").dump() + ": "));
  }
  EXPECT_THAT(o.out, HasSubstr("50 requests in "));
  EXPECT_THAT(o.out, HasSubstr("50 accepted, 0 failed"));
  EXPECT_EQ(to.ledger().size(), requests);
  const auto& counts = to.stop();
  EXPECT_EQ(counts.at("requests"), requests);
  EXPECT_EQ(counts.at("bytes"), 3000 * requests);
  EXPECT_EQ(counts.at("connections"), connections);
  for (const auto& line : support::lines_of(o.out)) EXPECT_LE(line.size(), 100u) << line;
}

TEST_F(bench, has_a_figure_for_each_phase) {
  support::sink to{R"([{"delay_ms": 20}])"};
  const auto o = measure(to, {"-w", "2", "--count", "20", "--warm-up", "0"});
  EXPECT_EQ(o.code, 0) << o.err;
  for (const auto* phase : {"connect", "handshake", "send", "wait", "total"}) {
    const auto& ms = o.step().at("latency_ms").at(phase);
    EXPECT_GT(ms.at("p50"), 0) << phase;
    double before = 0;
    for (const auto* p : {"p50", "p90", "p99", "p99.9", "max"}) {
      EXPECT_GE(ms.at(p), before) << phase << p;
      before = ms.at(p);
    }
    EXPECT_THAT(o.out, HasSubstr(std::string{"\n  "} + phase));
  }
  EXPECT_EQ(o.step().at("latency_ms").at("handshake").at("count"), 2);
  EXPECT_EQ(o.step().at("latency_ms").at("total").at("count"), 20);
  EXPECT_GE(o.ms("wait", "p50"), 19) << "the server's time";
  EXPECT_LT(o.ms("send", "p50"), 19);
  EXPECT_FALSE(o.step().at("latency_ms").contains("late")) << "a closed loop has no times to keep";
}

TEST_F(bench, without_tls_has_no_handshake) {
  support::sink to{"[]", {"--http"}};
  const auto o = measure(to, {"--count", "20", "--warm-up", "0"});
  EXPECT_FALSE(o.step().at("latency_ms").contains("handshake"));
  EXPECT_TRUE(o.step().at("latency_ms").contains("connect"));
}

TEST_F(bench, keeps_the_rate_it_is_told) {
  support::sink to{R"([{"delay_ms": 5}])", {"--http"}};
  const auto o = measure(to, {"--rate", "200/s", "--duration", "3s", "--warm-up", "0", "-w", "64"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.step().at("requests"), 600);
  EXPECT_NEAR(o.step().at("requests_per_second"), 200, 10);
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 600u);
  EXPECT_GE(ledger.back().t_ms - ledger.front().t_ms, 2850) << "no faster, however the machine is";
}

// One connection, 50 ms a request, 40 requests a second for a second: the last waits for twenty before it.
TEST_F(bench, of_a_stalling_server_shows_the_queue_and_not_only_the_replies) {
  support::sink to{R"([{"delay_ms": 50}])", {"--http"}};
  const auto o = measure(to, {"--rate", "40/s", "--duration", "1s", "--warm-up", "0", "-w", "1"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.step().at("requests"), 40);
  EXPECT_EQ(o.step().at("accepted"), 40) << "those that had no room within the second had it later";
  EXPECT_LT(o.ms("wait", "p50"), 200) << "the server's own time";
  EXPECT_GE(o.ms("total", "max"), 40 * 50 - 1000) << "from when it was to begin";
  EXPECT_GE(o.ms("late", "max"), 40 * 50 - 1000 - 100);
  EXPECT_GE(o.ms("total", "p50"), 450);
  EXPECT_LE(o.step().at("requests_per_second"), 21) << "what the server did within that second";
  EXPECT_THAT(o.out, HasSubstr("of 40 requests/s intended"));
}

TEST_F(bench, finds_the_knee_of_a_server_with_room_for_four) {
  support::sink to{R"([{"delay_ms": 25}])", {"--http", "--max-connections", "4"}};
  const auto o = measure(to, {"-w", "1,2,4,8", "--duration", "1s", "--warm-up", "200ms", "--grace", "1s",
                              "--html", room / "page.html"});
  EXPECT_EQ(o.figures.at("knee"), 4) << o.out;
  EXPECT_NEAR(o.step(0).at("requests_per_second"), 40, 12);
  const auto lines = support::lines_of(o.out);
  EXPECT_EQ(std::ranges::count_if(lines, [](auto& l) { return l.starts_with("*      4 "); }), 1) << o.out;
  EXPECT_THAT(support::content_of(room / "page.html"), HasSubstr(">knee: 4<"));
}

TEST_F(bench, measures_the_automatic_window_beside_fixed_ones) {
  support::sink to{R"([{"delay_ms": 20}])", {"--http"}};
  const auto o = measure(to, {"-w", "auto,1,2", "--duration", "3s", "--warm-up", "0"});
  EXPECT_EQ(o.code, 0) << o.err;
  const auto& automatic = o.step(2);
  EXPECT_EQ(automatic.at("window"), "auto");
  expect_adds_up(automatic);
  EXPECT_GT(automatic.at("requests_per_second"), o.step(1).at("requests_per_second"));
  EXPECT_EQ(o.figures.at("knee"), 2);
}

TEST_F(bench, names_errors_by_their_kind) {
  support::sink to{R"([{"match": {"request": 3}, "status": 503, "headers": {"Retry-After": "3600"}},
                       {"match": {"request": 5}, "status": 422}])",
                   {"--http"}};
  const auto o = measure(to, {"-w", "1", "--count", "20", "--warm-up", "0"});
  EXPECT_EQ(o.code, 1);
  expect_adds_up(o.step());
  EXPECT_EQ(o.step().at("errors"), (json{{"status 422", 1}, {"status 503", 1}})) << "and none is tried again";
  EXPECT_EQ(o.step().at("accepted"), 18) << "an hour of Retry-After was not waited for";
  EXPECT_THAT(o.out, HasSubstr("1 x status 503"));
  EXPECT_EQ(to.ledger().size(), 20u);
}

TEST_F(bench, ends_when_nothing_ever_succeeds) {
  support::sink to{R"([{"status": 503}])", {"--http"}};
  const auto o = measure(to, {"-w", "4,8", "--duration", "20s", "--warm-up", "0"});
  EXPECT_EQ(o.code, 1);
  ASSERT_EQ(o.figures.at("steps").size(), 1u) << "the next window would be no better";
  expect_adds_up(o.step());
  EXPECT_GE(o.step().at("errors").at("status 503"), 100);
  EXPECT_LE(to.ledger().size(), 110u);
  EXPECT_THAT(o.err, HasSubstr("nothing was accepted, the last of 100 attempts for: status 503"));
  EXPECT_THAT(o.figures.at("stopped"), HasSubstr("503"));
}

TEST_F(bench, goes_on_through_errors_once_something_succeeded) {
  support::sink to{R"([{"match": {"request": 1}}, {"status": 503}])", {"--http"}};
  const auto o = measure(to, {"-w", "1", "--count", "400", "--warm-up", "0"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.step().at("errors").at("status 503"), 399) << "no breaker between";
  EXPECT_LT(o.step().at("seconds"), 5);
}

TEST_F(bench, tells_a_refusal_and_an_endpoint_that_is_not_there) {
  support::sink refuses{R"([{"status": 401}])", {"--http"}};
  EXPECT_EQ(measure(refuses, {"-w", "1"}).code, 7);
  EXPECT_EQ(refuses.stop().at("requests"), 3);

  support::sink untrusted;
  const auto identity = run(sluice({"bench", untrusted.url()}));
  EXPECT_EQ(identity.code, 7) << identity.err;

  support::sink gone{"[]", {"--http"}};
  gone.stop();
  const auto o = run(sluice({"bench", gone.url()}));
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_THAT(o.err, HasSubstr("Connection refused"));
}

TEST_F(bench, sends_files_in_turn_and_keeps_them) {
  files.add("a.jpg", "aaa"), files.add("sub/b.txt", "bb");
  files.add(".hidden", "h"), files.add("c.part", "c");
  support::sink to;
  const auto o = measure(to, {"--from", files.root(), "-w", "1", "--count", "5", "--warm-up", "0",
                              "--success-json", "/code=0", "-F", "mark=x"});
  EXPECT_EQ(o.code, 0) << o.err;
  expect_all_kept();
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 5u);
  EXPECT_NE(ledger[0].name, ledger[1].name);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(ledger[i].name, ledger[i - 2].name);
  auto names = names_with(to);
  names.erase(std::ranges::unique(names).begin(), names.end());
  EXPECT_THAT(names, ElementsAre("a.jpg", "b.txt")) << "the same that `send` would take";
  EXPECT_EQ(ledger[0].field("mark"), "x");
  EXPECT_EQ(o.figures.at("body").at("files"), 2);
}

TEST_F(bench, of_an_empty_folder_or_none_says_so) {
  support::sink to;
  std::filesystem::create_directory(room / "empty");
  const auto empty = measure(to, {"--from", room / "empty"});
  EXPECT_EQ(empty.code, 2);
  EXPECT_THAT(empty.err, HasSubstr("--from: no file in"));
  const auto none = measure(to, {"--from", room / "none"});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, AllOf(HasSubstr("none"), HasSubstr("No such file")));
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(bench, draws_sizes_from_a_range_and_the_same_ones_each_time) {
  std::vector<std::uint64_t> sizes[2];
  for (auto& run_sizes : sizes) {
    support::sink to{"[]", {"--http"}};
    EXPECT_EQ(measure(to, {"--size", "1k-4k", "-w", "1", "--count", "40", "--warm-up", "0"}).code, 0);
    for (const auto& r : to.ledger()) run_sizes.push_back(r.size);
  }
  EXPECT_EQ(sizes[0], sizes[1]);
  const auto [least, most] = std::ranges::minmax(sizes[0]);
  EXPECT_GE(least, 1024u);
  EXPECT_LE(most, 4096u);
  EXPECT_GT(most - least, 2000u);
}

TEST_F(bench, told_to_stop_prints_what_it_has) {
  support::sink to{R"([{"delay_ms": 5}])", {"--http"}};
  support::process p{command(to, {"-w", "2,4", "--duration", "20s", "--warm-up", "0"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 20; }));
  p.signal(SIGINT);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 128 + SIGINT);
  ASSERT_EQ(o.figures.at("steps").size(), 1u);
  expect_adds_up(o.step());
  EXPECT_GE(o.step().at("accepted"), 21 - 2) << "what the server has, but for what was in flight";
  EXPECT_LT(o.step().at("seconds"), 15) << "at once, not when its time is over";
  EXPECT_TRUE(o.step().at("errors").empty()) << "what was cut off is no error of the server";
  EXPECT_THAT(o.out, HasSubstr("accepted"));
}

TEST_F(bench, json_has_standard_output_for_itself) {
  support::sink to{"[]", {"--http"}};
  const auto o = run(sluice({"bench", to.url(), "--count", "5", "--warm-up", "0", "--json", "-"}));
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(json::parse(o.out).at("steps").at(0).at("accepted"), 5);
  EXPECT_THAT(o.err, HasSubstr("5 accepted"));
  const auto quiet = run(sluice({"bench", to.url(), "--count", "5", "--warm-up", "0", "-q"}));
  EXPECT_EQ(quiet.out + quiet.err, "");
}

TEST_F(bench, shows_on_a_terminal_how_far_it_is) {
  support::sink to{R"([{"delay_ms": 5}])", {"--http"}};
  auto c = command(to, {"-w", "2", "--duration", "1s", "--warm-up", "0"});
  c.terminal = true;
  support::process p{c};
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(o.err, AllOf(HasSubstr("window 2: 0:00"), HasSubstr("accepted"), HasSubstr("2 in flight")));
  EXPECT_THAT(o.out, Not(HasSubstr("\x1b")));
}

// Every element is closed in order, no text has a bare < or &; that is what a browser needs to draw it whole.
std::string first_flaw(const std::string& html) {
  std::vector<std::string> open;
  for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const auto end = html.find('>', at);
    if (end == std::string::npos) return "not closed: " + html.substr(at, 40);
    const auto tag = html.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos) return "bare <: " + tag;
    if (tag.starts_with('!') || tag.ends_with('/')) continue;
    if (!tag.starts_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
    } else {
      if (open.empty() || open.back() != tag.substr(1)) return "out of order: " + tag;
      open.pop_back();
    }
  }
  return open.empty() ? "" : "left open: " + open.back();
}

TEST_F(bench, writes_a_page_that_stands_alone) {
  support::sink to;
  const auto o = measure(to, {"-w", "1,4", "--duration", "1200ms", "--warm-up", "0", "--html",
                              room / "page.html", "--rate", "50", "-F", "x=<script>"});
  EXPECT_EQ(o.code, 0) << o.err;
  const auto html = support::content_of(room / "page.html");
  EXPECT_EQ(first_flaw(html), "");
  for (const auto* elsewhere : {"http://", "https://", "<script", "src=", "href=", "url(", "@import"})
    EXPECT_THAT(html, Not(HasSubstr(elsewhere)));
  for (const auto* part :
       {"color-scheme: light dark", "prefers-color-scheme: dark", "name=\"viewport\"", "tabular-nums",
        "aria-label=\"Rate against window", "aria-label=\"Latency against window",
        "aria-label=\"Accepted requests in each second", "<td class=\"words\">late</td>"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_THAT(html, Not(HasSubstr("Window over time"))) << "a fixed window has no story";
}

TEST_F(bench, of_another_host_is_refused_before_a_connection_is_made) {
  const auto o = run(sluice({"bench", "http://192.0.2.1/upload"}));
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(support::lines_of(o.err),
              ElementsAre(AllOf(HasSubstr("'192.0.2.1' is not this machine"), HasSubstr("attack"),
                                HasSubstr("--yes-i-may-load 192.0.2.1"))));
  const auto other = run(sluice({"bench", "http://192.0.2.1/upload", "--yes-i-may-load", "192.0.2.2"}));
  EXPECT_EQ(other.code, 2);
  // The right word lets it go there, and it finds nobody in time.
  const auto allowed = run(sluice({"bench", "http://192.0.2.1/upload", "--yes-i-may-load", "192.0.2.1",
                                   "--connect-timeout", "20ms", "-w", "1"}));
  EXPECT_EQ(allowed.code, 5) << allowed.err;
}

TEST_F(bench, takes_what_concerns_it_from_a_file_made_for_send) {
  files.add("a", "1");
  support::sink to;
  support::write_file(room / "send.json", R"({"source": ")" + files.root().string() + R"(", "url": ")" +
                                              to.url() + R"(", "cacert": ")" + to.ca() +
                                              R"(", "form": ["mark=room-201"], "on-success": "delete",
                                                 "max-duration": "4m"})");
  auto c = sluice({"bench", "-K", room / "send.json", "--count", "3", "--warm-up", "0"});
  c.environment = {"SLUICE_WINDOW=2", "SLUICE_ON_SUCCESS=delete",
                   "SLUICE_JSON=" + (room / "figures").string()};
  support::process p{c};
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.step().at("window"), 2);
  expect_all_kept();
  ASSERT_EQ(to.ledger().size(), 3u);
  EXPECT_EQ(to.ledger()[0].field("mark"), "room-201");
}

TEST_F(bench, runs_on_one_thread_and_in_bounded_memory) {
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  support::sink to{"[]", {"--http"}};
  support::process p{command(to, {"--size", "64k", "-w", "16", "--duration", "1s", "-q"})};
  std::size_t most = 0;
  p.wait_until([&] {
    std::error_code ec;
    std::size_t threads = 0;
    for (std::filesystem::directory_iterator it{"/proc/" + std::to_string(p.pid()) + "/task", ec}, end;
         !ec && it != end; it.increment(ec))
      ++threads;
    most = std::max(most, threads);
    return false;
  });
  EXPECT_EQ(p.wait(), 0) << p.err();
  EXPECT_EQ(most, 1u);
  support::process again{command(to, {"--size", "64k", "-w", "16", "--duration", "1s", "-q"})};
  EXPECT_LT(again.peak_memory(), 64u * 1024);
}

}  // namespace
}  // namespace e2e
