// What `require "daybook"` gives to a locked script.

#ifndef DAYBOOK_LUA_LOCKED_MODULE_HPP
#define DAYBOOK_LUA_LOCKED_MODULE_HPP

#include <map>
#include <optional>
#include <string>

#include <daybook/locked_script_host.hpp>
#include <daybook/org_id.hpp>

#include "sandbox.hpp"
#include "scopes.hpp"

namespace daybook::lua {

/// Scopes of one organization. Another one is refused before anything is asked of the database, so that a script does not
/// learn which organizations exist.
class locked_source final : public scope_source {
public:
    locked_source(pool& connections, const org_id& organization) : m_connections{&connections}, m_organization{organization} {}
    explicit locked_source(tenant_tx& running) : m_running{&running}, m_organization{running.organization()} {}

    void with_tenant(std::string_view organization, const std::function<void(tenant_tx&)>& work) override;
    event_id log_attempt(std::string_view organization, const event& e) override;
    daybook::organization find(std::string_view organization) override;  ///< an empty text is its own

    [[nodiscard]] const org_id& organization() const noexcept { return m_organization; }

private:
    [[nodiscard]] const daybook::organization& own();
    void permit(std::string_view key_or_id);
    void run(const std::function<void(tenant_tx&)>& work);

    pool* m_connections = nullptr;
    tenant_tx* m_running = nullptr;
    tenant_tx* m_innermost = nullptr;  // of the scopes that are open in m_running
    org_id m_organization;
    std::optional<daybook::organization> m_own;
};

/// What a host has put at the disposal of its scripts.
struct locked_world {
    locked_source source;
    reader* queries = nullptr;
    std::map<std::string, host_function> functions{};  // they do not move
};

/// Adds the module, the names that are refused, and `host`. `world` must outlive the state.
void add_locked_module(sandbox& box, locked_world& world);

}  // namespace daybook::lua

#endif
