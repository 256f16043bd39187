// A drain of the caller's range, with its records in the order of the range.
#include "uploader_fixture.hpp"

#include <list>
#include <ranges>

namespace sluice {
namespace {

class source_paths : public with_endpoint {
 protected:
  std::vector<fs::path> make(int n) {
    std::vector<fs::path> all;
    for (int i = 0; i < n; ++i) all.push_back(files_.write(std::to_string(i), std::to_string(i)));
    return all;
  }
  drain_outcome drain_with(uploader& up, source from, drain_options options) {
    std::optional<drain_outcome> outcome;
    up.async_drain(std::move(from), std::move(options),
                   [&](error_code ec, run_summary s) { outcome = {ec, std::move(s)}; });
    loop::run_until(ioc_, [&] { return outcome.has_value(); });
    return std::move(*outcome);
  }
};

TEST_F(source_paths, are_taken_from_any_range) {
  const auto names = make(6);
  const std::list<std::string> texts{names[0].string(), names[1].string()};
  uploader up{ioc_.get_executor(), cfg()};
  EXPECT_EQ(drain(up, source::paths(texts)).summary.counts[fate::accepted], 2u);
  EXPECT_EQ(drain(up, source::paths(std::vector{names[2], names[3]})).summary.counts[fate::accepted], 2u);
  auto some =
      names | std::views::drop(4) | std::views::filter([](const fs::path& p) { return p.filename() != "x"; });
  EXPECT_EQ(drain(up, source::paths(some)).summary.counts[fate::accepted], 2u);
  EXPECT_EQ(drain(up, source::paths(std::vector<fs::path>{})).summary.counts.total(), 0u);
  EXPECT_EQ(server_.count(), 6u);
}

// A range may be endless but for what is asked of it.
TEST_F(source_paths, are_asked_for_only_as_there_is_room) {
  const auto names = make(1000);
  std::uint64_t asked = 0;
  auto endless = std::views::iota(0) | std::views::transform([&](int n) {
                   ++asked;
                   return names[static_cast<std::size_t>(n) % names.size()];
                 });
  auto c = cfg();
  c.window = window::fixed(1);
  uploader up{ioc_.get_executor(), c};
  server_.hold();
  asio::cancellation_signal signal;
  const auto outcome = start_drain(up, source::paths(endless), signal.slot());
  loop::run_until(ioc_, [&] { return server_.in_flight == 1; });
  settle();
  EXPECT_LE(asked, 70u) << "a window of one, four times that or 64 waiting";
  signal.emit(asio::cancellation_type::terminal);
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
}

TEST_F(source_paths, records_are_returned_in_the_order_of_the_range) {
  auto names = make(40);
  names.insert(names.begin() + 3, files_ / "missing");
  server_.say([&](const loop::got& r) -> asio::awaitable<std::string> {  // the first ones come last
    asio::steady_timer late{ioc_, std::chrono::milliseconds{r.field("file").size() == 1 ? 20 : 0}};
    co_await late.async_wait(asio::use_awaitable);
    co_return loop::reply(r.field("file") == "7" ? "400 No" : "200 OK", "reply to " + r.field("file"));
  });
  auto c = cfg();
  c.window = window::fixed(8);
  uploader up{ioc_.get_executor(), c};
  std::vector<std::uint64_t> told;
  const auto r =
      drain_with(up, source::paths(names),
                 drain_options{}.on_record([&](const file_record& f) { told.push_back(f.seq); }).collect());
  ASSERT_EQ(r.summary.records.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& record = r.summary.records[i];
    EXPECT_EQ(record.path, names[i].string());
    EXPECT_EQ(record.seq, i + 1);
    const auto name = names[i].filename().string();
    EXPECT_EQ(record.fate, name == "missing" ? fate::missing : name == "7" ? fate::rejected : fate::accepted);
    EXPECT_EQ(record.response, name == "missing" ? "" : "reply to " + name);
  }
  EXPECT_FALSE(std::ranges::is_sorted(told)) << "nothing was overtaken: the test shows nothing";
  std::ranges::sort(told);
  EXPECT_EQ(told.size(), names.size());
}

TEST_F(source_paths, records_are_kept_only_where_asked_for) {
  uploader up{ioc_.get_executor(), cfg()};
  EXPECT_TRUE(drain(up, source::paths(make(3))).summary.records.empty());
}

TEST_F(source_paths, selection_and_order_hold) {
  const auto names = make(12);
  auto from = source::paths(names);
  from.select.exclude = {"1*"};
  from.order = {order::by::name, true};
  uploader up{ioc_.get_executor(), cfg()};
  const auto r = drain_with(up, from, drain_options{}.collect());
  EXPECT_EQ(r.summary.counts[fate::accepted], 9u);
  EXPECT_EQ(r.summary.counts[fate::skipped], 3u);
  ASSERT_EQ(r.summary.records.size(), 12u);
  EXPECT_EQ(r.summary.records[2].fate, fate::skipped) << "what is not sent needs no place in the order";
  EXPECT_EQ(r.summary.records[3].path, names[9].string());
}

}  // namespace
}  // namespace sluice
