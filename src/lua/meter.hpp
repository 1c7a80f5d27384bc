// Counts the work of one library function, and charges the budget for it in portions.
//
// charge() reads the clock, which takes longer than to look at a character. A meter is plain numbers: a Lua error may
// jump over it.

#ifndef DAYBOOK_LUA_METER_HPP
#define DAYBOOK_LUA_METER_HPP

#include <cstddef>
#include <type_traits>

#include "budget.hpp"

namespace daybook::lua {

class meter {
public:
    explicit meter(lua_State* L) noexcept : m_state{L} {}

    /// Work that takes as long as copying so many bytes. Raises when the budget is used up.
    void add(std::size_t bytes)
    {
        m_bytes += bytes;
        if (m_bytes >= portion) {
            charge_now();
        }
    }

    /// What is left, when the function has done. A little is part of what a call costs anyway.
    void finish()
    {
        if (m_bytes >= free_of_charge) {
            charge_now();
        }
    }

private:
    static constexpr std::size_t bytes_in_unit = 8;
    static constexpr std::size_t portion = 8192;
    static constexpr std::size_t free_of_charge = 64;

    void charge_now()
    {
        const std::size_t bytes = m_bytes;
        m_bytes = 0;
        charge(m_state, bytes / bytes_in_unit);
    }

    lua_State* m_state;
    std::size_t m_bytes = 0;
};

static_assert(std::is_trivially_destructible_v<meter>);

}  // namespace daybook::lua

#endif
