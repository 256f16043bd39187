#include "io/os_random.hpp"

#include <sys/random.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>

namespace sluice::io {

void os_random::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    if (used_ == page_.size()) {
      std::size_t got = 0;
      while (got < page_.size()) {
        const auto n = ::getrandom(page_.data() + got, page_.size() - got, 0);
        if (n < 0 && errno != EINTR)
          throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
        if (n > 0) got += static_cast<std::size_t>(n);
      }
      used_ = 0;
    }
    const auto n = std::min(out.size(), page_.size() - used_);
    std::memcpy(out.data(), page_.data() + used_, n);
    std::memset(page_.data() + used_, 0, n);
    used_ += n;
    out = out.subspan(n);
  }
}

std::uint64_t os_random::number() {
  std::uint64_t n;
  fill(std::as_writable_bytes(std::span{&n, 1}));
  return n;
}

}  // namespace sluice::io
