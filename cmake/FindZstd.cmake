# Finds zstd by pkg-config and defines Zstd::Zstd: its CMake package, which Debian 12 does not ship, has other
# target names for the static and the shared library. Used by the build, and installed for Daybook's users.

include(FindPackageHandleStandardArgs)

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(ZSTD_PKGCONFIG QUIET IMPORTED_TARGET GLOBAL libzstd)
endif()

find_package_handle_standard_args(Zstd
  REQUIRED_VARS ZSTD_PKGCONFIG_LINK_LIBRARIES ZSTD_PKGCONFIG_FOUND
  VERSION_VAR ZSTD_PKGCONFIG_VERSION)

if(Zstd_FOUND AND NOT TARGET Zstd::Zstd)
  add_library(Zstd::Zstd INTERFACE IMPORTED)
  target_link_libraries(Zstd::Zstd INTERFACE PkgConfig::ZSTD_PKGCONFIG)
endif()
