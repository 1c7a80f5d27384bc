#include "sandbox_library.hpp"

#include <array>

#include "bounded_library.hpp"
#include "support.hpp"

namespace daybook::lua {

namespace {

// ---------------------------------------------------------------- metatables

// What Lua, its libraries and Daybook look for in a metatable. Not __gc, whose code runs where no hook counts, and not
// __mode: a chain of weak keys makes one collection of garbage take quadratic time.
constexpr std::array metamethods{"__index", "__newindex", "__call",   "__add",  "__sub",    "__mul",  "__div",
                                 "__mod",   "__pow",      "__unm",    "__idiv", "__band",   "__bor",  "__bxor",
                                 "__shl",   "__shr",      "__bnot",   "__eq",   "__lt",     "__le",   "__concat",
                                 "__len",   "__close",    "__tostring", "__name", "__pairs", "__metatable"};

// setmetatable(table, metatable or nil) -> table. The table gets a copy, which no code can reach: what is put into the
// original later, a __gc or a __mode for instance, does not count. The copy's [1] is the original, for getmetatable.
int set_metatable(lua_State* L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_type(L, 2) != LUA_TNIL) {
        luaL_checktype(L, 2, LUA_TTABLE);
    }
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    if (lua_isnil(L, 2)) {
        lua_setmetatable(L, 1);
        return 1;
    }
    for (const char* const refused : {"__gc", "__mode"}) {
        lua_pushstring(L, refused);
        if (lua_rawget(L, 2) != LUA_TNIL) {
            return luaL_error(L, "%s is not for scripts that are not trusted", refused);
        }
        lua_pop(L, 1);
    }
    charge(L, metamethods.size());
    lua_createtable(L, 1, 4);
    for (const char* const name : metamethods) {
        lua_pushstring(L, name);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 2) == LUA_TNIL) {
            lua_pop(L, 2);
        } else {
            lua_rawset(L, 3);
        }
    }
    lua_pushvalue(L, 2);
    lua_rawseti(L, 3, 1);
    lua_setmetatable(L, 1);
    lua_settop(L, 1);
    return 1;
}

// getmetatable(value) -> what setmetatable was given; of everything else what its __metatable says, or nil
int get_metatable(lua_State* L)
{
    luaL_checkany(L, 1);
    if (lua_getmetatable(L, 1) == 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushliteral(L, "__metatable");
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_rawgeti(L, -2, 1);
    }
    return 1;
}

// ---------------------------------------------------------------- xpcall

// Lua calls a handler where the error is raised. When that is inside the hook, no hook counts what the handler does, so
// the script's own, the upvalue, is not called when the budget is used up.
int handle(lua_State* L)
{
    lua_settop(L, 1);
    if (budget::of(L)->used_up() == nullptr) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_insert(L, 1);
        lua_call(L, 1, 1);
    }
    return 1;
}

int end_of_xpcall(lua_State* L, int status, lua_KContext below)
{
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    return lua_gettop(L) - static_cast<int>(below);
}

// xpcall(function, handler, …) -> true and the results, or false and what the handler returned
int protected_call(lua_State* L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    const int arguments = lua_gettop(L) - 2;
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);  // the first result, if all goes well
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return end_of_xpcall(L, lua_pcallk(L, arguments, LUA_MULTRET, 2, 2, end_of_xpcall), 2);
}

// ---------------------------------------------------------------- coroutines

// A new coroutine may run as many instructions as its hook waits for, unseen: coroutines that make coroutines could run
// for ever. So each is charged for.
constexpr std::size_t price_of_coroutine = 100;

// Lua counts the C stack that it uses in each thread, and coroutine.close starts with what the closed thread had.
constexpr int deepest_close = 4;

int coroutine_create(lua_State* L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    charge(L, price_of_coroutine);
    lua_State* const thread = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, thread, 1);
    return 1;
}

