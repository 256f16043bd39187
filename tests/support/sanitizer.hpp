// SLUICE_UNDER_ASAN: the code is compiled with AddressSanitizer. GCC has a macro of its own, clang a feature.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_UNDER_ASAN 1
#endif
#endif
