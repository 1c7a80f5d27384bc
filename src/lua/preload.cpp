// The Lua files of the module, for states inside a C++ program.

#include "host_pool.hpp"
#include "lua_files/all.hpp"
#include "support.hpp"

namespace daybook::lua {

namespace {

// A loader for one embedded file; the upvalue is its index.
int load_embedded(lua_State* L)
{
    const auto& file = embedded::lua_files::all[static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(1)))];
    const char* const name = lua_pushfstring(L, "=daybook/%s.lua", file.name.data());
    if (luaL_loadbufferx(L, file.text.data(), file.text.size(), name, "t") != LUA_OK) {
        return lua_error(L);
    }
    lua_call(L, 0, 1);
    return 1;
}

}  // namespace

void preload(lua_State* L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_daybook_core);
    lua_setfield(L, -2, "daybook.core");
    for (std::size_t i = 0; i < embedded::lua_files::all.size(); ++i) {
        const std::string_view stem = embedded::lua_files::all[i].name;
        lua_pushinteger(L, static_cast<lua_Integer>(i));
        lua_pushcclosure(L, load_embedded, 1);
        if (stem == "init") {
            lua_setfield(L, -2, "daybook");
        } else {
            const char* const name = lua_pushfstring(L, "daybook.%s", stem.data());
            lua_insert(L, -2);
            lua_setfield(L, -3, name);
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

}  // namespace daybook::lua
