# sluice_library(NAME [SHARED]): the library out of the floors' objects, which are compiled once for both kinds.
function(sluice_library name)
  add_library(${name} ${ARGN}
    $<TARGET_OBJECTS:sluice_core> $<TARGET_OBJECTS:sluice_io> $<TARGET_OBJECTS:sluice_engine> $<TARGET_OBJECTS:sluice_api>)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  set(re2 PkgConfig::re2)
  get_target_property(kind ${name} TYPE)
  if(SLUICE_STATIC_RE2 AND kind STREQUAL STATIC_LIBRARY)  # Debian's archive cannot be in a shared library
    set(re2 $<BUILD_INTERFACE:PkgConfig::re2_archive> $<INSTALL_INTERFACE:PkgConfig::re2>)
  endif()
  target_link_libraries(${name} PUBLIC Boost::headers PRIVATE OpenSSL::SSL OpenSSL::Crypto PkgConfig::cares
    PkgConfig::idn2 ${re2})
  # Before 1.0 a minor version may change the ABI.
  set_target_properties(${name} PROPERTIES OUTPUT_NAME sluice EXPORT_NAME sluice
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(NOT PROJECT_IS_TOP_LEVEL)
    set_target_properties(${name} PROPERTIES SYSTEM ON)  # a parent's warnings are not for our headers
  endif()
  if(kind STREQUAL SHARED_LIBRARY)
    set(map ${PROJECT_SOURCE_DIR}/cmake/sluice.map)
    target_link_options(${name} PRIVATE
      -Wl,--version-script=${map} -Wl,--no-undefined -Wl,-z,relro,-z,now,-z,noexecstack)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${map})
  endif()
endfunction()
