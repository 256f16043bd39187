# What a parent builds beside sluice, and what must still be as it was. `before` names the cache variables of before.
function(must_be what is expected)
  if(NOT "${is}" STREQUAL "${expected}")
    message(SEND_ERROR "${what} is '${is}', not '${expected}', once sluice has been added")
  endif()
endfunction()

must_be(CMAKE_CXX_STANDARD "${CMAKE_CXX_STANDARD}" 14)
foreach(variable CMAKE_BUILD_TYPE CMAKE_CXX_COMPILER_LAUNCHER CMAKE_CXX_EXTENSIONS CMAKE_POSITION_INDEPENDENT_CODE
                 CMAKE_EXPORT_COMPILE_COMMANDS CMAKE_LINK_PIE_SUPPORTED)
  must_be(${variable} "${${variable}}" "")
endforeach()
get_property(options DIRECTORY PROPERTY LINK_OPTIONS)
must_be("LINK_OPTIONS of the parent's directory" "${options}" "")

get_cmake_property(cached CACHE_VARIABLES)
list(REMOVE_ITEM cached ${before})
list(FILTER cached EXCLUDE REGEX "^(SLUICE_|sluice_|FETCHCONTENT_|_GNUInstallDirs_|CMAKE_INSTALL_|CMAKE_PROJECT_VERSION)")
# What find_package and pkg_check_modules leave there of themselves.
list(FILTER cached EXCLUDE REGEX
  "^(_?OPENSSL_|[Bb]oost_|nlohmann_json_DIR|cares_|idn2_|re2_|xxhash_|__pkg_config_|pkgcfg_lib_|PKG_CONFIG_|prefix_result|FIND_PACKAGE_MESSAGE_)")
must_be("What is new in the cache" "${cached}" "")

get_property(subdirectories DIRECTORY ${sluice_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
must_be("What sluice builds besides its library" "${subdirectories}" "")
get_property(tests DIRECTORY ${sluice_SOURCE_DIR} PROPERTY TESTS)
must_be("What sluice tests" "${tests}" "")

add_executable(bystander ../bystander.cpp)      # links nothing of sluice
add_executable(user ../find_package/main.cpp)   # links it
target_link_libraries(user PRIVATE sluice::sluice)
