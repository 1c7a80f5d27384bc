#include <daybook/hooks.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/json.hpp>
#include <daybook/limits.hpp>

#include "hook_event.hpp"
#include "rule_text.hpp"
#include "sandbox.hpp"
#include "support.hpp"

namespace daybook {

namespace {

// Registry keys.
constexpr const char* functions_key = "daybook.hook_functions";

struct rule {
    std::string name;
    std::vector<std::string> when;  // actions, or prefixes that end in ".*"; empty means every event

    [[nodiscard]] bool concerns(std::string_view action) const
    {
        return when.empty() || std::ranges::any_of(when, [action](const std::string& one) {
                   return one == "*" || one == action ||
                          (one.ends_with(".*") && action.starts_with(std::string_view{one}.substr(0, one.size() - 1)));
               });
    }
};

// What the file says beside its functions.
struct settings {
    std::vector<rule> rules;
    bool mark_failures = false;
    bool record_refusals = false;
};

// One Lua state with the file in it.
struct instance {
    explicit instance(const script_limits& limits) : box{limits, lua::purpose::rules} {}

    lua::sandbox box;
    lua::hook_event view;
    bool refused = false;
    char reason[1000] = {};
};

// ---------------------------------------------------------------- loading

struct loading {
    instance* into;
    std::string_view text;
    const std::string* name;
    settings* found;
};

// refuse("reason"): the event is not written, even if the rule catches what this raises.
int refuse(lua_State* L)
{
    auto& self = *static_cast<instance*>(lua_touserdata(L, lua_upvalueindex(1)));
    const std::string_view reason = lua::check_string(L, 1);
    if (reason.empty()) {
        return luaL_error(L, "refuse() needs a reason");
    }
    lua::failure problem;
    if (!lua::guard(problem, [&] { check_text(reason, "the reason of refuse()"); })) {
        return lua::raise(L, problem);
    }
    if (!self.refused) {
        self.refused = true;
        std::size_t size = std::min(reason.size(), sizeof self.reason - 1);
        while (size < reason.size() && (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) {
            --size;  // not inside a character
        }
        self.reason[reason.copy(self.reason, size)] = '\0';
    }
    return luaL_error(L, "refused: %s", self.reason);
}

// A member of the table on top, by its name; any other name is an error.
void check_members(lua_State* L, const char* what, std::initializer_list<std::string_view> known)
{
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        std::size_t size = 0;
        const char* const name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &size) : nullptr;
        if (name == nullptr || std::ranges::find(known, std::string_view{name, size}) == known.end()) {
            luaL_tolstring(L, -2, nullptr);
            luaL_error(L, "%s has an unknown member \"%s\"", what, lua_tostring(L, -1));
        }
    }
}

void keep_text(lua_State* L, std::string& to, const char* what)
{
    if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0) {
        luaL_error(L, "%s is not a string", what);
    }
    std::size_t size = 0;
    const char* const text = lua_tolstring(L, -1, &size);
    lua::failure problem;
    if (!lua::guard(problem, [&] { to.assign(text, size); })) {
        lua::raise(L, problem);
    }
}

// Behind a hole, or under a name, a rule would never be asked.
void check_list(lua_State* L, int index, const char* what)
{
    lua_Integer count = 0;
    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        ++count;
    }
    for (lua_Integer i = 1; i <= count; ++i) {
        if (lua_rawgeti(L, index, i) == LUA_TNIL) {
            luaL_error(L, "%s is not a list without holes", what);
        }
        lua_pop(L, 1);
    }
}

// "invoice.paid", "invoice.*" or "*": what else has a star would never be any action.
void check_pattern(lua_State* L, const std::string& pattern)
{
    const std::size_t star = pattern.find('*');
    const bool prefix = pattern.size() > 2 && star == pattern.size() - 1 && pattern[star - 1] == '.';
    if (star != std::string::npos && !prefix && pattern != "*") {
        luaL_error(L, "`when` is \"%s\", and can be an action, or a prefix that ends in \".*\"", pattern.c_str());
    }
}

void add_text(lua_State* L, std::vector<std::string>& to, const char* what)
{
    lua::failure problem;
    if (!lua::guard(problem, [&] { to.emplace_back(); })) {
        lua::raise(L, problem);
    }
    keep_text(L, to.back(), what);
    check_pattern(L, to.back());
}

