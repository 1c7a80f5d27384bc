#include "values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>

#include <daybook/json.hpp>

#include "budget.hpp"
#include "support.hpp"

namespace daybook::lua {

namespace {

constexpr const char* null_type = "daybook.null";
constexpr const char* array_type = "daybook.array";
constexpr const char* decimal_type = "daybook.decimal";

// Lua's C stack and ours: JSON itself is limited to 64 levels.
constexpr int deepest = limits::json_depth;

// ---------------------------------------------------------------- numbers

// The shortest text that reads back as the same float, recognisable as one. Returns its length.
std::size_t format_float(double value, char (&out)[32]) noexcept
{
    char* end = std::to_chars(out, out + sizeof out - 3, value).ptr;
    const std::string_view text{out, static_cast<std::size_t>(end - out)};
    if (text.find_first_of(".en") == std::string_view::npos) {
        *end++ = '.';
        *end++ = '0';
    }
    return static_cast<std::size_t>(end - out);
}

void push_decimal(lua_State* L, std::string_view text)
{
    void* const memory = lua_newuserdatauv(L, text.size(), 0);
    std::memcpy(memory, text.data(), text.size());
    luaL_setmetatable(L, decimal_type);
}

// Null if the value at `index` is no decimal. Never raises.
std::string_view decimal_at(lua_State* L, int index) noexcept
{
    const void* const memory = luaL_testudata(L, index, decimal_type);
    return memory == nullptr ? std::string_view{}
                             : std::string_view{static_cast<const char*>(memory), lua_rawlen(L, index)};
}

void push_number(lua_State* L, std::string_view text)
{
    const char* const end = text.data() + text.size();
    lua_Integer integer = 0;
    const auto [integer_end, integer_problem] = std::from_chars(text.data(), end, integer);
    if (integer_problem == std::errc{} && integer_end == end && text != "-0") {
        lua_pushinteger(L, integer);
        return;
    }
    double value = 0;
    const auto [float_end, float_problem] = std::from_chars(text.data(), end, value);
    char again[32];
    if (float_problem == std::errc{} && float_end == end && std::isfinite(value) &&
        std::string_view{again, format_float(value, again)} == text) {
        lua_pushnumber(L, value);
        return;
    }
    push_decimal(L, text);
}

// ---------------------------------------------------------------- decimals

// daybook.decimal("1.50") -> decimal
int decimal_new(lua_State* L)
{
    const std::string_view text = check_string(L, 1);
    json_reader reader{text};
    const json_token token = reader.next();
    if ((token != json_token::integer && token != json_token::decimal) || reader.raw().size() != text.size()) {
        return raise(L, error_kind::invalid_json, "this is no JSON number");
    }
    push_decimal(L, text);
    return 1;
}

int decimal_tostring(lua_State* L)
{
    luaL_checkudata(L, 1, decimal_type);
    const std::string_view text = decimal_at(L, 1);
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

// As near as a float can be.
lua_Number number_at(lua_State* L, int index)
{
    const std::string_view text = decimal_at(L, index);
    if (text.empty()) {
        return luaL_checknumber(L, index);
    }
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

int decimal_number(lua_State* L)
{
    lua_pushnumber(L, number_at(L, 1));
    return 1;
}

int decimal_eq(lua_State* L)
{
    lua_pushboolean(L, number_at(L, 1) == number_at(L, 2) ? 1 : 0);
    return 1;
}

int decimal_lt(lua_State* L)
{
    lua_pushboolean(L, number_at(L, 1) < number_at(L, 2) ? 1 : 0);
    return 1;
}

int decimal_le(lua_State* L)
{
    lua_pushboolean(L, number_at(L, 1) <= number_at(L, 2) ? 1 : 0);
    return 1;
}

// ---------------------------------------------------------------- JSON to Lua

struct decoder {
    lua_State* L;
    json_reader reader;
    nulls how;
    names which;

    void push_text() const
    {
        const std::string_view raw = reader.raw();
        if (raw.find('\\') == std::string_view::npos) {
            lua_pushlstring(L, raw.data() + 1, raw.size() - 2);
            return;
        }
        luaL_Buffer buffer;
        char* const room = luaL_buffinitsize(L, &buffer, raw.size());
        luaL_pushresultsize(&buffer, json_text(raw, room));
    }

    // Pushes one value; false, and nothing pushed for it, if the text is invalid.
    bool push(json_token token)
    {
        switch (token) {
        case json_token::object_begin: return push_object();
        case json_token::array_begin: return push_array();
        case json_token::string: push_text(); return true;
        case json_token::integer:
        case json_token::decimal: push_number(L, reader.raw()); return true;
        case json_token::boolean_true: lua_pushboolean(L, 1); return true;
        case json_token::boolean_false: lua_pushboolean(L, 0); return true;
        case json_token::null:
            if (how == nulls::kept) {
                luaL_getmetatable(L, null_type);
                lua_rawgeti(L, -1, 1);
                lua_remove(L, -2);
            } else {
                lua_pushnil(L);
            }
            return true;
        default: return false;
        }
    }

    // As lua_rawset.
    void set_member(int table) const
    {
        if (which == names::once) {
            table = lua_absindex(L, table);
            lua_pushvalue(L, -2);
            if (lua_rawget(L, table) != LUA_TNIL) {
                const char* const name = lua_tostring(L, -3);
                raise(L, error_kind::invalid_json, lua_pushfstring(L, "the name \"%s\" is given twice in one object", name));
            }
            lua_pop(L, 1);
        }
        lua_rawset(L, table);
    }

    // Members wait on the stack until their number is known: a table that grows places all that it has anew each time.
    bool push_object()
    {
        constexpr int most_waiting = 32;
        luaL_checkstack(L, 2 * most_waiting + 6, "JSON");
        const int first = lua_gettop(L) + 1;
        int waiting = 0;
        json_token token = reader.next();
        for (; token == json_token::key && waiting < most_waiting; token = reader.next()) {
            push_text();
            if (!push(reader.next())) {
                return false;
            }
            ++waiting;
        }
        lua_createtable(L, 0, token == json_token::key ? 2 * waiting : waiting);
        for (int key = first; key < first + 2 * waiting; key += 2) {  // in their order: of equal keys, the last counts
            lua_pushvalue(L, key);
            lua_pushvalue(L, key + 1);
            set_member(-3);
        }
        if (waiting > 0) {
            lua_replace(L, first);
            lua_settop(L, first);
        }
        for (; token == json_token::key; token = reader.next()) {
            push_text();
            if (!push(reader.next())) {
                return false;
            }
            set_member(first);
        }
        return token == json_token::object_end;
    }

    bool push_array()
    {
        luaL_checkstack(L, 6, "JSON");
        lua_newtable(L);
        luaL_setmetatable(L, array_type);
        lua_Integer position = 0;
        for (;;) {
            const json_token token = reader.next();
            if (token == json_token::array_end) {
                return true;
            }
            if (!push(token)) {
                return false;
            }
            lua_rawseti(L, -2, ++position);
        }
    }
};

// ---------------------------------------------------------------- Lua to JSON

void append(lua_State* L, text_buffer& out, std::string_view text)
{
    charge(L, 1 + text.size() / 8);
    if (out.capacity - out.size < text.size()) {
        const std::size_t wanted = std::max(out.capacity * 2, out.size + text.size() + 256);
        if (!out.reserve(wanted)) {
            if (budget::of(L) != nullptr) {
                lua_gc(L, LUA_GCCOLLECT, 0);  // what the budget counts may be garbage
            }
            if (!out.reserve(wanted)) {
                luaL_error(L, "not enough memory");
            }
        }
    }
    std::memcpy(out.data + out.size, text.data(), text.size());
    out.size += text.size();
}

void append_string(lua_State* L, text_buffer& out, std::string_view text)
{
    constexpr char digits[] = "0123456789abcdef";
    append(L, out, "\"");
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        append(L, out, text.substr(from, i - from));
        from = i + 1;
        const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        switch (c) {
        case '"': append(L, out, "\\\""); break;
        case '\\': append(L, out, "\\\\"); break;
        case '\n': append(L, out, "\\n"); break;
        case '\r': append(L, out, "\\r"); break;
        case '\t': append(L, out, "\\t"); break;
        default: append(L, out, {escape, sizeof escape});
        }
    }
    append(L, out, text.substr(from));
    append(L, out, "\"");
}

[[noreturn]] void refuse(lua_State* L, const char* field, const char* why)
{
    const char* const message = lua_pushfstring(L, "%s %s", field, why);
    raise(L, error_kind::invalid_json, message);
    std::abort();  // raise() does not return
}

struct encoder {
    lua_State* L;
    text_buffer& out;
    const char* field;

    void value(int index, int depth)
    {
        index = lua_absindex(L, index);
        switch (lua_type(L, index)) {
        case LUA_TNIL: append(L, out, "null"); return;
        case LUA_TBOOLEAN: append(L, out, lua_toboolean(L, index) != 0 ? "true" : "false"); return;
        case LUA_TNUMBER: number(index); return;
        case LUA_TSTRING: append_string(L, out, check_string(L, index)); return;
        case LUA_TTABLE: table(index, depth + 1); return;
        case LUA_TUSERDATA: object(index); return;
        default: refuse(L, field, "holds a function or a thread, which JSON cannot");
        }
    }

    void number(int index)
    {
        char text[32];
        if (lua_isinteger(L, index) != 0) {
            const auto end = std::to_chars(text, text + sizeof text, lua_tointeger(L, index));
            append(L, out, {text, static_cast<std::size_t>(end.ptr - text)});
            return;
        }
        const double number = lua_tonumber(L, index);
        if (!std::isfinite(number)) {
            refuse(L, field, "holds NaN or an infinity, which JSON cannot");
        }
        append(L, out, {text, format_float(number, text)});
    }

    void object(int index)
    {
        const std::string_view decimal = decimal_at(L, index);
        if (!decimal.empty()) {
            append(L, out, decimal);
        } else if (luaL_testudata(L, index, null_type) != nullptr) {
            append(L, out, "null");
        } else {
            refuse(L, field, "holds an object that JSON cannot");
        }
    }

    void table(int index, int depth)
    {
        if (depth > deepest) {
            refuse(L, field, "has more than 64 levels");
        }
        luaL_checkstack(L, 8, "JSON");
        bool array = false;
        if (lua_getmetatable(L, index) != 0) {
            luaL_getmetatable(L, array_type);
            array = lua_rawequal(L, -1, -2) != 0;
            lua_pop(L, 2);
        }
        const auto length = static_cast<lua_Integer>(lua_rawlen(L, index));
        if (array || length > 0) {
            elements(index, length, depth);
        } else {
            members(index, depth);
        }
    }

    void elements(int index, lua_Integer length, int depth)
    {
        lua_Integer count = 0;
        for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
            ++count;
        }
        if (count != length) {
            refuse(L, field, "holds a table that is neither a list nor an object");
        }
        append(L, out, "[");
        for (lua_Integer i = 1; i <= length; ++i) {
            if (i > 1) {
                append(L, out, ",");
            }
            lua_rawgeti(L, index, i);
            value(-1, depth);
            lua_pop(L, 1);
        }
        append(L, out, "]");
    }

    // A key that the stack or a list keeps alive, and where.
    struct key {
        std::string_view text;
        int place;
    };

    static constexpr std::size_t most_on_stack = 32;

    // The keys go onto the stack, and views of them into `keys`: how many there are, or nothing, and nothing pushed, if they
    // are more than that. Nothing is allocated that a finalizer of the script's could run at.
    std::optional<std::size_t> keys_on_stack(int index, key (&keys)[most_on_stack])
    {
        luaL_checkstack(L, static_cast<int>(most_on_stack) + 8, "JSON");
        const int top = lua_gettop(L);
        std::size_t count = 0;
        for (lua_pushnil(L); lua_next(L, index) != 0; lua_pushvalue(L, -1)) {
            lua_pop(L, 1);
            check_key(-1);
            if (count == most_on_stack) {
                lua_settop(L, top);
                return std::nullopt;
            }
            keys[count++] = key_at(-1, lua_gettop(L));
        }
        return count;
    }

    void check_key(int index)
    {
        if (lua_type(L, index) != LUA_TSTRING) {
            refuse(L, field, "holds a table with keys that are no strings");
        }
    }

    [[nodiscard]] key key_at(int index, int place) const
    {
        std::size_t size = 0;
        const char* const text = lua_tolstring(L, index, &size);
        return {{text, size}, place};
    }

    // Pushes a list of the keys, which keeps their characters alive, and a userdata with views of them. A finalizer of the
    // script's may run at any allocation and change the table: what counts is the list.
    key* keys_in_list(int index, std::size_t& count)
    {
        lua_newtable(L);
        const int list = lua_gettop(L);
        count = 0;
        for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
            check_key(-2);
            lua_pushvalue(L, -2);
            lua_rawseti(L, list, static_cast<lua_Integer>(++count));
        }
        auto* const keys = static_cast<key*>(lua_newuserdatauv(L, std::max<std::size_t>(count, 1) * sizeof(key), 0));
        for (std::size_t n = 0; n < count; ++n) {
            lua_rawgeti(L, list, static_cast<lua_Integer>(n + 1));
            keys[n] = key_at(-1, 0);
            lua_pop(L, 1);
        }
        return keys;
    }

