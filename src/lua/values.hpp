// JSON and Lua: the same value in both, digit for digit.
//
//     null            daybook.null
//     true, "text"    boolean, string
//     7               integer, if it fits 64 bits
//     0.25            float, if it prints as it was written; else a daybook.decimal, which keeps its text
//     [], [1]         a table made by daybook.array, so that an empty one stays an array
//     {}, {"a": 1}    a table

#ifndef DAYBOOK_LUA_VALUES_HPP
#define DAYBOOK_LUA_VALUES_HPP

#include <cstddef>
#include <cstdlib>
#include <string_view>

#include <lua.hpp>

namespace daybook::lua {

enum class nulls { kept, absent };

/// Whether an object may have two members of one name, of which the last is seen.
enum class names { any, once };

/// Pushes the value of a JSON text. Raises invalid_json.
void push_json(lua_State* L, std::string_view json, nulls how = nulls::kept, names which = names::any);

/// Whether the value at `index` is what push_json() makes of `json`, so that append_json() writes the same for both. False
/// also where it would take long to know: for texts with escapes, keys that are given twice, and many keys. May raise for
/// want of memory.
[[nodiscard]] bool is_surely(lua_State* L, int index, std::string_view json);

/// Whether the table at `index` has exactly so many members.
[[nodiscard]] bool has_members(lua_State* L, int index, std::size_t count);

/// A growing text that belongs to Lua: it lives in a userdata, so that an error frees it. Its memory is the state's, so
/// that a limit counts it.
struct text_buffer {
    static constexpr const char* lua_type = "daybook.text_buffer";

    lua_Alloc allocate = nullptr;
    void* allocator = nullptr;
    char* data = nullptr;
    std::size_t size = 0;
    std::size_t capacity = 0;

    text_buffer() = default;
    text_buffer(const text_buffer&) = delete;
    text_buffer& operator=(const text_buffer&) = delete;
    ~text_buffer() { clear(); }
    [[nodiscard]] std::string_view view() const noexcept { return {data, size}; }

    /// Uses the memory of this state. Before anything else.
    void belong_to(lua_State* L) noexcept { allocate = lua_getallocf(L, &allocator); }

    /// Room for so many bytes in all; false if there is no memory.
    [[nodiscard]] bool reserve(std::size_t bytes) noexcept;

    void append(std::string_view text);  ///< Throws std::bad_alloc.
    void assign(std::string_view text);  ///< Replaces the text. Throws std::bad_alloc.
    void clear() noexcept;
};

/// Pushes the userdata.
text_buffer& new_buffer(lua_State* L);

/// Pushes the one that this state keeps under the name, emptied: for work that nothing of a script's can interrupt, since a
/// userdata with a finalizer for each event costs more than the event's JSON.
text_buffer& kept_buffer(lua_State* L, const char* name);

/// Appends the value at `index` as JSON; keys are sorted, so that equal tables give equal texts. Raises
/// invalid_json for what JSON cannot hold, naming `field`.
void append_json(lua_State* L, int index, text_buffer& out, const char* field);

/// Appends the event table at `index` as the JSON object that event_from_json() reads. A string as `metadata` is
/// JSON already, and is kept byte for byte.
void append_event(lua_State* L, int index, text_buffer& out);

/// Turns null, decimals and tables among the arguments from `first` on into what SQL takes: nil, their text, JSON text.
void make_parameters(lua_State* L, int first);

}  // namespace daybook::lua

#endif
