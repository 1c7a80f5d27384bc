// The event that a hook sees: a table whose fields are made when they are asked for, since most are not.

#ifndef DAYBOOK_LUA_HOOK_EVENT_HPP
#define DAYBOOK_LUA_HOOK_EVENT_HPP

#include <cstdint>

#include <lua.hpp>

#include <daybook/event.hpp>

namespace daybook::lua {

/// One event after the other, in one state.
class hook_event {
public:
    /// `L` and the event must outlive the calls that follow. Pushes the table. Raises if there is no memory.
    void push(lua_State* L, event& e);

    /// Brings back into the event what the table says: what was looked at, and what was assigned. Raises invalid_event or
    /// unknown_field, naming the field. The table at `index` is worthless afterwards.
    void take_back(lua_State* L, int index);

private:
    friend int hook_event_index(lua_State* L);
    friend int hook_event_assign(lua_State* L);

    event* m_event = nullptr;
    const void* m_table = nullptr;  // the one that the event is in
    std::uint32_t m_seen = 0;       // fields that are in the table, or were
};

}  // namespace daybook::lua

#endif
