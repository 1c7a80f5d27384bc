# What `cmake --install` puts into a prefix, which may then be moved.
#
#   include/daybook/            the public headers
#   lib/                        the libraries, and lib/cmake/daybook/ for find_package(daybook)
#   bin/daybook
#   lib/lua/5.4/daybook/        the module for stock lua5.4
#   share/lua/5.4/daybook/      its Lua files, the mappings among them, and library/daybook.lua, its types for editors
if(DAYBOOK_BUILD_LUA)
  install(TARGETS daybook_lua_module LIBRARY DESTINATION "${DAYBOOK_LUA_LIBDIR}/daybook")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/lua/daybook" DESTINATION "${DAYBOOK_LUA_SHAREDIR}" FILES_MATCHING PATTERN "*.lua")
endif()
if(DAYBOOK_LUA_MODULE_ONLY)
  return()
endif()

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/daybook")

set(libraries daybook_core daybook_postgres)
if(DAYBOOK_BUILD_LUA)
  list(APPEND libraries daybook_lua)
endif()
install(TARGETS ${libraries} EXPORT daybook-targets)
install(EXPORT daybook-targets NAMESPACE daybook:: DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/daybook" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_BINARY_DIR}/include/daybook/version.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/daybook")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/daybook-config.cmake.in"
  "${PROJECT_BINARY_DIR}/daybook-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/daybook-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/daybook-config.cmake"
  "${PROJECT_BINARY_DIR}/daybook-config-version.cmake"
  # CMake has no module for these.
  "${PROJECT_SOURCE_DIR}/cmake/Findlibpqxx.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindLua54.cmake"
  DESTINATION "${package_dir}")

install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
if(DAYBOOK_BUILD_COMMAND)
  install(TARGETS daybook RUNTIME)
endif()
