# Finds Lua 5.4, which CMake's own module describes by variables, and defines Lua::Lua and Lua::Headers. Used by
# the build, and installed for Daybook's users.
#
# Exactly 5.4: a newer Lua has another binary interface. Lua::Headers is for a module that a Lua loads: it finds
# Lua's functions in the program that loads it, and a second Lua linked into the module would crash.

include(FindPackageHandleStandardArgs)

find_package(Lua 5.4 EXACT QUIET)
find_package_handle_standard_args(Lua54
  REQUIRED_VARS LUA_LIBRARIES LUA_INCLUDE_DIR LUA_FOUND
  VERSION_VAR LUA_VERSION_STRING)

if(Lua54_FOUND AND NOT TARGET Lua::Headers)
  add_library(Lua::Headers INTERFACE IMPORTED)
  target_include_directories(Lua::Headers INTERFACE "${LUA_INCLUDE_DIR}")
  add_library(Lua::Lua INTERFACE IMPORTED)
  target_link_libraries(Lua::Lua INTERFACE Lua::Headers ${LUA_LIBRARIES})
endif()
