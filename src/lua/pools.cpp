// Connections, and the scopes that are opened on them.

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include <daybook/log_audit.hpp>
#include <daybook/organization.hpp>
#include <daybook/pool.hpp>
#include <daybook/rule_files.hpp>

#include "host_pool.hpp"
#include "scopes.hpp"
#include "support.hpp"

namespace daybook::lua {

namespace {

constexpr const char* host_pool_key = "daybook.host_pool";

struct pool_handle final : scope_source {
    static constexpr const char* lua_type = "daybook.pool";

    std::unique_ptr<pool> own;
    pool* connections = nullptr;  // own, or the host's
    int scopes = 0;               // that are open: the pool must not go
    std::map<std::string, org_id, std::less<>> ids;

    // An id as it is written; a key is looked up once.
    org_id resolve(std::string_view key_or_id)
    {
        if (const auto id = parse_uuid(key_or_id)) {
            return org_id{*id};
        }
        const auto known = ids.find(key_or_id);
        if (known != ids.end()) {
            return known->second;
        }
        const org_id id = find_organization(*connections, key_or_id).id;
        ids.emplace(std::string{key_or_id}, id);
        return id;
    }

    void with_tenant(std::string_view organization, const std::function<void(tenant_tx&)>& work) override
    {
        struct counted {
            int& count;
            ~counted() { --count; }
        } const open{++scopes};
        daybook::with_tenant(*connections, resolve(organization), work);
    }

    event_id log_attempt(std::string_view organization, const event& e) override
    {
        return daybook::log_attempt(*connections, resolve(organization), e).id;
    }

    daybook::organization find(std::string_view organization) override { return find_organization(*connections, organization); }
};

pool_handle& check_pool(lua_State* L, int argument)
{
    pool_handle& handle = check_object<pool_handle>(L, argument);
    if (handle.connections == nullptr) {
        raise(L, error_kind::connection_lost, "the pool is closed");
    }
    return handle;
}

// pool:with_tenant(org, function(tx, …) … end, …) -> what the function returned
int pool_with_tenant(lua_State* L)
{
    return call_with_tenant(L, 2, check_pool(L, 1));
}

// pool:log_attempt(org, event) -> event id; in a transaction of its own
int pool_log_attempt(lua_State* L)
{
    return call_log_attempt(L, 2, check_pool(L, 1));
}

// pool:organization(key or id) -> {id, key, name}
int pool_organization(lua_State* L)
{
    pool_handle& handle = check_pool(L, 1);
    return push_organization(L, check_string(L, 2), handle);
}

int pool_close(lua_State* L)
{
    pool_handle& handle = check_object<pool_handle>(L, 1);
    if (handle.scopes > 0) {
        return raise(L, error_kind::wrong_usage, "the pool is in use: it cannot be closed inside its own scope");
    }
    handle.own.reset();
    handle.connections = nullptr;
    return 0;
}

// The debug library could call this inside a scope; when Lua itself does, none is open.
int pool_collect(lua_State* L)
{
    return check_object<pool_handle>(L, 1).scopes > 0 ? 0 : collect<pool_handle>(L);
}

// The files that options name; each is a string.
struct rule_names {
    const char* catalogue = nullptr;
    const char* hooks = nullptr;
    const char* hash_key_file = nullptr;

    [[nodiscard]] rule_files files() const
    {
        const auto text = [](const char* name) { return std::string{name == nullptr ? "" : name}; };
        return {.catalogue = text(catalogue), .hooks = text(hooks), .hash_key = text(hash_key_file)};
    }
};

// The option on top of the stack stays there, so that its text lives.
void read_option(lua_State* L, rule_names& into)
{
    const std::string_view name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (lua_type(L, -1) != LUA_TSTRING) {
        luaL_error(L, "the options of connect are names of files: catalogue, hooks, hash_key_file");
    }
    const char* const file = lua_tostring(L, -1);
    if (name == "catalogue") {
        into.catalogue = file;
    } else if (name == "hooks") {
        into.hooks = file;
    } else if (name == "hash_key_file") {
        into.hash_key_file = file;
    } else {
        luaL_error(L, "connect has no option \"%s\"; there are catalogue, hooks, hash_key_file", luaL_tolstring(L, -2, nullptr));
    }
}

// daybook.connect(url, {catalogue = FILE, hooks = FILE, hash_key_file = FILE}) -> pool
int connect(lua_State* L)
{
    const std::string_view url = check_string(L, 1);
    rule_names names;
    const bool named = !lua_isnoneornil(L, 2);
    if (named) {
        luaL_checktype(L, 2, LUA_TTABLE);
        for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
            read_option(L, names);  // the table keeps its texts alive
        }
    }
    pool_handle& handle = new_object<pool_handle>(L);
    failure what;
    const bool done = guard(what, [&] {
        handle.own = std::make_unique<pool>(pool_options{.url = std::string{url}, .size = 4, .rules = read_rules(named ? names.files() : rule_files_from_environment())});
        handle.connections = handle.own.get();
    });
    if (!done) {
        return raise(L, what);
    }
    return 1;
}

// core.default_pool() -> the pool that the host handed in, else one of DATABASE_URL
int default_pool(lua_State* L)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, host_pool_key) == LUA_TUSERDATA) {
        return 1;
    }
    const char* const url = std::getenv("DATABASE_URL");
    if (url == nullptr || url[0] == '\0') {
        return raise(L, error_kind::no_url, "DATABASE_URL is not set");
    }
    pool_handle& handle = new_object<pool_handle>(L);
    failure what;
    const bool done = guard(what, [&] {
        handle.own = std::make_unique<pool>(
            pool_options{.url = url, .size = 4, .rules = read_rules(rule_files_from_environment())});
        handle.connections = handle.own.get();
    });
    if (!done) {
        return raise(L, what);
    }
    return 1;
}

}  // namespace

void hand_in_pool(lua_State* L, pool& connections)
{
    pool_handle& handle = new_object<pool_handle>(L);
    handle.connections = &connections;
    lua_setfield(L, LUA_REGISTRYINDEX, host_pool_key);
}

void open_pools(lua_State* L)
{
    static const luaL_Reg methods[] = {{"with_tenant", pool_with_tenant},
                                       {"log_attempt", pool_log_attempt},
                                       {"organization", pool_organization},
                                       {"close", pool_close},
                                       {"__close", pool_close},
                                       {"__gc", pool_collect},
                                       {nullptr, nullptr}};
    define_type(L, pool_handle::lua_type, methods);
    static const luaL_Reg functions[] = {{"connect", connect}, {"default_pool", default_pool}, {nullptr, nullptr}};
    luaL_setfuncs(L, functions, 0);
}

}  // namespace daybook::lua
