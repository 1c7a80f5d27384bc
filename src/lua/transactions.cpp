#include "transactions.hpp"

#include <vector>

#include <daybook/log_audit.hpp>
#include <daybook/query.hpp>

#include "budget.hpp"
#include "counts.hpp"
#include "events.hpp"
#include "support.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

struct id_text {
    char text[37] = {};

    void set(const event_id& id)
    {
        const std::string canonical = to_string(id);
        std::memcpy(text, canonical.c_str(), sizeof text);
    }
};

// What scripts with limits have on its way in C++, where no budget counts: one event, one call, one queue.
constexpr std::size_t most_bytes_of_event = 2 * 1024 * 1024;  // as JSON, in which a byte can take six
constexpr std::size_t most_bytes_at_once = 4 * 1024 * 1024;
constexpr std::size_t most_bytes_queued = 1024 * 1024;

void bound_call(lua_State* L, std::size_t bytes, std::size_t most)
{
    if (budget::of(L) != nullptr && bytes > most) {
        raise(L, error_kind::event_too_large, "this is more than a locked script may log in one call");
    }
}

// Called inside guard().
void bound_queue(lua_State* L, tenant_tx& tx, std::size_t bytes)
{
    if (budget::of(L) != nullptr) {
        tx_handle& handle = *static_cast<tx_handle*>(lua_touserdata(L, 1));
        handle.queued += bytes;
        if (handle.queued > most_bytes_queued) {
            tx.flush();
            handle.queued = 0;
        }
    }
}

int log_one(lua_State* L, tenant_tx& tx)
{
    text_buffer& json = new_buffer(L);
    append_event(L, 2, json);
    charge(L, price_of_statement + json.size);
    bound_call(L, json.size, most_bytes_of_event);
    id_text id;
    failure what;
    const bool logged = guard(what, [&] {
        id.set(log_audit(tx, event_from_json(json.view())).id);
        bound_queue(L, tx, json.size);
    });
    if (!logged) {
        return raise(L, what);
    }
    lua_pushstring(L, id.text);
    return 1;
}

struct batch {
    static constexpr const char* lua_type = "daybook.batch";

    std::vector<event> events;
};

// All or none: nothing is queued before every event is good.
int log_list(lua_State* L, tenant_tx& tx, lua_Integer count)
{
    batch& all = new_object<batch>(L);
    auto* const ids = static_cast<id_text*>(lua_newuserdatauv(L, static_cast<std::size_t>(count) * sizeof(id_text), 0));
    text_buffer& json = new_buffer(L);
    std::size_t bytes = 0;
    failure what;
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_rawgeti(L, 2, i);
        if (lua_type(L, -1) != LUA_TTABLE) {
            return luaL_error(L, "item %I of the list is no event", static_cast<LUAI_UACINT>(i));
        }
        json.size = 0;
        append_event(L, -1, json);
        lua_pop(L, 1);
        bytes += json.size;
        charge(L, price_of_statement / 5 + json.size);
        bound_call(L, bytes, most_bytes_at_once);
        if (!guard(what, [&] { all.events.push_back(event_from_json(json.view())); })) {
            return raise(L, what);
        }
    }
    const bool logged = guard(what, [&] {
        const std::vector<receipt> receipts = log_audit(tx, all.events);
        for (std::size_t i = 0; i < receipts.size(); ++i) {
            (new (&ids[i]) id_text)->set(receipts[i].id);
        }
        bound_queue(L, tx, bytes);
    });
    if (!logged) {
        return raise(L, what);
    }
    lua_createtable(L, static_cast<int>(count), 0);
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_pushstring(L, ids[i - 1].text);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

// tx:log_audit{ action = "invoice.paid", actor = {type = "user", id = "u1"} } -> event id
// tx:log_audit{ {…}, {…} } -> list of event ids; raises on failure
int tx_log_audit(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    const auto count = static_cast<lua_Integer>(lua_rawlen(L, 2));
    return count > 0 ? log_list(L, tx, count) : log_one(L, tx);
}

// ---------------------------------------------------------------- SQL

struct rows {
    static constexpr const char* lua_type = "daybook.rows";

    pqxx::result result;
};

struct cell {
    const char* text;
    std::size_t size;
    bool null;
};

// Plain data out of objects with destructors, so that Lua may raise between two calls.
cell cell_at(const pqxx::result& result, int row, int column) noexcept
{
    const auto field = result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
    return {field.c_str(), static_cast<std::size_t>(field.size()), field.is_null()};
}