    void members(int index, int depth)
    {
        const int top = lua_gettop(L);
        key few[most_on_stack];
        key* keys = few;
        std::size_t count = 0;
        if (const std::optional<std::size_t> on_stack = keys_on_stack(index, few)) {
            count = *on_stack;
        } else {
            keys = keys_in_list(index, count);
        }
        charge(L, count * static_cast<std::size_t>(std::bit_width(count)));
        std::sort(keys, keys + count, [](const key& a, const key& b) { return a.text < b.text; });
        append(L, out, "{");
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) {
                append(L, out, ",");
            }
            append_string(L, out, keys[i].text);
            append(L, out, ":");
            if (keys == few) {
                lua_pushvalue(L, keys[i].place);
            } else {
                lua_pushlstring(L, keys[i].text.data(), keys[i].text.size());
            }
            lua_rawget(L, index);
            if (depth == 1 && event && keys[i].text == "metadata" && lua_type(L, -1) == LUA_TSTRING) {
                ready_json(check_string(L, -1));
            } else {
                value(-1, depth);
            }
            lua_pop(L, 1);
        }
        append(L, out, "}");
        lua_settop(L, top);
    }

    // Unchecked, it could close the object that it is put into and say something else.
    void ready_json(std::string_view text)
    {
        json_reader reader{text};
        for (;;) {
            const json_token token = reader.next();
            if (token == json_token::end) {
                break;
            }
            if (token == json_token::invalid) {
                char position[24];
                std::snprintf(position, sizeof position, "%zu", reader.position());
                const char* const why = lua_pushfstring(L, "is not JSON that can be kept: %s, at byte %s",
                                                        reader.problem(), position);
                refuse(L, "metadata", why);
            }
        }
        append(L, out, text);
    }

    bool event = false;
};

