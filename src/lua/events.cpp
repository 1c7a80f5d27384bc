#include "events.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <daybook/query.hpp>

#include "budget.hpp"
#include "support.hpp"
#include "transactions.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

constexpr std::size_t page_size = 200;

// Of a script with limits: an event may have a quarter of a megabyte, and what a page takes in C++ no budget counts.
constexpr std::size_t small_page_size = 25;
constexpr std::size_t longest_filter = 64 * 1024;

// What an iterator goes through: one page in memory at a time, each event as its JSON.
struct listing {
    static constexpr const char* lua_type = "daybook.listing";

    filter wanted;
    reading_order order = reading_order::newest_first;
    std::optional<cursor> after;
    std::optional<std::size_t> left;  // of a limit
    text_buffer lines;              // of this page, one behind another
    std::vector<std::size_t> ends;  // of each line
    std::size_t position = 0;
    std::size_t most = page_size;
    std::size_t filter_bytes = 0;
    bool last_page = false;

    void next_page(tenant_tx& tx)
    {
        query_options options{.limit = left ? std::min(*left, most) : most, .order = order, .after = after};
        lines.clear();
        ends.clear();
        position = 0;
        if (options.limit == 0) {
            last_page = true;
            return;
        }
        const page found = query(tx, wanted, options);
        for (const stored_event& e : found.events) {
            lines.append(to_json(e));
            ends.push_back(lines.size);
        }
        if (left) {
            *left -= found.events.size();
        }
        after = found.next;
        last_page = !found.next;
    }

    void close()
    {
        lines.clear();
        ends.clear();
        ends.shrink_to_fit();
        position = 0;
        last_page = true;
    }
};

void add_value(lua_State* L, listing& list, const char* field)
{
    const std::string_view value = check_string(L, -1);
    list.filter_bytes += value.size() + 100;
    if (budget::of(L) != nullptr && list.filter_bytes > longest_filter) {
        raise(L, error_kind::invalid_filter, "the filter is longer than 64 KiB, which is the most for a locked script");
    }
    failure what;
    if (!guard(what, [&] { add_to_filter(list.wanted, field, value); })) {
        raise(L, what);
    }
}

void set_time(lua_State* L, std::optional<timestamp>& time)
{
    const std::string_view value = check_string(L, -1);
    failure what;
    if (!guard(what, [&] { time = parse_time(value); })) {
        raise(L, what);
    }
}

void set_order(lua_State* L, listing& list)
{
    const std::string_view value = check_string(L, -1);
    if (value == "oldest") {
        list.order = reading_order::oldest_first;
    } else if (value != "newest") {
        raise(L, error_kind::invalid_filter, "order is \"newest\" or \"oldest\"");
    }
}

// facets = {region = "eu"}: the table is on top of the stack
void add_facets(lua_State* L, listing& list)
{
    luaL_checktype(L, -1, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) {
            raise(L, error_kind::invalid_filter, "facets is a table of strings");
        }
        const char* const field = lua_pushfstring(L, "facet.%s", lua_tostring(L, -2));
        lua_pushvalue(L, -2);
        add_value(L, list, field);
        lua_pop(L, 2);
    }
}

// One member of the table that the script gave, its value on top of the stack.
void add_member(lua_State* L, listing& list, const char* name)
{
    const std::string_view field{name};
    if (field == "since") {
        set_time(L, list.wanted.since);
    } else if (field == "until") {
        set_time(L, list.wanted.until);
    } else if (field == "order") {
        set_order(L, list);
    } else if (field == "facets") {
        add_facets(L, list);
    } else if (field == "limit") {
        if (lua_isinteger(L, -1) == 0 || lua_tointeger(L, -1) < 0) {
            raise(L, error_kind::invalid_filter, "limit is a number of events");
        }
        list.left = static_cast<std::size_t>(lua_tointeger(L, -1));
    } else if (lua_type(L, -1) == LUA_TTABLE) {  // alternatives
        const auto count = static_cast<lua_Integer>(lua_rawlen(L, -1));
        for (lua_Integer i = 1; i <= count; ++i) {
            lua_rawgeti(L, -1, i);
            add_value(L, list, name);
            lua_pop(L, 1);
        }
    } else {
        add_value(L, list, name);
    }
}

void read_filter(lua_State* L, int table, listing& list)
{
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            raise(L, error_kind::invalid_filter, "a filter is a table of fields");
        }
        add_member(L, list, lua_tostring(L, -2));
    }
}

// The iterator: upvalues are the transaction and the listing.
int next_event(lua_State* L)
{
    tenant_tx& tx = check_tx(L, lua_upvalueindex(1));
    listing& list = check_object<listing>(L, lua_upvalueindex(2));
    if (list.position == list.ends.size() && !list.last_page) {
        charge(L, price_of_statement);
        if (const budget* const used = budget::of(L); used != nullptr && used->is_half_full()) {
            lua_gc(L, LUA_GCCOLLECT, 0);
        }
    }
    failure what;
    const bool ready = guard(what, [&] {
        if (list.position == list.ends.size() && !list.last_page) {
            list.next_page(tx);
        }
    });
    if (!ready) {
        return raise(L, what);
    }
    if (list.position == list.ends.size()) {
        lua_pushnil(L);
        return 1;
    }
    const std::size_t begin = list.position == 0 ? 0 : list.ends[list.position - 1];
    push_json(L, list.lines.view().substr(begin, list.ends[list.position] - begin));
    ++list.position;
    return 1;
}

int listing_close(lua_State* L)
{
    check_object<listing>(L, 1).close();
    return 0;
}

}  // namespace

// for e in tx:events{ action = "invoice.*", since = "2026-01-01T00:00:00Z", limit = 10 } do … end
// Closes when the loop is left, however it is left.
int tx_events(lua_State* L)
{
    static_cast<void>(check_tx(L, 1));
    const bool filtered = !lua_isnoneornil(L, 2);
    if (filtered) {
        luaL_checktype(L, 2, LUA_TTABLE);
    }
    lua_settop(L, 2);
    static const luaL_Reg methods[] = {
        {"__gc", collect<listing>}, {"__close", listing_close}, {"close", listing_close}, {nullptr, nullptr}};
    define_type(L, listing::lua_type, methods);
    listing& list = new_object<listing>(L);
    list.lines.belong_to(L);
    if (budget::of(L) != nullptr) {
        list.most = small_page_size;
    }
    if (filtered) {
        read_filter(L, 2, list);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    lua_pushcclosure(L, next_event, 2);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, 3);
    return 4;  // iterator, state, control, and what `for` closes at its end
}

// tx:event(id) -> event, or nil if this organization has none of that id
int tx_event(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    const std::string_view id = check_string(L, 2);
    charge(L, price_of_statement);
    text_buffer& json = new_buffer(L);
    bool found = false;
    failure what;
    const bool done = guard(what, [&] {
        if (const auto e = find_event(tx, event_id::parse(id))) {
            found = true;
            json.assign(to_json(*e));
        }
    });
    if (!done) {
        return raise(L, what);
    }
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    push_json(L, json.view());
    return 1;
}

}  // namespace daybook::lua
