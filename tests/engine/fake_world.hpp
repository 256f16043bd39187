// A world for unit tests of the engine: time, network and files are what the test says, and nothing waits.
#pragma once

#include "engine/attempt/attempt.hpp"
#include "engine/dispatch/dispatcher.hpp"
#include "engine/run/run.hpp"
#include "support/log_text.hpp"

#include <sluice/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fake {

namespace asio = boost::asio;
namespace core = sluice::core;
namespace io = sluice::io;
namespace engine = sluice::engine;
namespace sys = boost::system::errc;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using sluice::awaitable;
using sluice::error_code;

inline io::directory_ptr make_directory(const std::string& path) {
  return std::make_shared<io::directory>(io::unique_fd{}, path, true);  // only its path matters
}

inline sluice::config cfg() {
  sluice::config c;
  c.url = "http://sink.example/up";
  c.window = sluice::window::fixed(4);
  return c;
}

/// A file, and all that can be wrong with it.
struct file {
  core::file_identity is;                    ///< fstat says this
  std::optional<core::file_identity> entry;  ///< where its name leads, if that is another file
  bool fstat_fails = false, entry_fails = false;
  bool has_writer = false, writers_known = true;
  std::optional<std::uint64_t> digest = 42;  ///< a second reading has this; nothing: it fails
  bool confirms = false;                     ///< io::files::confirm() finds the same bytes
  std::chrono::nanoseconds unsettled{0};
  std::deque<std::string> readings;  ///< bytes at each reading from the first on; the last ones stay
  bool was_read = false;
  error_code read_error;                      ///< an error of reading them
  std::deque<error_code> refusals;            ///< open() says these, one each time, and then opens it
  core::removal_failure removal;              ///< remove() and move() say this
  std::optional<core::file_identity> folder;  ///< the folder, once the file was taken out of it
};

inline io::exchange_report answered(int status = 200, std::string body = {}) {
  io::exchange_report r;
  r.outcome.request = core::sent::whole;
  auto& reply = r.outcome.reply.emplace();
  reply.status = status, reply.framed = true, reply.body = std::move(body);
  r.session_as_configured = true;
  return r;
}
inline io::exchange_report silent(error_code why, core::sent sent = core::sent::nothing) {
  io::exchange_report r;
  r.outcome.request = sent, r.outcome.error = why;
  return r;
}

class world {
 public:
  explicit world(const sluice::config& c = cfg()) : context{compiled(c), parts(), core::rng{1}, whole} {}
  ~world() {
    while (!waits_.empty()) const auto dying = waits_.extract(waits_.begin());
    while (!answers_.empty()) const auto dying = answers_.extract(answers_.begin());
  }
  world(const world&) = delete;

