// The file of a script, and its arguments.

#ifndef DAYBOOK_LUA_SCRIPT_FILE_HPP
#define DAYBOOK_LUA_SCRIPT_FILE_HPP

#include <span>
#include <string>

#include <lua.hpp>

namespace daybook::lua {

/// Its text; a first line for the shell becomes a comment. Throws error (unreadable_input).
[[nodiscard]] std::string read_script(const std::string& path);

/// Sets the global `arg`, whose [0] is the script's name, and pushes the arguments. Returns their number.
int push_arguments(lua_State* L, const char* name, std::span<const std::string> arguments);

}  // namespace daybook::lua

#endif
