// A watch as a service: what its manager is told, how it ends, what it refuses to begin.
#include "e2e/watching.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

/// The messages that a service manager hears on its socket.
class notifications {
 public:
  explicit notifications(const std::string& path)
      : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot bind " + path);
  }
  ~notifications() { ::close(fd_); }
  notifications(const notifications&) = delete;

  const std::vector<std::string>& lines() {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0;)
      for (auto& line : support::lines_of({buffer.data(), static_cast<std::size_t>(n)}))
        lines_.push_back(std::move(line));
    return lines_;
  }
  std::ptrdiff_t count(const std::string& beginning) {
    return std::ranges::count_if(lines(), [&](const auto& line) { return line.starts_with(beginning); });
  }

 private:
  int fd_;
  std::vector<std::string> lines_;
};

class service : public watching {
 protected:
  service() { files.add_many(6, 100); }
  support::command with_manager(support::command c, arguments more = {}) const {
    c.environment = std::move(more);
    c.environment.push_back("NOTIFY_SOCKET=" + (room / "notify").string());
    return c;
  }
};

TEST_F(service, manager_is_told_the_course_of_it) {
  notifications heard{room / "notify"};
  support::sink to;
  support::process p{with_manager(watch_command(to, almost_idle()))};
  ASSERT_TRUE(p.wait_until([&] { return heard.count("STATUS=") > 0; })) << p.err();
  EXPECT_EQ(heard.lines().front(), "READY=1");
  EXPECT_THAT(heard.lines(),
              Contains(AllOf(StartsWith("STATUS="), HasSubstr("accepted"), HasSubstr("waiting"))));
  p.signal(SIGHUP);
  ASSERT_TRUE(p.wait_until([&] { return heard.count("READY=1") == 2; })) << p.err();
  const auto lines = heard.lines();
  const auto reloading = std::ranges::find(lines, "RELOADING=1");
  ASSERT_NE(reloading, lines.end());
  EXPECT_THAT(*(reloading + 1), testing::MatchesRegex("MONOTONIC_USEC=[0-9]+"));
  EXPECT_EQ(heard.count("WATCHDOG=1"), 0) << "nobody asked for it";
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(), 128 + SIGTERM);
  EXPECT_EQ(heard.count("STOPPING=1") > 0, true);
}

TEST_F(service, watchdog_is_fed_from_the_loop) {
  notifications heard{room / "notify"};
  support::sink to;
  support::process p{with_manager(watch_command(to, almost_idle()), {"WATCHDOG_USEC=200000"})};
  EXPECT_TRUE(p.wait_until([&] { return heard.count("WATCHDOG=1") >= 4; })) << p.err();
  EXPECT_EQ(threads_of(p), 1u);
}

TEST_F(service, is_not_ready_when_it_cannot_begin) {
  notifications heard{room / "notify"};
  support::sink to;
  support::process first{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(first)) << first.err();
  auto c = with_manager(watch_command(to));
  std::ranges::replace(c.arguments, control_, (room / "other").string());
  support::process second{c};
  EXPECT_EQ(second.wait(), 11);
  EXPECT_THAT(support::lines_of(second.err()), ElementsAre(HasSubstr("another instance holds")))
      << second.err();
  EXPECT_EQ(heard.count("READY=1"), 0);
}

