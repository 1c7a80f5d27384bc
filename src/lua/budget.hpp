// What a Lua state may use: memory by its allocator, instructions and time by a hook and by charge().
//
// The hook sees each hundredth instruction of each coroutine, and more of them when the state has so much memory that one
// instruction can take long. It does not see time that passes inside one library function, nor the first instructions of
// a coroutine: who makes a coroutine or works for long charges for it (string.rep, pattern matching, JSON and the like).
//
// What is used up stays so until the next restart(): a script that catches the error meets it again at its next
// instruction, and in the coroutine that it resumes or makes. Raising needs no memory, since there may be none.

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

    /// The same, and the clock is read: before what cannot be undone.
    [[nodiscard]] const char* used_up_now() noexcept;

    /// Where the script was then, as "name:line"; empty if no line of it ran.
    [[nodiscard]] const char* where() const noexcept { return m_where; }

    /// Whether half of the memory is in use: before C++ takes some of it, which collects no garbage, somebody should.
    [[nodiscard]] bool is_half_full() const noexcept { return m_memory > m_limits.memory / 2; }

    [[nodiscard]] std::size_t memory() const noexcept { return m_memory; }
    [[nodiscard]] std::uint64_t instructions_left() const noexcept { return m_left; }

    /// Until the time is over; at least a millisecond, so that it is no word for "none".
    [[nodiscard]] std::chrono::milliseconds time_left() const noexcept;

    /// Whoever resumes or closes a coroutine says which thread runs now, before and after: that one's hook is hastened
    /// when something is used up in between.
    void enter(lua_State* thread) noexcept;

    /// Whether `thread` met its end here; its hook may be gone then, so nothing of the script may run in it.
    [[nodiscard]] static bool has_ended(lua_State* thread) noexcept;

    /// Depth of coroutine.close inside coroutine.close: Lua forgets there how much of the C stack is in use.
    int closing = 0;

    /// The budget of a state; null if it has none, which is a state that the host trusts.
    [[nodiscard]] static budget* of(lua_State* L) noexcept;

private:
    friend void charge(lua_State* L, std::size_t units);

    static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept;
    static void count(lua_State* L, lua_Debug* event);
    [[nodiscard]] int instructions_at_once() const noexcept;
    void spend(lua_State* L, std::uint64_t units);
    void use_up(const char* what) noexcept;

    script_limits m_limits;
    std::uint64_t m_left = 0;
    std::uint64_t m_until_clock = 0;
    std::chrono::steady_clock::time_point m_end{};
    std::size_t m_memory = 0;
    lua_State* m_thread = nullptr;
    const char* m_used_up = nullptr;
    char m_where[80] = {};
    bool m_running = false;
    bool m_refused = false;
};

/// Charges for work that the hook cannot see, about one unit for what an instruction takes (eight bytes copied). Raises
/// when the budget is used up. Nothing happens in a state that has none.
void charge(lua_State* L, std::size_t units);

/// What a statement, or an event on its way to the server, costs: others wait for the server too.
inline constexpr std::size_t price_of_statement = 5'000;

}  // namespace daybook::lua

#endif
