#include "sweep/stage.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <set>
#include <stdexcept>

namespace sweep {
namespace {

/// strace does not take its child with it when it is killed.
void kill_with_children(pid_t parent) {
  const auto pid = std::to_string(parent);
  std::ifstream children{"/proc/" + pid + "/task/" + pid + "/children"};
  for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
  ::kill(parent, SIGKILL);
}

}  // namespace

bool documented(int exit_code) {
  constexpr std::array codes{0, 1, 2, 3, 5, 7, 10, 11};
  return std::ranges::find(codes, exit_code) != codes.end();
}

std::string ending(int status) {
  return status < 0 ? "killed by signal " + std::to_string(-status) : "exit code " + std::to_string(status);
}

stage::stage(const scenario& what, const settings& how)
    : scenario_{what}, settings_{how}, sink_{"[]", what.sink_arguments} {
  files_.add_many(what.files, what.size, what.prefix);
  std::filesystem::create_directory(room_ / "moved");
  if (what.has_manifest) write_manifest();
  if (!what.of_another_user) return;
  for (const auto& directory : {room_.path(), files_.root()})
    std::filesystem::permissions(directory, std::filesystem::perms::all);
  std::filesystem::copy_file(how.program.front(), room_ / "sluice");  // where nobody can reach it
}

void stage::write_manifest() const {
  std::ofstream lines{room_ / "manifest"};
  for (const auto& [name, digest] : files_.originals())
    lines << nlohmann::json{{"path", name}, {"sha256", digest}, {"header", {{"X-Sha256", "{@sha256}"}}}}
          << '\n';
}

std::uint16_t stage::sink_port() const {
  const auto& url = sink_.url();
  return static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
}

int stage::run(const run_options& o) {
  const auto summary = room_ / ("summary-" + std::to_string(++runs_));
  const auto port = o.port != 0 ? o.port : sink_port();
  support::command c{.arguments = o.below, .environment = settings_.environment, .directory = room_.path()};
  auto program = settings_.program;
  if (scenario_.of_another_user) program.front() = (room_ / "sluice").string(), c.as_nobody = true;
  c.arguments.insert(c.arguments.end(), program.begin(), program.end());
  const auto on_success = scenario_.on_success == "move" ? "move=moved" : scenario_.on_success;
  for (const auto& word :
       {std::string{"send"}, std::string{"spool"},
        (sink_.ca().empty() ? "http" : "https") + ("://127.0.0.1:" + std::to_string(port)) + scenario_.target,
        std::string{"--window"}, std::to_string(scenario_.window), std::string{"--on-success"}, on_success,
        std::string{"--joblog"}, std::string{"joblog"}, std::string{"--summary"}, summary.string()})
    c.arguments.push_back(word);
  if (!sink_.ca().empty()) c.arguments.insert(c.arguments.end(), {"--cacert", sink_.ca()});
  if (scenario_.of_another_user) c.arguments.insert(c.arguments.end(), {"--settle", "100ms"});
  if (scenario_.on_success == "keep") c.arguments.emplace_back("--resume");
  if (scenario_.has_manifest) c.arguments.insert(c.arguments.end(), {"--files-from-json", "manifest"});
  for (const auto* more : {&scenario_.arguments, &o.arguments})
    c.arguments.insert(c.arguments.end(), more->begin(), more->end());

  support::process p{c};
  p.wait_until(
      [&] {
        if (o.meanwhile) o.meanwhile();
        return false;
      },
      settings_.deadline);
  try {
    status_ = p.wait(std::chrono::milliseconds{0});
  } catch (const std::runtime_error&) {
    kill_with_children(p.pid());
    throw std::runtime_error("it hangs; it said: " + p.err());
  }
  const auto text = support::content_of(summary);
  auto told = nlohmann::json::parse(text, nullptr, false);
  if (told.is_object())
    summaries_.push_back(std::move(told));
  else
    ++untold_;
  return status_;
}

bool stage::lost_lines() const {
  return !summaries_.empty() && summaries_.back().at("log_lines_dropped") != 0;
}

support::evidence stage::evidence() const {
  support::evidence e{.originals = files_.originals(), .spool = files_.left(), .ledger = sink_.ledger()};
  e.summaries = summaries_;
  e.in_flight_at_kills = std::uint64_t{untold_} * scenario_.window;
  e.moved = support::files_below(room_ / "moved");
  if (std::filesystem::exists(room_ / "joblog")) e.job_log = support::read_job_log(room_ / "joblog");
  return e;
}

void stage::judge(outcome& into, bool all_there) {
  const auto found = support::judge(evidence());
  into.lost += found.lost.size();
  into.duplicates = found.duplicates;
  for (const auto& line : support::lines_of(found.text()))
    into.problems.push_back("after run " + std::to_string(runs_) + ": " + line);
  if (status_ == 0 && all_there) expect_all_done(into);
}

void stage::expect_all_done(outcome& into) const {
  const auto run = "exit code 0 of run " + std::to_string(runs_) + ", but ";
  std::set<std::string> delivered;
  for (const auto& r : sink_.ledger())
    if (r.verdict == "accepted") delivered.insert(r.sha256);
  for (const auto& [name, digest] : files_.originals())
    if (!delivered.contains(digest)) into.problems.push_back(run + "never delivered: " + name);
  if (const auto left = files_.left().size(); scenario_.on_success != "keep" && left > 0)
    into.problems.push_back(run + std::to_string(left) + " files left");
}

void stage::finish(outcome& into) {
  const int status = run({});
  const bool may_miss = scenario_.has_manifest && status == 1;  // a manifest names what went before the kill
  if (status != 0 && !may_miss) into.problems.push_back("the clean run after it: " + ending(status));
  sink_.stop();
  judge(into);
  if (may_miss) expect_all_done(into);
}

}  // namespace sweep