// ---------------------------------------------------------------- comparing

// Whether what is on top of the stack is what the decoder makes of a JSON text. The stack stays as it is; false where it
// would take more to know.
struct comparer {
    lua_State* L;
    json_reader reader;

    bool same(json_token token)
    {
        const std::string_view raw = reader.raw();
        switch (token) {
        case json_token::string: return is_text(raw);
        case json_token::integer:
        case json_token::decimal: return is_number(raw);
        case json_token::boolean_true: return lua_isboolean(L, -1) && lua_toboolean(L, -1) != 0;
        case json_token::boolean_false: return lua_isboolean(L, -1) && lua_toboolean(L, -1) == 0;
        case json_token::null: return luaL_testudata(L, -1, null_type) != nullptr;
        case json_token::object_begin: return lua_type(L, -1) == LUA_TTABLE && object();
        case json_token::array_begin: return lua_type(L, -1) == LUA_TTABLE && array();
        default: return false;
        }
    }

    [[nodiscard]] bool is_text(std::string_view raw) const
    {
        if (lua_type(L, -1) != LUA_TSTRING || raw.find('\\') != std::string_view::npos) {
            return false;
        }
        std::size_t size = 0;
        const char* const text = lua_tolstring(L, -1, &size);
        return std::string_view{text, size} == raw.substr(1, raw.size() - 2);
    }

