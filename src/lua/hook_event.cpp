#include "hook_event.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/error.hpp>

#include "support.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

constexpr const char* type_name = "daybook.hook_event";

// What a field is, and so how it goes to Lua and comes back.
enum class form : unsigned char {
    action,
    outcome,
    text,       // one that may be absent
    list,       // tables, and JSON: compared as JSON with what they were, so that what was only looked at keeps its bytes
    table,
    read_only,  // a retry must find the same event
};

struct field {
    std::string_view name;
    form is;
    std::optional<std::string> event::*text = nullptr;
};

constexpr std::array fields{
    field{"action", form::action},
    field{"outcome", form::outcome},
    field{"actor", form::table},
    field{"targets", form::list},
    field{"metadata", form::table},
    field{"changes", form::list},
    field{"facets", form::table},
    field{"on_behalf_of", form::list},
    field{"reason", form::text, &event::reason},
    field{"source_ip", form::text, &event::source_ip},
    field{"user_agent", form::text, &event::user_agent},
    field{"request_id", form::text, &event::request_id},
    field{"correlation_id", form::text, &event::correlation_id},
    field{"trace_id", form::text, &event::trace_id},
    field{"source", form::text, &event::source},
    field{"id", form::read_only},
    field{"occurred_at", form::read_only},
};

constexpr std::uint32_t bit_of(std::size_t index)
{
    return std::uint32_t{1} << index;
}

// ---------------------------------------------------------------- to Lua

void push_text(lua_State* L, std::string_view text)
{
    lua_pushlstring(L, text.data(), text.size());
}

void set_text(lua_State* L, const char* member, std::string_view text)
{
    if (!text.empty()) {
        push_text(L, text);
        lua_setfield(L, -2, member);
    }
}

void push_entity(lua_State* L, const entity& one)
{
    lua_createtable(L, 0, 3);
    set_text(L, "type", one.type);
    set_text(L, "id", one.id);
    if (one.name) {
        push_text(L, *one.name);
        lua_setfield(L, -2, "name");
    }
}

// Pushes what push_one(element) pushes for each.
template <typename Element>
void push_list(lua_State* L, const std::vector<Element>& list, void (*push_one)(lua_State*, const Element&))
{
    lua_createtable(L, static_cast<int>(list.size()), 0);
    for (std::size_t i = 0; i < list.size(); ++i) {
        push_one(L, list[i]);
        lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
    }
}

void push_change(lua_State* L, const change& one)
{
    lua_createtable(L, 0, 3);
    push_text(L, one.path);
    lua_setfield(L, -2, "path");
    if (one.old_value) {
        push_json(L, *one.old_value, nulls::kept, names::once);
        lua_setfield(L, -2, "old");
    }
    if (one.new_value) {
        push_json(L, *one.new_value, nulls::kept, names::once);
        lua_setfield(L, -2, "new");
    }
}

void push_facets(lua_State* L, const std::vector<facet>& list)
{
    lua_createtable(L, 0, static_cast<int>(list.size()));
    for (const facet& one : list) {
        push_text(L, one.key);
        push_text(L, one.value);
        lua_rawset(L, -3);
    }
}

struct short_text {
    char text[40] = {};
    std::size_t size = 0;

    void set(const std::string& from) noexcept { size = from.copy(text, sizeof text); }
};

void push_read_only(lua_State* L, const event& e, std::string_view name)
{
    short_text text;
    failure what;
    const bool done = guard(what, [&] {
        if (name == "id" && e.id) {
            text.set(to_string(*e.id));
        } else if (name == "occurred_at" && (e.occurred_at || e.id)) {
            text.set(to_string(e.occurred_at ? *e.occurred_at : e.id->time()));
        }
    });
    if (!done) {
        raise(L, what);
    }
    if (text.size == 0) {
        lua_pushnil(L);
    } else {
        lua_pushlstring(L, text.text, text.size);
    }
}

void push_table(lua_State* L, const event& e, std::string_view name)
{
    if (name == "actor") {
        push_entity(L, e.actor);
    } else if (name == "targets") {
        push_list(L, e.targets, push_entity);
    } else if (name == "on_behalf_of") {
        push_list(L, e.on_behalf_of, push_entity);
    } else if (name == "changes") {
        push_list(L, e.changes, push_change);
    } else if (name == "facets") {
        push_facets(L, e.facets);
    } else if (e.metadata) {
        // Of two members of one name, a hook would see one, and the other would be written.
        push_json(L, *e.metadata, nulls::kept, names::once);
    } else {
        lua_newtable(L);  // so that a hook can put something in
    }
}

