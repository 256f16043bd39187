#include "core/totals.hpp"

namespace sluice::core {

void totals::add(const attempt& a) noexcept {
  ++sum_.attempts;
  if (a.retry) ++sum_.retries;
  if (a.verdict == verdict::unknown) ++sum_.unknown_outcomes;
  sum_.sent_bytes += a.sent_bytes;
  if (a.judged) latency_.add(a.elapsed);
}

void totals::add(const file_record& r) noexcept {
  ++sum_.seen;
  switch (r.fate) {
    case fate::undeletable:
      ++sum_.undeletable;
      [[fallthrough]];
    case fate::accepted:
      ++sum_.accepted;
      sum_.bytes += r.size;
      break;
    case fate::rejected:
      ++sum_.rejected;
      break;
    case fate::deferred:
      ++sum_.deferred;
      break;
    case fate::changed:
      ++sum_.changed;
      break;
    case fate::vanished:
      ++sum_.vanished;
      break;
    case fate::skipped:
      ++sum_.skipped;
      break;
  }
  if (r.disposal == "deleted") ++sum_.deleted;
  if (r.disposal == "moved") ++sum_.moved;
}

run_summary totals::summary(double seconds) const {
  const auto ms = [&](double q) { return static_cast<double>(latency_.percentile(q).count()) / 1000; };
  run_summary result = sum_;
  result.seconds = seconds;
  result.files_per_second = seconds > 0 ? static_cast<double>(sum_.accepted) / seconds : 0;
  result.latency_ms = {ms(0.5), ms(0.9), ms(0.99), ms(1)};
  return result;
}

}  // namespace sluice::core
