#include "locked_module.hpp"

#include <algorithm>

#include <daybook/error.hpp>
#include <daybook/json.hpp>
#include <daybook/log_audit.hpp>
#include <daybook/reader.hpp>
#include <daybook/version.hpp>

#include "answers.hpp"
#include "support.hpp"
#include "transactions.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

// The address is the registry's key of the world, a light userdata: no script can come by it.
const char world_key = 0;

// What a query may bring at once, and a host's function may return.
constexpr std::size_t longest_answer = 8 * 1024 * 1024;

locked_world& world_of(lua_State* L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &world_key);
    auto* const world = static_cast<locked_world*>(lua_touserdata(L, -1));
    lua_pop(L, 1);
    return *world;
}

// Every function that a locked script may not have; the upvalue is its name.
int refuse(lua_State* L)
{
    const char* const message = lua_pushfstring(L, "%s is not permitted: a locked script works inside its own organization",
                                                lua_tostring(L, lua_upvalueindex(1)));
    return raise(L, error_kind::not_permitted, message);
}

// Sets `field` of the table on top of the stack.
void set_refused(lua_State* L, const char* field, const char* name)
{
    lua_pushstring(L, name);
    lua_pushcclosure(L, refuse, 1);
    lua_setfield(L, -2, field);
}

// ---------------------------------------------------------------- functions

// daybook.with_tenant(org, function(tx, …) … end, …) -> what the function returned
int locked_with_tenant(lua_State* L)
{
    return call_with_tenant(L, 1, world_of(L).source);
}

// daybook.log_attempt(org, event) -> event id
int locked_log_attempt(lua_State* L)
{
    return call_log_attempt(L, 1, world_of(L).source);
}

// daybook.organization([its own key or id]) -> {id, key, name}
int locked_organization(lua_State* L)
{
    const std::string_view wanted = lua_isnoneornil(L, 1) ? std::string_view{} : check_string(L, 1);
    return push_organization(L, wanted, world_of(L).source);
}

// daybook.query(sql) -> list of rows
int locked_query(lua_State* L)
{
    const locked_world& world = world_of(L);
    const std::string_view sql = check_string(L, 1);
    if (world.queries == nullptr) {
        return raise(L, error_kind::not_permitted, "daybook.query is not permitted: the host of this locked script gave it no reader");
    }
    charge(L, 2 * price_of_statement + sql.size());
    answer& all = new_answer(L);
    all.most_bytes = longest_answer;
    const std::chrono::milliseconds left = budget::of(L)->time_left();
    failure what;
    if (!guard(what, [&] { world.queries->query(std::string{sql}, all.sink(), {.timeout = left}); })) {
        return raise(L, what);
    }
    charge(L, all.bytes / 8);
    if (all.cut) {
        return raise(L, error_kind::not_permitted, "the answer is larger than 8 MiB, the most that a locked script may have: ask for less");
    }
    return push_rows(L, all);
}

// host.NAME(value) -> value; the upvalue is the function
int call_host(lua_State* L)
{
    const auto& function = *static_cast<const host_function*>(lua_touserdata(L, lua_upvalueindex(1)));
    if (lua_gettop(L) > 1) {
        return luaL_error(L, "a function of the host takes one value: put several into a table");
    }
    lua_settop(L, 1);
    text_buffer& argument = new_buffer(L);
    append_json(L, 1, argument, "the argument");
    text_buffer& result = new_buffer(L);
    failure what;
    const bool done = guard(what, [&] {
        const std::string text = function(argument.view());
        if (text.size() > longest_answer) {
            throw error{error_kind::wrong_usage, "a function of the host returned more than 8 MiB"};
        }
        check_json(text, "what a function of the host returned");
        result.assign(text);
    });
    if (!done) {
        return raise(L, what);
    }
    charge(L, price_of_statement);  // and its time
    push_json(L, result.view());
    return 1;
}

// ---------------------------------------------------------------- the module

// tx:sql could set the organization, and whatever else the role may.
void refuse_sql(lua_State* L)
{
    luaL_getmetatable(L, tx_handle::lua_type);
    lua_getfield(L, -1, "__index");
    set_refused(L, "sql", "tx:sql");
    lua_pop(L, 2);
}

int open_module(lua_State* L)
{
    lua_newtable(L);
    open_values(L);
    open_events(L);
    open_counts(L);
    open_transactions(L);
    open_answers(L);
    refuse_sql(L);
    static const luaL_Reg functions[] = {{"with_tenant", locked_with_tenant},
                                         {"log_attempt", locked_log_attempt},
                                         {"organization", locked_organization},
                                         {"query", locked_query},
                                         {nullptr, nullptr}};
    luaL_setfuncs(L, functions, 0);
    set_refused(L, "connect", "daybook.connect");
    lua_pushliteral(L, DAYBOOK_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}

// Modules that other scripts have.
int refuse_module(lua_State* L)
{
    const char* const message =
        lua_pushfstring(L, "require \"%s\" is not permitted: a locked script works inside its own organization", lua_tostring(L, 1));
    return raise(L, error_kind::not_permitted, message);
}

int prepare(lua_State* L)
{
    auto* const world = static_cast<locked_world*>(lua_touserdata(L, 1));
    lua_pushlightuserdata(L, world);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &world_key);
    lua_newtable(L);
    for (auto& [name, function] : world->functions) {
        lua_pushlightuserdata(L, &function);
        lua_pushcclosure(L, call_host, 1);
        lua_setfield(L, -2, name.c_str());
    }
    lua_setglobal(L, "host");
    return 0;
}

}  // namespace

void add_locked_module(sandbox& box, locked_world& world)
{
    box.call(prepare, &world);
    box.add_module("daybook", open_module);
    for (const char* const name : {"daybook.auditor", "daybook.core", "daybook.mapping"}) {
        box.add_module(name, refuse_module);
    }
}

// ---------------------------------------------------------------- scopes

const daybook::organization& locked_source::own()
{
    if (!m_own) {
        run([this](tenant_tx& tx) { m_own = find_organization(tx); });
    }
    return *m_own;
}

void locked_source::permit(std::string_view key_or_id)
{
    const auto id = parse_uuid(key_or_id);
    if (id ? *id == m_organization.value() : key_or_id == own().key) {
        return;
    }
    throw error{error_kind::not_permitted, "another organization is not permitted: a locked script works inside its own"};
}

void locked_source::run(const std::function<void(tenant_tx&)>& work)
{
    if (m_running == nullptr) {
        daybook::with_tenant(*m_connections, m_organization, work);
        return;
    }
    // A savepoint inside the innermost one that is open.
    tenant_tx* const outer = m_innermost;
    daybook::with_tenant(outer == nullptr ? *m_running : *outer, m_organization, [&](tenant_tx& tx) {
        struct restored {
            tenant_tx*& innermost;
            tenant_tx* outer;
            ~restored() { innermost = outer; }
        } const at_end{m_innermost, outer};
        m_innermost = &tx;
        work(tx);
    });
}

void locked_source::with_tenant(std::string_view organization, const std::function<void(tenant_tx&)>& work)
{
    permit(organization);
    run(work);
}

event_id locked_source::log_attempt(std::string_view organization, const event& e)
{
    permit(organization);
    if (m_connections == nullptr) {
        throw error{error_kind::not_permitted, "log_attempt is not permitted: this locked script has its host's transaction and no other"};
    }
    return daybook::log_attempt(*m_connections, m_organization, e).id;
}

daybook::organization locked_source::find(std::string_view organization)
{
    if (!organization.empty()) {
        permit(organization);
    }
    return own();
}

}  // namespace daybook::lua