void push_field(lua_State* L, const event& e, const field& f)
{
    switch (f.is) {
    case form::action: push_text(L, e.action); return;
    case form::outcome: push_text(L, to_string(e.outcome)); return;
    case form::text:
        if (const std::optional<std::string>& text = e.*f.text) {
            push_text(L, *text);
        } else {
            lua_pushnil(L);
        }
        return;
    case form::list:
    case form::table: push_table(L, e, f.name); return;
    case form::read_only: push_read_only(L, e, f.name); return;
    }
}

// ---------------------------------------------------------------- from Lua
// Each takes what is on top of the stack, and leaves the stack as it was.

[[noreturn]] void refuse(lua_State* L, std::string_view name, const char* what)
{
    push_text(L, name);
    raise(L, error_kind::invalid_event, lua_pushfstring(L, "%s %s", lua_tostring(L, -1), what));
    std::abort();  // raise() does not return
}

std::string_view text_at_top(lua_State* L, std::string_view name)
{
    if (lua_type(L, -1) != LUA_TSTRING) {
        refuse(L, name, "is not a string");
    }
    std::size_t size = 0;
    const char* const text = lua_tolstring(L, -1, &size);
    return {text, size};
}

template <typename Work>
void guarded(lua_State* L, Work&& work)
{
    failure what;
    if (!guard(what, work)) {
        raise(L, what);
    }
}

void take_text(lua_State* L, std::optional<std::string>& to, std::string_view name)
{
    if (lua_isnil(L, -1)) {
        to.reset();
        return;
    }
    const std::string_view text = text_at_top(L, name);
    if (to != text) {  // nearly always it was only looked at
        guarded(L, [&] { to = std::string{text}; });
    }
}

void move_member(event& to, event& from, std::string_view name)
{
    if (name == "actor") {
        to.actor = std::move(from.actor);
    } else if (name == "targets") {
        to.targets = std::move(from.targets);
    } else if (name == "on_behalf_of") {
        to.on_behalf_of = std::move(from.on_behalf_of);
    } else if (name == "changes") {
        to.changes = std::move(from.changes);
    } else if (name == "facets") {
        to.facets = std::move(from.facets);
    } else {
        to.metadata = std::move(from.metadata);
    }
}

// The conversion of tables is the one that everybody else uses: by JSON. An empty table is a list where one belongs.
void take_table(lua_State* L, event& e, const field& f, int before)
{
    const int now = lua_gettop(L);
    if (lua_isnil(L, now)) {
        lua_newtable(L);
        lua_replace(L, now);
    }
    char name[16];
    name[f.name.copy(name, sizeof name - 1)] = '\0';
    text_buffer& was = kept_buffer(L, "daybook.hook_was");
    text_buffer& is = kept_buffer(L, "daybook.hook_is");
    append_json(L, before, was, name);
    append_json(L, now, is, name);
    if (was.view() != is.view()) {
        guarded(L, [&] {
            const bool empty = is.view() == "{}" || is.view() == "[]";
            std::string json = "{\"" + std::string{f.name} + "\":";
            json += empty ? (f.is == form::list ? "[]" : f.name == "metadata" ? "null" : "{}") : is.view();
            json += '}';
            event one = event_from_json(json);
            move_member(e, one, f.name);
        });
    }
    lua_settop(L, now);
}

// ---------------------------------------------------------------- what was only looked at
// Whether what is on top of the stack surely is what was pushed: then nothing needs to be converted, which took most of a
// hook's time.

bool is_text(lua_State* L, int index, std::string_view expected)
{
    std::size_t size = 0;
    const char* const text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &size) : nullptr;
    return text != nullptr && std::string_view{text, size} == expected;
}

bool is_plain_table(lua_State* L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE) {
        return false;
    }
    if (lua_getmetatable(L, index) != 0) {
        lua_pop(L, 1);
        return false;
    }
    return true;
}

