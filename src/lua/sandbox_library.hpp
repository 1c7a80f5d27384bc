// What code in a sandbox finds in its global variables.

#ifndef DAYBOOK_LUA_SANDBOX_LIBRARY_HPP
#define DAYBOOK_LUA_SANDBOX_LIBRARY_HPP

#include <lua.hpp>

#include "sandbox.hpp"

namespace daybook::lua {

/// Makes the global table of a new state, from a list of names: what is not named is not there.
void open_sandbox_library(lua_State* L, purpose what_for);

}  // namespace daybook::lua

#endif