    // By what it is written as, as the encoder does it.
    [[nodiscard]] bool is_number(std::string_view raw) const
    {
        if (lua_type(L, -1) != LUA_TNUMBER) {
            return decimal_at(L, -1) == raw;
        }
        char text[32];
        if (lua_isinteger(L, -1) != 0) {
            const char* const end = std::to_chars(text, text + sizeof text, lua_tointeger(L, -1)).ptr;
            return raw == std::string_view{text, static_cast<std::size_t>(end - text)};
        }
        return raw == std::string_view{text, format_float(lua_tonumber(L, -1), text)};
    }

    bool object()
    {
        luaL_checkstack(L, 6, "JSON");
        if (lua_getmetatable(L, -1) != 0) {
            lua_pop(L, 1);
            return false;
        }
        std::array<std::string_view, 32> keys;  // one that is given twice counts once in the table
        std::size_t count = 0;
        for (json_token token = reader.next(); token != json_token::object_end; token = reader.next()) {
            const std::string_view key = reader.raw();
            const auto end = keys.begin() + static_cast<std::ptrdiff_t>(count);
            if (token != json_token::key || key.find('\\') != std::string_view::npos || count == keys.size() ||
                std::find(keys.begin(), end, key) != end) {
                return false;
            }
            keys[count++] = key;
            lua_pushlstring(L, key.data() + 1, key.size() - 2);
            lua_rawget(L, -2);
            const bool equal = same(reader.next());
            lua_pop(L, 1);
            if (!equal) {
                return false;
            }
        }
        return has_members(L, -1, count);
    }

