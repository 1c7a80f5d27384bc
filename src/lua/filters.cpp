#include "filters.hpp"

#include <optional>

#include <daybook/limits.hpp>
#include <daybook/timestamp.hpp>

#include "budget.hpp"

namespace daybook::lua {

namespace {

// Raises "NAME is …" about the value on top of the stack.
void refuse(lua_State* L, std::string_view name, const char* what)
{
    lua_pushlstring(L, name.data(), name.size());
    const char* const message = lua_pushfstring(L, "%s is %s, not a %s", lua_tostring(L, -1), what, luaL_typename(L, -2));
    raise(L, error_kind::invalid_filter, message);
}

// The value is on top of the stack.
void add_value(lua_State* L, filter& wanted, std::string_view field)
{
    failure what;
    if (lua_type(L, -1) != LUA_TSTRING) {
        // Of a field that does not exist, this is what to say first.
        if (!guard(what, [&] { add_to_filter(wanted, field, "x"); }) && what.kind == error_kind::unknown_field) {
            raise(L, what);
        }
    }
    const std::string_view value = check_text(L, field);
    if (budget::of(L) != nullptr) {
        // It is kept where no budget counts.
        charge(L, price_of_statement / 5);
        if (value.size() > limits::id_bytes) {
            refuse(L, field, "at most 2048 bytes long in a locked script");
        }
    }
    if (!guard(what, [&] { add_to_filter(wanted, field, value); })) {
        raise(L, what);
    }
}

void set_time(lua_State* L, std::optional<timestamp>& time, std::string_view name)
{
    const std::string_view value = check_text(L, name);
    failure what;
    if (!guard(what, [&] { time = parse_time(value); })) {
        raise(L, what);
    }
}

// facets = {region = "eu", size = {"s", "m"}}: the table is on top of the stack
void add_facets(lua_State* L, filter& wanted)
{
    if (lua_type(L, -1) != LUA_TTABLE) {
        refuse(L, "facets", "a table of texts by key");
    }
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            raise(L, error_kind::invalid_filter, "facets is a table of texts by key");
        }
        lua_pushliteral(L, "facet.");
        lua_pushvalue(L, -3);
        lua_concat(L, 2);
        lua_insert(L, -2);
        add_filter_member(L, wanted, check_string(L, -2));
        lua_remove(L, -2);
    }
}

}  // namespace

void add_filter_member(lua_State* L, filter& wanted, std::string_view name)
{
    luaL_checkstack(L, 8, "filter");
    if (name == "since") {
        set_time(L, wanted.since, name);
    } else if (name == "until") {
        set_time(L, wanted.until, name);
    } else if (name == "facets") {
        add_facets(L, wanted);
    } else if (lua_type(L, -1) == LUA_TTABLE) {  // alternatives
        const auto count = static_cast<lua_Integer>(lua_rawlen(L, -1));
        if (count == 0) {
            // Taken for no condition at all, it would give everything.
            refuse(L, name, "a text or a list of texts, at least one");
        }
        if (budget::of(L) != nullptr && count > 100) {
            refuse(L, name, "a list of at most 100 texts in a locked script");
        }
        for (lua_Integer i = 1; i <= count; ++i) {
            lua_rawgeti(L, -1, i);
            add_value(L, wanted, name);
            lua_pop(L, 1);
        }
    } else {
        add_value(L, wanted, name);
    }
}

std::string_view check_text(lua_State* L, std::string_view name)
{
    if (lua_type(L, -1) != LUA_TSTRING) {
        refuse(L, name, "a text");
    }
    return check_string(L, -1);
}

std::size_t check_number_of(lua_State* L, const char* name)
{
    if (lua_isinteger(L, -1) == 0 || lua_tointeger(L, -1) < 0) {
        raise(L, error_kind::invalid_filter, lua_pushfstring(L, "%s is a whole number, 0 or more", name));
    }
    return static_cast<std::size_t>(lua_tointeger(L, -1));
}

void filter_argument(lua_State* L, int argument)
{
    if (lua_isnoneornil(L, argument)) {
        lua_settop(L, argument - 1);
        lua_newtable(L);
    } else {
        luaL_checktype(L, argument, LUA_TTABLE);
        lua_settop(L, argument);
    }
}

}  // namespace daybook::lua
