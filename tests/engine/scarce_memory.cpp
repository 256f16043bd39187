#include "scarce_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t plenty = static_cast<std::size_t>(-1);
std::size_t good_allocations = plenty;
bool has_failed = false;

bool runs_out() noexcept {
  if (good_allocations == plenty || good_allocations-- != 0) return false;
  good_allocations = plenty, has_failed = true;
  return true;
}

}  // namespace

void* operator new(std::size_t n) {
  if (void* p = runs_out() ? nullptr : std::malloc(n == 0 ? 1 : n)) return p;
  throw std::bad_alloc{};
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return runs_out() ? nullptr : std::malloc(n == 0 ? 1 : n);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
/// Asio takes the frames of coroutines from here.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept {
  void* p = nullptr;
  if (runs_out() || ::posix_memalign(&p, std::max(alignment, sizeof(void*)), n) != 0) return nullptr;
  return p;
}

namespace fake {

scarce_memory::scarce_memory(std::size_t good) noexcept { good_allocations = good, has_failed = false; }
scarce_memory::~scarce_memory() { good_allocations = plenty; }
bool scarce_memory::failed() const noexcept { return has_failed; }

}  // namespace fake
