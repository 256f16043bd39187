// Preloaded: of the calls of malloc that main() makes, the one numbered FAIL_MALLOC_AT fails; the number of
// all is written to FAIL_MALLOC_COUNT. One thread only.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" void* __libc_malloc(std::size_t size);

namespace {

using main_function = int (*)(int, char**, char**);
using function = void (*)();
using start_function = int (*)(main_function, int, char**, function, function, function, void*);

bool counting = false;
unsigned long calls, fails_at;
main_function program_main;

void tell(const char* file) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%lu", calls);
  const int fd = ::open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const auto written = ::write(fd, text, static_cast<std::size_t>(length));
  ::close(fd);
}

int counted_main(int argc, char** argv, char** environment) {
  const char* at = std::getenv("FAIL_MALLOC_AT");
  fails_at = at != nullptr ? std::strtoul(at, nullptr, 10) : 0;
  counting = true;
  const int code = program_main(argc, argv, environment);
  counting = false;
  if (const char* file = std::getenv("FAIL_MALLOC_COUNT")) tell(file);
  return code;
}

}  // namespace

// The loader and libraries allocate before main() begins, and nobody could answer for those calls.
extern "C" int __libc_start_main(main_function main, int argc, char** argv, function init, function fini,
                                 function loader_fini, void* stack_end) {
  program_main = main;
  const auto start = reinterpret_cast<start_function>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}

extern "C" void* malloc(std::size_t size) {
  if (!counting || ++calls != fails_at) return __libc_malloc(size);
  errno = ENOMEM;
  return nullptr;
}
