// Scripts that nobody trusts, against a database: what they reach, whose events they see, and what is committed when they
// are ended. What needs no database is in tests/lua/sandbox_test.cpp, by the same numbers. No test asks the clock.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <daybook/daybook.hpp>
#include <daybook/locked_script_host.hpp>
#include <daybook/script_host.hpp>

#include "attack.hpp"
#include "expect_error.hpp"
#include "locked_module.hpp"
#include "support.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr script_limits few{.instructions = 20'000'000, .memory = 64 * 1024 * 1024, .time = std::chrono::hours{1}};

struct fixture : two_organizations {
    pool connections{database.app_url()};
    locked_script_host host{connections, acme, few};
    std::string out;

    fixture()
    {
        host.print_to([this](std::string_view line) { out.append(line).append("\n"); });
    }

    // What it prints.
    std::string run(const std::string& text)
    {
        out.clear();
        host.run("local daybook = require 'daybook' local log = {action = 'script.ran', actor = {type = 'user', id = 'u1'}} " + text, "script.lua");
        return out;
    }
    std::optional<error_kind> ending(const std::string& text)
    {
        return kind_of([&] { run(text); });
    }
    [[nodiscard]] std::string logged() const
    {
        return database.ask_superuser("select count(*) from daybook.audit_logs where action = 'script.ran'");
    }
};

// Pops the value on top of the stack. Every function that can be reached from it by whatever way there is, the debug library's
// among them: its path, and what it is.
std::map<std::string, lua_CFunction> functions_reached(lua_State* L)
{
    std::map<std::string, lua_CFunction> found;
    std::set<const void*> seen;
    lua_newtable(L);  // what is still to be looked at
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    const int list = lua_gettop(L);
    std::vector<std::string> paths{"_G"};
    const auto add = [&](const std::string& path) {  // the value on top, which is popped
        paths.push_back(path);
        lua_rawseti(L, list, static_cast<lua_Integer>(paths.size()));
    };
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const std::string path = paths[i];
        lua_rawgeti(L, list, static_cast<lua_Integer>(i + 1));
        const int value = lua_gettop(L);
        const int type = lua_type(L, value);
        const bool has_identity = type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TTHREAD;
        if (has_identity && !seen.insert(lua_topointer(L, value)).second) {
            lua_settop(L, list);
            continue;
        }
        if (lua_getmetatable(L, value) != 0) {
            add(type == LUA_TSTRING ? "string()" : path + "()");
        }
        if (type == LUA_TTABLE) {
            std::map<std::string, int> members;  // by name, so that paths are the same each time
            for (lua_pushnil(L); lua_next(L, value) != 0; lua_pop(L, 1)) {
                lua_pushvalue(L, -2);
                const bool named = lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER;
                const std::string key = named ? lua_tostring(L, -1) : luaL_typename(L, -1);
                lua_pop(L, 1);
                lua_pushvalue(L, -1);
                members[key] = luaL_ref(L, LUA_REGISTRYINDEX);
            }
            for (const auto& [key, reference] : members) {
                lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
                luaL_unref(L, LUA_REGISTRYINDEX, reference);
                add(path + "." + key);
            }
        } else if (type == LUA_TFUNCTION) {
            found[path] = lua_tocfunction(L, value);
            for (int n = 1; lua_getupvalue(L, value, n) != nullptr; ++n) {
                add(path + "^" + std::to_string(n));
            }
        } else if (type == LUA_TUSERDATA) {
            for (int n = 1; lua_getiuservalue(L, value, n) != LUA_TNONE; ++n) {
                add(path + "*" + std::to_string(n));
            }
        }
        lua_settop(L, list);
    }
    lua_settop(L, list - 1);
    return found;
}

int work_of(lua_State* L)
{
    (*static_cast<std::function<void(lua_State*)>*>(lua_touserdata(L, 1)))(L);
    return 0;
}

