// The system calls of a reference run, as strace saw them, and how to make one of them fail.
#pragma once

#include "sweep/stage.hpp"

#include <string>
#include <vector>

namespace sweep {

struct call {
  std::string name;
  std::size_t nth = 0;  ///< number of the call among those of its name, from 1, as strace's `when` counts
  bool before_main = false;  ///< made by the loader and the C library
};

/// All of one clean run but the execve that starts it, in their order. Throws when strace cannot tell.
std::vector<call> calls_of(const scenario& what, const settings& how);

/// The calls of a trace as `strace -f -o` writes it: each of its lines, or it throws.
std::vector<call> calls_in(const std::string& trace);

/// Why strace cannot trace here; empty when it can.
std::string no_tracing();

/// The path of strace; throws when there is none.
std::string strace();

}  // namespace sweep