  // Time.
  core::steady_time now{1000h};
  core::steady_time::duration worked{};  ///< processor time of the loop's thread
  core::wall_time wall() const {
    return core::wall_time{
        std::chrono::duration_cast<core::wall_time::duration>(now.time_since_epoch() + 400'000h)};
  }
  /// Does all that can be done now.
  void settle() {
    loop.restart();
    loop.poll();
  }
  /// Time goes on; each timer fires in its turn.
  void pass(core::steady_time::duration d) {
    const auto end = now + d;
    settle();
    for (auto next = first_wait(); next != waits_.end() && next->second.due <= end; next = first_wait()) {
      now = std::max(now, next->second.due);
      end_wait(next->first, {});
      settle();
    }
    now = end;
    settle();
  }
  /// When the next timer fires; steady_time::max() where none does.
  core::steady_time next_timer() {
    const auto first = first_wait();
    return first == waits_.end() ? core::steady_time::max() : first->second.due;
  }
  /// The result of a coroutine; nothing where it waits for something.
  template <class T>
  std::optional<T> run(awaitable<T> work) {
    const auto result = std::make_shared<std::optional<T>>();
    asio::co_spawn(loop, std::move(work), [result](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      result->emplace(std::move(value));
    });
    settle();
    return std::move(*result);
  }

  // Network.
  struct exchange {
    std::size_t connection = 0;
    std::string bytes;  ///< the request, but for the body
    std::uint64_t size = 0;
    bool open = true;  ///< no answer came yet
    error_code aborted{};
  };
  std::vector<exchange> exchanges;
  std::deque<io::exchange_report> replies;  ///< the next exchanges have these at once
  std::size_t connections = 0;
  bool no_connections = false;  ///< make_connection() throws
  /// Ends an exchange that is under way.
  void answer(std::size_t n, io::exchange_report r = answered()) {
    finish_exchange(n, std::move(r));
    settle();
  }
  std::size_t in_flight() const {
    return static_cast<std::size_t>(std::ranges::count_if(exchanges, &exchange::open));
  }

  // Files.
  std::map<std::string, std::shared_ptr<file>> files;
  file& add(const std::string& path, std::uint64_t size = 5) {
    auto f = std::make_shared<file>();
    f->is = {1, ++inodes_, size, 1'000'000'000, 1'000'000'000};
    return *(files[path] = std::move(f));
  }
  struct opening {
    std::string path;
    bool to_take_away, only_unwritten;
    std::string into;
    friend bool operator==(const opening&, const opening&) = default;
  };
  std::vector<opening> openings;
  std::vector<std::string> events;  ///< each deed that can be seen from outside, in order

  // Sources and what they need.
  error_code source_error, lock_error, read_log_error, open_log_error;
  core::shard_range locked_places;  ///< the places that the last lock was asked for
  std::string network_type;         ///< network file system of all directories; empty: none
  std::map<std::string, error_code> unwritable, unopenable;  ///< directories
  std::vector<io::directory_ptr> parents;  ///< directories of files that are named one by one
  bool no_memory_to_move = false;
  std::map<std::string, core::folder_removal> folders;  ///< remove_folder() says these, else that it went
  std::set<std::string> empty_folders;                  ///< has_empty_folder() finds these
  std::chrono::milliseconds folder_takes{0};            ///< the time of each remove_folder()
  std::set<std::string> alike;                          ///< ROOT/PATH of files that has_alike() finds
  std::string old_log;
  core::milliseconds log_takes{0};  ///< the time of each read
  error_code log_breaks;            ///< the error of each read
  std::uint64_t log_size = 0;
  int shorten_steps = 3;
  error_code shorten_error, shorten_step_error;
  bool shortened_in_place = false;

  /// Turns the loop until it is at rest, and returns the result of `work`.
  template <class T>
  T result_of(awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(loop, std::move(work), [&](std::exception_ptr, T r) { result = std::move(r); });
    settle();
    return std::move(result.value());
  }
  std::vector<io::entry> entries;
  error_code entries_error;   ///< the list ends with this
  bool entries_wait = false;  ///< the reader waits after the entries, until cancel()
  bool entries_throw = false;
  std::function<void()> reading;  ///< called before each entry

  // A source that is followed.
  struct {
    std::deque<io::follow_step> steps;
    std::function<void()> news;
    std::vector<io::follow_room> rooms;  ///< the room that each call named
    bool finishing = false, walking = false, only_rescans = false, there = true, has_room = true;
    core::steady_time next_at = core::steady_time::max();
    std::size_t too_young = 0;
    std::string lost;
  } followed;

  // The job log.
  std::vector<std::string> lines;
  std::string log_failure;
  int flushes_to_fail = 0;
  bool no_memory_for_lines = false;
  std::uint64_t lines_dropped = 0;

  std::vector<sluice::notice> notices;

 private:
  using completion = asio::any_completion_handler<void(error_code)>;
  struct wait {
    core::steady_time due;
    std::shared_ptr<completion> done;
  };
  std::map<std::uint64_t, wait> waits_;
  std::map<std::size_t, asio::any_completion_handler<void(io::exchange_report)>> answers_;
  std::uint64_t last_wait_ = 0, inodes_ = 100, numbers_ = 0;

 public:
  asio::io_context loop;
  std::shared_ptr<void> whole = std::make_shared<int>();
  engine::context context;

 private:
  std::map<std::uint64_t, wait>::iterator first_wait() {
    const auto first = std::ranges::min_element(waits_, {}, [](const auto& w) { return w.second.due; });
    return first != waits_.end() && first->second.due == core::steady_time::max() ? waits_.end() : first;
  }
  void end_wait(std::uint64_t id, error_code ec) {
    const auto ended = waits_.extract(id);
    if (!ended.empty()) asio::post(loop, [done = ended.mapped().done, ec] { (*done)(ec); });
  }
  void finish_exchange(std::size_t n, io::exchange_report r) {
    exchanges.at(n).open = false;
    auto answer = answers_.extract(n);
    if (answer.empty()) return;
    asio::post(loop, [done = std::make_shared<decltype(answers_)::mapped_type>(std::move(answer.mapped())),
                      r = std::move(r)] { (*done)(r); });
  }

  class timer final : public io::timer {
   public:
    explicit timer(world& w) : world_{w} {}
    ~timer() override { timer::cancel(); }
    timer(const timer&) = delete;
    void expires_at(core::steady_time t) override { cancel(), expiry_ = t; }
    void cancel() override { world_.end_wait(std::exchange(id_, 0), asio::error::operation_aborted); }

   private:
    void begin_wait(completion done) override {
      id_ = ++world_.last_wait_;
      world_.waits_.emplace(id_, wait{expiry_, std::make_shared<completion>(std::move(done))});
    }
    world& world_;
    core::steady_time expiry_ = core::steady_time::max();
    std::uint64_t id_ = 0;
  };

  class clock final : public io::clock {
   public:
    explicit clock(world& w) : world_{w} {}
    core::steady_time now() const override { return world_.now; }
    core::wall_time wall() const override { return world_.wall(); }
    core::steady_time::duration processor_time() const override { return world_.worked; }
    std::unique_ptr<io::timer> make_timer() override { return std::make_unique<timer>(world_); }

   private:
    world& world_;
  };

  class entropy final : public io::entropy {
   public:
    explicit entropy(world& w) : world_{w} {}
    std::array<std::byte, 16> block() override { return {}; }
    std::uint64_t number() override { return ++world_.numbers_; }

   private:
    world& world_;
  };

  class connection final : public io::exchanger {
   public:
    connection(world& w, std::size_t number) : world_{w}, number_{number} {}
    awaitable<io::exchange_report> exchange(const io::request& r, io::body& b) override {
      const auto n = now_ = world_.exchanges.size();
      world_.exchanges.push_back({number_, r.head + r.tail, b.size()});
      std::array<char, 256> room{};
      for (std::uint64_t at = 0; at < b.size();) {
        const auto p = b.read_ready(at, room);
        if (p.error || p.size == 0) break;
        at += p.size;
      }
      io::exchange_report report;
      if (world_.replies.empty()) {
        auto& answers = world_.answers_;
        report = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(io::exchange_report)>(
            [&answers, n](auto handler) { answers.emplace(n, std::move(handler)); }, asio::use_awaitable);
      } else {
        report = std::move(world_.replies.front());
        world_.replies.pop_front();
        world_.exchanges[n].open = false;
      }
      if (report.outcome.request == core::sent::whole && report.file_bytes == 0) report.file_bytes = b.size();
      co_return report;
    }
    void abort(error_code why) noexcept override {
      if (now_ >= world_.exchanges.size() || !world_.exchanges[now_].open) return;
      world_.exchanges[now_].aborted = why;
      world_.finish_exchange(now_, silent(why, core::sent::part));
    }

   private:
    world& world_;
    std::size_t number_;
    std::size_t now_ = static_cast<std::size_t>(-1);
  };

  class network final : public io::network {
   public:
    explicit network(world& w) : world_{w} {}
    std::unique_ptr<io::exchanger> make_connection() override {
      if (world_.no_connections) throw std::bad_alloc{};
      return std::make_unique<connection>(world_, ++world_.connections);
    }
    void set_limit_rate(std::uint64_t n) override {
      world_.events.push_back("limit rate " + std::to_string(n));
    }
    void set_tls(std::shared_ptr<const io::tls_client>) override { world_.events.emplace_back("new tls"); }
    void set_proxy_login(std::optional<core::credentials>) override {
      world_.events.emplace_back("new proxy login");
    }

   private:
    world& world_;
  };

  class opened final : public io::opened_file {
   public:
    opened(std::string path, std::shared_ptr<file> f)
        : path_{std::move(path)},
          name_{path_.substr(path_.rfind('/') + 1)},
          file_{std::move(f)},
          identity_{file_->is} {}
    const core::file_identity& identity() const noexcept override { return identity_; }
    std::optional<core::file_identity> identity_now() const noexcept override {
      return file_->fstat_fails ? std::nullopt : std::optional{file_->is};
    }
    void rebase(const core::file_identity& now) noexcept override { identity_ = now; }
    std::optional<core::file_identity> entry_now() const noexcept override {
      return file_->entry_fails ? std::nullopt : std::optional{file_->entry.value_or(file_->is)};
    }
    std::optional<core::file_identity> folder_now() const noexcept override { return file_->folder; }
    bool writers_known() const noexcept override { return file_->writers_known; }
    std::string why_unknown() const override { return "no leases here"; }
    bool has_writer() const noexcept override { return file_->has_writer; }
    std::uint64_t sent_digest() const noexcept override { return 42; }
    awaitable<std::optional<std::uint64_t>> read_digest() override { co_return file_->digest; }
    const std::string& name() const noexcept override { return name_; }
    std::uint64_t size() const noexcept override { return identity_.size; }
    piece read_ready(std::uint64_t offset, std::span<char> into) override {
      if (file_->read_error) return {file_->read_error, 0};
      auto& all = file_->readings;
      if (all.empty()) return {};
      if (offset == 0 && std::exchange(file_->was_read, true) && all.size() > 1) all.pop_front();
      return {{}, all.front().copy(into.data(), into.size(), offset)};
    }
    awaitable<void> wait_ready(std::uint64_t) override { co_return; }

    const std::string& path() const noexcept { return path_; }
    file& what() const noexcept { return *file_; }

   private:
    std::string path_, name_;
    std::shared_ptr<file> file_;
    core::file_identity identity_;
  };

  class slow_log final : public support::log_text {
   public:
    explicit slow_log(world& w) : log_text{w.old_log}, world_{w} {}
    std::size_t read(std::span<char> into, error_code& ec) override {
      world_.now += world_.log_takes;
      ec = world_.log_breaks;
      return ec ? 0 : log_text::read(into, ec);
    }

   private:
    world& world_;
  };

  class shortening final : public io::log_shortening {
   public:
    explicit shortening(world& w) : world_{w} {}
    bool step(error_code& ec) override {
      world_.now += core::milliseconds{1};
      if (world_.shorten_steps-- > 0) return true;
      ec = world_.shorten_step_error;
      if (!ec) world_.log_size /= 4;
      return false;
    }
    bool is_in_place() const noexcept override { return world_.shortened_in_place; }

   private:
    world& world_;
  };

  class log final : public io::record_writer {
   public:
    explicit log(world& w) : world_{w} {}
    void append(std::string line) override {
      if (world_.no_memory_for_lines) throw std::bad_alloc{};
      world_.events.emplace_back("line");
      world_.lines.push_back(std::move(line));
    }
    const std::string& failure() const noexcept override { return world_.log_failure; }
    bool flush() override { return world_.flushes_to_fail == 0 || --world_.flushes_to_fail < 0; }
    void drop() noexcept override { ++world_.lines_dropped; }
    std::uint64_t dropped() const noexcept override { return world_.lines_dropped; }
    std::uint64_t size() const noexcept override { return world_.log_size; }
    std::unique_ptr<io::log_shortening> shorten(std::vector<io::directory_ptr>, error_code& ec) override {
      world_.events.emplace_back("shorten");
      ec = world_.shorten_error;
      if (ec) return nullptr;
      return std::make_unique<shortening>(world_);
    }
    error_code reopen(const std::filesystem::path& path) override {
      world_.events.push_back("reopen " + path.string());
      return world_.open_log_error;
    }

   private:
    world& world_;
  };

  class reader final : public io::entry_reader {
   public:
    explicit reader(world& w) : world_{w}, left_{w.entries.begin(), w.entries.end()}, pause_{w} {}
    awaitable<std::optional<io::entry>> next(error_code& ec) override {
      if (world_.reading) world_.reading();
      if (world_.entries_throw) throw std::bad_alloc{};
      if (left_.empty()) {
        if (world_.entries_wait) co_await pause_.async_wait(sluice::into(ec));
        if (world_.entries_error) ec = world_.entries_error;
        co_return std::nullopt;
      }
      auto e = std::move(left_.front());
      left_.pop_front();
      co_return e;
    }
    void cancel() override { pause_.cancel(); }

   private:
    world& world_;
    std::deque<io::entry> left_;
    timer pause_;
  };

  class follower final : public io::followed_source {
   public:
    explicit follower(world& w) : world_{w} {}
    io::follow_step next(core::steady_time, core::wall_time, io::follow_room room) override {
      auto& f = world_.followed;
      f.rooms.push_back(room);
      if (f.steps.empty())
        return {f.finishing ? io::follow_step::kind::ended : io::follow_step::kind::nothing};
      auto step = std::move(f.steps.front());
      f.steps.pop_front();
      return step;
    }
    core::steady_time next_at(core::steady_time, core::wall_time) const override {
      return world_.followed.next_at;
    }
    void rescan(bool of_all) noexcept override {
      world_.events.emplace_back(of_all ? "rescan of all" : "rescan");
    }
    void finish() noexcept override { world_.followed.finishing = true; }
    bool finishing() const noexcept override { return world_.followed.finishing; }
    void walk_by(core::steady_time t) noexcept override {
      world_.events.push_back("walk in " + std::to_string((t - world_.now) / 1ms));
    }
    bool walking() const noexcept override { return world_.followed.walking; }
    void look_again(const io::directory_ptr&, std::string path) override {
      world_.events.push_back("look again at " + path);
    }
    bool put_off(const io::directory_ptr&, std::string path, core::wall_time t) override {
      if (!world_.followed.has_room) return false;
      world_.events.push_back("put off " + path + " by " + std::to_string((t - world_.wall()) / 1ms));
      return true;
    }
    void folder_removed(const io::directory& root, const std::string& path) override {
      world_.events.push_back("no watch of " + root.path() + "/" + path);
    }
    bool only_rescans() const noexcept override { return world_.followed.only_rescans; }
    bool still_there(const io::directory&) const override { return world_.followed.there; }
    const std::string& lost() const noexcept override { return world_.followed.lost; }
    std::size_t too_young() const noexcept override { return world_.followed.too_young; }

   private:
    world& world_;
  };

  class disk final : public io::files {
   public:
    explicit disk(world& w) : world_{w} {}
    error_code open(const io::directory_ptr&, const std::string& path, const io::open_terms& terms,
                    std::unique_ptr<io::opened_file>& out) override {
      world_.openings.push_back(
          {path, terms.to_take_away, terms.only_unwritten, terms.into ? terms.into->path() : ""});
      const auto at = world_.files.find(path);
      if (at == world_.files.end()) return sluice::errc::file_vanished;
      if (auto& no = at->second->refusals; !no.empty()) {
        const auto why = no.front();
        no.pop_front();
        return why;
      }
      out = std::make_unique<opened>(path, at->second);
      return {};
    }
    std::chrono::nanoseconds unsettled(const io::opened_file& f) override { return at(f).what().unsettled; }
    awaitable<void> confirm(io::opened_file& f) override {
      world_.events.push_back("confirm " + at(f).path());
      if (at(f).what().confirms) f.rebase(at(f).what().is);
      co_return;
    }
    error_code open_source(const sluice::source& from, io::opened_source& out,
                           std::filesystem::path& failed) const override {
      if (world_.source_error) {
        failed = "gone";
        return world_.source_error;
      }
      for (const auto& root : from.roots()) out.roots.push_back(make_directory(root.string()));
      out.parents = world_.parents;
      return {};
    }
    io::directory_ptr open_directory(const std::filesystem::path& path, error_code& ec) const override {
      ec = error_in(world_.unopenable, path.string());
      if (ec) return nullptr;
      return make_directory(path.string());
    }
    error_code writable(const io::directory& dir) const noexcept override {
      return error_in(world_.unwritable, dir.path());
    }
    bool has_alike(const io::directory& root, const std::string& path,
                   const core::file_identity&) const noexcept override {
      return world_.alike.contains(root.path() + "/" + path);
    }
    error_code lock(const std::vector<io::directory_ptr>&, const std::filesystem::path& file,
                    const core::shard_range& places, io::directory_lock&) const override {
      world_.events.push_back("lock " + file.string());
      world_.locked_places = places;
      return world_.lock_error;
    }
    std::string network(const io::directory&) const override { return world_.network_type; }
    std::unique_ptr<io::entry_reader> read(const sluice::source&, const io::opened_source&,
                                           const core::selector&, bool) const override {
      return std::make_unique<reader>(world_);
    }
    std::unique_ptr<io::followed_source> follow(const sluice::source&, std::vector<io::directory_ptr>,
                                                const core::selector&, std::function<void()> news,
                                                std::function<bool(const io::entry&)>) const override {
      world_.followed.news = std::move(news);
      return std::make_unique<follower>(world_);
    }
    std::unique_ptr<io::log_bytes> old_log(const std::filesystem::path&, error_code& ec) const override {
      ec = world_.read_log_error;
      if (ec) return nullptr;
      return std::make_unique<slow_log>(world_);
    }
    std::unique_ptr<io::record_writer> open_log(const std::filesystem::path&, error_code& ec) const override {
      ec = world_.open_log_error;
      if (ec) return nullptr;
      return std::make_unique<log>(world_);
    }
    core::removal_failure remove(const io::opened_file& f) noexcept override {
      return take_away(at(f), "remove " + at(f).path());
    }
    core::removal_failure move(const io::opened_file& f, const io::directory& target,
                               const std::string& relative, const std::string&) override {
      if (world_.no_memory_to_move) throw std::bad_alloc{};
      return take_away(at(f), "move " + at(f).path() + " to " + target.path() + "/" + relative);
    }
    core::folder_removal remove_folder(const io::directory& root, const std::string& path,
                                       const core::file_identity&) noexcept override {
      world_.now += world_.folder_takes;
      world_.events.push_back("rmdir " + root.path() + "/" + path);
      asio::post(world_.loop, [&events = world_.events] { events.emplace_back("turn of the loop"); });
      const auto at = world_.folders.find(path);
      if (at != world_.folders.end()) return at->second;
      core::folder_removal r;
      r.what = core::folder_removal::result::removed;
      r.parent_before = r.parent_after = core::file_identity{1, 2, 0, 3, 3};
      return r;
    }
    bool has_empty_folder(const io::directory&, const std::string& path) const noexcept override {
      return world_.empty_folders.contains(path);
    }

   private:
    static const opened& at(const io::opened_file& f) { return static_cast<const opened&>(f); }
    static error_code error_in(const std::map<std::string, error_code>& all, const std::string& path) {
      const auto found = all.find(path);
      return found == all.end() ? error_code{} : found->second;
    }
    core::removal_failure take_away(const opened& f, std::string what) {
      world_.events.push_back(std::move(what));
      const auto failed = f.what().removal;
      if (!failed) world_.files.erase(f.path());
      return failed;
    }
    world& world_;
  };

  engine::settings compiled(sluice::config c) {
    if (!c.on_notice) c.on_notice = [this](const sluice::notice& n) { notices.push_back(n); };
    std::vector<sluice::problem> problems;
    auto s = engine::compile(c, problems);
    if (!s) throw std::invalid_argument{to_string(problems.front())};
    return std::move(*s);
  }
  engine::world parts() {
    return {loop.get_executor(), std::make_unique<clock>(*this), std::make_unique<entropy>(*this),
            std::make_unique<network>(*this), std::make_unique<disk>(*this)};
  }
};

/// An open file of the world.
inline std::unique_ptr<io::opened_file> open(world& w, const std::string& path) {
  std::unique_ptr<io::opened_file> f;
  const auto ec = w.context.world.files->open(make_directory("spool"), path, {}, f);
  if (ec) throw boost::system::system_error{ec};
  return f;
}

/// An owner of jobs that notes what it is told; so does its spool.
class owner final : public engine::job_owner {
 public:
  class spool final : public engine::spool {
   public:
    explicit spool(std::vector<std::string>& events) : events_{events} {}
    known before = known::no;
    std::map<std::uint64_t, error_code> holds;  ///< errors by device; 0: the file is not open yet
    bool there = true, records = true;

    known known_before(engine::job&, const core::file_identity&) override { return before; }
    error_code held(const engine::job&, std::uint64_t device) const override {
      const auto at = holds.find(device);
      return at == holds.end() ? error_code{} : at->second;
    }
    bool still_in_source(const engine::job&) const override { return there; }
    bool write_record(engine::job& j) override {
      events_.push_back("record " + j.path + " " + std::string{to_string(j.record.fate)} + " " +
                        std::string{to_string(j.record.disposal)});
      return records;
    }
    void taken_away(const engine::job& j, const io::opened_file&) override {
      events_.push_back("away " + j.path);
    }
    void stayed(const engine::job& j, const io::opened_file&, const core::removal_failure& f) override {
      events_.push_back("stayed " + j.path + ": " + f.why.message());
    }

   private:
    std::vector<std::string>& events_;
  };

  explicit owner(world& w) : spool_{w.events} {}

  engine::job_terms terms_;
  core::totals totals_;
  spool spool_;
  error_code end;  ///< no attempt begins any more
  struct decision {
    std::uint64_t seq;
    engine::outcome what;
  };
  std::vector<decision> decided;
  std::vector<std::uint64_t> given_up, begun;
  std::function<std::optional<core::steady_time>(engine::job&, const engine::outcome&)> deciding;
  std::function<void()> judging;
  io::body* body = nullptr;

  const engine::job_terms& terms() const noexcept override { return terms_; }
  core::totals& totals() noexcept override { return totals_; }
  engine::spool& spool() noexcept override { return spool_; }
  error_code ended() const noexcept override { return end; }
  std::optional<core::steady_time> decide(engine::job& j, engine::outcome o) override {
    std::optional<core::steady_time> due;
    if (deciding) due = deciding(j, o);
    decided.push_back({j.seq, std::move(o)});
    if (!due) j.attempts.settled = true;
    return due;
  }
  void give_up(engine::job& j) override { given_up.push_back(j.seq); }
  io::body* begin_body(engine::job&) override { return body; }
  void attempt_begins(engine::job& j) override { begun.push_back(j.seq); }
  void attempt_judged(const io::exchange_report&, const core::judgement&) override {
    if (judging) judging();
  }
};

inline engine::job job_of(std::shared_ptr<engine::job_owner> o, std::string path, std::uint64_t seq = 1) {
  engine::job j;
  j.owner = std::move(o);
  j.seq = j.record.seq = seq;
  j.root = make_directory("spool");
  j.path = j.record.path = std::move(path);
  return j;
}

inline io::entry entry_of(std::string path, io::directory_ptr root = make_directory("spool")) {
  io::entry e;
  e.root = std::move(root), e.path = std::move(path);
  return e;
}

/// The rooms of an engine, as uploader_engine puts them together.
struct rooms : engine::dispatch_listener {
  explicit rooms(world& w)
      : window{w.context},
        opener{w.context},
        end{w.context},
        attempts{w.context, opener, end, window},
        dispatcher{w.context, window, attempts, opener, *this} {}

  void backlog_is_low() override {
    ++lows;
    if (on_low) on_low();
  }
  void attempt_begins(std::size_t /*others*/) override {}
  void endpoint_judged(const core::judgement& v, core::steady_time /*begun*/) override {
    judged.push_back(v.blame);
    if (on_judged) on_judged(v);
  }
  void lane_ended() override {
    ++ended;
    if (on_ended) on_ended();
  }

  engine::window_control window;
  engine::file_opener opener;
  engine::conclusion end;
  engine::attempt attempts;
  engine::dispatcher dispatcher;
  std::size_t lows = 0, ended = 0;
  std::vector<core::blame> judged;
  std::function<void()> on_low, on_ended;
  std::function<void(const core::judgement&)> on_judged;
};

/// The rooms, and a run in them; the listener is told as uploader_engine tells a run.
template <class Run>
struct run_rooms : rooms {
  run_rooms(world& w, sluice::source from, sluice::drain_options options = {}) : rooms{w} {
    made = std::make_shared<Run>(engine::run_site{w.context, dispatcher, end, window}, std::move(from),
                                 std::move(options), [this](error_code ec, sluice::run_summary s) {
                                   steps.emplace_back("done");
                                   error = ec, summary = std::move(s);
                                 });
    on_low = [this] { made->backlog_is_low(); };
    on_judged = [this](const core::judgement& v) {
      const auto stopped = dispatcher.gate().stopped();
      if (stopped != core::blame::nobody) dispatcher.gate().reset();
      made->endpoint_judged(v, stopped, {});
    };
    on_ended = [this] { made->end_if_done(); };
  }
  void begin() {
    made->begin([this] { steps.emplace_back("over"); });
  }
  std::shared_ptr<Run> made;
  std::vector<std::string> steps;  ///< `over`, then `done`
  error_code error;
  std::optional<sluice::run_summary> summary;  ///< once it is over
};

/// A run whose source the test reads.
class hand_fed_run final : public engine::run {
 public:
  using engine::run::run;
  std::vector<std::string> told;
  bool throws = false;
  void end_feeding() { feeding_->cancel(); }
  std::uint64_t outstanding() const noexcept { return outstanding_; }

 private:
  void opened() override { told.emplace_back("opened"); }
  awaitable<void> feed() override {
    error_code ec;
    feeding_->expires_at(core::steady_time::max());
    co_await feeding_->async_wait(sluice::into(ec));
    if (throws) throw std::bad_alloc{};
  }
  void stop_feeding() override {
    told.emplace_back("stop");
    feeding_->cancel();
  }
  void fated(const engine::job& j, error_code) override { told.push_back("fate of " + j.path); }

  std::unique_ptr<io::timer> feeding_ = site_.context.world.clock->make_timer();
};

}  // namespace fake
