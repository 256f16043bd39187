// Memory for the handler of one operation that is begun again and again, also when there is no other memory.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace sluice::io {

/// Shared by its owner and the operation, which may outlive the owner.
struct handler_room {
  alignas(std::max_align_t) std::byte bytes[512];
  bool used = false;
  bool owner_gone = false;
};

/// The associated allocator of such a handler. What does not fit is allocated as usual.
template <class T>
class handler_allocator {
 public:
  using value_type = T;
  explicit handler_allocator(std::shared_ptr<handler_room> room) noexcept : room_{std::move(room)} {}
  template <class U>
  handler_allocator(const handler_allocator<U>& other) noexcept : room_{other.room_} {}

  T* allocate(std::size_t n) {
    if (room_->used || n * sizeof(T) > sizeof room_->bytes)
      return static_cast<T*>(::operator new(n * sizeof(T)));
    room_->used = true;
    return reinterpret_cast<T*>(room_->bytes);
  }
  void deallocate(T* p, std::size_t) noexcept {
    if (reinterpret_cast<std::byte*>(p) == room_->bytes)
      room_->used = false;
    else
      ::operator delete(p);
  }
  friend bool operator==(const handler_allocator&, const handler_allocator&) = default;

 private:
  template <class U>
  friend class handler_allocator;
  std::shared_ptr<handler_room> room_;
};

}  // namespace sluice::io