std::string names_of(const std::map<std::string, lua_CFunction>& functions)
{
    std::string all;
    for (const auto& [path, function] : functions) {
        all += path + "\n";
    }
    return all;
}

// The only functions that a locked script can come by. Whoever adds one looks at it here.
constexpr const char* allowed = DAYBOOK_SOURCE_DIR "/tests/attack/locked_functions.txt";

// Everything that a script can have in its hands, put where the walk finds it.
constexpr const char* gather = R"(
    local daybook = require "daybook"
    all = { daybook = daybook, arguments = { ... }, coroutine = coroutine.create(function() end), wrapped = coroutine.wrap(function() end) }
    _, all.error = pcall(daybook.connect)
    all.values = { daybook.null, daybook.array{}, daybook.decimal "1.50", daybook.decode '{"a": [1.50]}' }
    daybook.with_tenant("acme", function(tx)
        all.tx = tx
        all.events = { tx:events{} }
        all.event = all.events[1]()
    end)
    all.organization = daybook.organization()
)";

}  // namespace

TEST_CASE("attack 108: nothing that a locked script can reach is outside the list", "[database]")
{
    const two_organizations f;
    pool connections{f.database.app_url()};
    lua::locked_world world{.source = lua::locked_source{connections, f.acme}};
    world.functions["add"] = [](std::string_view json) { return std::string{json}; };
    lua::sandbox box{{.time = std::chrono::hours{1}}, lua::purpose::script, [](std::string_view) {}};
    lua::add_locked_module(box, world);
    std::map<std::string, lua_CFunction> reached;
    std::function<void(lua_State*)> walk = [&](lua_State* L) {
        lua::push_function(L, gather, "=gather");
        lua_pushliteral(L, "an argument");
        lua_call(L, 1, 0);
        lua_pushglobaltable(L);
        reached = functions_reached(L);
    };

    box.call(work_of, &walk);

    std::ifstream file{allowed};
    std::ostringstream expected;
    expected << file.rdbuf();
    REQUIRE(file.good());
    CHECK(names_of(reached) == expected.str());
    // The same walk through a state that is not locked finds what must not be found: it can find it.
    script_host trusted{connections};
    lua_State* const L = trusted.state();
    trusted.run("all = { require 'daybook', require 'daybook.auditor', require 'daybook.core' }  require 'daybook'.with_tenant('acme', "
                "function(tx) all.tx = tx end)", "trusted.lua");
    lua_pushglobaltable(L);
    const auto of_trusted = functions_reached(L);
    std::set<lua_CFunction> locked;
    for (const auto& [path, function] : reached) {
        locked.insert(function);
    }
    int found = 0;
    for (const auto& [path, function] : of_trusted) {
        for (const char* const name : {".connect", ".default_pool", ".auditor_query", ".sql", ".getenv", ".execute", ".popen", ".open",
                                       ".exit", ".load", ".loadfile", ".dofile", ".sethook", ".getregistry", ".dump", ".loadlib"}) {
            if (path.ends_with(name) && function != nullptr) {
                INFO(path);
                CHECK(locked.count(function) == 0);
                ++found;
            }
        }
    }
    CHECK(found >= 14);
}