// Passes the topmost `arguments` of `L` to the coroutine. True: it yielded or returned, and the results are on top of
// `L`, `results` of them. False: it failed, and the error is there.
bool resume(lua_State* L, lua_State* thread, int arguments, int& results)
{
    charge(L, 10);
    if (lua_checkstack(thread, arguments) == 0) {
        lua_pushliteral(L, "too many arguments to resume");
        return false;
    }
    lua_xmove(L, thread, arguments);
    budget* const used = budget::of(L);
    used->enter(thread);
    const int status = lua_resume(thread, L, arguments, &results);
    used->enter(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(thread, L, 1);
        return false;
    }
    if (lua_checkstack(L, results + 1) == 0) {
        lua_pop(thread, results);
        lua_pushliteral(L, "too many results to resume");
        return false;
    }
    lua_xmove(thread, L, results);
    return true;
}

lua_State* check_thread(lua_State* L)
{
    lua_State* const thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread != nullptr, 1, "coroutine");
    return thread;
}

int coroutine_resume(lua_State* L)
{
    lua_State* const thread = check_thread(L);
    int results = 1;
    const bool done = resume(L, thread, lua_gettop(L) - 1, results);
    lua_pushboolean(L, done ? 1 : 0);
    lua_insert(L, done ? -results - 1 : -2);
    return done ? results + 1 : 2;
}

// Runs what a coroutine has still to close. Its error, if there is one, is then on top of its stack.
int close_thread(lua_State* L, lua_State* thread)
{
    budget* const used = budget::of(L);
    ++used->closing;
    used->enter(thread);
    const int status = lua_resetthread(thread);
    used->enter(L);
    --used->closing;
    return status;
}

// What coroutine.wrap gives; the upvalue is the coroutine.
int call_wrapped(lua_State* L)
{
    lua_State* const thread = lua_tothread(L, lua_upvalueindex(1));
    int results = 0;
    if (resume(L, thread, lua_gettop(L), results)) {
        return results;
    }
    const int status = lua_status(thread);
    if (status != LUA_OK && status != LUA_YIELD && !budget::has_ended(thread) && budget::of(L)->closing < deepest_close) {
        close_thread(L, thread);
        lua_settop(thread, 0);
    }
    return lua_error(L);
}

int coroutine_wrap(lua_State* L)
{
    coroutine_create(L);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

// coroutine.close(thread) -> true, or false and the error
int coroutine_close(lua_State* L)
{
    lua_State* const thread = check_thread(L);
    charge(L, 10);
    lua_Debug frame;
    const bool suspended = lua_status(thread) == LUA_YIELD;
    if (thread == L || (!suspended && lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &frame) != 0)) {
        return luaL_error(L, "cannot close a running coroutine");
    }
    if (budget::has_ended(thread)) {
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "the coroutine was ended by a limit");
        return 2;
    }
    if (budget::of(L)->closing >= deepest_close) {
        return luaL_error(L, "too many coroutines are closed inside one another");
    }
    if (close_thread(L, thread) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(thread, L, 1);
    return 2;
}

// ---------------------------------------------------------------- single functions

// collectgarbage("count") -> kilobytes; a script may look, and change nothing
int collect_garbage(lua_State* L)
{
    if (check_string(L, 1) != "count") {
        return luaL_error(L, "collectgarbage: only \"count\" is for scripts that are not trusted");
    }
    lua_pushnumber(L, static_cast<lua_Number>(budget::of(L)->memory()) / 1024);
    return 1;
}

