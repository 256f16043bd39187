# How our own sources are compiled; none of it reaches an embedder (link options: top_level.cmake).
add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor
  # Sources that are compiled together have a form of their own (unity.cmake), which a later -Wshadow would undo.
  $<$<NOT:$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>>:-Wshadow>
  $<$<BOOL:${SLUICE_WERROR}>:-Werror>
  # False alarms of GCC 12: in Asio's coroutines, and in std::string with optimisation.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-mismatched-new-delete;-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread>)
target_compile_definitions(sluice_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY _FILE_OFFSET_BITS=64)
if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
else()
  # What tests/check_hardening finds again in the program (docs/security.md).
  target_compile_options(sluice_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
    $<$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:$<TARGET_PROPERTY:SLUICE_UNOPTIMISED>>>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
    target_compile_options(sluice_flags INTERFACE -fcf-protection=full)
  endif()
endif()

# For what tests with little computing of its own: the optimiser takes half of the time that such a source is compiled.
function(sluice_unoptimised target)
  set_target_properties(${target} PROPERTIES SLUICE_UNOPTIMISED ON)  # fortified functions want an optimiser
  target_compile_options(${target} PRIVATE -O0)
endfunction()
