#include "script_file.hpp"

#include <fstream>
#include <sstream>

#include <daybook/error.hpp>

namespace daybook::lua {

std::string read_script(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) {
        throw error{error_kind::unreadable_input, "the script " + path + " cannot be read"};
    }
    std::string script = text.str();
    if (script.starts_with("#")) {
        script.insert(0, "--");  // lines keep their numbers
    }
    return script;
}

int push_arguments(lua_State* L, const char* name, std::span<const std::string> arguments)
{
    const int count = static_cast<int>(arguments.size());
    luaL_checkstack(L, count + 2, "arguments");
    lua_createtable(L, count, 1);
    lua_pushstring(L, name);
    lua_rawseti(L, -2, 0);
    for (int i = 0; i < count; ++i) {
        const std::string& argument = arguments[static_cast<std::size_t>(i)];
        lua_pushlstring(L, argument.data(), argument.size());
        lua_rawseti(L, -2, i + 1);
    }
    lua_setglobal(L, "arg");
    for (const std::string& argument : arguments) {
        lua_pushlstring(L, argument.data(), argument.size());
    }
    return count;
}

}  // namespace daybook::lua
