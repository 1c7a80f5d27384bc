#include "budget.hpp"

#include <algorithm>
#include <cstdlib>

namespace daybook::lua {

namespace {

constexpr int instructions_at_once = 100;

}  // namespace

lua_State* budget::make_state() noexcept
{
    return lua_newstate(allocate, this);
}

void budget::restart(lua_State* L) noexcept
{
    m_left = m_limits.instructions;
    m_end = std::chrono::steady_clock::now() + m_limits.time;
    m_used_up = nullptr;
    m_running = true;
    lua_sethook(L, count, LUA_MASKCOUNT, instructions_at_once);
}

void budget::stop(lua_State* L) noexcept
{
    if (budget* const self = of(L)) {
        self->m_running = false;
        lua_sethook(L, nullptr, 0, 0);
    }
}

void* budget::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept
{
    auto& own = *static_cast<budget*>(self);
    const std::size_t before = block == nullptr ? 0 : old_size;  // for a new block, Lua gives its type here
    if (new_size == 0) {
        std::free(block);
        own.m_memory -= before;
        return nullptr;
    }
    if (new_size > before && new_size - before > own.m_limits.memory - std::min(own.m_memory, own.m_limits.memory)) {
        return nullptr;  // Lua collects, tries again, and then raises "not enough memory"
    }
    void* const grown = std::realloc(block, new_size);
    if (grown != nullptr) {
        own.m_memory = own.m_memory - before + new_size;
    }
    return grown;
}

budget* budget::of(lua_State* L) noexcept
{
    void* self = nullptr;
    return lua_getallocf(L, &self) == allocate ? static_cast<budget*>(self) : nullptr;
}

void budget::spend(lua_State* L, std::uint64_t units)
{
    if (!m_running) {
        return;
    }
    if (m_used_up == nullptr) {
        m_left = units < m_left ? m_left - units : 0;
        if (m_left == 0) {
            m_used_up = "its instructions are used up";
        } else if (std::chrono::steady_clock::now() >= m_end) {
            m_used_up = "its time is over";
        }
    }
    if (m_used_up != nullptr) {
        // A script that catches errors meets the next one at its next instruction.
        lua_sethook(L, count, LUA_MASKCOUNT, 1);
        luaL_error(L, "the script is ended: %s", m_used_up);
    }
}

void budget::count(lua_State* L, lua_Debug*)
{
    of(L)->spend(L, instructions_at_once);
}

void charge(lua_State* L, std::size_t units)
{
    if (budget* const own = budget::of(L)) {
        own->spend(L, units);
    }
}

}  // namespace daybook::lua
