// Lua scripts inside a C++ program.

#ifndef DAYBOOK_SCRIPT_HOST_HPP
#define DAYBOOK_SCRIPT_HOST_HPP

#include <memory>
#include <span>
#include <string>

#include <daybook/export.hpp>
#include <daybook/pool.hpp>

struct lua_State;

namespace daybook {

/// One Lua state, with the standard libraries and `require "daybook"`, whose connections are the host's pool. For
/// scripts that the host trusts. One thread at a time.
class DAYBOOK_EXPORT script_host {
public:
    /// `connections` must outlive this. Throws error (internal) if there is no memory for a state.
    explicit script_host(pool& connections);
    ~script_host();
    script_host(const script_host&) = delete;
    script_host& operator=(const script_host&) = delete;

    /// Runs a script: text only, never bytecode. `name` is how messages call it. The arguments are in `arg` and `...`.
    /// Throws error: of the kind that the script raised or let pass, else script_failed with the place in the script.
    void run(const std::string& text, const std::string& name, std::span<const std::string> arguments = {});

    /// The same from a file. Throws also error (unreadable_input).
    void run_file(const std::string& path, std::span<const std::string> arguments = {});

    /// For the host's own functions: see the Lua manual, section 4. Errors raised outside run() end the program.
    [[nodiscard]] lua_State* state() const noexcept;

private:
    struct state_closer {
        void operator()(lua_State* state) const;
    };
    std::unique_ptr<lua_State, state_closer> m_state;
};

}  // namespace daybook

#endif
