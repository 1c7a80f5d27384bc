// Every function that the bindings give to Lua, by what could break them: wrong arguments, a full stack, no memory.
//
// misuse.lua finds the functions by itself, in the module and in the metatables of the registry, so that a new one is
// among them.

#include <cstdlib>
#include <fstream>
#include <limits>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <lua.hpp>

#include <daybook/daybook.hpp>
#include <daybook/script_host.hpp>

#include "expect_error.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

// What a function left on the stack of its caller: its results, and nothing else touched.
int report(lua_State* L, int status)
{
    if (lua_tointeger(L, 1) != 4711) {
        return luaL_error(L, "the caller's stack was changed");
    }
    lua_pushboolean(L, status == LUA_OK ? 1 : 0);
    lua_replace(L, 1);
    return lua_gettop(L);
}

// call(f, …) -> true and its results, or false and what it raised
int call(lua_State* L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_pushinteger(L, 4711);
    lua_insert(L, 1);
    return report(L, lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0));
}

// squeeze(f, room) -> the same, when the stack may grow by so many values and no more
int squeeze(lua_State* L)
{
    const auto room = static_cast<int>(luaL_checkinteger(L, 2));
    lua_settop(L, 1);
    lua_pushinteger(L, 4711);
    lua_insert(L, 1);
    for (int step = 4096; step > 0; step /= 2) {
        while (lua_checkstack(L, room + step) != 0) {
            lua_settop(L, lua_gettop(L) + step);
        }
    }
    lua_gc(L, LUA_GCSTOP);  // a finalizer that finds no room is left out by Lua, and what it holds is lost
    lua_pushvalue(L, 2);
    const int status = lua_pcall(L, 0, 1, 0);
    lua_gc(L, LUA_GCRESTART);
    lua_replace(L, 2);
    lua_settop(L, 2);
    return report(L, status);
}

struct scarcity {
    lua_Alloc allocate;
    void* memory;
    long long left;
    bool denied;
};

void* allocate_scarcely(void* self, void* block, std::size_t old_size, std::size_t new_size)
{
    auto& own = *static_cast<scarcity*>(self);
    if (new_size > (block == nullptr ? 0 : old_size)) {
        if (own.left == 0) {
            own.denied = true;
            return nullptr;
        }
        --own.left;
    }
    return own.allocate(own.memory, block, old_size, new_size);
}

// starve(f, n) -> whether memory was denied, which it is after n allocations; true and a result, or false and the error
int starve(lua_State* L)
{
    // What was taken from it is given back to it, perhaps when the state is closed.
    static scarcity own;
    own = {nullptr, nullptr, static_cast<long long>(luaL_checkinteger(L, 2)), false};
    lua_settop(L, 1);
    luaL_checkstack(L, LUA_MINSTACK, "starve");
    own.allocate = lua_getallocf(L, &own.memory);
    lua_gc(L, LUA_GCSTOP);  // a finalizer that gets no memory for its call is left out by Lua, and what it holds is lost
    lua_setallocf(L, allocate_scarcely, &own);
    const int status = lua_pcall(L, 0, 1, 0);
    lua_setallocf(L, own.allocate, own.memory);
    lua_gc(L, LUA_GCRESTART);
    own.left = std::numeric_limits<long long>::max();
    lua_pushboolean(L, own.denied ? 1 : 0);
    lua_pushboolean(L, status == LUA_OK ? 1 : 0);
    lua_rotate(L, 1, 2);
    return 3;
}

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pool connections{{.url = database.app_url(), .size = 3}};
    script_host host{connections};

    fixture()
    {
        setenv("DATABASE_URL", database.app_url().c_str(), 1);
        for (const luaL_Reg& f : {luaL_Reg{"call", call}, luaL_Reg{"squeeze", squeeze}, luaL_Reg{"starve", starve}}) {
            lua_pushcfunction(host.state(), f.func);
            lua_setglobal(host.state(), f.name);
        }
    }

    // Runs one part of misuse.lua; returns how many calls it made.
    long long run(const std::string& part)
    {
        lua_State* const L = host.state();
        const int top = lua_gettop(L);
        host.run_file(DAYBOOK_SOURCE_DIR "/tests/lua/misuse.lua", std::vector{part});
        CHECK(lua_gettop(L) == top);
        lua_getglobal(L, "calls");
        const long long calls = lua_tointeger(L, -1);
        lua_pop(L, 1);
        return calls;
    }
};

}  // namespace

TEST_CASE("whatever a binding is given, it returns or raises, and leaves the stack as it was", "[database]")
{
    fixture f;

    CHECK(f.run("arguments") > 10'000);
}

TEST_CASE("a binding for which the stack is too small raises", "[database]")
{
    fixture f;

    CHECK(f.run("stack") > 100);
}

TEST_CASE("a binding that gets no memory raises, wherever it asks for some", "[database]")
{
    fixture f;

    CHECK(f.run("memory") > 200);
}

TEST_CASE("whatever a script raises, its host gets an error, and can go on", "[database]")
{
    fixture f;
    const auto raised_by = [&](const std::string& text) { return kind_of([&] { f.host.run(text, "test.lua"); }); };

    CHECK(raised_by("error()") == error_kind::script_failed);
    CHECK(raised_by("error(nil)") == error_kind::script_failed);
    CHECK(raised_by("error(7)") == error_kind::script_failed);
    CHECK(raised_by("error({})") == error_kind::script_failed);
    CHECK(raised_by("error(io.stdout)") == error_kind::script_failed);
    CHECK(raised_by("error(setmetatable({}, {__tostring = function() error('again') end}))") == error_kind::script_failed);
    CHECK(raised_by("error(setmetatable({}, {__index = function() error('again') end}))") == error_kind::script_failed);
    CHECK(raised_by("local u = io.tmpfile() debug.setmetatable(u, {__tostring = error}) error(u)") ==
          error_kind::script_failed);
    CHECK(raised_by("error(coroutine.create(print))") == error_kind::script_failed);
    CHECK(raised_by("coroutine.yield(1)") == error_kind::script_failed);
    CHECK(raised_by("local function f() return f() + 1 end f()") == error_kind::script_failed);
    CHECK(raised_by("require('daybook').with_tenant('acme', error)") == error_kind::script_failed);
    CHECK(raised_by("require('daybook').with_tenant('acme', function(tx) tx:sql('select 1/0') end)") ==
          error_kind::statement_failed);
    CHECK(raised_by("assert(require('daybook').with_tenant('acme', function() return 1 end) == 1)") == std::nullopt);
}

TEST_CASE("the errors that the types name are those that there are", "[unit]")
{
    std::set<std::string, std::less<>> kinds;
    for (const error_kind_description& about : error_kinds()) {
        kinds.emplace(about.name);
    }
    std::ifstream types{DAYBOOK_SOURCE_DIR "/lua/daybook/library/daybook.lua"};
    const std::regex name{"`([a-z]+(_[a-z]+)+)`"};
    int named = 0;
    bool inside = false;  // a paragraph that begins with "Raises"
    for (std::string line; std::getline(types, line);) {
        inside = line.starts_with("---Raises ") || (inside && line.size() > 3);
        if (inside) {
            for (std::sregex_iterator found{line.begin(), line.end(), name}; found != std::sregex_iterator{}; ++found) {
                INFO(line);
                CHECK(kinds.contains((*found)[1].str()));
                ++named;
            }
        }
    }
    CHECK(named > 30);
}
