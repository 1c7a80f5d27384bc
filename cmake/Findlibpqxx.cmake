# Finds libpqxx and defines libpqxx::pqxx. Used by Daybook's build, and installed for Daybook's users.
#
# Debian, Ubuntu and Homebrew ship libpqxx without a CMake package, hence pkg-config. Its CMake package, where
# there is one, is compatible within one major version only: 8 refuses when 7.10 is asked for, although Daybook
# takes either. So each major version is asked for by itself, and the range that the caller wants compared here.

include(FindPackageHandleStandardArgs)

set(_libpqxx_target "")
foreach(_libpqxx_major IN ITEMS 7.10 8)
  if(NOT TARGET libpqxx::pqxx)
    # A libpqxx that was built together with Daybook lies beside this file.
    find_package(libpqxx ${_libpqxx_major} CONFIG QUIET HINTS "${CMAKE_CURRENT_LIST_DIR}/../libpqxx")
  endif()
endforeach()

if(TARGET libpqxx::pqxx)
  set(_libpqxx_target libpqxx::pqxx)
  set(_libpqxx_version "${libpqxx_VERSION}")
else()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(LIBPQXX_PKGCONFIG QUIET IMPORTED_TARGET GLOBAL libpqxx)
    if(LIBPQXX_PKGCONFIG_FOUND)
      set(_libpqxx_target PkgConfig::LIBPQXX_PKGCONFIG)
      set(_libpqxx_version "${LIBPQXX_PKGCONFIG_VERSION}")
    endif()
  endif()
endif()

find_package_handle_standard_args(libpqxx
  REQUIRED_VARS _libpqxx_target
  VERSION_VAR _libpqxx_version
  HANDLE_VERSION_RANGE)

if(libpqxx_FOUND AND NOT TARGET libpqxx::pqxx)
  add_library(libpqxx::pqxx INTERFACE IMPORTED)
  target_link_libraries(libpqxx::pqxx INTERFACE ${_libpqxx_target})
endif()
unset(_libpqxx_target)
unset(_libpqxx_version)
unset(_libpqxx_major)