void push_cell(lua_State* L, const cell& c, unsigned type)
{
    switch (type) {
    case 16: lua_pushboolean(L, c.text[0] == 't' ? 1 : 0); return;
    case 20:  // int8, int2, int4
    case 21:
    case 23: push_json(L, {c.text, c.size}); return;
    case 700:  // float4, float8, numeric: NaN and the infinities are no JSON
    case 701:
    case 1700:
        if (c.text[0] != 'N' && c.text[0] != 'I' && c.text[1] != 'I') {
            push_json(L, {c.text, c.size});
            return;
        }
        [[fallthrough]];
    default: lua_pushlstring(L, c.text, c.size);
    }
}

// Only calls that never raise: strings, booleans, integers and nil, as make_parameters() left them.
pqxx::params parameters(lua_State* L, int first, int last)
{
    pqxx::params values;
    for (int i = first; i <= last; ++i) {
        switch (lua_type(L, i)) {
        case LUA_TBOOLEAN: values.append(lua_toboolean(L, i) != 0); break;
        case LUA_TNUMBER: values.append(static_cast<long long>(lua_tointegerx(L, i, nullptr))); break;
        case LUA_TSTRING: {
            std::size_t size = 0;
            const char* const text = lua_tolstring(L, i, &size);
            values.append(std::string{text, size});
            break;
        }
        default: values.append();
        }
    }
    return values;
}

// tx:sql("select … where id = $1", 42) -> list of rows (tables by column name), with .affected
int tx_sql(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    const std::string_view sql = check_string(L, 2);
    if (sql.find('\0') != std::string_view::npos) {
        return raise(L, error_kind::invalid_text, "the statement holds a NUL character");
    }
    make_parameters(L, 3);
    const int last = lua_gettop(L);
    rows& holder = new_object<rows>(L);
    int row_count = 0;
    int column_count = 0;
    long long affected = 0;
    failure what;
    const bool done = guard(what, [&] {
        holder.result = tx.exec(sql, parameters(L, 3, last));
        row_count = static_cast<int>(holder.result.size());
        column_count = static_cast<int>(holder.result.columns());
        affected = static_cast<long long>(holder.result.affected_rows());
    });
    if (!done) {
        return raise(L, what);
    }
    lua_createtable(L, row_count, 1);
    for (int row = 0; row < row_count; ++row) {
        lua_createtable(L, 0, column_count);
        for (int column = 0; column < column_count; ++column) {
            const cell c = cell_at(holder.result, row, column);
            if (!c.null) {
                push_cell(L, c, static_cast<unsigned>(holder.result.column_type(static_cast<pqxx::row::size_type>(column))));
                lua_setfield(L, -2, holder.result.column_name(static_cast<pqxx::row::size_type>(column)));
            }
        }
        lua_rawseti(L, -2, row + 1);
    }
    lua_pushinteger(L, affected);
    lua_setfield(L, -2, "affected");
    return 1;
}

// ---------------------------------------------------------------- the rest

// tx:organization() -> id
int tx_organization(lua_State* L)
{
    const tenant_tx& tx = check_tx(L, 1);
    char text[37];
    failure what;
    if (!guard(what, [&] { std::memcpy(text, to_string(tx.organization()).c_str(), sizeof text); })) {
        return raise(L, what);
    }
    lua_pushstring(L, text);
    return 1;
}

// tx:flush(): sends the events that wait for the commit
int tx_flush(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    charge(L, price_of_statement);
    failure what;
    if (!guard(what, [&] { tx.flush(); })) {
        return raise(L, what);
    }
    return 0;
}

int tx_tostring(lua_State* L)
{
    const tx_handle& handle = check_object<tx_handle>(L, 1);
    lua_pushstring(L, handle.tx == nullptr ? "daybook.tx (over)" : "daybook.tx");
    return 1;
}

}  // namespace

tx_handle& new_tx(lua_State* L)
{
    return new_object<tx_handle>(L);
}

tenant_tx& check_tx(lua_State* L, int argument)
{
    const tx_handle& handle = check_object<tx_handle>(L, argument);
    if (handle.tx == nullptr) {
        raise(L, error_kind::scope_ended, "the transaction is over");
    }
    return *handle.tx;
}

void open_transactions(lua_State* L)
{
    static const luaL_Reg methods[] = {
        {"log_audit", tx_log_audit}, {"sql", tx_sql},       {"events", tx_events},
        {"event", tx_event},         {"count", tx_count},   {"values", tx_values},
        {"flush", tx_flush},         {"organization", tx_organization},
        {"__tostring", tx_tostring}, {nullptr, nullptr}};
    static const luaL_Reg rows_methods[] = {{"__gc", collect<rows>}, {nullptr, nullptr}};
    static const luaL_Reg batch_methods[] = {{"__gc", collect<batch>}, {nullptr, nullptr}};
    define_type(L, tx_handle::lua_type, methods);
    define_type(L, rows::lua_type, rows_methods);
    define_type(L, batch::lua_type, batch_methods);
}

}  // namespace daybook::lua