TEST_CASE("attack 117: a locked script has its own organization and no other", "[database]")
{
    fixture f;

    CHECK(f.run("print(daybook.organization().key, daybook.organization('acme').id == daybook.organization().id)") == "acme\ttrue\n");
    CHECK(f.run("daybook.with_tenant('acme', function(tx) for e in tx:events{} do print(e.actor.id) end end)") ==
          "secret of acme\nsecret of acme\n");
    CHECK(f.run("daybook.with_tenant('" + to_string(f.acme) + "', function(tx) print(tx:organization())end)") == to_string(f.acme) + "\n");
    for (const std::string& there : std::vector<std::string>{"'globex'", "'" + to_string(f.globex) + "'", "'nobody'", "''", "'ACME'", "'acme\\0'"}) {
        INFO(there);
        CHECK(f.ending("daybook.with_tenant(" + there + ", function(tx) tx:log_audit(log) end)") == error_kind::not_permitted);
        CHECK(f.ending("daybook.log_attempt(" + there + ", log)") == error_kind::not_permitted);
    }
    CHECK(f.ending("daybook.organization 'globex'") == error_kind::not_permitted);
    CHECK(f.ending("daybook.connect 'postgresql://'") == error_kind::not_permitted);
    CHECK(f.ending("require 'daybook.auditor'") == error_kind::not_permitted);
    CHECK(f.ending("require 'daybook.core'") == error_kind::not_permitted);
    CHECK(f.ending("daybook.query 'select 1'") == error_kind::not_permitted);
    CHECK(f.ending("daybook.with_tenant('acme', function(tx) tx:sql(\"set app.org_id = 'x'\") end)") == error_kind::not_permitted);
    CHECK(f.ending("os.getenv 'DATABASE_URL'") == error_kind::script_failed);
    CHECK(f.ending("daybook.default_pool()") == error_kind::script_failed);
    CHECK(f.logged() == "0");
}

TEST_CASE("attack 117: a reader that the host gives sees the same organization", "[database]")
{
    fixture f;
    reader queries{f.database.reader_url(), f.connections, f.acme};
    reader of_globex{f.database.reader_url(), f.connections, f.globex};

    CHECK(kind_of([&] { f.host.use(of_globex); }) == error_kind::nested_organization);
    f.host.use(queries);

    CHECK(f.run("for _, r in ipairs(daybook.query 'select actor_id, count(*) as n from events group by 1') do print(r.actor_id, r.n) end") ==
          "secret of acme\t2\n");
    CHECK(f.ending("daybook.query(\"set app.org_id = 'x'\")") == error_kind::not_one_query);
    CHECK(f.ending("daybook.query(\"select repeat('x', 1000000) from generate_series(1, 20)\")") == error_kind::not_permitted);
    CHECK(f.ending("daybook.query(\"select 1 from events where 'a' = \\0\")") == error_kind::invalid_text);
}

TEST_CASE("attack 101: a script that caught its end does not commit", "[database]")
{
    fixture f;
    const std::string endless = "pcall(function() while true do end end)";

    CHECK(f.ending("daybook.with_tenant('acme', function(tx) tx:log_audit(log) end)") == std::nullopt);
    CHECK(f.logged() == "1");
    CHECK(f.ending("daybook.with_tenant('acme', function(tx) tx:log_audit(log) return " + endless + " end)") == error_kind::script_limit);
    CHECK(f.ending("daybook.with_tenant('acme', function(tx) tx:log_audit(log) tx:flush() " + endless + " end)") == error_kind::script_limit);
    CHECK(f.ending("pcall(daybook.with_tenant, 'acme', function(tx) tx:log_audit(log) return " + endless + " end)") == error_kind::script_limit);
    CHECK(f.ending("daybook.with_tenant('acme', function(tx) tx:log_audit(log) daybook.with_tenant('acme', function() return " + endless +
                   " end) end)") == error_kind::script_limit);
    CHECK(f.logged() == "1");
}

