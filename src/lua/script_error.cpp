#include "script_error.hpp"

#include <string>

#include "support.hpp"

namespace daybook::lua {

namespace {

std::string_view field(lua_State* L, const char* name)
{
    std::size_t size = 0;
    const char* text = nullptr;
    if (lua_type(L, -1) == LUA_TTABLE) {
        lua_pushstring(L, name);
        if (lua_rawget(L, -2) == LUA_TSTRING) {
            text = lua_tolstring(L, -1, &size);
        }
        lua_pop(L, 1);  // the table keeps the string alive
    }
    return text == nullptr ? std::string_view{} : std::string_view{text, size};
}

}  // namespace

int add_traceback(lua_State* L)
{
    if (lua_type(L, 1) == LUA_TSTRING) {
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    } else if (lua_type(L, 1) != LUA_TTABLE) {
        luaL_tolstring(L, 1, nullptr);
    }
    return 1;
}

error script_error(lua_State* L)
{
    const std::string_view code = field(L, "code");
    if (!code.empty()) {
        for (const error_kind_description& about : error_kinds()) {
            if (about.code == code) {
                error result{about.kind, std::string{field(L, "message")}, {}, std::string{field(L, "sqlstate")}};
                lua_pop(L, 1);
                return result;
            }
        }
    }
    std::size_t size = 0;
    const char* const text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : nullptr;
    error result{error_kind::script_failed,
                 text == nullptr ? std::string{"the script raised a "} + lua_typename(L, lua_type(L, -1)) : std::string{text, size}};
    lua_pop(L, 1);
    return result;
}

}  // namespace daybook::lua
