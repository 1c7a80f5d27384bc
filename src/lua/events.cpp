#include "events.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <daybook/query.hpp>

#include "budget.hpp"
#include "filters.hpp"
#include "support.hpp"
#include "transactions.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

constexpr std::size_t page_size = 200;

// Of a script with limits: an event may have a quarter of a megabyte.
constexpr std::size_t small_page_size = 25;

// What tx:events returns: called, it gives the next event. One page is in memory at a time, each event as its JSON. Its user
// value is the transaction.
struct listing {
    static constexpr const char* lua_type = "daybook.listing";

    filter wanted;
    std::optional<reading_order> order;
    std::optional<cursor> after;    // where the next page begins
    std::optional<cursor> reached;  // behind the last event that was given, unless it was the last of all
    std::optional<std::size_t> left;  // of a limit
    text_buffer lines;              // of this page, one behind another
    struct line {
        event_id id;
        std::size_t end;  // in `lines`
    };
    std::vector<line> ends;
    std::size_t position = 0;
    std::size_t most = page_size;
    bool last_page = false;
    bool closed = false;

    void next_page(tenant_tx& tx)
    {
        lines.clear();
        ends.clear();
        position = 0;
        if (left && *left == 0) {
            last_page = true;
            return;
        }
        const std::size_t limit = left ? std::min(*left, most) : most;
        const page found = query(tx, wanted, {.limit = limit, .order = *order, .after = after});
        for (const stored_event& e : found.events) {
            lines.append(to_json(e));
            ends.push_back({*e.id, lines.size});
        }
        if (left) {
            *left -= found.events.size();
        }
        after = found.next;
        last_page = !found.next;
        if (found.events.empty()) {
            reached.reset();
        }
    }

    // The event at `position` was given.
    void advance(const org_id& organization) noexcept
    {
        const event_id given = ends[position].id;
        ++position;
        if (position == ends.size() && !after) {
            reached.reset();
        } else {
            reached = cursor{organization, given, *order};
        }
    }

    void close() noexcept
    {
        lines.clear();
        std::vector<line>{}.swap(ends);
        position = 0;
        last_page = true;
        closed = true;
    }
};

void set_order(lua_State* L, listing& list)
{
    const std::string_view value = check_text(L, "order");
    if (value == "oldest") {
        list.order = reading_order::oldest_first;
    } else if (value == "newest") {
        list.order = reading_order::newest_first;
    } else {
        raise(L, error_kind::invalid_filter, "order is \"newest\" or \"oldest\"");
    }
}

void set_after(lua_State* L, listing& list)
{
    const std::string_view value = check_text(L, "after");
    failure what;
    if (!guard(what, [&] { list.after = cursor::parse(value); })) {
        raise(L, what);
    }
    list.reached = list.after;
}

// list() -> the next event, or nil
int listing_call(lua_State* L)
{
    listing& list = check_object<listing>(L, 1);
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, 1);
    tenant_tx& tx = check_tx(L, 2);
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
    const std::size_t begin = list.position == 0 ? 0 : list.ends[list.position - 1].end;
    push_json(L, list.lines.view().substr(begin, list.ends[list.position].end - begin));
    list.advance(tx.organization());
    return 1;
}

// list:cursor() -> a text for `after`, or nil if all was read
int listing_cursor(lua_State* L)
{
    const listing& list = check_object<listing>(L, 1);
    if (!list.reached) {
        lua_pushnil(L);
        return 1;
    }
    text_buffer& text = new_buffer(L);
    failure what;
    if (!guard(what, [&] { text.assign(to_string(*list.reached)); })) {
        return raise(L, what);
    }
    lua_pushlstring(L, text.data, text.size);
    return 1;
}

// list:close(); also by `local list <close>` and at the end of a `for`
int listing_close(lua_State* L)
{
    check_object<listing>(L, 1).close();
    return 0;
}

int listing_tostring(lua_State* L)
{
    const listing& list = check_object<listing>(L, 1);
    if (list.closed) {
        lua_pushliteral(L, "daybook.listing (closed)");
    } else {
        lua_pushfstring(L, "daybook.listing (%I at hand)", static_cast<LUAI_UACINT>(list.ends.size() - list.position));
    }
    return 1;
}

}  // namespace

// for e in tx:events{ action = "invoice.*", since = "2026-01-01T00:00:00Z", limit = 10 } do … end
// local list <close> = tx:events{ … }
int tx_events(lua_State* L)
{
    static_cast<void>(check_tx(L, 1));
    filter_argument(L, 2);
    listing& list = new_object<listing>(L, 1);
    list.lines.belong_to(L);
    if (budget::of(L) != nullptr) {
        list.most = small_page_size;
    }
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 3, 1);
    read_filter(L, 2, list.wanted, [&](std::string_view name) {
        if (name == "order") {
            set_order(L, list);
        } else if (name == "after") {
            set_after(L, list);
        } else if (name == "limit") {
            list.left = check_number_of(L, "limit");
        } else {
            return false;
        }
        return true;
    });
    if (!list.order) {
        list.order = list.after ? list.after->order : reading_order::newest_first;
    }
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, 3);
    return 4;  // what `for` calls, state, control, and what it closes at its end
}

// tx:event(id) -> event, or nil if this organization has none of that id
int tx_event(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    const std::string_view id = check_string(L, 2);
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

void open_events(lua_State* L)
{
    static const luaL_Reg methods[] = {{"cursor", listing_cursor},
                                       {"close", listing_close},
                                       {"__call", listing_call},
                                       {"__close", listing_close},
                                       {"__tostring", listing_tostring},
                                       {"__gc", collect<listing>},
                                       {nullptr, nullptr}};
    define_type(L, listing::lua_type, methods);
}

}  // namespace daybook::lua