TEST_CASE("a locked script in the host's transaction commits nothing itself", "[database]")
{
    fixture f;
    struct rolled_back {};
    const std::string text = "local daybook = require 'daybook' daybook.with_tenant('acme', function(tx) "
                             "tx:log_audit{action = 'script.ran', actor = {type = 'user', id = 'u1'}} "
                             "pcall(daybook.with_tenant, 'acme', function(inner) inner:log_audit{action = 'script.ran', actor = {type = 'user', "
                             "id = 'u2'}} error 'undone' end) "
                             "local n = 0 for e in tx:events{action = 'script.ran'} do n = n + 1 end assert(n == 1) end)";

    try {
        with_tenant(f.connections, f.acme, [&](tenant_tx& tx) {
            locked_script_host{tx, few}.run(text, "script.lua");
            throw rolled_back{};
        });
    } catch (const rolled_back&) {
    }
    CHECK(f.logged() == "0");
    with_tenant(f.connections, f.acme, [&](tenant_tx& tx) {
        locked_script_host host{tx, few};
        host.run(text, "script.lua");
        CHECK(kind_of([&] { host.run("require 'daybook'.with_tenant('globex', print)", "script.lua"); }) == error_kind::not_permitted);
        CHECK(kind_of([&] { host.run("require 'daybook'.log_attempt('acme', {action = 'a', actor = {type = 'a', id = 'b'}})", "script.lua"); }) ==
              error_kind::not_permitted);
    });
    CHECK(f.logged() == "1");
}

TEST_CASE("attack 106: what a script has on its way is bounded in C++, too", "[database]")
{
    fixture f;

    // The same large string a hundred times is a hundred times as much JSON.
    CHECK(f.ending("local s = ('x'):rep(1000000) local t = {} for i = 1, 100 do t[i] = s end daybook.encode(t)") == error_kind::script_limit);
    CHECK(f.ending("local t = {} for i = 1, 60 do t = {t, t} end daybook.encode(t)") == error_kind::script_limit);
    CHECK(f.ending("daybook.decode('[' .. ('[],'):rep(3000000) .. '[]]')") == error_kind::script_limit);
    CHECK(f.ending("log.metadata = {x = ('x'):rep(200000)} local t = {} for i = 1, 1000 do t[i] = log end "
                   "daybook.with_tenant('acme', function(tx) tx:log_audit(t) end)") == error_kind::event_too_large);
    CHECK(f.ending("log.metadata = {x = ('x'):rep(3000000)} daybook.with_tenant('acme', function(tx) tx:log_audit(log) end)") ==
          error_kind::event_too_large);
    CHECK(f.ending("local s = ('x'):rep(1000) local t = {} for i = 1, 1000 do t[i] = s end "
                   "daybook.with_tenant('acme', function(tx) tx:events{actor = t} end)") == error_kind::invalid_filter);
    CHECK(f.ending("daybook.with_tenant('acme', function(tx) while true do tx:log_audit(log) end end)") == error_kind::script_limit);
    // Many pages that are kept count as the script's memory.
    CHECK(f.ending("log.metadata = {x = ('x'):rep(200000)} daybook.with_tenant('acme', function(tx) for i = 1, 20 do tx:log_audit(log) end "
                   "local keep = {} for i = 1, 100 do local next = tx:events{} keep[i] = next next() end end)") == error_kind::script_limit);
    CHECK(f.logged() == "0");
    // A queue that grows is sent, so that it does not grow on; all of it is one transaction still.
    CHECK(f.ending("log.metadata = {x = ('x'):rep(200000)} daybook.with_tenant('acme', function(tx) for i = 1, 10 do tx:log_audit(log) end end)") ==
          std::nullopt);
    CHECK(f.logged() == "10");
}

TEST_CASE("attack 111: a transaction that was kept is over", "[database]")
{
    fixture f;

    for (const char* const use : {"kept:log_audit(log)", "kept:events{}", "kept:flush()", "kept:organization()", "kept:event('x')", "next()"}) {
        INFO(use);
        CHECK(f.ending(std::string{"local kept, next daybook.with_tenant('acme', function(tx) kept = tx next = tx:events{} end) "} + use) ==
              error_kind::scope_ended);
    }
    CHECK(f.logged() == "0");
}