TEST_F(service, first_signal_lets_what_is_in_flight_end_and_the_second_does_not) {
  support::sink to{R"([{"delay_ms": 30000}])"};
  support::process p{watch_command(to, {"-w", "4"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
  p.signal(SIGTERM);
  ASSERT_TRUE(says(p, "finishing what is in flight")) << p.err();
  EXPECT_EQ(status().at("state"), "stopping");
  p.signal(SIGINT);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 128 + SIGINT);
  EXPECT_EQ(o.count("unknown_outcomes"), 4u);
  expect_all_kept();
  expect_adds_up(o);
}

TEST_F(service, lines_have_what_an_operator_looks_for) {
  support::sink to;
  support::process p{watch_command(to, almost_idle({"--stats", "20ms", "-w", "3"}))};
  EXPECT_TRUE(says(p, "  window 3  ")) << p.err();
  EXPECT_TRUE(says(p, " waiting")) << p.err();
}

TEST_F(service, terminal_has_one_line_that_is_redrawn) {
  support::sink to;
  auto c = watch_command(to, almost_idle({"-w", "3"}));
  c.terminal = true;
  support::process p{c};
  ASSERT_TRUE(says(p, "  window 3  ")) << p.err();
  EXPECT_THAT(p.err(), AllOf(HasSubstr("\r\x1b[K"), Not(HasSubstr("[="))));
}

TEST_F(service, credential_is_a_file_of_the_manager) {
  std::filesystem::create_directory(room / "credentials");
  support::write_file(room / "credentials/headers", "token: s3cret\n");
  support::sink to;
  const auto run_with = [&](const std::string& header) {
    auto c = sluice({"send", files.root(), to.url(), "--cacert", to.ca(), "-q", "-H", header});
    c.environment = {"CREDENTIALS_DIRECTORY=" + (room / "credentials").string()};
    return run(c);
  };
  const auto outside = run_with("@credential:../credentials/headers");
  EXPECT_EQ(outside.code, 2);
  EXPECT_THAT(outside.err, HasSubstr("cannot read 'credential:../credentials/headers'"));
  EXPECT_EQ(run_with("@credential:nothing").code, 2);
  EXPECT_EQ(run_with("@credential:headers").code, 0);
  EXPECT_THAT(header_values(to, "token"), testing::Each("s3cret"));
}

struct refusal {
  const char* name;
  arguments options;
  std::vector<std::string> says;
};
void PrintTo(const refusal& r, std::ostream* out) { *out << r.name; }

class refused_watch : public service, public testing::WithParamInterface<refusal> {};

TEST_P(refused_watch, is_told_in_one_line_and_nothing_happens) {
  support::sink to{"[]", {"--http"}};
  arguments all{"watch", files.root(), to.url()};
  all.insert(all.end(), GetParam().options.begin(), GetParam().options.end());
  const auto o = run(sluice(all));
  EXPECT_EQ(o.code, 2) << o.err;
  ASSERT_THAT(support::lines_of(o.err), SizeIs(1)) << o.err;
  for (const auto& word : GetParam().says) EXPECT_THAT(o.err, HasSubstr(word));
  EXPECT_EQ(to.stop().at("connections"), 0);
  expect_all_kept();
}

INSTANTIATE_TEST_SUITE_P(
    options, refused_watch,
    testing::Values(
        refusal{"keep_without_memory",
                {},
                {"keep needs --joblog FILE", "--on-success delete", "--on-success move=DIR"}},
        refusal{"keep_with_a_log_nobody_can_read", {"--joblog", "-"}, {"keep needs --joblog FILE"}},
        refusal{"no_rescan", {"--on-success", "delete", "--rescan", "0"}, {"--rescan: an interval of 0"}},
        refusal{"open_page",
                {"--on-success", "delete", "--status", "0.0.0.0:80"},
                {"--status", "--status-public"}},
        refusal{
            "page_of_nothing", {"--on-success", "delete", "--status", "9180"}, {"--status: '9180' is not"}},
        refusal{
            "public_nothing", {"--on-success", "delete", "--status-public"}, {"needs --status ADDR:PORT"}},
        refusal{"long_path",
                {"--on-success", "delete", "--control", std::string(108, 'x')},
                {"--control: ", "107 bytes"}},
        refusal{"no_place",
                {"--on-success", "delete", "--control", "/nowhere/control"},
                {"--control: cannot make"}},
        refusal{
            "no_command", {"--on-success", "delete", "--token-command", ""}, {"--token-command: is empty"}},
        refusal{
            "implied", {"--on-success", "delete", "--resume"}, {"--resume", "an option of `sluice send`"}},
        refusal{"dry", {"--on-success", "delete", "-n"}, {"no such option", "sluice watch --help"}}),
    [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace e2e