// The rule on top of the stack; its function goes to the end of the list at `functions`.
void take_rule(lua_State* L, int functions, lua_Integer number, settings& into)
{
    const char* const what = lua_pushfstring(L, "rules[%I]", static_cast<LUAI_UACINT>(number));
    lua_insert(L, -2);
    if (lua_type(L, -1) != LUA_TTABLE) {
        luaL_error(L, "%s is not a table of name, when and apply", what);
    }
    check_members(L, what, {"name", "when", "apply"});
    lua::failure problem;
    if (!lua::guard(problem, [&] { into.rules.emplace_back(); })) {
        lua::raise(L, problem);
    }
    rule& one = into.rules.back();
    const char* const name = lua_pushfstring(L, "%s.name", what);
    lua_getfield(L, -2, "name");
    keep_text(L, one.name, name);
    lua_pop(L, 2);
    lua_getfield(L, -1, "when");
    if (lua_type(L, -1) == LUA_TTABLE) {
        const auto count = static_cast<lua_Integer>(lua_rawlen(L, -1));
        const char* const where = lua_pushfstring(L, "%s.when", what);
        check_list(L, -2, where);
        lua_pop(L, 1);
        for (lua_Integer i = 1; i <= count; ++i) {
            lua_rawgeti(L, -1, i);
            add_text(L, one.when, "an action of `when`");
            lua_pop(L, 1);
        }
        if (count == 0) {
            luaL_error(L, "%s.when is empty: leave it out for every event", what);
        }
    } else if (!lua_isnil(L, -1)) {
        add_text(L, one.when, "`when`");
    }
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "apply") != LUA_TFUNCTION) {
        luaL_error(L, "%s.apply is not a function", what);
    }
    lua_rawseti(L, functions, number);
    lua_pop(L, 2);
}

bool read_flag(lua_State* L, const char* name)
{
    const int type = lua_getfield(L, 1, name);
    if (type != LUA_TBOOLEAN && type != LUA_TNIL) {
        luaL_error(L, "%s is not true or false", name);
    }
    const bool flag = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return flag;
}

int load(lua_State* L)
{
    const auto& from = *static_cast<const loading*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    lua::open_rule_values(L);
    lua_pushlightuserdata(L, from.into);
    lua_pushcclosure(L, refuse, 1);
    lua_setglobal(L, "refuse");
    lua::push_function(L, from.text, lua_pushfstring(L, "@%s", from.name->c_str()));
    lua_call(L, 0, 1);
    lua_replace(L, 1);
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE) {
        return luaL_error(L, "the file does not return a table with `rules`");
    }
    check_members(L, "the file's table", {"name", "rules", "on_failure", "record_refusals"});
    from.found->record_refusals = read_flag(L, "record_refusals");
    if (lua_getfield(L, 1, "on_failure") != LUA_TNIL) {
        const std::string_view word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        if (word != "refuse" && word != "mark") {
            return luaL_error(L, "on_failure is \"refuse\" or \"mark\"");
        }
        from.found->mark_failures = word == "mark";
    }
    if (lua_getfield(L, 1, "rules") != LUA_TTABLE || lua_rawlen(L, -1) == 0) {
        return luaL_error(L, "the file's table has no list of `rules`");
    }
    check_list(L, -1, "`rules`");
    lua_newtable(L);
    const int functions = lua_gettop(L);
    const auto count = static_cast<lua_Integer>(lua_rawlen(L, functions - 1));
    luaL_checkstack(L, 10, "rules");
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_rawgeti(L, functions - 1, i);
        take_rule(L, functions, i, *from.found);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, functions_key);
    return 0;
}

// ---------------------------------------------------------------- running

struct running {
    instance* in;
    const std::vector<rule>* rules;
    event* content;
    const char* organization;
    std::size_t current = 0;  // the rule that runs, for the message
};

int run(lua_State* L)
{
    auto& job = *static_cast<running*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    // Rules that come later are asked by the action that the event came with.
    const std::string_view action = job.content->action;
    const std::size_t count = job.rules->size();
    bool concerned[64];  // hooks() takes no more
    for (std::size_t i = 0; i < count; ++i) {
        concerned[i] = (*job.rules)[i].concerns(action);
    }
    lua_getfield(L, LUA_REGISTRYINDEX, functions_key);
    job.in->view.push(L, *job.content);
    lua_pushstring(L, job.organization);
    for (std::size_t i = 0; i < count; ++i) {
        if (!concerned[i]) {
            continue;
        }
        job.current = i;
        lua_rawgeti(L, 1, static_cast<lua_Integer>(i) + 1);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 3);
        lua_call(L, 2, 1);
        if (!lua_isnil(L, -1)) {
            return luaL_error(L, "the rule returned a %s: it changes the event that it is given, and returns nothing",
                              luaL_typename(L, -1));
        }
        lua_pop(L, 1);
    }
    job.in->view.take_back(L, 2);
    return 0;
}

}  // namespace

