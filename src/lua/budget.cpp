#include "budget.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace daybook::lua {

namespace {

// The hook of a thread that has nothing left. No other thread's hook counts to one.
constexpr int at_each_instruction = 1;

// That of a thread whose last instruction may have taken long.
constexpr int at_next_instructions = 2;

// Lua 5.4 on 64 bits: the vector holds a power of two of them.
constexpr std::size_t bytes_of_key = 24;

bool is_key_vector(std::size_t bytes)
{
    const std::size_t keys = bytes / bytes_of_key;
    return keys >= 4096 && bytes % bytes_of_key == 0 && (keys & (keys - 1)) == 0;
}

// The clock is read this often.
constexpr std::uint64_t units_a_look = 100;

// Beyond the limit, for what happens to a script that has reached it: error handlers, rolling back, describing it.
constexpr std::size_t reserve = 64 * 1024;

// The address is the registry's key of the text that is raised when a budget is used up.
const char ended_key = 0;

int keep_message(lua_State* L)
{
    lua_pushliteral(L, "the script is ended: it used more than it may");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &ended_key);
    return 0;
}

}  // namespace

lua_State* budget::make_state() noexcept
{
    lua_State* const L = lua_newstate(allocate, this);
    if (L == nullptr) {
        return nullptr;
    }
    m_thread = L;
    lua_pushcfunction(L, keep_message);  // no memory is needed for a function without upvalues
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        lua_close(L);
        return nullptr;
    }
    return L;
}

void budget::restart(lua_State* L) noexcept
{
    m_left = m_limits.instructions;
    m_until_clock = units_a_look;
    m_end = std::chrono::steady_clock::now() + m_limits.time;
    m_thread = L;
    m_used_up = nullptr;
    m_where[0] = '\0';
    m_running = true;
    m_refused = false;
    closing = 0;
    lua_sethook(L, count, LUA_MASKCOUNT, instructions_at_once());
}

void budget::stop(lua_State* L) noexcept
{
    if (budget* const self = of(L)) {
        self->m_running = false;
        lua_sethook(L, nullptr, 0, 0);
    }
}

std::chrono::milliseconds budget::time_left() const noexcept
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_end - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds{1});
}

void budget::enter(lua_State* thread) noexcept
{
    m_thread = thread;
    if (m_running && m_used_up != nullptr) {
        lua_sethook(thread, count, LUA_MASKCOUNT, at_each_instruction);
    }
}

bool budget::has_ended(lua_State* thread) noexcept
{
    return lua_gethookcount(thread) == at_each_instruction;
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
    // A new vector of a table's keys: what follows is one instruction, and may be a long one.
    if (block == nullptr && old_size == 0 && own.m_running && is_key_vector(new_size)) {
        if (new_size > own.m_limits.table_keys * bytes_of_key) {
            own.use_up("a table has more keys than it may");
            return nullptr;
        }
        own.m_until_clock = 0;
        if (own.m_used_up == nullptr) {
            lua_sethook(own.m_thread, count, LUA_MASKCOUNT, at_next_instructions);
        }
    }
    const bool grows = new_size > before;
    const std::size_t limit = own.m_limits.memory + (own.m_used_up == nullptr ? 0 : reserve);
    const bool fits = !grows || new_size - before <= limit - std::min(own.m_memory, limit);
    void* const grown = fits ? std::realloc(block, new_size) : nullptr;
    if (grown == nullptr) {
        // Lua collects its garbage and asks again. That takes as long as the state is large, so a script may not go on
        // asking: the second refusal ends it.
        if (own.m_refused) {
            own.use_up("its memory is used up");
        }
        own.m_refused = true;
        return nullptr;
    }
    own.m_memory = own.m_memory - before + new_size;
    own.m_refused = own.m_refused && !grows;
    return grown;
}

budget* budget::of(lua_State* L) noexcept
{
    void* self = nullptr;
    return lua_getallocf(L, &self) == allocate ? static_cast<budget*>(self) : nullptr;
}

void budget::use_up(const char* what) noexcept
{
    if (m_used_up == nullptr && m_running) {
        m_used_up = what;
        lua_sethook(m_thread, count, LUA_MASKCOUNT, at_each_instruction);
    }
}

const char* budget::used_up_now() noexcept
{
    if (m_running && m_used_up == nullptr && std::chrono::steady_clock::now() >= m_end) {
        use_up("its time is over");
    }
    return m_used_up;
}

// A long string copied, a table searched from its beginning, garbage collected because of one allocation: what one
// instruction can take grows with the memory that the script has.
int budget::instructions_at_once() const noexcept
{
    constexpr std::size_t mib = 1024 * 1024;
    return m_memory < 2 * mib ? 100 : m_memory < 16 * mib ? 20 : 10;
}

void budget::spend(lua_State* L, std::uint64_t units)
{
    if (!m_running) {
        return;
    }
    m_thread = L;
    if (m_used_up == nullptr) {
        m_left = units < m_left ? m_left - units : 0;
        m_until_clock = units < m_until_clock ? m_until_clock - units : 0;
        if (m_left == 0) {
            use_up("its instructions are used up");
        } else if (m_until_clock == 0) {
            m_until_clock = std::min<std::uint64_t>(units_a_look, static_cast<std::uint64_t>(instructions_at_once()));
            if (std::chrono::steady_clock::now() >= m_end) {
                use_up("its time is over");
            }
        }
        if (m_used_up == nullptr) {
            if (lua_gethookcount(L) != instructions_at_once()) {
                lua_sethook(L, count, LUA_MASKCOUNT, instructions_at_once());
            }
            return;
        }
    }
    lua_Debug at;
    for (int level = 0; m_where[0] == '\0' && lua_getstack(L, level, &at) != 0; ++level) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline > 0) {
            std::snprintf(m_where, sizeof m_where, "%s:%d", at.short_src, at.currentline);
        }
    }
    lua_sethook(L, count, LUA_MASKCOUNT, at_each_instruction);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &ended_key);
    lua_error(L);
}

void budget::count(lua_State* L, lua_Debug*)
{
    of(L)->spend(L, static_cast<std::uint64_t>(lua_gethookcount(L)));
}

void charge(lua_State* L, std::size_t units)
{
    if (budget* const own = budget::of(L)) {
        own->spend(L, units);
    }
}

}  // namespace daybook::lua
