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
