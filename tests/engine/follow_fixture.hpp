// A followed folder: files come and go while the test turns the loop.
#pragma once

#include "uploader_fixture.hpp"

#include <fstream>
#include <map>

namespace sluice {

using namespace std::chrono_literals;

class with_followed : public with_endpoint {
 protected:
  config removing() const {
    auto c = cfg();
    c.on_success = disposal::remove();
    c.on_record = [this](const file_record& r) { records_.push_back(r); };
    return c;
  }
  source followed() const {
    auto s = source::directory(files_ / "spool");
    s.follow = following{.rescan = 1h, .again = 1h, .again_most = 2h};
    return s;
  }
  with_followed() { std::filesystem::create_directory(files_ / "spool"); }

  fs::path put(const std::string& name, const std::string& bytes = "bytes") const {
    return files_.write("spool/" + name, bytes);
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& e : fs::recursive_directory_iterator{files_ / "spool"})
      if (e.is_regular_file()) names.push_back(e.path().lexically_relative(files_ / "spool").string());
    std::ranges::sort(names);
    return names;
  }

  void begin(uploader& up, source s) { outcome_ = start_drain(up, std::move(s)); }
  void begin(uploader& up) { begin(up, followed()); }
  /// Turns the loop until it holds; the drain goes on meanwhile.
  template <class Holds>
  void until(Holds holds) {
    loop::run_until(ioc_, [&] { return outcome_->has_value() || holds(); });
    ASSERT_TRUE(holds()) << (outcome_->has_value() ? (*outcome_)->summary.detail : "");
  }
  void until_accepted(const uploader& up, std::uint64_t n) {
    until([&] { return up.progress().counts[fate::accepted] >= n; });
  }
  /// Turns the loop for a while in which nothing should happen.
  void for_a_while(std::chrono::milliseconds d = 50ms) {
    ioc_.restart();
    ioc_.run_for(d);
  }
  drain_outcome end() {
    loop::run_until(ioc_, [&] { return outcome_->has_value(); });
    return **outcome_;
  }
  drain_outcome finish(uploader& up) {
    up.finish();
    return end();
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> names;
    for (const auto& r : server_.requests) {
      const auto at = r.body.find("filename=\"") + 10;
      names.push_back(r.body.substr(at, r.body.find('"', at) - at));
    }
    return names;
  }

  mutable std::vector<file_record> records_;
  std::shared_ptr<std::optional<drain_outcome>> outcome_;
};

}  // namespace sluice
