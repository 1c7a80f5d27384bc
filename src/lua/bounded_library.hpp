// The libraries string, table and utf8 for scripts that nobody trusts: each function charges the state's budget for the
// work that it does, before it does it. Results and errors are those of stock Lua, but for the budget's own error.
//
// Without bounds, one instruction could take minutes: the budget's hook does not see inside a C function.

#ifndef DAYBOOK_LUA_BOUNDED_LIBRARY_HPP
#define DAYBOOK_LUA_BOUNDED_LIBRARY_HPP

#include <lua.hpp>

namespace daybook::lua {

/// Whether a script must do the same each time that it runs. With `yes` it sees nothing of addresses, hash seeds and
/// random numbers: tostring and string.format show a table, function or userdata as its type's name only, %p is
/// refused, pairs visits numbers ascending, then strings ascending by their bytes, then false and true, and raises for
/// other keys; next, math.random and math.randomseed are gone.
enum class repeatable { no, yes };

/// Replaces functions in the global tables string, table, utf8 (and math), of the metatable of strings, and the globals
/// tostring, tonumber, select and pairs, of those that the state has. string.dump, pack, unpack and packsize are
/// removed: no script of ours needs bytes in a machine's layout, and the work of a layout cannot be seen from its size.
///
/// Once a state. Raises if there is no memory. Functions that were taken before stay unbounded.
void open_bounded_library(lua_State* L, repeatable kind = repeatable::no);

}  // namespace daybook::lua

#endif
