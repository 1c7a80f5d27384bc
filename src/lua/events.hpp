// Reading events from Lua: methods of the transaction.

#ifndef DAYBOOK_LUA_EVENTS_HPP
#define DAYBOOK_LUA_EVENTS_HPP

#include <lua.hpp>

namespace daybook::lua {

int tx_events(lua_State* L);
int tx_event(lua_State* L);

}  // namespace daybook::lua

#endif
