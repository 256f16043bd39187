# One compiler run for all sources of a folder: most of a unit's time goes into reading Asio, Beast and the standard library.
option(SLUICE_UNITY "Compile the sources of a folder together" ${PROJECT_IS_TOP_LEVEL})

# sluice_unity(TARGET [MOST [ACROSS]]): at most MOST sources a run (default 16), so that both cores of a small machine have work;
# with ACROSS of several folders. Two sources that are compiled together must not give the same name to two things of their
# anonymous namespaces.
function(sluice_unity target)
  if(NOT SLUICE_UNITY)
    return()
  endif()
  set(most 16)
  if(ARGC GREATER 1)
    set(most ${ARGV1})
  endif()
  get_target_property(sources ${target} SOURCES)
  set(rooms)
  foreach(source ${sources})
    if(NOT source MATCHES "\\.cpp$")
      continue()
    endif()
    get_filename_component(room ${source} DIRECTORY)
    if(IS_ABSOLUTE "${room}")  # the library's parts have the same names wherever it is built
      file(RELATIVE_PATH room ${PROJECT_SOURCE_DIR} ${room})
    endif()
    if("ACROSS" IN_LIST ARGN)
      set(room all)
    endif()
    string(MAKE_C_IDENTIFIER "${room}" room)
    if(NOT room IN_LIST rooms)
      list(APPEND rooms ${room})
      set(number_${room} 0)
    endif()
    math(EXPR part "${number_${room}} / ${most}")
    math(EXPR number_${room} "${number_${room}} + 1")
    set_property(SOURCE ${source} PROPERTY UNITY_GROUP "${room}_${part}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # False alarms where sources are included: their anonymous namespaces are in no header, and what one of them names is no
  # outer scope of the next.
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage;-Wno-shadow;-Wshadow=local>)
endfunction()
