// The pool that a C++ host gives to its scripts.

#ifndef DAYBOOK_LUA_HOST_POOL_HPP
#define DAYBOOK_LUA_HOST_POOL_HPP

#include <lua.hpp>

#include <daybook/pool.hpp>

namespace daybook::lua {

/// The pool must outlive the state. The types must be open already.
void hand_in_pool(lua_State* L, pool& connections);

/// Makes `require "daybook"` and its parts work in this state, from the embedded files.
void preload(lua_State* L);

}  // namespace daybook::lua

extern "C" int luaopen_daybook_core(lua_State* L);

#endif
