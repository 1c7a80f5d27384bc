#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/hooks.hpp>

#include "expect_error.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");

event full_event()
{
    event e;
    e.id = event_id::parse("019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f");
    e.action = "invoice.paid";
    e.actor = {.type = "user", .id = "u1", .name = "Ann"};
    e.on_behalf_of = {{.type = "user", .id = "u9"}};
    e.targets = {{.type = "invoice", .id = "42"}, {.type = "", .id = "x", .name = "y"}};
    e.reason = "due";
    e.changes = {{.path = "/paid", .old_value = "false", .new_value = "true"}, {.path = "/n", .new_value = "9007199254740993"}};
    e.source_ip = "10.0.0.1";
    e.user_agent = "curl";
    e.request_id = "r";
    e.correlation_id = "c";
    e.trace_id = "t";
    e.source = "shop";
    e.metadata = R"({ "z":1.50,  "a": [], "o":{}, "big":12345678901234567890, "null":null })";
    e.facets = {{"region", "eu"}};
    return e;
}

// A file with one rule, of this body.
std::string one_rule(const std::string& body, const std::string& more = "")
{
    return "return { " + more + " rules = { { name = 'the rule', apply = function(e, organization) " + body + " end } } }";
}

outgoing_event applied(const hooks& h, event e)
{
    outgoing_event out{.organization = acme, .content = std::move(e)};
    h.apply(out);
    return out;
}

event changed(const std::string& body, event e = full_event())
{
    return applied(hooks{one_rule(body), "hooks.lua"}, std::move(e)).content;
}

std::string failure_of(const std::string& body, event e = full_event())
{
    const hooks h{one_rule(body), "hooks.lua"};
    CHECK(kind_of([&] { static_cast<void>(applied(h, e)); }) == error_kind::hook_failed);
    return message_of([&] { static_cast<void>(applied(h, e)); });
}

std::string loading_problem(const std::string& text)
{
    CHECK(kind_of([&] { hooks{text, "hooks.lua"}; }) == error_kind::invalid_rules);
    return message_of([&] { hooks{text, "hooks.lua"}; });
}

}  // namespace

TEST_CASE("an event that a hook only looks at stays as it was, byte for byte", "[hooks]")
{
    CHECK(changed("") == full_event());
    CHECK(changed("local x = e.metadata.z local y = e.changes[2].new local z = e.actor.name, e.targets[2].id, e.facets.region") ==
          full_event());
    CHECK(changed("for k, v in pairs(e) do assert(v ~= nil) end") == full_event());
    CHECK(changed("e.action = e.action e.metadata = e.metadata e.targets = e.targets") == full_event());
    event least;
    least.action = "a";
    CHECK(changed("for k, v in pairs(e) do end", least) == least);
}

TEST_CASE("a name that is given twice cannot hide a value from a hook", "[hooks]")
{
    event e = full_event();
    e.metadata = R"({"card":"4111","card":"x"})";
    CHECK_THAT(failure_of("if e.metadata.card ~= 'x' then e.metadata.card = nil end", e), ContainsSubstring("the name \"card\" is given twice"));
    CHECK(changed("e.source = 'x'", e).metadata == e.metadata);  // not looked at
    e.metadata = R"({"deep":[{"x":1,"\u0078":2}]})";
    CHECK_THAT(failure_of("local x = e.metadata", e), ContainsSubstring("the name \"x\" is given twice"));
    e = full_event();
    e.changes[0].new_value = R"({"a":null,"a":1})";
    CHECK_THAT(failure_of("local x = e.changes", e), ContainsSubstring("the name \"a\" is given twice"));
}