struct hooks::state {
    std::string text;
    std::string name;
    std::string digest;
    std::string shaper;
    script_limits limits;
    settings file;
    std::vector<std::string> names;

    std::mutex mutex;
    std::vector<std::unique_ptr<instance>> idle;

    // A state with the file in it. The file says the same each time: what the first one said is kept.
    std::unique_ptr<instance> make(settings& found) const
    {
        auto made = std::make_unique<instance>(limits);
        loading from{made.get(), text, &name, &found};
        try {
            made->box.call(load, &from);
        } catch (const error& problem) {
            throw error{error_kind::invalid_rules, lua::at_file(name, problem.what())};
        }
        return made;
    }

    std::unique_ptr<instance> take()
    {
        {
            const std::lock_guard lock{mutex};
            if (!idle.empty()) {
                std::unique_ptr<instance> one = std::move(idle.back());
                idle.pop_back();
                return one;
            }
        }
        settings again;
        return make(again);
    }

    // One that failed is not used again: it may be out of memory.
    void give_back(std::unique_ptr<instance> one)
    {
        const std::lock_guard lock{mutex};
        idle.push_back(std::move(one));
    }
};

hooks::hooks(const std::string& file, const script_limits& limits) : hooks{lua::read_rules_file(file), file, limits} {}

hooks::hooks(std::string_view text, const std::string& name, const script_limits& limits) : m_state{std::make_unique<state>()}
{
    m_state->text = text;
    m_state->name = name;
    m_state->digest = hex_sha256(text);
    m_state->shaper = "hooks:" + m_state->digest;
    m_state->limits = limits;
    m_state->give_back(m_state->make(m_state->file));
    if (m_state->file.rules.size() > 64) {
        throw error{error_kind::invalid_rules, lua::at_file(name, "there are more than 64 rules")};
    }
    for (const rule& one : m_state->file.rules) {
        m_state->names.push_back(one.name);
    }
}

hooks::~hooks() = default;

void hooks::apply(outgoing_event& e) const
{
    const std::vector<rule>& rules = m_state->file.rules;
    if (std::ranges::none_of(rules, [&e](const rule& one) { return one.concerns(e.content.action); })) {
        e.add_shaper(m_state->shaper);
        return;
    }
    event changed = e.content;
    const std::string organization = to_string(e.organization);
    std::unique_ptr<instance> in = m_state->take();
    in->refused = false;
    running job{in.get(), &rules, &changed, organization.c_str()};
    std::optional<error> problem;
    try {
        in->box.call(run, &job);
    } catch (const error& raised) {
        problem = raised;
    }
    if (in->refused) {
        const std::string reason = in->reason;
        m_state->give_back(std::move(in));
        e.record_refusal = m_state->file.record_refusals;
        throw error{error_kind::refused_event, "the hook \"" + rules[job.current].name + "\" refused the event: " + reason};
    }
    if (!problem) {
        m_state->give_back(std::move(in));
        e.content = std::move(changed);
        e.add_shaper(m_state->shaper);
        return;
    }
    const std::string& failed = rules[job.current].name;
    if (!m_state->file.mark_failures) {
        throw error{error_kind::hook_failed, "the hook \"" + failed + "\" failed: " + problem->what()};
    }
    std::erase_if(e.content.facets, [](const facet& one) { return one.key == "hook_failed"; });
    if (e.content.facets.size() < limits::facets) {  // shaped_by says it in any case
        e.content.facets.push_back({"hook_failed", failed.substr(0, limits::facet_value_bytes)});
    }
    e.add_shaper(m_state->shaper + ":failed");
}

void hooks::conceal(outgoing_event& e) const
{
    e.add_shaper(m_state->shaper);
}

const std::string& hooks::digest() const noexcept
{
    return m_state->digest;
}

const std::vector<std::string>& hooks::rules() const noexcept
{
    return m_state->names;
}

}  // namespace daybook
