// string.find, match, gmatch and gsub over a matcher that is charged, and utf8.offset.

#include <algorithm>
#include <string_view>

#include "bounded_functions.hpp"
#include "meter.hpp"
#include "patterns.hpp"

namespace daybook::lua {

namespace {

std::string_view text_argument(lua_State* L, int argument)
{
    std::size_t size = 0;
    const char* const data = luaL_checklstring(L, argument, &size);
    return {data, size};
}

bool is_anchored(std::string_view pattern) noexcept
{
    return pattern.starts_with('^');
}

int find_or_match(lua_State* L, bool find)
{
    const std::string_view subject = text_argument(L, 1);
    std::string_view pattern = text_argument(L, 2);
    const std::size_t start = start_position(luaL_optinteger(L, 3, 1), subject.size()) - 1;
    if (start > subject.size()) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) != 0 || pattern.find_first_of("^$*+?.([%-") == std::string_view::npos)) {
        meter work{L};
        const std::size_t found = find_plain(subject, pattern, start, work);
        work.finish();
        if (found == std::string_view::npos) {
            lua_pushnil(L);
            return 1;
        }
        lua_pushinteger(L, static_cast<lua_Integer>(found + 1));
        lua_pushinteger(L, static_cast<lua_Integer>(found + pattern.size()));
        return 2;
    }
    const bool anchored = is_anchored(pattern);
    pattern.remove_prefix(anchored ? 1 : 0);
    pattern_matcher matcher{L, subject, pattern};
    const char* const last = subject.data() + subject.size();
    for (const char* from = subject.data() + start; from <= last; ++from) {
        if (const char* const end = matcher.match(from)) {
            int results = 0;
            if (find) {
                lua_pushinteger(L, from - subject.data() + 1);
                lua_pushinteger(L, end - subject.data());
                results = 2 + matcher.push_captures(nullptr, nullptr);
            } else {
                results = matcher.push_captures(from, end);
            }
            matcher.finish();
            return results;
        }
        if (anchored) {
            break;
        }
    }
    matcher.finish();
    lua_pushnil(L);
    return 1;
}

// The iterator of gmatch. Upvalues: subject, pattern, where to go on, where the last match ended (-1 before the first).
int next_match(lua_State* L)
{
    const std::string_view subject = text_argument(L, lua_upvalueindex(1));
    const std::string_view pattern = text_argument(L, lua_upvalueindex(2));
    const lua_Integer start = lua_tointeger(L, lua_upvalueindex(3));
    const lua_Integer last_end = lua_tointeger(L, lua_upvalueindex(4));
    const auto size = static_cast<lua_Integer>(subject.size());
    pattern_matcher matcher{L, subject, pattern};
    for (lua_Integer from = start; from <= size; ++from) {
        const char* const begin = subject.data() + from;
        const char* const end = matcher.match(begin);
        if (end != nullptr && end - subject.data() != last_end) {  // no empty match where the last one ended
            lua_pushinteger(L, end - subject.data());
            lua_pushvalue(L, -1);
            lua_replace(L, lua_upvalueindex(3));
            lua_replace(L, lua_upvalueindex(4));
            const int results = matcher.push_captures(begin, end);
            matcher.finish();
            return results;
        }
    }
    matcher.finish();
    return 0;
}

/// Adds what stands for a match to `result`: a text in which %1 is the first capture.
void add_text(lua_State* L, pattern_matcher& matcher, luaL_Buffer& result, const char* begin, const char* end)
{
    const std::string_view text = text_argument(L, 3);
    matcher.add_work(text.size());
    std::size_t from = 0;
    for (;;) {
        const std::size_t escape = std::min(text.find('%', from), text.size());
        luaL_addlstring(&result, text.data() + from, escape - from);
        if (escape == text.size()) {
            return;
        }
        const char c = escape + 1 < text.size() ? text[escape + 1] : '\0';
        if (c == '%') {
            luaL_addchar(&result, '%');
        } else if (c == '0') {
            matcher.add_work(static_cast<std::size_t>(end - begin));
            luaL_addlstring(&result, begin, static_cast<std::size_t>(end - begin));
        } else if (c >= '1' && c <= '9') {
            if (c != '1' && c - '1' >= matcher.captures()) {
                luaL_error(L, "invalid capture index %%%d in replacement string", c - '0');
            }
            matcher.push_capture(c - '1', begin, end);
            luaL_tolstring(L, -1, nullptr);  // a position is a number
            lua_remove(L, -2);
            luaL_addvalue(&result);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
        from = escape + 2;
    }
}

/// Adds what stands for a match to `result`; false if it is the match itself.
bool add_replacement(lua_State* L, pattern_matcher& matcher, luaL_Buffer& result, const char* begin, const char* end)
{
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION: {
        lua_pushvalue(L, 3);
        const int arguments = matcher.push_captures(begin, end);
        lua_call(L, arguments, 1);  // may raise, and may call gsub again: nothing here has a destructor
        break;
    }
    case LUA_TTABLE:
        matcher.push_capture(0, begin, end);
        lua_gettable(L, 3);
        break;
    default: add_text(L, matcher, result, begin, end); return true;
    }
    if (lua_toboolean(L, -1) == 0) {
        lua_pop(L, 1);
        matcher.add_work(static_cast<std::size_t>(end - begin));
        luaL_addlstring(&result, begin, static_cast<std::size_t>(end - begin));
        return false;
    }
    if (lua_isstring(L, -1) == 0) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    }
    std::size_t size = 0;
    lua_tolstring(L, -1, &size);
    matcher.add_work(size);
    luaL_addvalue(&result);
    return true;
}

}  // namespace

