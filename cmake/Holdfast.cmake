# Compiler settings and the two functions that define the tree: a module per
# folder of src/, a test program per folder of tests/.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(HOLDFAST_TESTS "Build the tests" ON)
option(HOLDFAST_PLANTED_BUGS "Compile in bugs that can be switched on, to test the tests" OFF)
option(HOLDFAST_FUZZ "Build the programs of fuzz/; needs clang" OFF)
set(HOLDFAST_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, e.g. address,undefined or thread")

find_program(HOLDFAST_CCACHE ccache)
if(HOLDFAST_CCACHE)
  # Precompiled headers are cached too, and what is compiled with them.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros ${HOLDFAST_CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(HOLDFAST_MOLD mold)
if(HOLDFAST_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(holdfast_flags INTERFACE)
target_compile_options(holdfast_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer
  # GCC 12 sees the destructors of a variant's other alternatives as reachable.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  # A struct's other fields have their defaults; GCC says so only where they have none.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-designated-field-initializers>
  # Of libstdc++ itself, in its sorts.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  # GCC's -Wconversion does not ask for it.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>)
if(HOLDFAST_SANITIZE)
  add_compile_options(-fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOLDFAST_SANITIZE})
  if(HOLDFAST_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's ThreadSanitizer doesn't see std::atomic_thread_fence, and warns where Asio has one.
    # That can't hide a race, only report one where a fence alone orders two accesses; Asio's
    # handlers are also ordered by the mutex of their queue, which it sees.
    target_compile_options(holdfast_flags INTERFACE -Wno-tsan)
  endif()
endif()

# holdfast_module(NAME DEPENDS folders… LINK libraries… HEAVY headers…)
# Makes holdfast::NAME of src/NAME/*.cpp and src/NAME/*/*.cpp; a folder of headers only is an
# interface target. HEAVY headers are precompiled; files include them nevertheless. Files are compiled
# eight at a time, which takes a third of the time, but where ALONE says that several name private
# things alike.
function(holdfast_module name)
  cmake_parse_arguments(ARG "ALONE" "" "DEPENDS;LINK;HEAVY" ${ARGN})
  list(TRANSFORM ARG_DEPENDS PREPEND holdfast::)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp
                                      ${CMAKE_SOURCE_DIR}/src/${name}/*/*.cpp)
  if(sources)
    add_library(holdfast_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(holdfast_${name} PRIVATE holdfast_flags)
  else()
    add_library(holdfast_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(holdfast::${name} ALIAS holdfast_${name})
  target_include_directories(holdfast_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(holdfast_${name} ${scope} ${ARG_DEPENDS} ${ARG_LINK})
  if(sources AND ARG_HEAVY)
    target_precompile_headers(holdfast_${name} PRIVATE ${ARG_HEAVY})
  endif()
  if(sources AND NOT ARG_ALONE)
    set_target_properties(holdfast_${name} PROPERTIES UNITY_BUILD ON)
  endif()
endfunction()

# holdfast_page(MODULE PAGE NAME)
# Embeds the page src/MODULE/PAGE, with what it names from its folder or from src/base/page, as the
# constant holdfast::MODULE::NAME.
function(holdfast_page module page name)
  set(source ${CMAKE_SOURCE_DIR}/src/${module}/${page})
  set(output ${CMAKE_BINARY_DIR}/pages/${module}_${name}.cpp)
  get_filename_component(folder ${source} DIRECTORY)
  file(GLOB parts CONFIGURE_DEPENDS ${folder}/*.html ${folder}/*.js ${folder}/*.css
    ${CMAKE_SOURCE_DIR}/src/base/page/*)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DPAGE=${source} -DNAMESPACE=holdfast::${module} -DNAME=${name}
            -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedPage.cmake
    DEPENDS ${parts} ${CMAKE_SOURCE_DIR}/cmake/EmbedPage.cmake)
  target_sources(holdfast_${module} PRIVATE ${output})
endfunction()

# holdfast_test(FOLDER module…) makes the program test_FOLDER of tests/FOLDER/*.cpp
# and registers each of its tests with CTest. Its files are compiled eight at a time, but where
# ALONE says that several name private things alike.
function(holdfast_test name)
  cmake_parse_arguments(ARG "ALONE" "" "" ${ARGN})
  set(modules ${ARG_UNPARSED_ARGUMENTS})
  list(TRANSFORM modules PREPEND holdfast::)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_include_directories(test_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(test_${name} PRIVATE
    HOLDFAST_TESTS_DIR="${CMAKE_CURRENT_SOURCE_DIR}"
    HOLDFAST_BINARY="$<TARGET_FILE:holdfast>")
  # GCC 12 sees std::string overrun its own buffer where it does not (its bug 105651).
  target_compile_options(test_${name} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow>)
  # Of UBSan these take half of the time in which a test is compiled. The modules have them, and
  # most of what they would see in a test's own code AddressSanitizer sees too.
  if(HOLDFAST_SANITIZE MATCHES undefined)
    target_compile_options(test_${name} PRIVATE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  target_link_libraries(test_${name} PRIVATE ${modules} holdfast_flags
    GTest::gtest GTest::gmock GTest::gtest_main)
  if(TARGET test_base AND NOT name STREQUAL base)
    target_precompile_headers(test_${name} REUSE_FROM test_base)
  else()
    target_precompile_headers(test_${name} PRIVATE <gtest/gtest.h> <algorithm> <deque> <functional>
      <map> <optional> <set> <string> <variant> <vector>)
  endif()
  if(NOT ARG_ALONE)
    set_target_properties(test_${name} PROPERTIES UNITY_BUILD ON)
  endif()
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300 LABELS ${name})
endfunction()
