#include "sandbox.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "sandbox_library.hpp"
#include "support.hpp"

namespace daybook::lua {

namespace {

// The address is the registry's key of what require() gives, and of how it is opened.
const char modules_key = 0;
const char openers_key = 0;

// ---------------------------------------------------------------- print and require

// print(…): the values as tostring() shows them, with tabs between them
int print(lua_State* L)
{
    const auto& sink = *static_cast<const line_sink*>(lua_touserdata(L, lua_upvalueindex(1)));
    const int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; ++i) {
        if (i > 1) {
            luaL_addchar(&line, '\t');
        }
        luaL_tolstring(L, i, nullptr);
        charge(L, 10 + lua_rawlen(L, -1));
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    const std::string_view text = check_string(L, -1);
    failure what;
    if (!guard(what, [&] { sink(text); })) {
        return raise(L, what);
    }
    return 0;
}

// require(name) -> the module that the host put in
int require(lua_State* L)
{
    static_cast<void>(check_string(L, 1));
    lua_settop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 2) != LUA_TNIL) {
        return 1;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &openers_key);
    lua_pushvalue(L, 1);
    const int type = lua_rawget(L, -2);
    if (type == LUA_TNIL) {
        return luaL_error(L, "there is no module \"%s\" here: a script that is not trusted has what its host puts in",
                          lua_tostring(L, 1));
    }
    if (type == LUA_TSTRING) {
        const std::string_view text = check_string(L, -1);
        push_function(L, text, lua_pushfstring(L, "=%s", lua_tostring(L, 1)));
    }
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
    return 1;
}

// ---------------------------------------------------------------- preparing

int open(lua_State* L)
{
    auto& [what_for, sink] = *static_cast<std::pair<purpose, const line_sink*>*>(lua_touserdata(L, 1));
    open_sandbox_library(L, what_for);
    open_errors(L);
    remember_errors(L);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &openers_key);
    lua_pushcfunction(L, require);
    lua_setglobal(L, "require");
    if (*sink) {
        lua_pushlightuserdata(L, const_cast<line_sink*>(sink));
        lua_pushcclosure(L, print, 1);
        lua_setglobal(L, "print");
    }
    return 0;
}

struct module_opener {
    const char* name;
    lua_CFunction open;
    std::string_view text;
};

int keep_opener(lua_State* L)
{
    const auto& module = *static_cast<const module_opener*>(lua_touserdata(L, 1));
    lua_rawgetp(L, LUA_REGISTRYINDEX, &openers_key);
    if (module.open != nullptr) {
        lua_pushcfunction(L, module.open);
    } else {
        lua_pushlstring(L, module.text.data(), module.text.size());
    }
    lua_setfield(L, -2, module.name);
    return 0;
}

// ---------------------------------------------------------------- judging

constexpr std::size_t longest_message = 1000;

// One line: what is no printable character becomes a question mark, as does a byte that is no UTF-8.
std::string harmless(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size() && out.size() < longest_message;) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t size = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
        const std::string_view one = text.substr(i, std::max<std::size_t>(size, 1));
        const bool whole = size != 0 && one.size() == size && std::all_of(one.begin() + 1, one.end(), [](char next) {
                               return (static_cast<unsigned char>(next) & 0xc0) == 0x80;
                           });
        // C1 controls, and the characters that hide or reorder what stands beside them.
        const bool control = size == 1   ? c < 0x20 || c == 0x7f
                             : size == 2 ? one < "\xc2\xa0"
                                         : (one >= "\xe2\x80\x8b" && one <= "\xe2\x80\x8f") ||
                                               (one >= "\xe2\x80\xa8" && one <= "\xe2\x80\xae") ||
                                               (one >= "\xe2\x81\xa0" && one <= "\xe2\x81\xaf") || one == "\xef\xbb\xbf";
        if (c == '\n' || c == '\t') {
            out += ' ';
        } else if (!whole || control) {
            out += '?';
        } else {
            out += one;
        }
        i += whole ? size : 1;
    }
    return out;
}

// tostring(value), for a value that is no text: its __tostring is the script's code.
int describe_value(lua_State* L)
{
    luaL_tolstring(L, 1, nullptr);
    return 1;
}

