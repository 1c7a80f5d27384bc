// What a Lua state may use: memory by its allocator, instructions and time by a hook and by charge().
//
// The hook sees each hundredth instruction, also in coroutines. It does not see time that passes inside one library
// function, so those that can take long charge for it: string.rep, table.concat, pattern matching and the like.

#ifndef DAYBOOK_LUA_BUDGET_HPP
#define DAYBOOK_LUA_BUDGET_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <lua.hpp>

#include <daybook/script_limits.hpp>

namespace daybook::lua {

class budget {
public:
    explicit budget(const script_limits& limits) noexcept : m_limits{limits} {}
    budget(const budget&) = delete;
    budget& operator=(const budget&) = delete;

    /// A state whose memory is counted here; null if there is none to be had. The budget must outlive it.
    [[nodiscard]] lua_State* make_state() noexcept;

    /// Begins anew with instructions and time; `L` is the main thread, outside any call.
    void restart(lua_State* L) noexcept;

    /// While nothing of the script runs, nothing is counted but memory.
    static void stop(lua_State* L) noexcept;

    /// In words, what was used up; null if nothing was.
    [[nodiscard]] const char* used_up() const noexcept { return m_used_up; }

    [[nodiscard]] std::size_t memory() const noexcept { return m_memory; }

private:
    friend void charge(lua_State* L, std::size_t units);

    static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept;
    static void count(lua_State* L, lua_Debug* event);
    static budget* of(lua_State* L) noexcept;
    void spend(lua_State* L, std::uint64_t units);

    script_limits m_limits;
    std::uint64_t m_left = 0;
    std::chrono::steady_clock::time_point m_end{};
    std::size_t m_memory = 0;
    const char* m_used_up = nullptr;
    bool m_running = false;
};

/// Charges for work that the hook cannot see, about one unit for what an instruction takes (eight bytes copied). Raises
/// when the budget is used up. Nothing happens in a state that has none.
void charge(lua_State* L, std::size_t units);

}  // namespace daybook::lua

#endif
