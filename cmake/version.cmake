# include/sluice/version.hpp says what project(VERSION) says: a source tree without CMake has it too.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS include/sluice/version.hpp)
file(READ include/sluice/version.hpp header)
foreach(line "SLUICE_VERSION_MAJOR ${PROJECT_VERSION_MAJOR} " "SLUICE_VERSION_MINOR ${PROJECT_VERSION_MINOR} "
             "SLUICE_VERSION_PATCH ${PROJECT_VERSION_PATCH} " "version = \"${PROJECT_VERSION}\";")
  string(FIND "${header}" "${line}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "include/sluice/version.hpp does not say '${line}', as project(VERSION) does: change one of them.")
  endif()
endforeach()

# The commit that `sluice --version -v` says: SLUICE_COMMIT where there is no repository, as in a package's source.
set(SLUICE_COMMIT "" CACHE STRING "The commit that is built; empty: git is asked")
set(commit "${SLUICE_COMMIT}")
if(commit STREQUAL "" AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS .git/logs/HEAD)
  endif()
endif()
if(commit STREQUAL "")
  set(commit "not known")
endif()
set_source_files_properties(src/api/version.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON
  COMPILE_DEFINITIONS "SLUICE_COMMIT=\"${commit}\"")
