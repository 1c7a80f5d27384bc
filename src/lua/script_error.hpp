// What a script raised, as a C++ exception.

#ifndef DAYBOOK_LUA_SCRIPT_ERROR_HPP
#define DAYBOOK_LUA_SCRIPT_ERROR_HPP

#include <lua.hpp>

#include <daybook/error.hpp>

namespace daybook::lua {

/// For lua_pcall: gives a plain message its place in the script; an error object passes unchanged.
int add_traceback(lua_State* L);

/// The error of the value on top of the stack, which is popped. Never raises.
[[nodiscard]] error script_error(lua_State* L);

}  // namespace daybook::lua

#endif