TEST_CASE("attack 112: a coroutine cannot leave a scope open", "[database]")
{
    fixture f;

    CHECK(f.run("local co = coroutine.create(function() daybook.with_tenant('acme', function(tx) tx:log_audit(log) coroutine.yield() end) end) "
                "print(coroutine.resume(co))") == "false\tattempt to yield across a C-call boundary\n");
    CHECK(f.run("local co = coroutine.wrap(function() return daybook.with_tenant('acme', function(tx) tx:log_audit(log) return 7 end) end) "
                "print(co())") == "7\n");
    CHECK(f.logged() == "1");
    CHECK(f.ending("daybook.with_tenant('acme', function(tx) tx:log_audit(log) coroutine.yield() end)") == error_kind::script_failed);
    CHECK(f.logged() == "1");
}

TEST_CASE("attack 110: methods on what is no transaction are errors", "[database]")
{
    fixture f;

    CHECK(f.run("daybook.with_tenant('acme', function(tx) print(getmetatable(tx), pcall(setmetatable, tx, {})) "
                "for _, wrong in ipairs{ {}, 'x', 1, daybook.null, daybook.decimal '1.5' } do print((pcall(tx.log_audit, wrong, log))) end end)") ==
          "daybook.tx\tfalse\tbad argument #1 to '?' (table expected, got daybook.tx)\nfalse\nfalse\nfalse\nfalse\nfalse\n");
    CHECK(f.run("print(rawequal(tostring(daybook.null), 'null'), pcall(rawset, daybook.null, 'a', 1))").starts_with("true\tfalse"));
}

TEST_CASE("attack 115: what a function of the host throws is an error of the script's", "[database]")
{
    fixture f;
    f.host.bind("add", [](std::string_view json) { return "{\"got\":" + std::string{json} + "}"; });
    f.host.bind("refuse", [](std::string_view) -> std::string { throw error{error_kind::refused_event, "no"}; });
    f.host.bind("fail", [](std::string_view) -> std::string { throw std::runtime_error{"of the host"}; });
    f.host.bind("odd", [](std::string_view) -> std::string { throw 42; });
    f.host.bind("broken", [](std::string_view) { return std::string{"{"}; });

    CHECK(f.run("print(host.add({1, 2}).got[2], host.add().got == daybook.null, host.add('x').got)") == "2\ttrue\tx\n");
    CHECK(f.ending("host.refuse()") == error_kind::refused_event);
    CHECK(f.ending("host.fail()") == error_kind::internal);
    CHECK(f.ending("host.odd()") == error_kind::internal);
    CHECK(f.ending("host.broken()") == error_kind::invalid_json);
    CHECK(f.ending("host.add(print)") == error_kind::invalid_json);
    CHECK(f.ending("host.add(1, 2)") == error_kind::script_failed);
    CHECK(f.run("for _, name in ipairs{'refuse', 'fail', 'odd', 'broken'} do print((pcall(host[name]))) end") == "false\nfalse\nfalse\nfalse\n");
    CHECK(kind_of([&] { f.host.bind("a b", [](std::string_view) { return std::string{}; }); }) == error_kind::wrong_usage);
    CHECK(kind_of([&] { f.host.bind("1a", [](std::string_view) { return std::string{}; }); }) == error_kind::wrong_usage);
    CHECK(kind_of([&] { f.host.bind("a", nullptr); }) == error_kind::wrong_usage);
}

TEST_CASE("attack 116: organizations are texts, and nothing else", "[database]")
{
    fixture f;

    for (const char* const odd : {"1", "1.5", "nil", "{}", "true", "print", "setmetatable({}, {__tostring = function() return 'acme' end})"}) {
        INFO(odd);
        CHECK(f.ending(std::string{"daybook.with_tenant("} + odd + ", function(tx) tx:log_audit(log) end)") == error_kind::script_failed);
    }
    CHECK(f.logged() == "0");
}

TEST_CASE("attack 109: what one run leaves behind, the next one does not find", "[database]")
{
    fixture f;

    CHECK(f.run("string.upper = 1 left = 2 daybook.with_tenant = 3 print(left)") == "2\n");
    CHECK(f.run("print(left, type(string.upper), type(daybook.with_tenant))") == "nil\tfunction\tfunction\n");
}