// The text on top of the stack, or in the field "message" of the table there. Never raises.
std::string message_at_top(lua_State* L)
{
    const int top = lua_gettop(L);
    if (lua_type(L, -1) == LUA_TTABLE) {
        for (lua_pushnil(L); lua_next(L, top) != 0; lua_pop(L, 1)) {  // lua_getfield might need memory for the name
            if (lua_type(L, -2) == LUA_TSTRING && std::strcmp(lua_tostring(L, -2), "message") == 0) {
                break;
            }
        }
    }
    std::string text;
    if (lua_type(L, -1) == LUA_TSTRING) {
        std::size_t size = 0;
        const char* const characters = lua_tolstring(L, -1, &size);
        text = harmless({characters, size});
    }
    lua_settop(L, top);
    return text;
}

}  // namespace

sandbox::sandbox(const script_limits& limits, purpose what_for, line_sink print)
    : m_budget{limits}, m_print{std::move(print)}, m_state{m_budget.make_state()}
{
    if (m_state == nullptr) {
        throw error{error_kind::internal, "there is no memory for a Lua state", "the limit is " + std::to_string(limits.memory) + " bytes"};
    }
    std::pair<purpose, const line_sink*> how{what_for, &m_print};
    set_up(open, &how);
}

void sandbox::add_module(const char* name, lua_CFunction open)
{
    module_opener module{name, open, {}};
    set_up(keep_opener, &module);
}

void sandbox::add_module(const char* name, std::string_view text)
{
    module_opener module{name, nullptr, text};
    set_up(keep_opener, &module);
}

void sandbox::set_up(lua_CFunction work, void* argument)
{
    lua_State* const L = state();
    lua_pushcfunction(L, work);
    lua_pushlightuserdata(L, argument);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        const std::string why = message_at_top(L);
        lua_pop(L, 1);
        throw error{error_kind::internal, "a Lua state cannot be made ready: " + why};
    }
}

void sandbox::call(lua_CFunction work, void* argument)
{
    lua_State* const L = state();
    if (lua_checkstack(L, 4) == 0) {
        throw error{error_kind::internal, "there is no memory to call Lua"};
    }
    m_budget.restart(L);
    lua_pushcfunction(L, work);
    lua_pushlightuserdata(L, argument);
    const int status = lua_pcall(L, 1, 0, 0);
    if (status == LUA_OK && m_budget.used_up_now() == nullptr) {
        budget::stop(L);
        return;
    }
    if (status == LUA_OK) {
        lua_pushnil(L);
    }
    const error what = judge(status);
    lua_pop(L, 1);
    throw what;
}

// The error is on top of the stack, and stays there.
error sandbox::judge(int status)
{
    lua_State* const L = state();
    std::optional<raised_error> own = raised_by_us(L, -1);
    const bool text = lua_type(L, -1) == LUA_TSTRING;
    if (m_budget.used_up() == nullptr && !own && !text && status == LUA_ERRRUN) {
        lua_pushcfunction(L, describe_value);
        lua_insert(L, -2);
        if (lua_pcall(L, 1, 1, 0) != LUA_OK && lua_type(L, -1) != LUA_TSTRING) {
            lua_pop(L, 1);
            lua_pushnil(L);
        }
    }
    budget::stop(L);
    if (const char* const what = m_budget.used_up()) {
        const std::string where = harmless(m_budget.where());
        return error{error_kind::script_limit, (where.empty() ? "" : where + ": ") + "the script is ended: " + what};
    }
    // The status LUA_ERRMEM proves nothing: error("not enough memory", 0) makes it too.
    std::string message = message_at_top(L);
    if (message.empty()) {
        message = "the script raised an error without a text";
    }
    return own ? error{own->kind, message, {}, own->sqlstate} : error{error_kind::script_failed, message};
}

// ---------------------------------------------------------------- reading a script

namespace {

struct pieces {
    std::string_view left;
};

const char* next_piece(lua_State* L, void* data, std::size_t* size)
{
    constexpr std::size_t piece = 64;
    std::string_view& left = static_cast<pieces*>(data)->left;
    const char* const text = left.data();
    *size = std::min(left.size(), piece);
    left.remove_prefix(*size);
    charge(L, 2 * *size);
    return text;
}

}  // namespace

void push_function(lua_State* L, std::string_view text, const char* name)
{
    if (text.size() > longest_script) {
        luaL_error(L, "the text of the script is longer than a megabyte");
    }
    pieces from{text};
    if (lua_load(L, next_piece, &from, name, "t") != LUA_OK) {
        lua_error(L);
    }
}

}  // namespace daybook::lua
