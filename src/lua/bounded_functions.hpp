// The functions of the bounded library that are not stock Lua's with a charge before them.

#ifndef DAYBOOK_LUA_BOUNDED_FUNCTIONS_HPP
#define DAYBOOK_LUA_BOUNDED_FUNCTIONS_HPP

#include <cstddef>

#include <lua.hpp>

namespace daybook::lua {

// bounded_strings.cpp
int bounded_find(lua_State* L);
int bounded_match(lua_State* L);
int bounded_gmatch(lua_State* L);
int bounded_gsub(lua_State* L);
int bounded_utf8_offset(lua_State* L);

// bounded_tables.cpp
int bounded_concat(lua_State* L);
int bounded_insert(lua_State* L);
int bounded_remove(lua_State* L);
int bounded_sort(lua_State* L);
int bounded_table_unpack(lua_State* L);

// repeatable.cpp
int repeatable_pairs(lua_State* L);
int repeatable_tostring(lua_State* L);

/// Pushes what tostring gives, without an address.
void push_without_address(lua_State* L, int index);

/// An optional position in a string of `size` bytes, where negative ones count from its end, as a place in 1…size + 1.
std::size_t start_position(lua_Integer position, std::size_t size) noexcept;

}  // namespace daybook::lua

#endif
