#include "support.hpp"

namespace daybook::lua {

namespace {

constexpr const char* error_type = "daybook.error";

// The address is the registry's key of the table of remembered errors: object -> kind and SQLSTATE as one integer. The
// keys are weak; since the values are no objects, collecting them is cheap.
const char remembered_key = 0;

// Keeps the error object on top of the stack in mind, in a state that was asked to.
void remember(lua_State* L, error_kind kind, const char* sqlstate)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered_key) == LUA_TTABLE) {
        lua_Integer packed = 0;
        for (const char* c = sqlstate; *c != '\0'; ++c) {
            packed = packed << 8 | static_cast<unsigned char>(*c);
        }
        lua_pushvalue(L, -2);
        lua_pushinteger(L, packed << 8 | static_cast<lua_Integer>(kind));
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

// tostring(e) -> "D0107: unknown field …"
int error_tostring(lua_State* L)
{
    lua_getfield(L, 1, "code");
    lua_getfield(L, 1, "message");
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
    return 1;
}

// The error object is a plain table, so that a script can look at it and change nothing that matters.
void push(lua_State* L, error_kind kind, const char* sqlstate, const char* message)
{
    const error_kind_description& about = describe(kind);
    lua_createtable(L, 0, 5);
    lua_pushlstring(L, about.code.data(), about.code.size());
    lua_setfield(L, -2, "code");
    lua_pushlstring(L, about.name.data(), about.name.size());
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    if (sqlstate[0] != '\0') {
        lua_pushstring(L, sqlstate);
        lua_setfield(L, -2, "sqlstate");
    }
    lua_pushboolean(L, is_retryable(kind) ? 1 : 0);
    lua_setfield(L, -2, "retryable");
    luaL_setmetatable(L, error_type);
    remember(L, kind, sqlstate);
}

}  // namespace

int raise(lua_State* L, const failure& what)
{
    push(L, what.kind, what.sqlstate, what.message);
    return lua_error(L);
}

int raise(lua_State* L, error_kind kind, const char* message)
{
    push(L, kind, "", message);
    return lua_error(L);
}

void remember_errors(lua_State* L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &remembered_key);
}

std::optional<raised_error> raised_by_us(lua_State* L, int index) noexcept
{
    std::optional<raised_error> found;
    index = lua_absindex(L, index);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered_key) == LUA_TTABLE) {
        lua_pushvalue(L, index);
        if (lua_rawget(L, -2) == LUA_TNUMBER) {
            auto packed = lua_tointeger(L, -1);
            found.emplace(raised_error{static_cast<error_kind>(packed & 0xff), {}});
            packed >>= 8;
            for (std::size_t i = 5; packed != 0 && i > 0; packed >>= 8) {
                found->sqlstate[--i] = static_cast<char>(packed & 0xff);
            }
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
}

std::string_view check_string(lua_State* L, int argument)
{
    if (lua_type(L, argument) != LUA_TSTRING) {
        luaL_typeerror(L, argument, "string");
    }
    std::size_t length = 0;
    const char* const text = lua_tolstring(L, argument, &length);
    return {text, length};
}

void define_type(lua_State* L, const char* name, const luaL_Reg* functions)
{
    if (luaL_newmetatable(L, name) == 1) {
        lua_newtable(L);
        for (const luaL_Reg* f = functions; f->name != nullptr; ++f) {
            const bool metamethod = std::strncmp(f->name, "__", 2) == 0;
            lua_pushcfunction(L, f->func);
            lua_setfield(L, metamethod ? -3 : -2, f->name);
        }
        lua_setfield(L, -2, "__index");
        lua_pushstring(L, name);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
}

void open_errors(lua_State* L)
{
    static const luaL_Reg functions[] = {{"__tostring", error_tostring}, {nullptr, nullptr}};
    define_type(L, error_type, functions);
}

}  // namespace daybook::lua
