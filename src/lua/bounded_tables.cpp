// table.concat, insert, remove, sort and unpack. The length of a table that has __len is asked for once: an answer
// that grew between the charge and the work would be work for nothing.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <type_traits>

#include "bounded_functions.hpp"
#include "meter.hpp"

namespace daybook::lua {

namespace {

constexpr std::size_t element = 8;  // bytes that are copied while one element is read and written

/// The first argument must be a table, or something with metamethods that make it behave as one.
void check_table(lua_State* L, std::initializer_list<const char*> metamethods)
{
    if (lua_type(L, 1) == LUA_TTABLE) {
        return;
    }
    for (const char* const name : metamethods) {
        if (luaL_getmetafield(L, 1, name) == LUA_TNIL) {
            luaL_checktype(L, 1, LUA_TTABLE);
        }
        lua_pop(L, 1);
    }
}

/// How many steps lead from `first` to `last`, which is not before it.
std::size_t distance(lua_Integer first, lua_Integer last) noexcept
{
    return static_cast<std::size_t>(static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first));
}

void add_field(lua_State* L, luaL_Buffer& result, lua_Integer index, meter& work)
{
    if (lua_geti(L, 1, index); lua_isstring(L, -1) == 0) {
        luaL_error(L, "invalid value (at index %I) in table for 'concat'", static_cast<LUAI_UACINT>(index));
    }
    std::size_t size = 0;
    lua_tolstring(L, -1, &size);
    work.add(element + size);
    luaL_addvalue(&result);
}

/// Elements 1…size of the table that is the first argument, ordered by the function that is the second one, or by <.
///
/// Comparisons are charged for: no fewer of them than of the moves between. Sorted by a heap: in place, in n log n
/// steps at worst, without chance, and within its bounds whatever the order says.
class heap {
public:
    heap(lua_State* L, lua_Integer size) noexcept : m_state{L}, m_size{size}, m_by_function{!lua_isnil(L, 2)}, m_work{L}
    {
    }

    void sort()
    {
        for (lua_Integer root = m_size / 2; root >= 1; --root) {
            sink(root, m_size);
        }
        for (lua_Integer last = m_size; last > 1; --last) {
            exchange(1, last);
            sink(1, last - 1);
        }
        for (lua_Integer i = 2; i <= m_size; ++i) {
            if (less(i, i - 1)) {
                luaL_error(m_state, "invalid order function for sorting");
            }
        }
        m_work.finish();
    }

private:
    /// Makes a heap of root…last, of which only the root may be out of place. The way of the greater children is
    /// followed to its end, then back up to where the root belongs: that takes half of the comparisons, since most
    /// belong low.
    void sink(lua_Integer root, lua_Integer last)
    {
        lua_Integer place = root;
        while (place <= last / 2) {
            const lua_Integer child = 2 * place;
            place = child < last && less(child, child + 1) ? child + 1 : child;
        }
        while (place > root && less(place, root)) {
            place /= 2;
        }
        lua_geti(m_state, 1, root);
        for (; place > root; place /= 2) {
            lua_geti(m_state, 1, place);
            lua_rotate(m_state, -2, 1);
            lua_seti(m_state, 1, place);
        }
        lua_seti(m_state, 1, root);
    }

    void exchange(lua_Integer a, lua_Integer b)
    {
        lua_geti(m_state, 1, a);
        lua_geti(m_state, 1, b);
        lua_seti(m_state, 1, a);
        lua_seti(m_state, 1, b);
    }

    bool less(lua_Integer a, lua_Integer b)
    {
        if (m_by_function) {
            lua_pushvalue(m_state, 2);
        }
        lua_geti(m_state, 1, a);
        lua_geti(m_state, 1, b);
        std::size_t size = 0;
        if (!m_by_function && lua_type(m_state, -1) == LUA_TSTRING && lua_type(m_state, -2) == LUA_TSTRING) {
            size = std::min(lua_rawlen(m_state, -1), lua_rawlen(m_state, -2));
        }
        m_work.add(element + size);
        bool result = false;
        if (m_by_function) {
            lua_call(m_state, 2, 1);
            result = lua_toboolean(m_state, -1) != 0;
            lua_pop(m_state, 1);
        } else {
            result = lua_compare(m_state, -2, -1, LUA_OPLT) != 0;
            lua_pop(m_state, 2);
        }
        return result;
    }

