#include "sim/scenario.hpp"

#include "engine/uploader_engine.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <utility>

namespace sim {
namespace {

using sluice::fate;

constexpr std::uint64_t too_many_at_once = 500'000, too_many_events = 20'000'000;

sluice::window some_window(std::size_t most) {
  return world::here().chance(0.5) ? sluice::window::automatic(most) : sluice::window::fixed(most);
}

std::string some_bytes() {
  auto& w = world::here();
  static constexpr std::string_view letters = "abcdefghijklmnop";
  std::string bytes = std::to_string(w.number()) + ":";
  const auto size = w.chance(0.1) ? 0 : w.below(120);
  if (size == 0) return {};
  while (bytes.size() < size) bytes += letters[w.below(letters.size())];
  return bytes;
}

bool adds_up(const sluice::counts& c) {
  std::uint64_t sum = 0;
  for (const auto f :
       {fate::accepted, fate::rejected, fate::deferred, fate::changed, fate::vanished, fate::skipped})
    sum += c[f];
  return sum == c.total();
}

}  // namespace

scenario::scenario(std::uint64_t seed, bool trace) : w{seed, trace} {
  on.may_remove = [this](const std::string& path, const inode& node) -> std::string {
    if (to.confirmed(path.substr(path.rfind('/') + 1), node.content)) return {};
    return "taken away unconfirmed: " + path;
  };
  settings();
}

scenario::~scenario() { end(); }

void scenario::settings() {
  cfg.url = "http://endpoint.invalid/upload";
  cfg.success.json = {"/code=0"};
  cfg.window = some_window(1 + w.below(8));
  cfg.retry.retries = static_cast<unsigned>(w.below(4));
  if (w.chance(0.2)) cfg.retry.all_errors = true;
  if (w.chance(0.2)) cfg.retry.max_time = std::chrono::seconds{1 + w.below(30)};
  if (w.chance(0.3)) cfg.timeout.attempt = w.between(milliseconds{50}, milliseconds{60'000});
  if (w.chance(0.1)) cfg.limit.requests_per_second = static_cast<double>(1 + w.below(50));
  if (w.chance(0.1)) cfg.limit.max_duration = w.between(milliseconds{1}, milliseconds{60'000});
  if (w.chance(0.1)) cfg.limit.max_errors = 1 + w.below(10);
  cfg.limit.grace = w.between(milliseconds{0}, milliseconds{15'000});
  switch (w.below(4)) {
    case 0:
      cfg.on_success = sluice::disposal::move_to("moved");
      break;
    case 1:
      cfg.resume = true;
      break;
    default:
      cfg.on_success = sluice::disposal::remove();
  }
  follows_ = w.chance(0.3);
  on.leases = w.chance(0.7);
  cfg.count_ahead = w.chance(0.3);
  if (w.chance(0.2)) cfg.on_reject = sluice::disposal::move_to("rejected");
  cfg.job_log = "joblog";
  on.may_drop_log_lines = w.chance(0.2);
  cfg.on_record = [this](const sluice::file_record& r) {
    w.note(std::string{to_string(r.fate)} + " " + r.path + " " + std::string{to_string(r.disposal)} + " " +
           r.reason);
    if (r.fate == fate::changed) to.excuse(r.key);
    if (r.fate == fate::undeletable && !follows_) to.excuse(r.key);
    if (r.fate == fate::undeletable && follows_) excused_later_.push_back(r.key);
    if (r.fate == fate::undeletable && r.error == sluice::errc::not_removable && r.attempts > 0)
      stayed(r.path);
    if (r.attempts > 2 * (cfg.retry.retries + 1))  // each may have found a kept connection dead
      w.fail("more attempts than allowed: " + r.path);
  };
}

/// A failed removal teaches the run: the window at most is sent of that folder, and as much again where
/// somebody else took away what was to tell whether it has opened.
void scenario::stayed(const std::string& path) {
  const auto at = shut_.find("spool/" + path.substr(0, path.rfind('/') + 1));
  if (at == shut_.end() || !on.shut.contains(at->first)) return;
  const auto n = ++at->second.stayed;
  if (n > widest_ * (1 + at->second.touched))
    w.fail("sent again and again from a folder that gives nothing away: " + path);
}

void scenario::shut_a_folder(milliseconds within) {
  const auto folder = "spool/sub" + std::to_string(w.below(3)) + "/";
  const auto begin = w.between(milliseconds{0}, within / 2), lasts = w.between(milliseconds{1}, within * 4);
  w.after(begin, world::owner::environment, [this, folder, lasts] {
    w.note("shut: " + folder);
    on.shut.insert(folder), shut_[folder] = {};
    w.after(lasts, world::owner::environment, [this, folder] {
      w.note("open again: " + folder);
      on.shut.erase(folder);
    });
  });
}

void scenario::populate(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto where = w.chance(0.3) ? "spool/sub" + std::to_string(w.below(3)) + "/" : std::string{"spool/"};
    on.create(where + "f" + std::to_string(i), some_bytes(),
              w.chance(0.03) ? inode::kind::link : inode::kind::regular);
  }
  told.files += count;
}

void scenario::disturb(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    w.after(w.between(milliseconds{0}, milliseconds{1 << w.below(18)}), world::owner::environment, [this, i] {
      const auto below = [&](const auto& at) {
        return at != on.names.end() && at->first.starts_with("spool/");
      };
      auto at = on.names.lower_bound("spool/f" + std::to_string(w.below(20)));
      if (!below(at)) return;
      const auto path = at->first;
      if (const auto s = shut_.find(path.substr(0, path.rfind('/') + 1)); s != shut_.end())
        ++s->second.touched;
      const auto size = at->second->content.size();
      switch (w.below(11)) {
        case 8:
          w.note("linked: " + path);
          on.link(path, path + ".link" + std::to_string(i), w.chance(0.5));
          break;
        case 9:
        case 10:
          write_slowly("spool/slow" + std::to_string(i), 1 + w.below(8));
          break;
        case 0:
          w.note("appended to " + path);
          on.rewrite(path, at->second->content + "more");
          break;
        case 1:
          w.note("rewritten in place: " + path);
          on.rewrite(path, std::string(size, static_cast<char>('A' + w.below(26))));
          break;
        case 2:
          w.note("truncated: " + path);
          on.rewrite(path, at->second->content.substr(0, size / 2));
          break;
        case 3:
          w.note("replaced: " + path);
          on.replace(path, some_bytes());
          break;
        case 4:
          w.note("removed by its owner: " + path);
          on.erase(path);
          break;
        case 5:
          w.note("a link took the name " + path);
          on.create(path, "elsewhere", inode::kind::link);
          break;
        case 6:
          if (!at->second->unfinished) on.open_for_writing(path, !at->second->has_writer);
          break;
        default:
          w.note("new: spool/new" + std::to_string(i));
          on.create("spool/new" + std::to_string(i), some_bytes());
          ++told.files;
      }
    });
}

/// Another process writes a file part by part, with pauses that are shorter than the settle time.
void scenario::write_slowly(const std::string& path, std::uint64_t parts) {
  w.note("slowly: " + path);
  on.create(path, some_bytes());
  ++told.files;
  const auto node = on.find(path);
  node->unfinished = node->has_writer = true;
  write_on(path, node, parts);
}

void scenario::write_on(const std::string& path, const inode_ptr& node, std::uint64_t parts) {
  w.after(w.between(milliseconds{1}, milliseconds{9'000}), world::owner::environment, [=, this] {
    if (!node->unfinished) return;
    node->unfinished = parts > 0;
    node->content += "part";
    on.wrote(*node);
    if (parts > 0) return write_on(path, node, parts - 1);
    node->has_writer = false;
    if (on.find(path) == node) on.tell(path);
  });
}

/// New files for a while, some of them under names that were used before.
void scenario::people_write(std::size_t times, milliseconds within) {
  for (std::size_t i = 0; i < times; ++i)
    w.after(w.between(milliseconds{0}, within), world::owner::environment, [this] {
      const auto path =
          (w.chance(0.2) ? "spool/sub" + std::to_string(w.below(3)) + "/new" : "spool/written") +
          std::to_string(w.below(30));
      if (const auto s = shut_.find(path.substr(0, path.rfind('/') + 1)); s != shut_.end() && on.find(path))
        ++s->second.touched;
      w.note("written: " + path);
      on.create(path, some_bytes());
      ++told.files;
    });
}

sluice::source scenario::some_source() {
  auto from = sluice::source::directory("spool");
  if (!follows_) return from;
  const auto again = w.between(milliseconds{100}, milliseconds{60'000});
  from.follow = sluice::following{w.between(milliseconds{100}, milliseconds{120'000}), again,
                                  again * (1 + static_cast<int>(w.below(60)))};
  return from;
}

void scenario::start() {
  loop_ = std::make_unique<asio::io_context>(1);
  std::vector<sluice::problem> problems;
  auto s = sluice::engine::compile(cfg, problems);
  if (!s) return w.fail("settings: " + to_string(problems.front()));
  const auto executor = loop_->get_executor();
  engine_ = sluice::engine::uploader_engine::make(
      std::move(*s), {executor, std::make_unique<clock>(executor), std::make_unique<entropy>(),
                      std::make_unique<network>(to, executor, cfg.timeout),
                      std::make_unique<files>(on, executor, cfg.settle)});
  widest_ = cfg.window.size();
  to.most_in_flight = 0;
}

void scenario::end() {
  if (!engine_) return;
  engine_->abandon();
  w.kill_process();
  engine_.reset();
  loop_.reset();
  to.in_flight = 0;
}

/// Turns the loop and the world until it holds; a world in which nothing happens any more is stuck.
void scenario::advance(const std::function<bool()>& until) {
  std::uint64_t at_once = 0;
  for (auto last = w.now(); w.failure().empty() && !until();) {
    loop_->restart();  // a loop without work has stopped, and more may have come
    if (loop_->poll_one() > 0) {
      ++told.events;
      at_once = std::exchange(last, w.now()) == w.now() ? at_once + 1 : 0;
      if (at_once > too_many_at_once || told.events > too_many_events) w.fail("no end of it: a busy loop");
      continue;
    }
    if (w.step()) continue;
    const auto p = engine_->snapshot();
    w.fail("stuck: nothing will ever happen, with " + std::to_string(p.in_flight) + " in flight, " +
           std::to_string(p.waiting) + " waiting, " + std::to_string(p.backing_off) + " backing off");
  }
}

/// An operator stops the run, changes the window, uploads beside it, or waits for better weather.
void scenario::interfere() {
  const auto times = w.below(4);
  for (std::size_t i = 0; i < times; ++i)
    w.after(w.between(milliseconds{0}, milliseconds{1 << w.below(17)}), world::owner::process, [this] {
      switch (w.below(follows_ ? 8 : 6)) {
        case 6:
          w.note("walk now");
          engine_->rescan(false);
          break;
        case 7:
          if (!w.chance(0.1)) break;
          w.note("the source is moved away");
          on.root_is_gone = true;
          break;
        case 0: {
          const bool at_once = w.chance(0.5);
          w.note(at_once ? "stopped at once" : "stopped");
          engine_->stop_drain(drain_id_, at_once);
          stopped_at_ = std::min(stopped_at_, w.now());
          break;
        }
        case 1: {
          const auto n = 1 + w.below(12);
          widest_ = std::max<std::size_t>(widest_, n);
          engine_->set_window(some_window(n));
          break;
        }
        case 2: {
          auto r = sluice::upload_request::from_memory(some_bytes(), "upload" + std::to_string(++uploads_));
          w.note("upload");
          const auto id = engine_->upload(std::move(r), [this](error_code, const auto&) { ++uploads_done_; });
          if (w.chance(0.5))
            w.after(w.between(milliseconds{0}, milliseconds{2000}), world::owner::process, [this, id] {
              w.note("upload cancelled");
              engine_->cancel_upload(id, w.chance(0.5));
            });
          break;
        }
        case 3:
          w.jump(std::chrono::hours{w.chance(0.5) ? 87'600 : -87'600});
          break;
        default:
          to.weather = any_weather();
      }
    });
}

std::optional<sluice::run_summary> scenario::drain(bool may_be_killed, bool with_interference) {
  if (cfg.resume) to.excuse_all_but(logged_keys(on));
  summary_.reset(), stopped_at_ = steady_time::max(), uploads_ = uploads_done_ = 0;
  const auto begun = w.now();
  killed_ = false;
  std::uint64_t killer = 0;
  if (may_be_killed && w.chance(0.4))
    killer = w.after(w.between(milliseconds{0}, milliseconds{1 << w.below(17)}), world::owner::process,
                     [this] { killed_ = true; });
  on.root_is_gone = false;
  for (auto& [folder, s] : shut_) s = {};
  if (with_interference && w.chance(0.3)) shut_a_folder(milliseconds{2 << w.below(18)});
  for (const auto& key : std::exchange(excused_later_, {})) to.excuse(key);
  if (follows_) {
    const auto longest = milliseconds{w.chance(0.1) ? 20'000'000 : 1 << w.below(19)};
    people_write(w.below(30), longest);
    w.after(w.between(milliseconds{0}, longest), world::owner::process, [this] {
      w.note("finish");
      engine_->rescan(true);
    });
  }
  drain_id_ = engine_->drain(some_source(), {}, [this](error_code, sluice::run_summary s) {
    if (summary_) w.fail("told twice of its end");
    summary_ = std::move(s);
  });
  if (with_interference) interfere();
  ++told.runs;
  advance([&] { return killed_ || summary_; });
  w.cancel(killer);
  if (w.failure().empty() && killed_ && !summary_) {
    w.note("killed");
    ++told.kills;
    end();
    if (w.chance(0.5)) on.power_cut(), to.excuse_all();
    return std::nullopt;
  }
  if (!w.failure().empty()) return std::nullopt;
  if (stopped_at_ != steady_time::max() &&
      w.now() > std::max(stopped_at_, begun) + cfg.limit.grace + std::chrono::seconds{1})
    w.fail("stopping took longer than the grace period and a second");
  check(*summary_);
  advance([&] { return uploads_done_ == uploads_; });
  return summary_;
}

void scenario::follow_to_the_end() {
  for (const auto& key : std::exchange(excused_later_, {})) to.excuse(key);
  if (cfg.resume) to.excuse_all_but(logged_keys(on));
  cfg.limit.max_duration = {}, cfg.limit.max_errors = 0;
  end(), start();
  summary_.reset(), killed_ = false, uploads_ = uploads_done_ = 0, on.root_is_gone = false;
  drain_id_ = engine_->drain(some_source(), {},
                             [this](error_code, sluice::run_summary s) { summary_ = std::move(s); });
  ++told.runs;
  const auto bad = milliseconds{w.chance(0.2) ? 10'000'000 : 1 << w.below(19)};
  people_write(w.below(30), bad);
  for (auto& [folder, s] : shut_) s = {};
  if (w.chance(0.3)) shut_a_folder(bad);
  bool well = false, quiet = false;
  w.after(bad, world::owner::environment, [&] { heal(), well = true; });
  w.after(bad + std::chrono::seconds{60}, world::owner::environment, [&] { quiet = true; });
  people_write(w.below(5), bad + std::chrono::seconds{50});
  const auto enough = w.now() + bad + std::chrono::hours{8};
  advance([&] { return summary_ || (well && quiet && waiting(true) == 0) || w.now() > enough; });
  if (!w.failure().empty()) return;
  if (summary_) return w.fail("a run that follows ended by itself: " + to_json(*summary_));
  if (waiting(true) > 0) return w.fail("not delivered, though all has been well for hours");
  const auto p = engine_->snapshot();
  if (!adds_up(p.counts)) w.fail("seen is not the sum of the fates while it runs");
  w.note("finish");
  engine_->rescan(true);
  advance([&] { return summary_.has_value(); });
  if (summary_) check(*summary_);
  if (summary_ && summary_->reason != sluice::stop_reason::complete)
    w.fail("not complete: " + to_json(*summary_));
}

std::optional<sluice::run_summary> scenario::follow_for(milliseconds how_long) {
  auto from = sluice::source::directory("spool");
  from.follow = sluice::following{};
  w.after(how_long, world::owner::process, [this] { engine_->rescan(true); });
  drain_id_ =
      engine_->drain(from, {}, [this](error_code, sluice::run_summary s) { summary_ = std::move(s); });
  advance([&] { return summary_.has_value(); });
  return summary_;
}

void scenario::check(const sluice::run_summary& s) {
  w.note("ended: " + to_json(s));
  if (!adds_up(s.counts)) w.fail("seen is not the sum of the fates: " + to_json(s));
  if (s.deleted + s.counts[sluice::fate::undeletable] > s.counts[sluice::fate::accepted])
    w.fail("more taken away than accepted: " + to_json(s));
  if (to.most_in_flight > widest_) w.fail("more in flight than the window allows");
  // The budget: 100 retries at once, one more for five successes, whatever became of the file (and of
  // uploads).
  if (s.retries >
      100 + (s.counts[sluice::fate::accepted] + s.counts[sluice::fate::changed] + uploads_) / 5 + 1)
    w.fail("more retries than the budget allows: " + to_json(s));
}

void scenario::heal() {
  w.note("healed");
  to.weather = calm();
  on.trouble = 0, on.may_drop_log_lines = false, on.shut.clear();
  cfg.limit.max_duration = {}, cfg.limit.max_errors = 0, cfg.timeout.attempt = {};
  on.root_is_gone = false;
  for (auto& [path, node] : on.names) {
    node->unfinished = false;
    if (node->has_writer) on.open_for_writing(path, false);
  }
}

std::size_t scenario::waiting(bool may_stay) const {
  return static_cast<std::size_t>(std::ranges::count_if(on.names, [&](const auto& n) {
    if (!n.first.starts_with("spool/") || n.second->what != inode::kind::regular) return false;
    return !(cfg.resume || may_stay) ||
           !to.confirmed(n.first.substr(n.first.rfind('/') + 1), n.second->content);
  }));
}

void scenario::deliver_all() {
  follows_ = false;
  for (int run = 0; run < 3 && w.failure().empty() && waiting() > 0; ++run) drain(false, false);
  if (w.failure().empty() && waiting() > 0)
    w.fail("never delivered, though all is well again: " + std::to_string(waiting()) + " files");
}

story tell(std::uint64_t seed, bool trace) {
  scenario s{seed, trace};
  auto& w = s.w;
  s.populate(w.below(w.chance(0.1) ? 400 : 25));
  s.disturb(w.chance(0.5) ? w.below(20) : 0);
  s.on.trouble = w.chance(0.5) ? 0 : w.chance(0.2) ? 0.3 : 0.02;
  s.to.weather = any_weather();
  const auto runs = 1 + w.below(4);
  bool running = false;
  for (std::uint64_t run = 0; run < runs && w.failure().empty(); ++run) {
    if (!running) s.start();
    running = s.drain(true, true).has_value() && w.chance(0.7);
    if (!running) s.end();
    s.to.weather = any_weather();
  }
  while (w.failure().empty() && w.step()) {
  }
  if (w.failure().empty() && s.follows()) s.follow_to_the_end();
  s.heal();
  if (w.failure().empty()) s.end(), s.start(), s.deliver_all();
  s.told.failure = w.failure(), s.told.hash = w.hash();
  s.told.requests = s.to.counted().requests, s.told.duplicates = s.to.counted().duplicates;
  return s.told;
}

}  // namespace sim
