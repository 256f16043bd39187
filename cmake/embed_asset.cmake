# sluice_assets(TARGET FILE...) puts files of src/cli/web into the target as functions: `status.html` becomes `status_html()`. A page
# contains the styles and scripts that it names, from that folder or from SLUICE_WEB_LIBRARIES. The build runs this file as a script
# (cmake -P), once for each file and again when an asset changes.
function(sluice_assets target)
  set(web ${PROJECT_SOURCE_DIR}/src/cli/web)
  file(GLOB assets CONFIGURE_DEPENDS ${web}/*.html ${web}/*.css ${web}/*.js)
  foreach(name IN LISTS ARGN)
    string(REPLACE "." "_" function ${name})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
    add_custom_command(OUTPUT ${source} COMMENT "Embedding ${name}" VERBATIM
      COMMAND ${CMAKE_COMMAND} -D FILE=${web}/${name} -D SOURCE=${source} -D FUNCTION=${function}
        "-DLIBRARIES=${SLUICE_WEB_LIBRARIES}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_asset.cmake
      DEPENDS ${assets} ${SLUICE_WEB_LIBRARIES} ${PROJECT_SOURCE_DIR}/cmake/embed_asset.cmake)
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()
if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()
endif()

# Each tag that names a file becomes the file's text between `<style>` or `<script>` and its end.
macro(inline pattern element)
  string(REGEX MATCHALL "${pattern}" tags "${named}")
  foreach(tag IN LISTS tags)
    string(REGEX REPLACE "${pattern}" "\\1" file "${tag}")
    set(path ${folder}/${file})
    foreach(library IN LISTS LIBRARIES)
      cmake_path(GET library FILENAME known)
      if(known STREQUAL file)
        set(path ${library})
      endif()
    endforeach()
    file(READ ${path} text)
    string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*" "" text "${text}")  # a browser would request it
    if(text MATCHES "</?(style|script)")
      message(FATAL_ERROR "${file} has ${CMAKE_MATCH_0} in it: the page would take that for a tag.")
    endif()
    string(REPLACE "${tag}" "<${element}>\n${text}</${element}>" asset "${asset}")
  endforeach()
endmacro()
cmake_path(GET FILE PARENT_PATH folder)
cmake_path(GET FILE FILENAME name)
file(READ ${FILE} asset)
set(named "${asset}")
inline("<link rel=\"stylesheet\" href=\"([^\"]+)\" />" style)
inline("<script src=\"([^\"]+)\"></script>" script)

# The text becomes an array of bytes, because compilers limit the length of a literal.
file(WRITE ${SOURCE} "${asset}")
file(READ ${SOURCE} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REPEAT "." 80 row)
string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
file(WRITE ${SOURCE} "// The build makes this file of ${name} and the files that it names.
#include \"cli/web/assets.hpp\"

std::string_view sluice::cli::${FUNCTION}() noexcept {
  static constexpr unsigned char bytes[] = {
${bytes}};
  return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}
")