    bool array()
    {
        luaL_checkstack(L, 6, "JSON");
        if (lua_getmetatable(L, -1) == 0) {
            return false;
        }
        luaL_getmetatable(L, array_type);
        const bool marked = lua_rawequal(L, -1, -2) != 0;
        lua_pop(L, 2);
        if (!marked) {
            return false;
        }
        lua_Integer count = 0;
        for (json_token token = reader.next(); token != json_token::array_end; token = reader.next()) {
            lua_rawgeti(L, -1, ++count);
            const bool equal = same(token);
            lua_pop(L, 1);
            if (!equal) {
                return false;
            }
        }
        return has_members(L, -1, static_cast<std::size_t>(count));
    }
};

// ---------------------------------------------------------------- functions of the module

// daybook.array{…} -> the same table, marked as a list
int array_new(lua_State* L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, array_type);
    return 1;
}

// daybook.encode(value) -> JSON text
int encode(lua_State* L)
{
    luaL_checkany(L, 1);
    text_buffer& out = new_buffer(L);
    append_json(L, 1, out, "the value");
    lua_pushlstring(L, out.data, out.size);
    return 1;
}

// daybook.decode(json) -> value
int decode(lua_State* L)
{
    push_json(L, check_string(L, 1));
    return 1;
}

int null_tostring(lua_State* L)
{
    lua_pushliteral(L, "null");
    return 1;
}

}  // namespace

void push_json(lua_State* L, std::string_view json, nulls how, names which)
{
    charge(L, json.size() / 2);  // what is shortest is slowest: []
    decoder d{L, json_reader{json}, how, which};
    const int top = lua_gettop(L);
    if (!d.push(d.reader.next()) || d.reader.next() != json_token::end) {
        lua_settop(L, top);
        char position[24];
        std::snprintf(position, sizeof position, "%zu", d.reader.position());
        const char* const message =
            lua_pushfstring(L, "not JSON that can be kept: %s, at byte %s",
                            d.reader.problem() == nullptr ? "something is missing" : d.reader.problem(), position);
        raise(L, error_kind::invalid_json, message);
    }
}

bool has_members(lua_State* L, int index, std::size_t count)
{
    std::size_t found = 0;
    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (++found > count) {
            lua_pop(L, 2);
            return false;
        }
    }
    return found == count;
}

bool is_surely(lua_State* L, int index, std::string_view json)
{
    charge(L, json.size() / 2);
    lua_pushvalue(L, index);
    comparer c{L, json_reader{json}};
    const bool same = c.same(c.reader.next()) && c.reader.next() == json_token::end;
    lua_pop(L, 1);
    return same;
}

bool text_buffer::reserve(std::size_t bytes) noexcept
{
    if (bytes <= capacity) {
        return true;
    }
    void* const room = allocate == nullptr ? nullptr : allocate(allocator, data, capacity, bytes);
    if (room == nullptr) {
        return false;
    }
    data = static_cast<char*>(room);
    capacity = bytes;
    return true;
}

