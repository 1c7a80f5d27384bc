// Counting events from Lua: methods of the transaction.

#ifndef DAYBOOK_LUA_COUNTS_HPP
#define DAYBOOK_LUA_COUNTS_HPP

#include <lua.hpp>

namespace daybook::lua {

int tx_count(lua_State* L);
int tx_values(lua_State* L);

}  // namespace daybook::lua

#endif
