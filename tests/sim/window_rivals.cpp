#include "sim/window_rivals.hpp"

#include <algorithm>
#include <cmath>

namespace sim {
namespace {

using sluice::attempt_record;

bool failed(const attempt_record& a) { return a.verdict != sluice::verdict::accepted; }
double seconds(std::chrono::steady_clock::duration d) { return std::chrono::duration<double>(d).count(); }

class aimd final : public window_rival {
 public:
  explicit aimd(std::size_t max) : max_{static_cast<double>(max)} {}
  std::size_t limit() const override { return static_cast<std::size_t>(limit_); }
  void observe(const attempt_record& a) override {
    if (failed(a))
      limit_ = std::max(1.0, std::floor(limit_ * 0.9));
    else if (static_cast<double>(a.in_flight) * 2 >= limit_)
      limit_ = std::min(max_, limit_ + 1);
  }

 private:
  double max_, limit_ = 20;
};

class gradient2 final : public window_rival {
 public:
  explicit gradient2(std::size_t max) : max_{static_cast<double>(max)} {}
  std::size_t limit() const override { return static_cast<std::size_t>(limit_); }
  void observe(const attempt_record& a) override {
    const auto now = a.begun + a.total;
    sum_ += seconds(a.total), ++count_;
    most_in_flight_ = std::max(most_in_flight_, a.in_flight);
    if (count_ == 1) since_ = now;
    if (now - since_ < milliseconds{100} || count_ < 10) return;
    const auto rtt = sum_ / count_;
    const auto in_flight = static_cast<double>(most_in_flight_);
    sum_ = 0, count_ = 0, most_in_flight_ = 0;
    update(rtt, in_flight);
  }

 private:
  void update(double rtt, double in_flight) {
    constexpr int warm_up = 10, memory = 600;
    constexpr double queue = 4, tolerance = 1.5, smoothing = 0.2;
    if (++seen_ <= warm_up)
      total_ += rtt, long_ = total_ / seen_;
    else
      long_ += (rtt - long_) * 2 / (memory + 1);
    if (long_ / rtt > 2) long_ *= 0.95;
    if (in_flight < limit_ / 2) return;
    const auto gradient = std::clamp(tolerance * long_ / rtt, 0.5, 1.0);
    limit_ = std::clamp(limit_ * (1 - smoothing) + (limit_ * gradient + queue) * smoothing, 1.0, max_);
  }

  double max_, limit_ = 20;
  double sum_ = 0, total_ = 0, long_ = 0;
  int count_ = 0, seen_ = 0;
  std::size_t most_in_flight_ = 0;
  std::chrono::steady_clock::time_point since_;
};

class arc final : public window_rival {
 public:
  explicit arc(std::size_t max) : max_{max} {}
  std::size_t limit() const override { return limit_; }
  void observe(const attempt_record& a) override {
    const auto now = a.begun + a.total;
    if (a.in_flight >= limit_) reached_ = true;
    if (failed(a))
      pressed_ = true;
    else
      sum_ += seconds(a.total), ++count_;
    if (now < next_ || (count_ == 0 && !pressed_)) return;
    const auto rtt = count_ > 0 ? sum_ / count_ : mean_;
    if (known_) update(rtt);
    remember(rtt);
    next_ = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                      std::chrono::duration<double>(mean_));
    sum_ = 0, count_ = 0, reached_ = pressed_ = false;
  }

 private:
  void update(double rtt) {
    constexpr double deviations = 2.5, decrease = 0.9;
    if (!pressed_ && reached_ && limit_ < max_ && rtt <= mean_)
      ++limit_;
    else if (limit_ > 1 && (pressed_ || rtt >= mean_ + deviations * std::sqrt(variance_)))
      limit_ = std::max<std::size_t>(static_cast<std::size_t>(static_cast<double>(limit_) * decrease), 1);
  }
  void remember(double rtt) {
    constexpr double alpha = 0.4;
    if (!std::exchange(known_, true)) {
      mean_ = rtt;
      return;
    }
    const auto off = rtt - mean_;
    mean_ += alpha * off;
    variance_ = (1 - alpha) * (variance_ + alpha * off * off);
  }

  std::size_t max_, limit_ = 1;
  double sum_ = 0, mean_ = 0, variance_ = 0;
  int count_ = 0;
  bool known_ = false, reached_ = false, pressed_ = false;
  std::chrono::steady_clock::time_point next_;
};

template <class Rival>
std::unique_ptr<window_rival> make(std::size_t max) {
  return std::make_unique<Rival>(max);
}

}  // namespace

rival_maker rival_named(std::string_view name) {
  if (name == "aimd") return make<aimd>;
  if (name == "gradient2") return make<gradient2>;
  if (name == "arc") return make<arc>;
  return {};
}

}  // namespace sim