void text_buffer::append(std::string_view text)
{
    // Twice, since a budget takes the first refusal for a question to collect garbage, and the second one for the end.
    if (!reserve(size + text.size() + 1) && !reserve(size + text.size() + 1)) {
        throw std::bad_alloc{};
    }
    std::memcpy(data + size, text.data(), text.size());
    size += text.size();
}

void text_buffer::assign(std::string_view text)
{
    size = 0;
    append(text);
}

void text_buffer::clear() noexcept
{
    if (data != nullptr) {
        allocate(allocator, data, capacity, 0);
    }
    data = nullptr;
    size = 0;
    capacity = 0;
}

text_buffer& new_buffer(lua_State* L)
{
    text_buffer& buffer = new_object<text_buffer>(L);
    buffer.belong_to(L);
    return buffer;
}

text_buffer& kept_buffer(lua_State* L, const char* name)
{
    constexpr std::size_t most_kept = 65'536;
    if (lua_getfield(L, LUA_REGISTRYINDEX, name) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        new_buffer(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, LUA_REGISTRYINDEX, name);
    }
    auto& kept = *static_cast<text_buffer*>(lua_touserdata(L, -1));
    kept.size = 0;
    if (kept.capacity > most_kept) {
        kept.clear();  // it counts as the state's memory
    }
    return kept;
}

void append_json(lua_State* L, int index, text_buffer& out, const char* field)
{
    encoder{L, out, field}.value(index, 0);
}

void append_event(lua_State* L, int index, text_buffer& out)
{
    encoder e{L, out, "the event"};
    e.event = true;
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, "event");
    e.members(index, 1);
}

void make_parameters(lua_State* L, int first)
{
    const int last = lua_gettop(L);
    for (int i = first; i <= last; ++i) {
        if (lua_type(L, i) == LUA_TUSERDATA && luaL_testudata(L, i, null_type) != nullptr) {
            lua_pushnil(L);
            lua_replace(L, i);
        } else if (const std::string_view decimal = decimal_at(L, i); !decimal.empty()) {
            lua_pushlstring(L, decimal.data(), decimal.size());
            lua_replace(L, i);
        } else if (lua_type(L, i) == LUA_TNUMBER && lua_isinteger(L, i) == 0) {
            char text[32];
            lua_pushlstring(L, text, format_float(lua_tonumber(L, i), text));
            lua_replace(L, i);
        } else if (lua_type(L, i) == LUA_TTABLE) {
            text_buffer& out = new_buffer(L);
            append_json(L, i, out, "a parameter");
            lua_pushlstring(L, out.data, out.size);
            lua_replace(L, i);
            lua_pop(L, 1);
        } else if (lua_type(L, i) == LUA_TFUNCTION || lua_type(L, i) == LUA_TTHREAD ||
                   lua_type(L, i) == LUA_TUSERDATA || lua_type(L, i) == LUA_TLIGHTUSERDATA) {
            luaL_argerror(L, i, "cannot be a parameter");
        }
    }
}

void open_values(lua_State* L)
{
    static const luaL_Reg null_methods[] = {{"__tostring", null_tostring}, {nullptr, nullptr}};
    static const luaL_Reg array_methods[] = {{nullptr, nullptr}};
    static const luaL_Reg decimal_methods[] = {
        {"__tostring", decimal_tostring}, {"__eq", decimal_eq}, {"__lt", decimal_lt},
        {"__le", decimal_le},             {"number", decimal_number}, {nullptr, nullptr}};
    static const luaL_Reg buffer_methods[] = {{"__gc", collect<text_buffer>}, {nullptr, nullptr}};
    define_type(L, null_type, null_methods);
    define_type(L, array_type, array_methods);
    define_type(L, decimal_type, decimal_methods);
    define_type(L, text_buffer::lua_type, buffer_methods);

    // The one null of this state, kept in its own metatable.
    luaL_getmetatable(L, null_type);
    if (lua_rawgeti(L, -1, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newuserdatauv(L, 1, 0);
        luaL_setmetatable(L, null_type);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, 1);
    }
    lua_setfield(L, -3, "null");
    lua_pop(L, 1);

    static const luaL_Reg functions[] = {
        {"array", array_new}, {"decimal", decimal_new}, {"encode", encode}, {"decode", decode}, {nullptr, nullptr}};
    luaL_setfuncs(L, functions, 0);
}

}  // namespace daybook::lua
