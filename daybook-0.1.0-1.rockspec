-- The module for stock lua5.4, by LuaRocks: in a checkout,
--
--   luarocks --lua-version 5.4 make            (--tree DIR for another place)
--
-- It builds what the module needs and nothing else. CMake says what is missing: a C++20 compiler, libpq, OpenSSL.
rockspec_format = "3.0"
package = "daybook"
version = "0.1.0-1"
source = {
  url = "git+file://.", -- the checkout that this file lies in
  tag = "v0.1.0",
}
description = {
  summary = "Audit log inside your own PostgreSQL transactions, one organization at a time",
  license = "Apache-2.0",
  labels = { "postgresql", "audit", "database" },
}
supported_platforms = { "unix" }
dependencies = { "lua ~> 5.4" }
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    CMAKE_INSTALL_PREFIX = "$(PREFIX)",
    DAYBOOK_LUA_MODULE_ONLY = "ON",
    DAYBOOK_LUA_SHAREDIR = "$(LUADIR)",
    DAYBOOK_LUA_LIBDIR = "$(LIBDIR)",
    LUA_INCLUDE_DIR = "$(LUA_INCDIR)",
  },
}
