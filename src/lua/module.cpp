// What stock lua5.4 loads: require "daybook.core". The friendly part is lua/daybook/init.lua.

#include <daybook/version.hpp>

#include "host_pool.hpp"
#include "support.hpp"

extern "C" DAYBOOK_EXPORT int luaopen_daybook_core(lua_State* L)
{
    luaL_checkversion(L);
    lua_newtable(L);
    daybook::lua::open_errors(L);
    daybook::lua::open_values(L);
    daybook::lua::open_events(L);
    daybook::lua::open_counts(L);
    daybook::lua::open_transactions(L);
    daybook::lua::open_pools(L);
    daybook::lua::open_auditor(L);
    lua_pushliteral(L, DAYBOOK_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