    lua_State* m_state;
    lua_Integer m_size;
    bool m_by_function;
    meter m_work;
};

static_assert(std::is_trivially_destructible_v<heap>);

}  // namespace

// table.concat(list [, separator [, first [, last]]]) -> text
int bounded_concat(lua_State* L)
{
    check_table(L, {"__index", "__len"});
    const lua_Integer size = luaL_len(L, 1);
    std::size_t separator_size = 0;
    const char* const separator = luaL_optlstring(L, 2, "", &separator_size);
    lua_Integer index = luaL_optinteger(L, 3, 1);
    const lua_Integer last = luaL_optinteger(L, 4, size);
    meter work{L};
    luaL_Buffer result;
    luaL_buffinit(L, &result);
    for (; index < last; ++index) {
        add_field(L, result, index, work);
        work.add(separator_size);
        luaL_addlstring(&result, separator, separator_size);
    }
    if (index == last) {
        add_field(L, result, index, work);
    }
    luaL_pushresult(&result);
    work.finish();
    return 1;
}

// table.insert(list, [position,] value)
int bounded_insert(lua_State* L)
{
    check_table(L, {"__index", "__newindex", "__len"});
    const lua_Integer size = luaL_len(L, 1);
    const auto end = static_cast<lua_Integer>(static_cast<lua_Unsigned>(size) + 1U);
    lua_Integer position = end;
    switch (lua_gettop(L)) {
    case 2: break;
    case 3:
        position = luaL_checkinteger(L, 2);
        luaL_argcheck(L, static_cast<lua_Unsigned>(position) - 1U < static_cast<lua_Unsigned>(end), 2,
                      "position out of bounds");
        if (position < end) {
            charge(L, distance(position, end));
        }
        for (lua_Integer i = end; i > position; --i) {
            lua_geti(L, 1, i - 1);
            lua_seti(L, 1, i);
        }
        break;
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, position);
    return 0;
}

// table.remove(list [, position]) -> the element
int bounded_remove(lua_State* L)
{
    check_table(L, {"__index", "__newindex", "__len"});
    const lua_Integer size = luaL_len(L, 1);
    lua_Integer position = luaL_optinteger(L, 2, size);
    luaL_argcheck(L, position == size || static_cast<lua_Unsigned>(position) - 1U <= static_cast<lua_Unsigned>(size), 2,
                  "position out of bounds");
    lua_geti(L, 1, position);
    if (position < size) {
        charge(L, distance(position, size));
    }
    for (; position < size; ++position) {
        lua_geti(L, 1, position + 1);
        lua_seti(L, 1, position);
    }
    lua_pushnil(L);
    lua_seti(L, 1, position);
    return 1;
}

// table.sort(list [, less])
int bounded_sort(lua_State* L)
{
    check_table(L, {"__index", "__newindex", "__len"});
    const lua_Integer size = luaL_len(L, 1);
    if (size < 2) {
        return 0;
    }
    luaL_argcheck(L, size < std::numeric_limits<int>::max(), 1, "array too big");
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TFUNCTION);
    }
    lua_settop(L, 2);
    heap{L, size}.sort();
    return 0;
}

// table.unpack(list [, first [, last]]) -> elements…
int bounded_table_unpack(lua_State* L)
{
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    const lua_Integer last = luaL_opt(L, luaL_checkinteger, 3, luaL_len(L, 1));
    if (first > last) {
        return 0;
    }
    const std::size_t before_last = distance(first, last);
    if (before_last >= static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        return luaL_error(L, "too many results to unpack");
    }
    const int count = static_cast<int>(before_last) + 1;
    charge(L, static_cast<std::size_t>(count));
    if (lua_checkstack(L, count) == 0) {
        return luaL_error(L, "too many results to unpack");
    }
    for (int i = 0; i < count; ++i) {
        lua_geti(L, 1, first + i);
    }
    return count;
}

}  // namespace daybook::lua
