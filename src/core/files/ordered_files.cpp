#include "core/files/ordered_files.hpp"

#include <algorithm>
#include <utility>

namespace sluice::core {
namespace {

constexpr std::size_t files_of_a_run = 2048;
constexpr std::size_t runs_at_a_time = 64;  ///< runs whose first files are compared in one step

}  // namespace

bool comes_before(const listed_file& a, const listed_file& b, const order& o) {
  const auto key = [&](const listed_file& f) -> std::int64_t {
    if (!f.identity || o.what == order::by::name) return 0;
    return o.what == order::by::size ? static_cast<std::int64_t>(f.identity->size) : f.identity->mtime_ns;
  };
  const auto ka = key(a), kb = key(b);
  if (ka != kb) return o.descending ? ka > kb : ka < kb;
  if (const auto names = a.path.compare(b.path); names != 0) return o.descending ? names > 0 : names < 0;
  return o.descending ? a.root > b.root : a.root < b.root;
}

void ordered_files::add_file(listed_file f) {
  if (begin_ && !comes_before(*begin_, f)) return;
  if (is_behind_end(f)) {
    left_out_ = true;
    return;
  }
  fresh_.push_back(std::move(f));
  if (fresh_.size() == files_of_a_run) return pack_run();
  if (uncut_ > 0) return cut_next();
  if (bytes_ > most_) choose_end();
}

void ordered_files::pack_run() {
  left_out_ = std::erase_if(fresh_, [this](const auto& f) { return is_behind_end(f); }) > 0 || left_out_;
  std::vector<const listed_file*> sorted;
  sorted.reserve(fresh_.size());
  for (const auto& f : fresh_) sorted.push_back(&f);
  std::ranges::sort(sorted, [this](const auto* a, const auto* b) { return comes_before(*a, *b); });
  run r;
  const listed_file none;
  const auto* before = &none;
  for (const auto* f : sorted) pack_file(r.bytes, *std::exchange(before, f), *f);
  r.count = sorted.size();
  r.bytes.shrink_to_fit();
  fresh_.clear();
  if (r.count == 0) return;
  bytes_ += sizeof r + r.bytes.size();
  if (most_ != unbounded) find_middle(r);
  runs_.push_back(std::move(r));
}

/// Half of the runs have their middle behind the end, and so lose half of their files or more.
void ordered_files::choose_end() {
  std::vector<const listed_file*> middles;
  middles.reserve(runs_.size());
  for (const auto& r : runs_) middles.push_back(&r.middle);
  const auto middle = middles.begin() + static_cast<std::ptrdiff_t>((middles.size() - 1) / 2);
  std::ranges::nth_element(middles, middle,
                           [this](const auto* a, const auto* b) { return comes_before(*a, *b); });
  end_ = **middle;
  uncut_ = runs_.size();
}

void ordered_files::cut_next() {
  auto& r = runs_[--uncut_];
  listed_file f;
  std::size_t count = 0, at = 0;
  for (std::size_t next = 0; count < r.count; ++count, at = next) {
    next = unpack_file(r.bytes, at, f);
    if (is_behind_end(f)) break;
  }
  if (count < r.count) {
    left_out_ = true;
    bytes_ -= r.bytes.size() - at;
    r.bytes.resize(at);
    r.bytes.shrink_to_fit();
    r.count = count;
    find_middle(r);
  }
  if (uncut_ > 0) return;
  const auto gone = std::erase_if(runs_, [](const run& each) { return each.count == 0; });
  bytes_ -= gone * sizeof(run);
}

void ordered_files::find_middle(run& r) const {
  r.middle = {};
  for (std::size_t n = 0, at = 0; n < (r.count + 1) / 2; ++n) at = unpack_file(r.bytes, at, r.middle);
}

/// A heap has the last on top: so the run with the first file counts as the last.
auto ordered_files::later_head() const {
  return [this](std::size_t a, std::size_t b) { return comes_before(runs_[b].head, runs_[a].head); };
}

void ordered_files::push_next() {
  auto& r = runs_[heads_.size()];
  r.at = unpack_file(r.bytes, 0, r.head);
  heads_.push_back(heads_.size());
  std::ranges::push_heap(heads_, later_head());
}

bool ordered_files::sort_some() {
  if (!fresh_.empty()) {
    pack_run();
    fresh_ = {};
  } else if (uncut_ > 0) {
    cut_next();
  } else {
    for (std::size_t n = 0; n < runs_at_a_time && heads_.size() < runs_.size(); ++n) push_next();
    sorted_ = heads_.size() == runs_.size();
  }
  return sorted_;
}

std::optional<listed_file> ordered_files::next_file() {
  if (!sorted_ || heads_.empty()) return std::nullopt;
  std::ranges::pop_heap(heads_, later_head());
  auto& r = runs_[heads_.back()];
  std::optional<listed_file> f;
  if (r.at < r.bytes.size()) {
    f = r.head;
    r.at = unpack_file(r.bytes, r.at, r.head);
    std::ranges::push_heap(heads_, later_head());
  } else {
    f = std::move(r.head);
    r.bytes = {};
    heads_.pop_back();
  }
  if (most_ != unbounded) begin_ = f;
  return f;
}

void ordered_files::begin_rest() {
  fresh_ = {};
  runs_.clear(), heads_.clear();
  end_.reset();
  bytes_ = uncut_ = 0;
  left_out_ = sorted_ = false;
}

void ordered_files::begin_anew() {
  begin_rest();
  begin_.reset();
}

}  // namespace sluice::core
