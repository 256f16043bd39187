// The truth of the last seconds.
#pragma once

#include "soak/writer.hpp"

#include <cstdint>
#include <deque>

namespace soak {

/// The least and the greatest value of a figure in a span of time.
struct range {
  double least = 0, most = 0;
};

class past {
 public:
  void add(const truth& t);
  const truth& last() const { return all_.back(); }
  /// The values of a figure from `since` on, and the one that held when it began.
  range of(std::uint64_t truth::* figure, steady_clock::time_point since) const;
  /// The ages that those files have now which were the oldest at some time since then. No file is 0.
  range age(steady_clock::time_point since) const;
  /// How much a figure grew from one time to a later one.
  std::uint64_t growth(std::uint64_t truth::* figure, steady_clock::time_point from,
                       steady_clock::time_point to) const;

 private:
  std::deque<truth>::const_iterator at(steady_clock::time_point t) const;

  std::deque<truth> all_;
};

}  // namespace soak
