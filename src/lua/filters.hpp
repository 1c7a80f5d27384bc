// Filters, as scripts write them: { action = {"invoice.*", "refund.*"}, facets = { region = "eu" }, since = "…" }

#ifndef DAYBOOK_LUA_FILTERS_HPP
#define DAYBOOK_LUA_FILTERS_HPP

#include <cstddef>
#include <string_view>

#include <lua.hpp>

#include <daybook/error.hpp>
#include <daybook/filter.hpp>

#include "support.hpp"

namespace daybook::lua {

/// Adds one member of such a table, whose value is on top of the stack. Raises unknown_field, invalid_filter, invalid_time.
void add_filter_member(lua_State* L, filter& wanted, std::string_view name);

/// The value on top of the stack, which the script gave as `name`. Raises invalid_filter if it is no string.
std::string_view check_text(lua_State* L, std::string_view name);

/// The same for a number of things, 0 or more.
std::size_t check_number_of(lua_State* L, const char* name);

/// Reads the table at `index`. `own(name)` says whether it took the value on top of the stack for itself: it may raise, so
/// it holds no object that has a destructor.
template <typename Own>
void read_filter(lua_State* L, int index, filter& wanted, Own&& own)
{
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            raise(L, error_kind::invalid_filter, "a filter is a table of fields");
        }
        const std::string_view name = check_string(L, -2);
        if (!own(name)) {
            add_filter_member(L, wanted, name);
        }
    }
}

/// Makes the argument a table, empty if it is absent, and drops what is above it.
void filter_argument(lua_State* L, int argument);

}  // namespace daybook::lua

#endif