TEST_CASE("a hook sees every field, with the names that an event has everywhere", "[hooks]")
{
    CHECK(changed(R"(
        assert(e.id == "019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f" and e.occurred_at == "2025-11-20T10:16:47.147772Z", e.occurred_at)
        assert(organization == "8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11")
        assert(e.action == "invoice.paid" and e.outcome == "success")
        assert(e.actor.type == "user" and e.actor.id == "u1" and e.actor.name == "Ann")
        assert(#e.on_behalf_of == 1 and e.on_behalf_of[1].id == "u9")
        assert(#e.targets == 2 and e.targets[2].type == nil and e.targets[2].name == "y")
        assert(e.reason == "due" and e.source_ip == "10.0.0.1" and e.user_agent == "curl" and e.request_id == "r")
        assert(e.correlation_id == "c" and e.trace_id == "t" and e.source == "shop")
        assert(#e.changes == 2 and e.changes[1].path == "/paid" and e.changes[1].old == false and e.changes[1].new == true)
        assert(math.type(e.changes[2].new) == "integer" and e.changes[2].old == nil)
        assert(e.metadata.z ~= nil and e.facets.region == "eu")
        local seen = {}
        for field in pairs(e) do seen[#seen + 1] = field end
        assert(#seen == 15, #seen)
    )") == full_event());
}

TEST_CASE("a hook changes what it assigns, and nothing else", "[hooks]")
{
    event expected = full_event();
    expected.action = "invoice.settled";
    expected.outcome = outcome::unknown;
    expected.reason.reset();
    expected.source = "till";
    expected.actor.name = "[redacted]";
    expected.targets = {{.type = "invoice", .id = "42"}};
    expected.on_behalf_of.clear();
    expected.facets = {{"region", "eu"}, {"size", "big"}};
    CHECK(changed(R"(
        e.action = "invoice.settled"  e.outcome = "unknown"  e.reason = nil  e.source = "till"
        e.actor.name = "[redacted]"  table.remove(e.targets)  e.on_behalf_of = nil  e.facets.size = "big"
    )") == expected);

    expected = full_event();
    expected.metadata = R"({"a":[],"big":12345678901234567890,"new":{"x":1},"null":null,"o":{},"z":1.50})";
    CHECK(changed("e.metadata.new = { x = 1 }") == expected);
    expected.metadata.reset();
    CHECK(changed("e.metadata = nil") == expected);
    CHECK(changed("e.metadata = {}") == expected);
    CHECK(changed("local m = e.metadata e.metadata = nil") == expected);
    expected = full_event();
    expected.changes = {{.path = "/paid", .old_value = "false", .new_value = R"("[redacted]")"}, expected.changes[1]};
    CHECK(changed("e.changes[1].new = '[redacted]'") == expected);
    expected.changes.clear();
    CHECK(changed("e.changes = {}") == expected);
    expected = full_event();
    expected.targets.clear();
    CHECK(changed("e.targets = {}") == expected);

    event least;
    least.action = "a";
    expected = least;
    expected.metadata = R"({"k":"v"})";
    CHECK(changed("e.metadata.k = 'v'", least) == expected);
}

TEST_CASE("a hook's change is noticed beside what is given twice, is empty or was there before", "[hooks]")
{
    event twice = full_event();
    twice.facets = {{"a", "1"}, {"a", "1"}};
    CHECK(changed("local f = e.facets.a", twice) == twice);
    CHECK(changed("e.facets.b = '2'", twice).facets == std::vector<facet>{{"a", "1"}, {"b", "2"}});
    CHECK(changed("e.facets.a = nil", twice).facets.empty());

    event same = full_event();
    CHECK(changed("e.actor.name = nil", same).actor == entity{.type = "user", .id = "u1"});
    CHECK(changed("e.targets[2].type = 'invoice'", same).targets[1] == entity{.type = "invoice", .id = "x", .name = "y"});
    CHECK(changed("e.targets[3] = { id = 'z' }", same).targets.size() == 3);
    CHECK(changed("e.targets[2] = nil", same).targets.size() == 1);
    CHECK(changed("e.on_behalf_of[1].name = ''", same).on_behalf_of[0].name == "");
    CHECK(changed("e.changes[1].new = false", same).changes[0].new_value == "false");
    CHECK(changed("e.changes[2].old = 1", same).changes[1].old_value == "1");
    CHECK(changed("e.changes[1].old = nil", same).changes[0].old_value == std::nullopt);
    CHECK(changed("e.changes[1].new = true", same) == same);

    event bare = full_event();
    bare.metadata.reset();
    bare.facets.clear();
    bare.changes.clear();
    CHECK(changed("local m, f, c = e.metadata, e.facets, e.changes", bare) == bare);
    CHECK(changed("e.metadata.a = 1", bare).metadata == R"({"a":1})");
    CHECK(changed("e.changes[1] = { path = '/a', new = 1 }", bare).changes.size() == 1);
}

TEST_CASE("what an event cannot have is refused, with the rule and the field", "[hooks]")
{
    CHECK_THAT(failure_of("e.acton = 'x'"), ContainsSubstring("the hook \"the rule\" failed") &&
                                                ContainsSubstring("no field \"acton\"; did you mean \"action\"?"));
    CHECK_THAT(failure_of("local x = e.acton"), ContainsSubstring("no field \"acton\""));
    CHECK_THAT(failure_of("rawset(e, 'acton', 1)"), ContainsSubstring("acton"));
    CHECK_THAT(failure_of("e[1] = 1"), ContainsSubstring("no field \"1\""));
    CHECK_THAT(failure_of("e.action = 5"), ContainsSubstring("action is not a string"));
    CHECK_THAT(failure_of("e.action = nil"), ContainsSubstring("action is not a string"));
    CHECK_THAT(failure_of("e.outcome = 'fine'"), ContainsSubstring("outcome \"fine\""));
    CHECK_THAT(failure_of("e.reason = {}"), ContainsSubstring("reason is not a string"));
    CHECK_THAT(failure_of("e.actor = 'ann'"), ContainsSubstring("actor"));
    CHECK_THAT(failure_of("e.actor.nam = 'ann'"), ContainsSubstring("\"nam\"") && ContainsSubstring("did you mean \"name\"?"));
    CHECK_THAT(failure_of("e.targets = 'x'"), ContainsSubstring("targets is not an array"));
    CHECK_THAT(failure_of("e.metadata.f = print or tostring"), ContainsSubstring("metadata holds a function"));
    CHECK_THAT(failure_of("e.metadata.n = 0/0"), ContainsSubstring("metadata holds NaN"));
    CHECK_THAT(failure_of("e.facets.n = 5"), ContainsSubstring("facets.n is not a string"));
    CHECK_THAT(failure_of("e.id = 'x'"), ContainsSubstring("id cannot be changed by a hook"));
    CHECK_THAT(failure_of("local x = e.id e.id = 'x'"), ContainsSubstring("id cannot be changed by a hook"));
    CHECK_THAT(failure_of("e.occurred_at = '2026-01-01T00:00:00Z'"), ContainsSubstring("occurred_at cannot be changed"));
    CHECK_THAT(failure_of("return e"), ContainsSubstring("the rule returned a table"));
    CHECK_THAT(failure_of("local x = nil + 1"), ContainsSubstring("hooks.lua:1:"));
    CHECK_THAT(failure_of("error({})"), ContainsSubstring("the hook \"the rule\" failed"));
    CHECK_THAT(failure_of("setmetatable(e, {})"), ContainsSubstring("failed"));
}

TEST_CASE("a rule is asked about its actions only", "[hooks]")
{
    const hooks h{R"(return { rules = {
        { name = "one", when = "a.b", apply = function(e) e.facets.one = "x" end },
        { name = "family", when = { "a.*", "c" }, apply = function(e) e.facets.family = "x" end },
        { name = "all", apply = function(e) e.facets.all = "x" end },
    } })", "hooks.lua"};
    CHECK(h.rules() == std::vector<std::string>{"one", "family", "all"});
    const auto asked = [&](const std::string& action) {
        event e;
        e.action = action;
        std::string result;
        for (const facet& one : applied(h, e).content.facets) {
            result += one.key + " ";
        }
        return result;
    };
    CHECK(asked("a.b") == "all family one ");
    CHECK(asked("a.c") == "all family ");
    CHECK(asked("c") == "all family ");
    CHECK(asked("c.d") == "all ");
    CHECK(asked("a") == "all ");
    CHECK(asked("ab.c") == "all ");
}

TEST_CASE("what went through the hooks says so, by the digest of the file", "[hooks]")
{
    const std::string text = "return { rules = { { name = 'n', when = 'a', apply = function(e) end } } }";
    const hooks h{text, "hooks.lua"};
    CHECK(h.digest() == hex_sha256(text));
    CHECK(applied(h, full_event()).shaped_by == "hooks:" + hex_sha256(text));
    event e;
    e.action = "a";
    CHECK(applied(h, e).shaped_by == "hooks:" + hex_sha256(text));
}

TEST_CASE("a refusal has its reason, cannot be swallowed, and can ask to be recorded", "[hooks]")
{
    for (const std::string body : {"refuse('too late')", "pcall(refuse, 'too late')",
                                   "local c = coroutine.wrap(function() refuse('too late') end) pcall(c) refuse('later')",
                                   "pcall(refuse, 'too late') while true do end"}) {
        CAPTURE(body);
        const hooks h{one_rule(body), "hooks.lua"};
        outgoing_event e{.organization = acme, .content = full_event()};
        CHECK(kind_of([&] { h.apply(e); }) == error_kind::refused_event);
        CHECK(message_of([&] { h.apply(e); }) == "the hook \"the rule\" refused the event: too late");
        CHECK_FALSE(e.record_refusal);
    }
    const hooks recording{one_rule("if e.action == 'invoice.paid' then refuse('no') end", "record_refusals = true,"), "hooks.lua"};
    outgoing_event e{.organization = acme, .content = full_event()};
    CHECK(kind_of([&] { recording.apply(e); }) == error_kind::refused_event);
    CHECK(e.record_refusal);
    outgoing_event other{.organization = acme, .content = full_event()};
    other.content.action = "invoice.sent";
    recording.apply(other);
    CHECK_FALSE(other.record_refusal);
    CHECK_THAT(failure_of("refuse()"), ContainsSubstring("failed"));
    CHECK_THAT(failure_of("refuse('')"), ContainsSubstring("needs a reason"));
    CHECK_THAT(failure_of("refuse('\\xff')"), ContainsSubstring("UTF-8"));
    // Cut between characters, so that it can be recorded.
    const hooks wordy{one_rule("refuse('a' .. ('\xC3\xA9'):rep(5000))"), "hooks.lua"};
    const std::string told = message_of([&] { static_cast<void>(applied(wordy, full_event())); });
    CHECK(told.size() > 900);
    CHECK(told.ends_with("\xC3\xA9"));
}

TEST_CASE("a hook that fails fails the write, or marks the event, which is then as it came", "[hooks]")
{
    const std::string body = "e.actor.name = nil e.action = 'changed' error('mistake')";
    CHECK_THAT(failure_of(body), ContainsSubstring("mistake"));
    const hooks h{one_rule(body, "on_failure = 'mark',"), "hooks.lua"};
    const outgoing_event out = applied(h, full_event());
    event expected = full_event();
    expected.facets.push_back({"hook_failed", "the rule"});
    CHECK(out.content == expected);
    CHECK(out.shaped_by == "hooks:" + h.digest() + ":failed");
    // A refusal is no failure.
    const hooks refusing{one_rule("refuse('no')", "on_failure = 'mark',"), "hooks.lua"};
    CHECK(kind_of([&] { static_cast<void>(applied(refusing, full_event())); }) == error_kind::refused_event);
}

TEST_CASE("hooks have limits, and the next event has a state that works", "[hooks]")
{
    const hooks h{R"(return { rules = { { name = "r", apply = function(e)
        if e.reason == "loop" then while true do end end
        if e.reason == "memory" then local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end end
        if e.reason == "swallow" then while true do pcall(function() while true do end end) end end
        e.facets.done = "x"
    end } } })", "hooks.lua", {.instructions = 100'000, .memory = 1024 * 1024, .time = std::chrono::milliseconds{10'000}}};
    for (const std::string why : {"loop", "memory", "swallow"}) {
        CAPTURE(why);
        event e = full_event();
        e.reason = why;
        CHECK(kind_of([&] { static_cast<void>(applied(h, e)); }) == error_kind::hook_failed);
        e.reason = "none";
        CHECK(applied(h, e).content.facets.size() == 2);
    }
}

TEST_CASE("hooks reach no file, clock, chance or process", "[hooks]")
{
    for (const std::string name : {"io", "os", "debug", "package", "load", "loadstring", "dofile", "loadfile", "collectgarbage", "print",
                                   "math.random", "math.randomseed", "string.dump"}) {
        CAPTURE(name);
        CHECK(changed("local ok, value = pcall(function() return " + name + " end) assert(not ok or value == nil)") == full_event());
    }
}

TEST_CASE("what a rule keeps of an event is nothing", "[hooks]")
{
    const hooks h{R"(
        local kept
        return { rules = { { name = "r", apply = function(e)
            if kept then local ok, problem = pcall(function() return kept.reason end)
                assert(not ok and problem:find("the event is over"), problem)
                assert(not pcall(function() kept.source = "x" end)) end
            kept = e
        end } } })", "hooks.lua"};
    CHECK(applied(h, full_event()).content == full_event());
    CHECK(applied(h, full_event()).content == full_event());
}

TEST_CASE("a file of hooks with a mistake is refused, and the place is named", "[hooks]")
{
    CHECK_THAT(loading_problem("return {"), ContainsSubstring("hooks.lua:1:"));
    CHECK_THAT(loading_problem("return 1"), ContainsSubstring("does not return a table"));
    CHECK_THAT(loading_problem("return {}"), ContainsSubstring("no list of `rules`"));
    CHECK_THAT(loading_problem("return { rules = {} }"), ContainsSubstring("no list of `rules`"));
    CHECK_THAT(loading_problem("return { rules = { 5 } }"), ContainsSubstring("rules[1] is not a table"));
    CHECK_THAT(loading_problem("return { rules = { { apply = function() end } } }"), ContainsSubstring("rules[1].name is not a string"));
    CHECK_THAT(loading_problem("return { rules = { { name = 'n' } } }"), ContainsSubstring("rules[1].apply is not a function"));
    CHECK_THAT(loading_problem("return { rules = { { name = 'n', when = {}, apply = function() end } } }"), ContainsSubstring("when is empty"));
    CHECK_THAT(loading_problem("return { rules = { { name = 'n', apply = function() end }, nil, { name = 'm', apply = function() end } } }"),
               ContainsSubstring("`rules` is not a list"));
    CHECK_THAT(loading_problem("return { rules = { { name = 'n', apply = function() end }, more = { name = 'm', apply = function() end } } }"),
               ContainsSubstring("`rules` is not a list"));
    CHECK_THAT(loading_problem("return { rules = { { name = 'n', when = { 'a', nil, 'b' }, apply = function() end } } }"),
               ContainsSubstring("when is not a list"));
    for (const std::string when : {"a*", "*.a", "a.*.b", "**", ".*"}) {
        CHECK_THAT(loading_problem("return { rules = { { name = 'n', when = '" + when + "', apply = function() end } } }"),
                   ContainsSubstring("an action, or a prefix that ends in \".*\""));
    }
    CHECK_THAT(loading_problem("return { rules = { { name = 'n', were = 'x', apply = function() end } } }"), ContainsSubstring("\"were\""));
    CHECK_THAT(loading_problem("return { on_failure = 'ignore', rules = { { name = 'n', apply = function() end } } }"),
               ContainsSubstring("\"refuse\" or \"mark\""));
    CHECK_THAT(loading_problem("return { on_error = 'mark', rules = { { name = 'n', apply = function() end } } }"), ContainsSubstring("on_error"));
    CHECK_THAT(loading_problem("return { record_refusals = 1, rules = { { name = 'n', apply = function() end } } }"),
               ContainsSubstring("record_refusals is not true or false"));
    CHECK(kind_of([] { hooks{"/nowhere/hooks.lua"}; }) == error_kind::unreadable_input);
    std::string many = "local r = {} for i = 1, 65 do r[i] = { name = 'n', apply = function() end } end return { rules = r }";
    CHECK_THAT(loading_problem(many), ContainsSubstring("more than 64 rules"));
}

TEST_CASE("several threads may ask at once", "[hooks]")
{
    const hooks h{one_rule("e.facets.by = e.actor.id"), "hooks.lua"};
    std::vector<std::thread> threads;
    std::vector<int> right(4);
    for (std::size_t t = 0; t < right.size(); ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 500; ++i) {
                event e = full_event();
                e.actor.id = std::to_string(t) + "/" + std::to_string(i);
                right[t] += applied(h, e).content.facets.front().value == e.actor.id ? 1 : 0;
            }
        });
    }
    for (std::thread& one : threads) {
        one.join();
    }
    CHECK(right == std::vector<int>(4, 500));
}
