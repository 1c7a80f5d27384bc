// Opening scopes from Lua, whoever it is that gives the connection: a pool, or the host of a locked script.

#ifndef DAYBOOK_LUA_SCOPES_HPP
#define DAYBOOK_LUA_SCOPES_HPP

#include <functional>
#include <string_view>

#include <lua.hpp>

#include <daybook/event.hpp>
#include <daybook/organization.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook::lua {

/// What gives a script its scopes. Each may throw anything.
class scope_source {
public:
    virtual ~scope_source() = default;

    /// Runs `work` in a scope of the organization of that key or id.
    virtual void with_tenant(std::string_view organization, const std::function<void(tenant_tx&)>& work) = 0;

    /// Records an attempt in a transaction of its own.
    virtual event_id log_attempt(std::string_view organization, const event& e) = 0;

    [[nodiscard]] virtual daybook::organization find(std::string_view organization) = 0;
};

/// The functions of the Lua API, whose arguments begin at index `first`. They return as a lua_CFunction does.
int call_with_tenant(lua_State* L, int first, scope_source& from);
int call_log_attempt(lua_State* L, int first, scope_source& from);
int push_organization(lua_State* L, std::string_view organization, scope_source& from);

}  // namespace daybook::lua

#endif
