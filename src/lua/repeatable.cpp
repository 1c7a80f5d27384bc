// What a script sees that must do the same each time: no addresses, and tables in an order of their keys.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <type_traits>

#include "bounded_functions.hpp"
#include "meter.hpp"

namespace daybook::lua {

namespace {

/// A key of a table, as it is compared. Its text stays where it is as long as Lua keeps the string.
struct key {
    enum class kind { integer, number, text, boolean };

    kind type;
    lua_Integer integer;  // a boolean too
    lua_Number number;
    std::string_view text;
    lua_Integer place;  // in the list of keys
};

static_assert(std::is_trivially_destructible_v<key> && std::is_trivially_copyable_v<key>);

/// Exactly, as double does not hold each integer. A float that is a key has a fraction, or is beyond all integers.
bool is_less(lua_Integer a, lua_Number b) noexcept
{
    constexpr lua_Number beyond = 9223372036854775808.0;
    if (b >= beyond || b < -beyond) {
        return b > 0;
    }
    return a <= static_cast<lua_Integer>(std::floor(b));
}

bool is_less(const key& a, const key& b) noexcept
{
    const auto rank = [](const key& k) { return k.type == key::kind::integer ? key::kind::number : k.type; };
    if (rank(a) != rank(b)) {
        return rank(a) < rank(b);
    }
    switch (a.type) {
    case key::kind::text: return a.text < b.text;
    case key::kind::number: return b.type == key::kind::number ? a.number < b.number : !is_less(b.integer, a.number);
    case key::kind::integer:
        if (b.type == key::kind::number) {
            return is_less(a.integer, b.number);
        }
        break;
    case key::kind::boolean: break;
    }
    return a.integer < b.integer;
}

/// The key at an index of the stack; raises if such keys have no order.
key key_at(lua_State* L, int index, lua_Integer place)
{
    key result{key::kind::integer, 0, 0, {}, place};
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, index) != 0) {
            result.integer = lua_tointeger(L, index);
        } else {
            result.type = key::kind::number;
            result.number = lua_tonumber(L, index);
        }
        break;
    case LUA_TSTRING: {
        std::size_t size = 0;
        const char* const data = lua_tolstring(L, index, &size);
        result.type = key::kind::text;
        result.text = {data, size};
        break;
    }
    case LUA_TBOOLEAN:
        result.type = key::kind::boolean;
        result.integer = lua_toboolean(L, index);
        break;
    default:
        luaL_error(L, "pairs: a %s as a key has no place in a fixed order; use strings or numbers",
                   luaL_typename(L, index));
    }
    return result;
}

/// Pushes a list of the table's keys as they come. Gives their number, and whether they are in order.
lua_Integer push_keys(lua_State* L, int table, std::size_t& text_size, bool& in_order)
{
    meter work{L};
    lua_Integer count = 0;
    key before{};
    text_size = 0;
    in_order = true;
    lua_createtable(L, static_cast<int>(std::clamp<std::size_t>(lua_rawlen(L, table), 8, 1'000'000)), 0);
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        lua_pop(L, 1);
        const key here = key_at(L, -1, ++count);
        work.add(16);
        text_size += here.text.size();
        if (in_order && count > 1 && !is_less(before, here)) {
            in_order = false;
        }
        before = here;
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, count);
    }
    work.finish();
    return count;
}

/// Puts the list of keys on top of the stack in order.
void sort_keys(lua_State* L, lua_Integer count, std::size_t text_size)
{
    const auto size = static_cast<std::size_t>(count);
    const auto rounds = static_cast<std::size_t>(std::ilogb(static_cast<double>(count))) + 1;
    charge(L, rounds * (size + text_size / 8));
    key few[32];
    auto* const keys = size <= std::size(few) ? few : static_cast<key*>(lua_newuserdatauv(L, size * sizeof(key), 0));
    const int list = keys == few ? lua_gettop(L) : lua_gettop(L) - 1;
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_rawgeti(L, list, i);
        keys[i - 1] = key_at(L, -1, i);
        lua_pop(L, 1);  // the string is in the list still
    }
    std::sort(keys, keys + count, [](const key& a, const key& b) { return is_less(a, b); });
    lua_createtable(L, static_cast<int>(std::min<lua_Integer>(count, 1'000'000)), 0);
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_rawgeti(L, list, keys[i - 1].place);
        lua_rawseti(L, -2, i);
    }
    lua_replace(L, list);
    lua_settop(L, list);
}

// The iterator of pairs. Upvalues: the keys in order, how many of them have been visited.
int next_in_order(lua_State* L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer visited = lua_tointeger(L, lua_upvalueindex(2));
    meter work{L};
    for (;;) {
        work.add(8);
        if (lua_rawgeti(L, lua_upvalueindex(1), ++visited) == LUA_TNIL) {
            work.finish();
            return 1;
        }
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {  // nil: removed since the loop began
            lua_pushinteger(L, visited);
            lua_replace(L, lua_upvalueindex(2));
            return 2;  // what was passed was charged for when it was collected
        }
        lua_pop(L, 2);
    }
}

}  // namespace

void push_without_address(lua_State* L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING: luaL_tolstring(L, index, nullptr); return;
    default: break;
    }
    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        luaL_tolstring(L, index, nullptr);
        return;
    }
    const int name = luaL_getmetafield(L, index, "__name");
    if (name == LUA_TSTRING) {
        return;
    }
    if (name != LUA_TNIL) {
        lua_pop(L, 1);
    }
    lua_pushstring(L, luaL_typename(L, index));
}

// tostring(value) -> text
int repeatable_tostring(lua_State* L)
{
    luaL_checkany(L, 1);
    push_without_address(L, 1);
    return 1;
}

// pairs(table) -> iterator, table, nil; keys in order
int repeatable_pairs(lua_State* L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    std::size_t text_size = 0;
    bool in_order = true;
    lua_settop(L, 1);
    const lua_Integer count = push_keys(L, 1, text_size, in_order);
    if (!in_order) {
        sort_keys(L, count, text_size);
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_in_order, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

}  // namespace daybook::lua