// A member of the plain table on top.
bool has_text(lua_State* L, std::string_view member, std::string_view expected)
{
    push_text(L, member);
    lua_rawget(L, -2);
    const bool same = is_text(L, -1, expected);
    lua_pop(L, 1);
    return same;
}

bool has_json(lua_State* L, const char* member, std::string_view expected)
{
    lua_pushstring(L, member);
    lua_rawget(L, -2);
    const bool same = is_surely(L, -1, expected);
    lua_pop(L, 1);
    return same;
}

bool is_entity(lua_State* L, const entity& one)
{
    const auto count = static_cast<std::size_t>(!one.type.empty()) + static_cast<std::size_t>(!one.id.empty()) +
                       static_cast<std::size_t>(one.name.has_value());
    return is_plain_table(L, -1) && (one.type.empty() || has_text(L, "type", one.type)) &&
           (one.id.empty() || has_text(L, "id", one.id)) && (!one.name || has_text(L, "name", *one.name)) &&
           has_members(L, -1, count);
}

bool is_change(lua_State* L, const change& one)
{
    const auto count = 1 + static_cast<std::size_t>(one.old_value.has_value()) +
                       static_cast<std::size_t>(one.new_value.has_value());
    return is_plain_table(L, -1) && has_text(L, "path", one.path) &&
           (!one.old_value || has_json(L, "old", *one.old_value)) &&
           (!one.new_value || has_json(L, "new", *one.new_value)) && has_members(L, -1, count);
}

template <typename Element>
bool is_list(lua_State* L, const std::vector<Element>& list, bool (*is_one)(lua_State*, const Element&))
{
    if (!is_plain_table(L, -1) || !has_members(L, -1, list.size())) {
        return false;
    }
    bool same = true;
    for (std::size_t i = 0; same && i < list.size(); ++i) {
        lua_rawgeti(L, -1, static_cast<lua_Integer>(i) + 1);
        same = is_one(L, list[i]);
        lua_pop(L, 1);
    }
    return same;
}

bool is_facets(lua_State* L, const std::vector<facet>& list)
{
    if (!is_plain_table(L, -1) || !has_members(L, -1, list.size())) {
        return false;
    }
    for (auto one = list.begin(); one != list.end(); ++one) {
        // A key that is given twice counts once in the table.
        if (!has_text(L, one->key, one->value) || std::find_if(list.begin(), one, [one](const facet& other) {
                                                      return other.key == one->key;
                                                  }) != one) {
            return false;
        }
    }
    return true;
}

// What is on top of the stack, beside what push_table() pushed.
bool is_unchanged(lua_State* L, const event& e, std::string_view name)
{
    if (name == "actor") {
        return is_entity(L, e.actor);
    }
    if (name == "targets") {
        return is_list(L, e.targets, is_entity);
    }
    if (name == "on_behalf_of") {
        return is_list(L, e.on_behalf_of, is_entity);
    }
    if (name == "changes") {
        return is_list(L, e.changes, is_change);
    }
    if (name == "facets") {
        return is_facets(L, e.facets);
    }
    return is_surely(L, -1, e.metadata ? std::string_view{*e.metadata} : "{}");
}

std::size_t find(lua_State* L, int index)
{
    if (lua_type(L, index) != LUA_TSTRING) {
        return fields.size();
    }
    std::size_t size = 0;
    const char* const text = lua_tolstring(L, index, &size);
    return static_cast<std::size_t>(std::ranges::find(fields, std::string_view{text, size}, &field::name) - fields.begin());
}

[[noreturn]] void unknown(lua_State* L, int key)
{
    static constexpr auto names = [] {
        std::array<std::string_view, fields.size()> list;
        std::ranges::transform(fields, list.begin(), &field::name);
        return list;
    }();
    std::size_t size = 0;
    const char* const text = luaL_tolstring(L, key, &size);
    short_text near;
    guarded(L, [&] { near.set(std::string{nearest_name({text, size}, names)}); });
    const char* const message = near.size == 0
                                    ? lua_pushfstring(L, "an event has no field \"%s\"", text)
                                    : lua_pushfstring(L, "an event has no field \"%s\"; did you mean \"%s\"?", text, near.text);
    raise(L, error_kind::unknown_field, message);
    std::abort();  // raise() does not return
}

