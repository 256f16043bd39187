// The window that tunes itself, as the program has it.
#include "e2e/e2e.hpp"

#include <algorithm>

namespace e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

class window : public test {
 protected:
  static std::vector<json> lines_of(const std::string& file) {
    std::vector<json> lines;
    for (const auto& line : support::lines_of(support::content_of(file))) lines.push_back(json::parse(line));
    return lines;
  }
  outcome refused(const arguments& options) {
    files.add("a", "1");
    const support::sink to;
    const auto o = drain(to, options);
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(support::lines_of(o.err), SizeIs(1)) << o.err;
    expect_all_kept();
    return o;
  }
  const std::string slow = R"([{"delay_ms": 50}])";
};

TEST_F(window, is_automatic_and_grows_where_the_server_takes_its_time) {
  files.add_many(300, 100);
  support::sink to{slow};
  const auto o = drain(to);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_LE(o.summary.at("window").at("min"), 4);
  EXPECT_GE(o.summary.at("window").at("max"), 16);
  EXPECT_GE(o.summary.at("window").at("changes"), 3);
  EXPECT_GE(to.stop().at("connections"), 16);
  expect_all_kept();
}

TEST_F(window, traces_each_change) {
  files.add_many(300, 100);
  const support::sink to{slow};
  const auto o = drain(to, {"--window", "auto", "--trace-window", room / "trace"});
  EXPECT_EQ(o.code, 0) << o.err;
  const auto lines = lines_of(room / "trace");
  ASSERT_EQ(lines.size(), o.summary.at("window").at("changes"));
  ASSERT_GE(lines.size(), 3u);
  std::size_t before = lines[0].at("from");
  double then = 0;
  for (const auto& line : lines) {
    EXPECT_EQ(line.at("from"), before) << "no change is missing";
    EXPECT_NE(line.at("to"), line.at("from"));
    EXPECT_GE(line.at("t_ms"), then);
    before = line.at("to"), then = line.at("t_ms");
    for (const auto* key : {"in_flight", "files_per_s", "bytes_per_s"}) EXPECT_GT(line.at(key), 0) << key;
    EXPECT_GE(line.at("server_ms"), 45);
  }
  EXPECT_EQ(lines[0].at("reason"), "growing");
}

TEST_F(window, of_a_fixed_number_stays) {
  files.add_many(100, 100);
  const support::sink to{slow};
  const auto o = drain(to, {"-w", "6"});
  EXPECT_EQ(o.summary.at("window"), (json{{"min", 6}, {"max", 6}, {"last", 6}, {"changes", 0}}));
}

TEST_F(window, keeps_to_its_maximum) {
  files.add_many(200, 100);
  support::sink to{slow};
  const auto o = drain(to, {"--window-max", "5"});
  EXPECT_EQ(o.summary.at("window").at("max"), 5);
  EXPECT_LE(to.stop().at("connections"), 5);
}

// A server with room for a few keeps them busy, and is not stormed.
TEST_F(window, gives_way_to_503) {
  files.add_many(100, 100);
  const support::sink to{R"([{"match": {"request": 40}, "status": 503}, {"delay_ms": 20}])"};
  const auto o = drain(to, {"--trace-window", room / "trace", "--retry", "5"});
  EXPECT_EQ(o.code, 0) << o.err;
  std::vector<std::string> reasons;
  for (const auto& line : lines_of(room / "trace")) reasons.push_back(line.at("reason"));
  EXPECT_THAT(reasons, Contains("overload"));
}

TEST_F(window, is_cut_to_what_descriptors_allow) {
  files.add_many(500, 10);
  support::sink to{slow};
  auto c = send_command(to, {"--window-max", "100000"});
  c.descriptor_limit = 200;
  const auto o = run(c);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_LE(o.summary.at("window").at("max"), 51) << "half of what 34 opened ahead and 64 others leave";
}

// Few descriptors leave a window all the same: fewer files are opened ahead.
TEST_F(window, under_a_low_limit_of_descriptors_is_small_and_works) {
  files.add_many(200, 10);
  for (const unsigned limit : {128u, 64u, 32u}) {
    support::sink to{R"([{"delay_ms": 50}])"};
    auto c = send_command(to, {"--window-max", "100000", "--joblog", room / ("log" + std::to_string(limit))});
    c.descriptor_limit = limit;
    const auto o = run(c);
    EXPECT_EQ(o.code, 0) << limit << ": " << o.err;
    EXPECT_EQ(o.count("accepted"), 200u) << limit;
    EXPECT_GE(o.summary.at("window").at("max"), limit == 128 ? 8 : 3) << limit;
  }
  const support::sink to;
  auto c = send_command(to, {"-w", "8"});
  c.descriptor_limit = 128;
  EXPECT_EQ(run(c).code, 0) << "a fixed window of eight fits";
}

TEST_F(window, is_refused_where_descriptors_do_not_do_for_one_upload) {
  const support::sink to{"[]", {"--http"}};
  for (const auto* size : {"1", "auto"}) {
    auto c = send_command(to, {"-w", size});
    c.descriptor_limit = 25;
    const auto o = run(c);
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err,
                AllOf(HasSubstr("limit of 25 file descriptors"), HasSubstr("26"), HasSubstr("ulimit -n")));
  }
}

TEST_F(window, is_told_with_its_last_reason) {
  files.add_many(400, 100);
  const support::sink to{slow};
  const auto o = drain(to, {"-v", "--progress", "line", "--stats", "50ms"});
  EXPECT_THAT(o.err, AllOf(HasSubstr("  window "), HasSubstr("(growing)")));
  const auto quieter = drain(to, {"--progress", "line", "--stats", "50ms"});
  EXPECT_THAT(quieter.err, testing::Not(HasSubstr("  window ")));
}

TEST_F(window, of_a_fixed_number_has_no_maximum) {
  EXPECT_THAT(refused({"-w", "4", "--window-max", "8"}).err,
              AllOf(HasSubstr("--window-max"), HasSubstr("--window")));
}

TEST_F(window, of_a_fixed_number_has_no_trace) {
  EXPECT_THAT(refused({"-w", "4", "--trace-window", room / "trace"}).err,
              HasSubstr("--trace-window and --window"));
}

TEST_F(window, maximum_of_nothing_is_refused) {
  EXPECT_THAT(refused({"--window-max", "0"}).err, AllOf(HasSubstr("--window-max"), HasSubstr("1 or more")));
}

TEST_F(window, trace_that_cannot_be_written_sends_nothing) {
  EXPECT_THAT(refused({"--trace-window", room / "missing/trace"}).err,
              HasSubstr("--trace-window: cannot write"));
}

TEST_F(window, trace_is_none_of_the_files_to_send) {
  files.add("trace", "{}");
  EXPECT_THAT(refused({"--trace-window", room / "spool/trace"}).err, HasSubstr("trace"));
}

}  // namespace
}  // namespace e2e
