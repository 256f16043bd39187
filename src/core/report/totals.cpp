#include "core/report/totals.hpp"

#include <new>

namespace sluice::core {

void totals::add(const attempt& a) noexcept {
  ++sum_.attempts;
  if (a.retry) ++sum_.retries;
  if (a.verdict == verdict::unknown) ++sum_.unknown_outcomes;
  sum_.sent_bytes += a.sent_bytes;
  if (a.judged) latency_.add(a.elapsed);
}

void totals::add(const file_record& r) noexcept {
  sum_.counts.add(r.fate);
  if (r.fate == fate::accepted || r.fate == fate::undeletable) sum_.bytes += r.size;
  if (r.disposal == disposed::deleted) ++sum_.deleted;
  if (r.disposal == disposed::moved) ++sum_.moved;
  try {
    reasons_.add(r);
  } catch (const std::bad_alloc&) {  // the counts are what matters
  }
}

run_summary totals::summary(double seconds) const {
  const auto ms = [&](double q) { return latency_.percentile(q).count() / 1000; };
  run_summary result;
  static_cast<run_figures&>(result) = sum_;
  result.unreadable_dirs = unreadable_;
  result.reasons = reasons_.list();
  result.seconds = seconds;
  result.files_per_second = seconds > 0 ? static_cast<double>(sum_.counts[fate::accepted]) / seconds : 0;
  result.latency_ms = {ms(0.5), ms(0.9), ms(0.99), ms(1)};
  result.latency_steps = latency_.steps_used();
  return result;
}

}  // namespace sluice::core
