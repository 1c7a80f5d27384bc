# Everything that Daybook is built from: the copy on this machine where it is new enough, else the pinned
# upstream release. After include(Dependencies) these targets exist:
#
#   libpqxx::pqxx  PostgreSQL::PostgreSQL  OpenSSL::Crypto  ZLIB::ZLIB  Zstd::Zstd  CLI11::CLI11
#   Lua::Lua       headers and library, for a program that runs Lua itself
#   Lua::Headers   headers only: a module that a Lua loads uses that Lua; a second one in it would crash
#   with BUILD_TESTING: Catch2::Catch2WithMain (and include(Catch) works), nlohmann_json::nlohmann_json
#
# A release is unpacked from ${DAYBOOK_ARCHIVES} when it lies there (tools/setup.sh puts it there where the
# distribution's package is too old), else downloaded into it. Both ways its SHA-256 must be the pinned one.

include(FetchContent)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH daybook_source)
set(DAYBOOK_ARCHIVES "${daybook_source}/.deps" CACHE PATH "Where upstream's release archives are kept")
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

# daybook_release(<name> <archive> <url> <find_package arguments>...)
#
# Declares a dependency that FetchContent takes from the machine or from the release archive.
function(daybook_release name archive url)
  file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/archives.sha256" pin REGEX "  ${archive}$")
  string(REGEX REPLACE " .*" "" pin "${pin}")

  # CMake takes a damaged archive for a bad download and tries again for more than a minute.
  set(path "${DAYBOOK_ARCHIVES}/${archive}")
  if(EXISTS "${path}")
    file(SHA256 "${path}" found)
    if(NOT found STREQUAL pin)
      message(FATAL_ERROR "${path} is not the release that cmake/archives.sha256 names; delete it")
    endif()
  endif()

  FetchContent_Declare(${name}
    URL "${url}"
    URL_HASH SHA256=${pin}
    DOWNLOAD_DIR "${DAYBOOK_ARCHIVES}"
    DOWNLOAD_NAME "${archive}"
    DOWNLOAD_EXTRACT_TIMESTAMP FALSE
    TIMEOUT 120
    INACTIVITY_TIMEOUT 20
    SYSTEM  # warnings in its headers are not ours
    FIND_PACKAGE_ARGS ${ARGN})
endfunction()

# daybook_make_available(<name> <target>...)
#
# Finds or builds a declared dependency. What a fetched project needs is set here, in a function, so that it
# neither reaches Daybook nor stays in the cache. Flags such as sanitizers do reach the fetched project.
function(daybook_make_available name)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # its option() must respect these variables
  set(BUILD_SHARED_LIBS OFF)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # it also ends up in the Lua module
  set(CMAKE_CXX_CLANG_TIDY "")
  set(CMAKE_EXPORT_COMPILE_COMMANDS OFF)
  set(CMAKE_WARN_DEPRECATED OFF)
  if(name STREQUAL "Catch2")
    set(CMAKE_UNITY_BUILD ON)  # many tiny files; libpqxx's do not share one unit
  endif()
  set(CMAKE_INSTALL_DOCDIR "share/doc/${name}")  # not among our own pages
  set(SKIP_BUILD_TEST ON)  # libpqxx's own tests
  set(BUILD_TEST OFF)
  if(NOT CMAKE_CXX_STANDARD)
    set(CMAKE_CXX_STANDARD 20)  # libpqxx's headers and library must agree on it
  endif()
  FetchContent_MakeAvailable(${name})

  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      target_compile_options(${target} PRIVATE -w)
    endif()
  endforeach()
endfunction()

find_package(PostgreSQL 15 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(Lua54 REQUIRED)
if(DAYBOOK_BUILD_COMMAND OR DAYBOOK_BUILD_BENCH)
  find_package(ZLIB REQUIRED)
  find_package(Zstd REQUIRED)
  find_package(CLI11 2.1 REQUIRED)
endif()

# Where this one is built, its own install rules put it, static, beside Daybook, whose users link it too.
daybook_release(libpqxx libpqxx-7.10.0.tar.gz https://github.com/jtv/libpqxx/archive/refs/tags/7.10.0.tar.gz
  7.10...<9)
daybook_make_available(libpqxx pqxx)
if(DAYBOOK_LUA_MODULE_ONLY)
  FetchContent_GetProperties(libpqxx SOURCE_DIR daybook_libpqxx_source)
  if(daybook_libpqxx_source)
    set_property(DIRECTORY "${daybook_libpqxx_source}" PROPERTY EXCLUDE_FROM_ALL ON)  # it is inside the module
  endif()
endif()

if(BUILD_TESTING)
  find_package(nlohmann_json 3.11 REQUIRED)
  daybook_release(Catch2 catch2-3.7.1.tar.gz https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz
    3)
  daybook_make_available(Catch2 Catch2 Catch2WithMain)

  # Catch.cmake. Catch2's own package adds it to the module path, but only to that of the function above.
  FetchContent_GetProperties(Catch2 SOURCE_DIR daybook_catch2_source)
  if(daybook_catch2_source)
    list(APPEND CMAKE_MODULE_PATH "${daybook_catch2_source}/extras")
  else()
    list(APPEND CMAKE_MODULE_PATH "${Catch2_DIR}")
  endif()
endif()
