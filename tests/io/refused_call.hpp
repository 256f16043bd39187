// System calls that fail as told, for one thread.
#pragma once

#include "support/refused_call.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <thread>

namespace sluice::io {

using support::refuse;
using support::refused_call;

/// `work` on a thread of its own, so that what it refuses is refused to nobody else.
template <class Work>
void apart(Work work) {
  std::thread{[&] {
    try {
      work();
    } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
    }
  }}.join();
}

}  // namespace sluice::io
