// Loaded before the C library, it counts what a program asks of the heap, and prints the count at its end.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

static unsigned long count;

void* malloc(size_t size) {
  ++count;
  return __libc_malloc(size);
}
void* calloc(size_t n, size_t size) {
  ++count;
  return __libc_calloc(n, size);
}
void* realloc(void* old, size_t size) {
  ++count;
  return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++count;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  ++count;
  *out = __libc_memalign(alignment, size);
  return *out == NULL ? ENOMEM : 0;
}

__attribute__((destructor)) static void tell(void) { fprintf(stderr, "allocations: %lu\n", count); }
