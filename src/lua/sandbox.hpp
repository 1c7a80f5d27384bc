// A Lua state for code that nobody trusts: it has what is named here, and uses what its limits allow.
//
// Not in reach: files, processes, network, environment, the debug library, bytecode, `load` and its kin, finalizers
// (Lua runs them where no hook counts), weak tables (collecting chains of them takes quadratic time, where no hook
// counts either). A metatable is taken as it is when setmetatable is called: methods that are found through __index can
// be added later, metamethods cannot.
//
// What the code raises is judged: the limits by the budget, Daybook's kinds by what Daybook raised itself, and everything
// else is the script's own failure, whatever it says that it is.

#ifndef DAYBOOK_LUA_SANDBOX_HPP
#define DAYBOOK_LUA_SANDBOX_HPP

#include <functional>
#include <memory>
#include <string_view>

#include <lua.hpp>

#include <daybook/error.hpp>
#include <daybook/script_limits.hpp>

#include "budget.hpp"

namespace daybook::lua {

/// What a sandbox is for: `script` may read the clock and draw random numbers; `rules` must say the same each time.
enum class purpose { script, rules };

/// Where print() goes, a line at a time, without its end. What it throws becomes a Lua error.
using line_sink = std::function<void(std::string_view)>;

/// The longest text of a script that is looked at.
inline constexpr std::size_t longest_script = 1024 * 1024;

/// One thread at a time.
class sandbox {
public:
    /// Without a sink there is no print(). Throws error (internal) if the memory is not enough for an empty state.
    sandbox(const script_limits& limits, purpose what_for, line_sink print = {});
    sandbox(const sandbox&) = delete;
    sandbox& operator=(const sandbox&) = delete;

    /// What `require "name"` gives: what `open` leaves on the stack, called with the name at the first require.
    void add_module(const char* name, lua_CFunction open);

    /// The same from Lua text.
    void add_module(const char* name, std::string_view text);

    /// Calls `work`, with `argument` as a light userdata, and a budget that begins anew with it. Throws error: script_limit
    /// if the budget was used up, even if the script caught that; the kind of the error that one of Daybook's functions
    /// raised and the script let pass; else script_failed. The message is one line without control characters.
    void call(lua_CFunction work, void* argument);

    [[nodiscard]] lua_State* state() const noexcept { return m_state.get(); }
    [[nodiscard]] const budget& used() const noexcept { return m_budget; }

private:
    struct state_closer {
        void operator()(lua_State* state) const { lua_close(state); }
    };

    [[nodiscard]] error judge(int status);
    void set_up(lua_CFunction work, void* argument);  // without a budget, for code of our own

    budget m_budget;
    line_sink m_print;
    std::unique_ptr<lua_State, state_closer> m_state;  // the first to go
};

/// Pushes the function of a text. It is read in small pieces, each of which is charged, since a text can be made that the
/// parser takes long for. `name` as lua_load takes it. Raises what lua_load does, and for more than longest_script.
void push_function(lua_State* L, std::string_view text, const char* name);

}  // namespace daybook::lua

#endif
