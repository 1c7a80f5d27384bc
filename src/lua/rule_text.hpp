// What catalogues and hooks have in common: files that are read as text, and named in messages.

#ifndef DAYBOOK_LUA_RULE_TEXT_HPP
#define DAYBOOK_LUA_RULE_TEXT_HPP

#include <string>

#include <lua.hpp>

namespace daybook::lua {

/// The whole text, byte for byte: its digest names it. Throws error (unreadable_input).
[[nodiscard]] std::string read_rules_file(const std::string& file);

/// The message, with the file in front unless Lua put it there.
[[nodiscard]] std::string at_file(const std::string& file, const std::string& message);

/// The global `daybook` of a file of rules: null, array, decimal, encode, decode.
void open_rule_values(lua_State* L);

}  // namespace daybook::lua

#endif
