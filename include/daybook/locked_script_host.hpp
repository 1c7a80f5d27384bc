// Lua scripts that nobody trusts, for one organization.
//
// A locked script has the API of docs/lua.md for its own organization, and nothing else: no SQL of its own but queries
// through a reader, no URL, no environment, no file, no process. What it uses is limited. It shares the process with its
// host: what cannot be held there, and when to give it a process of its own, is in docs/lua.md, "Scripts that you do not
// trust".

#ifndef DAYBOOK_LOCKED_SCRIPT_HOST_HPP
#define DAYBOOK_LOCKED_SCRIPT_HOST_HPP

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/pool.hpp>
#include <daybook/script_limits.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook {

class reader;

/// A function of the host's: from one JSON value to another. What it throws becomes a Lua error, with the kind of a
/// daybook::error. Its time counts as the script's, but it is not interrupted; it must bound its own memory.
using host_function = std::function<std::string(std::string_view json)>;

/// Each run has a Lua state of its own, so that no script finds what another one left. One thread at a time.
class DAYBOOK_EXPORT locked_script_host {
public:
    /// Scopes are opened on `connections`, which must outlive this.
    locked_script_host(pool& connections, const org_id& organization, const script_limits& limits = {});

    /// Scopes are savepoints of `running`, which must outlive this: only the host commits. When run() throws, let it leave
    /// your scope, or what the script's finished scopes wrote stays. log_attempt is not permitted.
    explicit locked_script_host(tenant_tx& running, const script_limits& limits = {});

    ~locked_script_host();
    locked_script_host(const locked_script_host&) = delete;
    locked_script_host& operator=(const locked_script_host&) = delete;

    /// Gives scripts daybook.query(sql). `queries` must outlive this. Throws error (nested_organization) if it is bound to
    /// another organization.
    void use(reader& queries);

    /// Gives scripts host.NAME(value). Throws error (wrong_usage) if `name` is no name in Lua.
    void bind(const std::string& name, host_function function);

    /// Where print() goes: a line at a time, without its end. Without it, print() does nothing. What the script prints may
    /// hold anything, escape sequences of terminals too.
    void print_to(std::function<void(std::string_view line)> sink);

    /// Runs a script: text only, of a megabyte at most. `name` is how messages call it. The arguments are in `arg` and `...`.
    /// Throws error: script_limit; not_permitted; the kind of another error of Daybook's that the script let pass; else
    /// script_failed. A script cannot make up the kind. The message is one line without control characters.
    void run(const std::string& text, const std::string& name, std::span<const std::string> arguments = {});

    /// The same from a file. Throws also error (unreadable_input).
    void run_file(const std::string& path, std::span<const std::string> arguments = {});

private:
    struct state;
    std::unique_ptr<state> m_state;
};

}  // namespace daybook

#endif