std::size_t start_position(lua_Integer position, std::size_t size) noexcept
{
    if (position > 0) {
        return static_cast<std::size_t>(position);
    }
    const auto signed_size = static_cast<lua_Integer>(size);
    return position == 0 || position < -signed_size ? 1 : static_cast<std::size_t>(signed_size + position + 1);
}

// string.find(subject, pattern [, start [, plain]]) -> begin, end, captures… or nil
int bounded_find(lua_State* L)
{
    return find_or_match(L, true);
}

// string.match(subject, pattern [, start]) -> captures…, or the match, or nil
int bounded_match(lua_State* L)
{
    return find_or_match(L, false);
}

// string.gmatch(subject, pattern [, start]) -> an iterator over captures; ^ has no meaning in it
int bounded_gmatch(lua_State* L)
{
    const std::string_view subject = text_argument(L, 1);
    luaL_checkstring(L, 2);
    const std::size_t start = start_position(luaL_optinteger(L, 3, 1), subject.size()) - 1;
    lua_settop(L, 2);
    lua_pushinteger(L, static_cast<lua_Integer>(std::min(start, subject.size() + 1)));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

// string.gsub(subject, pattern, replacement [, most]) -> text, how many were replaced
int bounded_gsub(lua_State* L)
{
    const std::string_view subject = text_argument(L, 1);
    std::string_view pattern = text_argument(L, 2);
    switch (lua_type(L, 3)) {
    case LUA_TNUMBER: lua_tolstring(L, 3, nullptr); break;
    case LUA_TSTRING:
    case LUA_TFUNCTION:
    case LUA_TTABLE: break;
    default: return luaL_typeerror(L, 3, "string/function/table");
    }
    const lua_Integer most = luaL_optinteger(L, 4, static_cast<lua_Integer>(subject.size()) + 1);
    const bool anchored = is_anchored(pattern);
    pattern.remove_prefix(anchored ? 1 : 0);
    lua_settop(L, 4);

    pattern_matcher matcher{L, subject, pattern};
    luaL_Buffer result;
    luaL_buffinit(L, &result);
    const char* const last = subject.data() + subject.size();
    const char* from = subject.data();
    const char* last_end = nullptr;
    lua_Integer count = 0;
    bool changed = false;
    while (count < most) {
        const char* const end = matcher.match(from);
        if (end != nullptr && end != last_end) {  // no empty match where the last one ended
            ++count;
            changed = add_replacement(L, matcher, result, from, end) || changed;
            from = last_end = end;
        } else if (from < last) {
            luaL_addchar(&result, *from);
            ++from;
        } else {
            break;
        }
        if (anchored) {
            break;
        }
    }
    if (changed) {
        matcher.add_work(static_cast<std::size_t>(last - from));
        luaL_addlstring(&result, from, static_cast<std::size_t>(last - from));
        luaL_pushresult(&result);
    } else {
        lua_pushvalue(L, 1);
    }
    matcher.finish();
    lua_pushinteger(L, count);
    return 2;
}

// utf8.offset(text, n [, from]) -> where the n-th character after (or before) that position begins, or nil
int bounded_utf8_offset(lua_State* L)
{
    const std::string_view text = text_argument(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    const auto size = static_cast<lua_Integer>(text.size());
    lua_Integer at = luaL_optinteger(L, 3, n >= 0 ? 1 : size + 1);
    if (at < 0) {
        at = at < -size ? 0 : size + at + 1;
    }
    luaL_argcheck(L, at >= 1 && at <= size + 1, 3, "position out of bounds");
    --at;
    meter work{L};
    const auto inside = [&](lua_Integer place) {  // a character, not at its first byte
        work.add(2);
        return place < size && (static_cast<unsigned char>(text[static_cast<std::size_t>(place)]) & 0xC0U) == 0x80U;
    };
    if (n == 0) {
        while (at > 0 && inside(at)) {
            --at;
        }
    } else {
        if (inside(at)) {
            return luaL_error(L, "initial position is a continuation byte");
        }
        for (; n < 0 && at > 0; ++n) {
            do {
                --at;
            } while (at > 0 && inside(at));
        }
        for (n -= n > 0 ? 1 : 0; n > 0 && at < size; --n) {
            do {
                ++at;
            } while (inside(at));
        }
    }
    work.finish();
    if (n != 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, at + 1);
    }
    return 1;
}

}  // namespace daybook::lua
