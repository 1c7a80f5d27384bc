#include "bounded_library.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "bounded_functions.hpp"
#include "meter.hpp"

namespace daybook::lua {

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

/// The bytes of a string argument; 0 of any other, which the function itself refuses.
std::size_t size_of(lua_State* L, int argument)
{
    return lua_type(L, argument) == LUA_TSTRING ? lua_rawlen(L, argument) : 0;
}

/// An integer argument, or `otherwise`; what is no integer, the function itself refuses.
lua_Integer integer_or(lua_State* L, int argument, lua_Integer otherwise)
{
    int is_integer = 0;
    const lua_Integer value = lua_tointegerx(L, argument, &is_integer);
    return is_integer != 0 ? value : otherwise;
}

/// How many bytes of the first argument lie between the positions that are the next two.
std::size_t size_of_part(lua_State* L, lua_Integer first, lua_Integer last)
{
    const std::size_t size = size_of(L, 1);
    if (last < 0) {
        last += static_cast<lua_Integer>(size) + 1;
    }
    const std::size_t begin = start_position(first, size);
    const std::size_t end = std::min(size, static_cast<std::size_t>(std::max<lua_Integer>(last, 0)));
    return begin <= end ? end - begin + 1 : 0;
}

// The work of stock functions, in bytes that are copied.

std::size_t work_of_text(lua_State* L)
{
    return size_of(L, 1);
}

std::size_t work_of_arguments(lua_State* L)
{
    return 8 * static_cast<std::size_t>(lua_gettop(L));
}

std::size_t work_of_operands(lua_State* L)
{
    return size_of(L, 1) + size_of(L, 2);
}

std::size_t work_of_rep(lua_State* L)
{
    const lua_Integer times = integer_or(L, 2, 0);
    if (times <= 0) {
        return 0;
    }
    const std::size_t each = size_of(L, 1) + size_of(L, 3) + 4;  // nothing, repeated, takes time too
    return static_cast<std::size_t>(times) > most / each ? most : static_cast<std::size_t>(times) * each;
}

std::size_t work_of_sub(lua_State* L)
{
    return size_of_part(L, integer_or(L, 2, 1), integer_or(L, 3, -1));
}

/// One result, a number, for each byte.
std::size_t work_of_byte(lua_State* L)
{
    const lua_Integer first = integer_or(L, 2, 1);
    return 8 * size_of_part(L, first, integer_or(L, 3, first));
}

std::size_t work_of_utf8_len(lua_State* L)
{
    return 2 * size_of_part(L, integer_or(L, 2, 1), integer_or(L, 3, -1));
}

std::size_t work_of_move(lua_State* L)
{
    const lua_Integer first = integer_or(L, 2, 1);
    const lua_Integer last = integer_or(L, 3, 0);
    if (first > last) {
        return 0;
    }
    const std::size_t count = static_cast<std::size_t>(last) - static_cast<std::size_t>(first);
    return count > most / 8 - 1 ? most : 8 * (count + 1);
}

/// The iterator of utf8.codes passes over continuation bytes.
std::size_t work_of_next_code(lua_State* L)
{
    if (lua_type(L, 1) != LUA_TSTRING) {
        return 0;
    }
    std::size_t size = 0;
    const char* const data = lua_tolstring(L, 1, &size);
    const std::string_view text{data, size};
    const auto from = static_cast<std::size_t>(integer_or(L, 2, 0));
    meter work{L};
    for (std::size_t i = from; i < text.size(); ++i) {
        work.add(2);
        if (i > from && (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
            break;
        }
    }
    work.finish();
    return 0;  // charged already
}

/// A stock function that is charged for: the function that is the first upvalue, called in its own place, so that its
/// errors name it as ever. It has no upvalues of its own.
template <std::size_t (*Work)(lua_State*)>
int charged(lua_State* L)
{
    meter work{L};
    work.add(Work(L));
    work.finish();
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// utf8.codes(text [, lax]) -> iterator, text, 0
int bounded_codes(lua_State* L)
{
    const int results = lua_tocfunction(L, lua_upvalueindex(1))(L);
    const int iterator = lua_gettop(L) - results + 1;
    lua_pushvalue(L, iterator);
    lua_pushcclosure(L, charged<work_of_next_code>, 1);
    lua_replace(L, iterator);
    return results;
}

// string.format(format, …) -> text. Values for %s become strings before: what __tostring gives is charged for like any
// other string, and may show no address.
template <bool WithoutAddress>
int bounded_format(lua_State* L)
{
    std::size_t size = 0;
    const char* const data = luaL_checklstring(L, 1, &size);
    const std::string_view format{data, size};
    const int last = lua_gettop(L);
    meter work{L};
    work.add(2 * size);
    int argument = 1;
    for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at + 1)) {
        at = format.find_first_not_of("-+ #.0123456789", at + 1);
        if (at == std::string_view::npos || (format[at] != '%' && ++argument > last)) {
            break;  // an error that the function itself explains
        }
        switch (format[at]) {
        case 's':
            if constexpr (WithoutAddress) {
                push_without_address(L, argument);
            } else {
                luaL_tolstring(L, argument, nullptr);
            }
            lua_replace(L, argument);
            work.add(size_of(L, argument));
            break;
        case 'q': work.add(4 * size_of(L, argument)); break;
        case 'p':
            if constexpr (WithoutAddress) {
                return luaL_error(L, "string.format: %%p is not available here: an address is another each time");
            }
            break;
        default: work.add(64); break;
        }
    }
    work.finish();
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

struct replacement {
    const char* name;
    lua_CFunction function;
};

constexpr replacement for_string[] = {
    {"byte", charged<work_of_byte>},
    {"char", charged<work_of_arguments>},
    {"dump", nullptr},
    {"find", bounded_find},
    {"gmatch", bounded_gmatch},
    {"gsub", bounded_gsub},
    {"lower", charged<work_of_text>},
    {"match", bounded_match},
    {"pack", nullptr},
    {"packsize", nullptr},
    {"rep", charged<work_of_rep>},
    {"reverse", charged<work_of_text>},
    {"sub", charged<work_of_sub>},
    {"unpack", nullptr},
    {"upper", charged<work_of_text>},
};

constexpr replacement for_table[] = {
    {"concat", bounded_concat},           {"insert", bounded_insert}, {"move", charged<work_of_move>},
    {"pack", charged<work_of_arguments>}, {"remove", bounded_remove}, {"sort", bounded_sort},
    {"unpack", bounded_table_unpack},
};

constexpr replacement for_utf8[] = {
    {"char", charged<work_of_arguments>}, {"codepoint", charged<work_of_byte>}, {"codes", bounded_codes},
    {"len", charged<work_of_utf8_len>},   {"offset", bounded_utf8_offset},
};

constexpr replacement for_globals[] = {
    {"select", charged<work_of_arguments>},
    {"tonumber", charged<work_of_text>},
};

/// Strings are converted to numbers to calculate with, however long they are.
constexpr replacement for_metatable_of_strings[] = {
    {"__add", charged<work_of_operands>}, {"__div", charged<work_of_operands>}, {"__idiv", charged<work_of_operands>},
    {"__mod", charged<work_of_operands>}, {"__mul", charged<work_of_operands>}, {"__pow", charged<work_of_operands>},
    {"__sub", charged<work_of_operands>}, {"__unm", charged<work_of_operands>},
};

constexpr replacement for_repeatable[] = {
    {"next", nullptr},
    {"pairs", repeatable_pairs},
    {"tostring", repeatable_tostring},
};

constexpr replacement for_repeatable_string[] = {
    {"format", bounded_format<true>},
};

constexpr replacement for_string_that_varies[] = {
    {"format", bounded_format<false>},
};

constexpr replacement for_repeatable_math[] = {
    {"random", nullptr},
    {"randomseed", nullptr},
};

/// Replaces functions in the table on top of the stack, if that is one, and pops it. Each new function has as its
/// upvalue the one that was there; a null pointer removes it.
template <std::size_t Count>
void replace(lua_State* L, const replacement (&list)[Count])
{
    if (lua_istable(L, -1)) {
        for (const auto& [name, function] : list) {
            lua_pushstring(L, name);
            if (function == nullptr) {
                lua_pushnil(L);
            } else if (lua_pushvalue(L, -1); lua_rawget(L, -3) == LUA_TFUNCTION) {
                lua_pushcclosure(L, function, 1);
            }
            lua_rawset(L, -3);
        }
    }
    lua_pop(L, 1);
}

void push_global(lua_State* L, const char* name)
{
    lua_pushglobaltable(L);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

}  // namespace

void open_bounded_library(lua_State* L, repeatable kind)
{
    luaL_checkstack(L, 10, nullptr);
    push_global(L, LUA_STRLIBNAME);
    replace(L, for_string);
    push_global(L, LUA_STRLIBNAME);
    if (kind == repeatable::yes) {
        replace(L, for_repeatable_string);
    } else {
        replace(L, for_string_that_varies);
    }
    push_global(L, LUA_TABLIBNAME);
    replace(L, for_table);
    push_global(L, LUA_UTF8LIBNAME);
    replace(L, for_utf8);
    lua_pushglobaltable(L);
    replace(L, for_globals);
    lua_pushliteral(L, "");
    if (lua_getmetatable(L, -1) == 0) {
        lua_pushnil(L);
    }
    lua_remove(L, -2);
    replace(L, for_metatable_of_strings);
    if (kind == repeatable::yes) {
        lua_pushglobaltable(L);
        replace(L, for_repeatable);
        push_global(L, LUA_MATHLIBNAME);
        replace(L, for_repeatable_math);
    }
}

}  // namespace daybook::lua
