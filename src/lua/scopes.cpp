#include "scopes.hpp"

#include <cstring>
#include <string>

#include <daybook/json.hpp>

#include "budget.hpp"
#include "support.hpp"
#include "transactions.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

// Carries nothing: what the script raised is on the Lua stack.
struct script_raised {};

// A script that caught the end of its budget, and returns in time, must not commit.
bool is_used_up(lua_State* L)
{
    budget* const used = budget::of(L);
    return used != nullptr && used->used_up_now() != nullptr;
}

}  // namespace

// with_tenant(org, function(tx, …) … end, …) -> what the function returned
int call_with_tenant(lua_State* L, int first, scope_source& from)
{
    const std::string_view organization = check_string(L, first);
    luaL_checktype(L, first + 1, LUA_TFUNCTION);
    charge(L, price_of_statement);
    const int extra = lua_gettop(L) - first - 1;
    tx_handle& tx = new_tx(L);
    const int base = lua_gettop(L);
    luaL_checkstack(L, extra + 3, "with_tenant");
    lua_pushvalue(L, first + 1);
    lua_pushvalue(L, base);
    for (int i = 0; i < extra; ++i) {
        lua_pushvalue(L, first + 2 + i);
    }

    bool raised = false;
    failure what;
    const bool done = guard(what, [&] {
        try {
            from.with_tenant(organization, [&](tenant_tx& running) {
                tx.tx = &running;
                const int status = lua_pcall(L, extra + 1, LUA_MULTRET, 0);
                tx.tx = nullptr;
                if (status != LUA_OK || is_used_up(L)) {
                    throw script_raised{};
                }
            });
        } catch (const script_raised&) {
            raised = true;
        }
    });
    if (raised && is_used_up(L)) {
        charge(L, 0);  // raises
    }
    if (raised) {
        return lua_error(L);  // unchanged, whatever it is
    }
    if (!done) {
        return raise(L, what);
    }
    return lua_gettop(L) - base;
}

// log_attempt(org, event) -> event id; in a transaction of its own
int call_log_attempt(lua_State* L, int first, scope_source& from)
{
    const std::string_view organization = check_string(L, first);
    luaL_checktype(L, first + 1, LUA_TTABLE);
    text_buffer& json = new_buffer(L);
    append_event(L, first + 1, json);
    charge(L, 2 * price_of_statement + json.size);
    char id[37];
    failure what;
    const bool done = guard(what, [&] {
        const std::string text = to_string(from.log_attempt(organization, event_from_json(json.view())));
        std::memcpy(id, text.c_str(), sizeof id);
    });
    if (!done) {
        return raise(L, what);
    }
    lua_pushstring(L, id);
    return 1;
}

// organization(key or id) -> {id, key, name}
int push_organization(lua_State* L, std::string_view organization, scope_source& from)
{
    charge(L, price_of_statement);
    text_buffer& json = new_buffer(L);
    failure what;
    const bool done = guard(what, [&] {
        const daybook::organization found = from.find(organization);
        std::string text = "{\"id\":";
        append_json_string(text, to_string(found.id));
        text += ",\"key\":";
        append_json_string(text, found.key);
        text += ",\"name\":";
        append_json_string(text, found.name);
        json.assign(text + "}");
    });
    if (!done) {
        return raise(L, what);
    }
    push_json(L, json.view());
    return 1;
}

}  // namespace daybook::lua