// Which field of the event, if the table (argument 1) still is the event's, the name (argument 2) is.
std::size_t named_field(lua_State* L, const void* table_of_event)
{
    if (lua_topointer(L, 1) != table_of_event) {
        luaL_error(L, "the event is over: a rule cannot keep it");
    }
    const std::size_t index = find(L, 2);
    if (index == fields.size()) {
        unknown(L, 2);
    }
    return index;
}

}  // namespace

// e.field, when the table does not have it yet
int hook_event_index(lua_State* L)
{
    auto& self = *static_cast<hook_event*>(lua_touserdata(L, lua_upvalueindex(1)));
    const std::size_t index = named_field(L, self.m_table);
    if ((self.m_seen & bit_of(index)) != 0) {
        return 0;  // it was taken away
    }
    push_field(L, *self.m_event, fields[index]);
    if (fields[index].is == form::read_only) {
        return 1;  // not kept in the table, so that an assignment is noticed
    }
    self.m_seen |= bit_of(index);
    if (!lua_isnil(L, -1)) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, 1);
    }
    return 1;
}

// e.field = value, when the table does not have it
int hook_event_assign(lua_State* L)
{
    auto& self = *static_cast<hook_event*>(lua_touserdata(L, lua_upvalueindex(1)));
    const std::size_t index = named_field(L, self.m_table);
    if (fields[index].is == form::read_only) {
        refuse(L, fields[index].name, "cannot be changed by a hook: a retry must find the same event");
    }
    self.m_seen |= bit_of(index);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 0;
}

// pairs(e): all fields that the event has
int hook_event_pairs(lua_State* L)
{
    for (const field& f : fields) {
        push_text(L, f.name);
        lua_gettable(L, 1);
        lua_pop(L, 1);
    }
    // The metamethod is not asked again for a plain copy.
    lua_newtable(L);
    for (const field& f : fields) {
        push_text(L, f.name);
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        lua_rawset(L, -3);
    }
    lua_getglobal(L, "pairs");
    lua_insert(L, -2);
    lua_call(L, 1, 3);
    return 3;
}

void hook_event::push(lua_State* L, event& e)
{
    m_event = &e;
    m_seen = 0;
    lua_newtable(L);
    m_table = lua_topointer(L, -1);
    if (luaL_newmetatable(L, type_name) == 1) {
        static constexpr std::array<std::pair<const char*, lua_CFunction>, 3> methods{
            {{"__index", hook_event_index}, {"__newindex", hook_event_assign}, {"__pairs", hook_event_pairs}}};
        for (const auto& [name, method] : methods) {
            lua_pushlightuserdata(L, this);
            lua_pushcclosure(L, method, 1);
            lua_setfield(L, -2, name);
        }
        lua_pushstring(L, type_name);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

void hook_event::take_back(lua_State* L, int index)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 16, "event");
    // Nothing comes in but through hook_event_assign(), except by rawset.
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        const std::size_t known = find(L, -2);
        if (known == fields.size()) {
            unknown(L, -2);
        }
        if ((m_seen & bit_of(known)) == 0) {
            refuse(L, fields[known].name, "was set by rawset");
        }
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if ((m_seen & bit_of(i)) == 0) {
            continue;
        }
        const field& f = fields[i];
        push_text(L, f.name);
        lua_rawget(L, index);
        switch (f.is) {
        case form::action:
            if (const std::string_view text = text_at_top(L, f.name); text != m_event->action) {
                guarded(L, [&] { m_event->action = text; });
            }
            break;
        case form::outcome:
            if (const std::string_view text = text_at_top(L, f.name); text != to_string(m_event->outcome)) {
                guarded(L, [&] { m_event->outcome = parse_outcome(text); });
            }
            break;
        case form::text: take_text(L, m_event->*f.text, f.name); break;
        case form::list:
        case form::table:
            if (!is_unchanged(L, *m_event, f.name)) {
                push_table(L, *m_event, f.name);
                lua_insert(L, -2);
                take_table(L, *m_event, f, lua_gettop(L) - 1);
                lua_pop(L, 1);
            }
            break;
        case form::read_only: break;  // never seen
        }
        lua_pop(L, 1);
    }
    m_table = nullptr;
}

}  // namespace daybook::lua