// os.date(format, time): the original is the upvalue. Each character of the format may become hundreds.
int bounded_date(lua_State* L)
{
    std::size_t size = 0;
    luaL_optlstring(L, 1, "%c", &size);
    luaL_argcheck(L, size <= 100, 1, "the format is longer than 100 characters");
    charge(L, 50 * (size + 1));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

// math.randomseed(x [, y]): the original is the upvalue. Without an argument it tells an address.
int explicit_seed(lua_State* L)
{
    luaL_checknumber(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

// ---------------------------------------------------------------- the list

struct library {
    const char* name;  // "" is the global table itself
    lua_CFunction open;
    const char* functions;  // between blanks
    const char* of_scripts;  // not for rules
};

constexpr std::array libraries{
    library{"", luaopen_base,
            "assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select setmetatable tonumber "
            "tostring type xpcall _VERSION ",
            "collectgarbage "},
    library{"coroutine", luaopen_coroutine, "close create isyieldable resume running status wrap yield ", ""},
    library{"math", luaopen_math,
            "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad sin sqrt tan "
            "tointeger type ult ",
            "random randomseed "},
    library{"os", luaopen_os, "", "date difftime time "},
    library{"string", luaopen_string,
            "byte char find format gmatch gsub len lower match rep reverse sub upper ", ""},
    library{"table", luaopen_table, "concat insert move pack remove sort unpack ", ""},
    library{"utf8", luaopen_utf8, "char charpattern codepoint codes len offset ", ""}};

// Copies what is named from the table below the top into the table on top.
void copy_named(lua_State* L, const char* names)
{
    for (const char* end = std::strchr(names, ' '); end != nullptr; names = end + 1, end = std::strchr(names, ' ')) {
        lua_pushlstring(L, names, static_cast<std::size_t>(end - names));
        lua_pushvalue(L, -1);
        lua_rawget(L, -4);
        lua_rawset(L, -3);
    }
}

// Replaces a function of the table on top of the stack, if it is there.
void replace(lua_State* L, const char* name, lua_CFunction function)
{
    if (lua_getfield(L, -1, name) != LUA_TNIL) {
        lua_pushcfunction(L, function);
        lua_setfield(L, -3, name);
    }
    lua_pop(L, 1);
}

// The same by one that calls the original, its upvalue.
void wrap(lua_State* L, const char* name, lua_CFunction function)
{
    if (lua_getfield(L, -1, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

// ("x"):upper() looks into a table of its own, which nobody can change.
void close_string_metatable(lua_State* L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getglobal(L, "string");
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, -3) != 0;) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_setfield(L, -3, "__index");
    lua_pushliteral(L, "string");
    lua_setfield(L, -3, "__metatable");
    lua_pop(L, 3);
}

}  // namespace

void open_sandbox_library(lua_State* L, purpose what_for)
{
    for (const library& from : libraries) {
        luaL_requiref(L, from.name[0] == '\0' ? LUA_GNAME : from.name, from.open, 1);
        lua_pop(L, 1);
    }
    open_bounded_library(L, what_for == purpose::rules ? repeatable::yes : repeatable::no);
    lua_pushglobaltable(L);
    lua_newtable(L);  // the new global table
    for (const library& from : libraries) {
        if (from.name[0] == '\0') {
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
        } else {
            lua_getfield(L, -2, from.name);
            lua_newtable(L);
        }
        copy_named(L, from.functions);
        if (what_for == purpose::script) {
            copy_named(L, from.of_scripts);
        }
        if (from.name[0] == '\0') {
            lua_pop(L, 2);
            continue;
        }
        lua_pushnil(L);
        const bool empty = lua_next(L, -2) == 0;
        if (!empty) {
            lua_pop(L, 2);
            lua_pushvalue(L, -1);
            lua_setfield(L, -4, from.name);
        }
        lua_pop(L, 2);
    }
    replace(L, "setmetatable", set_metatable);
    replace(L, "getmetatable", get_metatable);
    replace(L, "collectgarbage", collect_garbage);
    replace(L, "xpcall", protected_call);
    lua_getfield(L, -1, "coroutine");
    replace(L, "create", coroutine_create);
    replace(L, "resume", coroutine_resume);
    replace(L, "wrap", coroutine_wrap);
    replace(L, "close", coroutine_close);
    lua_pop(L, 1);
    lua_getfield(L, -1, "math");
    wrap(L, "randomseed", explicit_seed);
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "os") == LUA_TTABLE) {
        wrap(L, "date", bounded_date);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, LUA_GNAME);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pop(L, 1);
    close_string_metatable(L);
    // What was opened is forgotten: error messages and luaL_requiref look here.
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

}  // namespace daybook::lua
