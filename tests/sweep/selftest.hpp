#pragma once

namespace sweep {

/// The sweeps have to go red for programs that lose files, crash, hang or end with a code nobody knows; 0
/// when they do.
int selftest();

}  // namespace sweep
