# Two components: sluice-library (headers, libraries, what CMake and pkg-config need) and sluice-program.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)

# A file of targets for each kind of library; sluice-config.cmake includes the one that is asked for.
function(sluice_install_library target)
  get_target_property(kind ${target} TYPE)
  string(REPLACE "_LIBRARY" "" kind ${kind})
  string(TOLOWER ${kind} kind)
  install(TARGETS ${target} EXPORT sluice-${kind}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sluice-library
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sluice-library)
  install(EXPORT sluice-${kind} FILE sluice-${kind}.cmake NAMESPACE sluice:: DESTINATION ${package_dir}
    COMPONENT sluice-library)
endfunction()
sluice_install_library(sluice)
set(private .private)  # pkg-config's: for whoever links statically
if(TARGET sluice_shared)
  sluice_install_library(sluice_shared)
elseif(NOT BUILD_SHARED_LIBS)
  set(private "")  # there is only the static library, and nothing to ask for it with
  set(pc_libs " -lidn2")  # its own file for pkg-config names a library that Debian does not bring along
endif()
install(DIRECTORY include/sluice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sluice-library)

configure_package_config_file(cmake/sluice-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/sluice-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/sluice-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sluice-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/sluice-config-version.cmake
  DESTINATION ${package_dir} COMPONENT sluice-library)

# The prefix is found from where sluice.pc lies, so that the whole may be moved.
set(pc_prefix ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
  cmake_path(APPEND pc_${dir} "\${prefix}" ${CMAKE_INSTALL_${dir}})
endforeach()
configure_file(cmake/sluice.pc.in ${CMAKE_CURRENT_BINARY_DIR}/sluice.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sluice.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sluice-library)

if(SLUICE_PROGRAMS)
  if(BUILD_SHARED_LIBS)  # the program finds its library wherever both are moved to
    file(RELATIVE_PATH lib_from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(sluice_program PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
  endif()
  install(TARGETS sluice_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sluice-program)
endif()
