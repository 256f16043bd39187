// System calls that fail as told: what old kernels, sandboxes and bad disks do.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <cstdint>

namespace support {

/// A system call, and its error; with `argument`, only where that one has all bits of `bits`.
struct refused_call {
  std::uint32_t number;
  std::uint32_t error;
  int argument = -1;
  std::uint32_t bits = 0;
};

/// Refuses the call from now on, for this thread and what it starts: there is no way back. False where the
/// system has no filters.
inline bool refuse(const refused_call& c) {
  constexpr std::uint32_t number_at = 0, arguments_at = 16;  // offsets in seccomp_data, little-endian
  const std::uint32_t at = c.argument < 0 ? number_at : arguments_at + 8 * static_cast<unsigned>(c.argument);
  const sock_filter same_bits = c.argument < 0
                                    ? sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c.number, 0, 1)
                                    : sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, c.bits, 0, 1);
  std::array<sock_filter, 6> steps{
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number_at), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c.number, 0, 3),
       BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at), same_bits,
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | c.error), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  const sock_fprog program{steps.size(), steps.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace support
