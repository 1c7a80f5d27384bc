// Code that nobody trusts, in a sandbox: what it can reach, what it can use up, and what the host believes of what it
// raises. No test asks the clock: an attack that holds would not end, and ctest ends the program.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <clocale>
#include <string>
#include <vector>

#include <daybook/error.hpp>

#include "expect_error.hpp"
#include "sandbox.hpp"
#include "support.hpp"

using namespace daybook;
using namespace daybook::lua;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

// Instructions end what does not end; the time is far away, so that no verdict depends on the machine.
constexpr script_limits few{.instructions = 2'000'000, .memory = 8 * 1024 * 1024, .time = std::chrono::hours{1}};

int run_text(lua_State* L)
{
    const auto& text = *static_cast<const std::string*>(lua_touserdata(L, 1));
    push_function(L, text, "@script.lua");
    lua_call(L, 0, 0);
    return 0;
}

void run(sandbox& box, std::string text)
{
    box.call(run_text, &text);
}

// What a script printed, a line each.
std::string printed(const std::string& text, purpose what_for = purpose::script, const script_limits& limits = few)
{
    std::string out;
    sandbox box{limits, what_for, [&out](std::string_view line) { out.append(line).append("\n"); }};
    run(box, text);
    return out;
}

std::optional<error_kind> ending(const std::string& text, const script_limits& limits = few)
{
    sandbox box{limits, purpose::script};
    return kind_of([&] { run(box, text); });
}

std::string message(const std::string& text, const script_limits& limits = few)
{
    sandbox box{limits, purpose::script};
    return message_of([&] { run(box, text); });
}

// Ends with the limit, and the budget says which; the state can be used again.
std::string used_up(const std::string& text, const script_limits& limits = few)
{
    sandbox box{limits, purpose::script};
    CHECK(kind_of([&] { run(box, text); }) == error_kind::script_limit);
    REQUIRE(box.used().used_up() != nullptr);
    const std::string what = box.used().used_up();
    CHECK(box.used().memory() <= limits.memory + 64 * 1024);
    run(box, "local t = {} for i = 1, 100 do t[i] = i end assert(#t == 100)");
    return what;
}

constexpr const char* instructions = "its instructions are used up";
constexpr const char* memory = "its memory is used up";

}  // namespace

TEST_CASE("a script runs, and prints where the host says")
{
    CHECK(printed("print('a', 1, nil, 1.5) print()") == "a\t1\tnil\t1.5\n\n");
    CHECK(printed("local t = setmetatable({}, {__tostring = function() return 'T' end}) print(t)") == "T\n");
    CHECK(ending("print(1)") == error_kind::script_failed);  // this host wants to hear nothing
}

TEST_CASE("attack 100: a loop without end is ended, in a coroutine too")
{
    CHECK(used_up("while true do end") == instructions);
    CHECK(used_up("coroutine.wrap(function() while true do end end)()") == instructions);
    CHECK(used_up("local co = coroutine.create(function() while true do coroutine.yield() end end) "
                  "while true do coroutine.resume(co) end") == instructions);
    CHECK(used_up("for i in function() return 1 end do end") == instructions);
    CHECK(used_up("goto a ::a:: goto a") == instructions);
    CHECK_THAT(message("\nwhile true do end"), StartsWith("script.lua:2: the script is ended: its instructions"));
}

TEST_CASE("attack 100: coroutines that make coroutines, each too short for its hook, are ended")
{
    CHECK(used_up("local function f(depth) if depth > 0 then for i = 1, 15 do coroutine.wrap(f)(depth - 1) end end end "
                  "f(12)") == instructions);
    CHECK(used_up("local function f(depth) if depth > 0 then for i = 1, 15 do coroutine.resume(coroutine.create(f), depth - 1) end "
                  "end end f(12)") == instructions);
}

TEST_CASE("a coroutine costs what its hook may not see")
{
    sandbox box{few, purpose::script};
    CHECK(kind_of([&] { run(box, "n = 0 while true do coroutine.wrap(function() n = n + 1 end)() end"); }) == error_kind::script_limit);
    CHECK(kind_of([&] { run(box, "assert(n > 1000 and n < 2000000 / 100)"); }) == std::nullopt);
}

TEST_CASE("attack 101: catching the error does not go on")
{
    CHECK(used_up("while true do pcall(function() while true do end end) end") == instructions);
    CHECK(used_up("while true do pcall(pcall, pcall, function() while true do end end) end") == instructions);
    CHECK(used_up("local function again() while true do end end while true do xpcall(again, again) end") == instructions);
    CHECK(used_up("local function f() return xpcall(f, f) end while true do f() end") == instructions);
    CHECK(used_up("while true do coroutine.resume(coroutine.create(function() while true do end end)) end") == instructions);
    CHECK(used_up("while true do pcall(coroutine.wrap(function() pcall(function() while true do end end) while true do end end)) end") ==
          instructions);
    // Lua calls a handler inside the hook that raised, where no hook counts.
    CHECK(used_up("xpcall(function() while true do end end, function() while true do end end)") == instructions);
    // Caught at the very end, so that nothing is left to raise.
    CHECK(used_up("pcall(function() while true do end end)") == instructions);
    CHECK(used_up("return coroutine.resume(coroutine.create(function() while true do end end))") == instructions);
}

TEST_CASE("attack 102: closing does not go on")
{
    const std::string closing = "local function again() while true do end end local mt = {__close = again} ";
    CHECK(used_up(closing + "local x <close> = setmetatable({}, mt) error('x')") == instructions);
    CHECK(used_up(closing + "while true do pcall(function() local x <close> = setmetatable({}, mt) end) end") == instructions);
    CHECK(used_up(closing + "for i = 1, 1e9 do local x <close> = setmetatable({}, {__close = function() pcall(again) end}) end") ==
          instructions);
    CHECK(used_up(closing + "local co = coroutine.create(function() local x <close> = setmetatable({}, mt) coroutine.yield() end) "
                            "coroutine.resume(co) coroutine.close(co)") == instructions);
    // A coroutine that died inside its hook has none any more.
    CHECK(used_up(closing + "coroutine.wrap(function() local x <close> = setmetatable({}, mt) while true do end end)()") == instructions);
    CHECK(used_up(closing + "coroutine.close((function() local co = coroutine.create(function() local x <close> = setmetatable({}, mt) "
                            "while true do end end) coroutine.resume(co) return co end)())") == instructions);
    CHECK(used_up(closing + "local function list(n) if n == 0 then error('x') end local x <close> = setmetatable({}, mt) list(n - 1) end "
                            "list(150)") == instructions);
}

TEST_CASE("attack 102: coroutines that close one another do not overflow the C stack")
{
    // In stock Lua 5.4.4 this ends the process.
    const std::string chain =
        "local all, failed = {}, 0 "
        "for i = 1, 3000 do all[i] = coroutine.create(function() "
        "  local x <close> = setmetatable({}, {__close = function() if all[i + 1] then "
        "    if not pcall(coroutine.close, all[i + 1]) then failed = failed + 1 end end end}) "
        "  coroutine.yield() end) coroutine.resume(all[i]) end "
        "coroutine.close(all[1]) print(failed)";
    CHECK(printed(chain) == "1\n");
}

TEST_CASE("attack 102: what a coroutine that was ended has still to close does not run with the next call's budget")
{
    sandbox box{few, purpose::script};
    CHECK(kind_of([&] {
              run(box, "co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) "
                       "while true do end end) coroutine.resume(co)");
          }) == error_kind::script_limit);
    CHECK(kind_of([&] { run(box, "assert(not coroutine.close(co)) assert(not coroutine.resume(co))"); }) == std::nullopt);
}

TEST_CASE("attack 103: there are no finalizers, whenever they are asked for")
{
    CHECK_THAT(message("setmetatable({}, {__gc = function() while true do end end})"), ContainsSubstring("__gc is not for scripts"));
    CHECK_THAT(message("setmetatable({}, {__gc = true})"), ContainsSubstring("__gc"));
    CHECK(printed("local mt = {} setmetatable({}, mt) mt.__gc = function() print('ran') end "
                  "for i = 1, 10000 do local t = {i} end print('end')") == "end\n");
    CHECK(ending("local mt = {} setmetatable({}, mt) mt.__gc = error setmetatable({}, mt)") == error_kind::script_failed);
    CHECK(ending("setmetatable({}, setmetatable({}, {__index = {__gc = error}}))") == std::nullopt);  // Lua looks raw, too
}

TEST_CASE("there are no weak tables, whenever they are asked for")
{
    CHECK_THAT(message("setmetatable({}, {__mode = 'k'})"), ContainsSubstring("__mode is not for scripts"));
    // Were it weak, it would be empty.
    CHECK(printed("local mt = {} local t = setmetatable({}, mt) for i = 1, 100 do t[{}] = true end mt.__mode = 'k' rawset(mt, '__mode', 'k') "
                  "for i = 1, 100000 do local x = {} end local n = 0 for _ in pairs(t) do n = n + 1 end print(n)") == "100\n");
}

TEST_CASE("metatables do what they did when they were set")
{
    CHECK(printed("local C = {} C.__index = C function C.new(x) return setmetatable({x = x}, C) end "
                  "C.__add = function(a, b) return C.new(a.x + b.x) end C.__eq = function(a, b) return a.x == b.x end "
                  "C.__lt = function(a, b) return a.x < b.x end C.__len = function() return 7 end C.__call = function(_, y) return y end "
                  "C.__concat = function() return 'joined' end C.__close = function() print 'closed' end "
                  "function C:get() return self.x end "  // added later, found through __index
                  "local a, b = C.new(1), C.new(2) print((a + b):get(), a == C.new(1), a < b, #a, a(5), a .. b, getmetatable(a) == C) "
                  "do local c <close> = a end "
                  "local D = setmetatable({}, {__index = C}) D.__index = D print(setmetatable({x = 9}, D):get()) "
                  "local keep = setmetatable({}, {__metatable = 'mine'}) print(getmetatable(keep), pcall(setmetatable, keep, {})) "
                  "print(getmetatable(setmetatable(setmetatable({}, C), nil)))") ==
          "3\ttrue\ttrue\t7\t5\tjoined\ttrue\nclosed\n9\nmine\tfalse\tcannot change a protected metatable\nnil\n");
}

TEST_CASE("attack 104: a pattern that tries for ever is ended")
{
    CHECK(used_up("local s = ('a'):rep(120) s:find('.-.-.-.-b')") == instructions);
    CHECK(used_up("local s = ('a'):rep(220) s:gsub('.-.-.-.-.-b', '')") == instructions);
    CHECK(used_up("for w in ('a'):rep(220):gmatch('.-.-.-.-.-b') do end") == instructions);
    CHECK(used_up("local s = ('a'):rep(100000) while true do s:find(('a'):rep(50000) .. 'b', 1, true) end") == instructions);
}

TEST_CASE("attack 105: work inside one library function counts")
{
    CHECK(used_up("for i = 1, 100 do local s = ('x'):rep(2000000) end") == instructions);
    CHECK(used_up("local t = {} for i = 1, 100000 do table.insert(t, 1, i) end") == instructions);
    CHECK(used_up("local s = ('x'):rep(1000000) while true do local r = s:upper() end") == instructions);
    CHECK(used_up("local t = {} for i = 1, 1000 do t[i] = 'x' end while true do table.concat(t, ',') end") == instructions);
    CHECK(used_up("('x'):rep(1000000000)") == instructions);  // charged before it is made
}

TEST_CASE("attack 118: sorting by a comparison that contradicts itself is an error and no more")
{
    CHECK_THAT(message("local t = {} for i = 1, 100 do t[i] = i % 7 end table.sort(t, function() return true end)"),
               ContainsSubstring("invalid order function"));
    CHECK(ending("local t = {} for i = 1, 1000 do t[i] = i end pcall(table.sort, t, function() return math.random() < 0.5 end)") == std::nullopt);
}

TEST_CASE("attack 106: a table has no more keys than can be placed anew in one instruction")
{
    constexpr const char* keys = "a table has more keys than it may";
    CHECK(used_up("local t = {} for i = 1, 60000 do t['k' .. i] = i end") == keys);
    // All of these have the same place in the next larger table.
    CHECK(used_up("local k = 15 local m = (1 << (k + 1)) - 1 local t = {} for i = 1, 1 << k do t[i * m] = true end t[-1] = true") == keys);
    CHECK(ending("local t = {} for i = 1, 30000 do t['k' .. i] = i end") == std::nullopt);
    CHECK(ending("local t = {} for i = 1, 200000 do t[i] = i end") == std::nullopt);  // a list
}

TEST_CASE("attack 106: memory has a limit, and whoever reaches it is ended")
{
    CHECK(used_up("local t = {} while true do t[#t + 1] = {} end") == memory);
    CHECK(used_up("local s = 'x' while true do s = s .. s end") == memory);
    CHECK(used_up("local t = {} for i = 1, 1e9 do t[i] = i .. 'x' end") == memory);
    CHECK(used_up("local function f(...) return f(1, ...) end f()") == memory);
    CHECK(used_up("local t = {} while true do t[#t + 1] = coroutine.create(function() end) end") == memory);
    // Asking again and again, each time with a collection of all that there is, in coroutines too.
    CHECK(used_up("local t = {} for i = 1, 60000 do t[i] = {} end local s = ('x'):rep(1000000) "
                  "while true do pcall(function() local b = s .. s .. s .. s .. s .. s .. s .. s .. s end) end") == memory);
    CHECK(used_up("local s = ('x'):rep(1000000) while true do "
                  "coroutine.resume(coroutine.create(function() local b = s .. s .. s .. s .. s .. s .. s .. s .. s end)) end") == memory);
    CHECK(used_up("local s = ('x'):rep(1000000) pcall(function() local b = s .. s .. s .. s .. s .. s .. s .. s .. s end) "
                  "while true do end") == memory);
}

TEST_CASE("attack 106: behind a refusal, not one instruction more is run")
{
    const std::string refused = "n = 0 local s = ('x'):rep(1000000) local function f() pcall(function() "
                                "local b = s .. s .. s .. s .. s .. s .. s .. s .. s end) "
                                "n = n + 1 n = n + 1 n = n + 1 n = n + 1 end ";
    for (const char* const how : {"f()", "coroutine.wrap(f)()", "coroutine.resume(coroutine.create(f))"}) {
        INFO(how);
        sandbox box{few, purpose::script};
        CHECK(kind_of([&] { run(box, refused + how); }) == error_kind::script_limit);
        CHECK(kind_of([&] { run(box, "assert(n == 0)"); }) == std::nullopt);
    }
}

TEST_CASE("attack 107: there is no way to load code, so none to load bytecode")
{
    CHECK(printed("print(load, loadstring, dofile, loadfile, string.dump, ('').dump)") == "nil\tnil\tnil\tnil\tnil\tnil\n");
    CHECK_THAT(message("\x1bLua"), ContainsSubstring("binary chunk"));
}

TEST_CASE("attack 109: the metatable of strings cannot be reached or spoilt")
{
    CHECK(printed("print(getmetatable(''), pcall(setmetatable, '', {}))") ==
          "string\tfalse\tbad argument #1 to '?' (table expected, got string)\n");
    CHECK(printed("string.upper = function() return 'mine' end string.new = print print(('a'):upper(), ('a').new)") == "A\tnil\n");
    CHECK(printed("print('10' + 1, #'abc', ('x'):rep(3))") == "11\t3\txxx\n");
    CHECK_THAT(message("getmetatable('').__index = {}"), ContainsSubstring("attempt to index a"));
}

TEST_CASE("attack 113: whatever is raised, the host has a text")
{
    CHECK(message("error('plain', 0)") == "plain");
    CHECK(message("error(nil)") == "nil");
    CHECK(message("error(42)") == "42");
    CHECK(message("error(setmetatable({}, {__tostring = function() return 'made' end}))") == "made");
    CHECK_THAT(message("error(setmetatable({}, {__tostring = function() error('again', 0) end}))"), ContainsSubstring("again"));
    CHECK_THAT(message("error(setmetatable({}, {__tostring = function() return {} end}))"), ContainsSubstring("'__tostring' must return"));
    CHECK_THAT(message("error(setmetatable({}, {__tostring = function() error(setmetatable({}, {})) end}))"), ContainsSubstring("without a text"));
    CHECK_THAT(message("error({})"), StartsWith("table"));
    CHECK(ending("error(setmetatable({}, {__tostring = function() while true do end end}))") == error_kind::script_limit);
    CHECK(ending("error()") == error_kind::script_failed);
}

TEST_CASE("an error object that looks like Daybook's is the script's own failure")
{
    for (const error_kind_description& about : error_kinds()) {
        const std::string fields = "code = '" + std::string{about.code} + "', kind = '" + std::string{about.name} +
                                   "', message = 'made up', retryable = true, sqlstate = '40001'";
        CHECK(ending("error{" + fields + "}") == error_kind::script_failed);
        CHECK(ending("error(setmetatable({" + fields + "}, {__name = 'daybook.error', __metatable = 'daybook.error'}))") ==
              error_kind::script_failed);
    }
    CHECK(ending("error('error[D0702]: the script is ended: its memory is used up')") == error_kind::script_failed);
    CHECK(ending("error('not enough memory', 0)") == error_kind::script_failed);
}

TEST_CASE("what Daybook raised is believed, whatever the script writes into it")
{
    sandbox box{few, purpose::script};
    const auto refuse = [](lua_State* L) {
        lua_pushcfunction(L, [](lua_State* M) {
            failure what;
            what.set(error_kind::transaction_conflict, "40P01", "deadlock");
            return raise(M, what);
        });
        return 1;
    };
    box.add_module("refuse", refuse);

    CHECK(kind_of([&] { run(box, "require 'refuse' ()"); }) == error_kind::transaction_conflict);
    CHECK(message_of([&] { run(box, "require 'refuse' ()"); }) == "deadlock");
    try {
        run(box, "local _, e = pcall(require 'refuse') pcall(require 'refuse') e.code = 'D0702' e.kind = 'script_limit' "
                 "e.sqlstate = '00000' e.message = 'mine' error(e)");
        FAIL("nothing was thrown");
    } catch (const error& e) {
        CHECK(e.kind() == error_kind::transaction_conflict);
        CHECK(e.sqlstate() == "40P01");
        CHECK(std::string{e.what()} == "mine");
    }
    CHECK(kind_of([&] { run(box, "local _, e = pcall(require 'refuse') error(setmetatable({code = e.code}, {__index = e}))"); }) ==
          error_kind::script_failed);
    CHECK(kind_of([&] { run(box, "local _, e = pcall(require 'refuse') local t = {} for k, v in pairs(e) do t[k] = v end error(t)"); }) ==
          error_kind::script_failed);
    CHECK(kind_of([&] { run(box, "local _, e = pcall(require 'refuse') e.message = nil error(e)"); }) == error_kind::transaction_conflict);
    CHECK(printed("print(getmetatable('x'))") == "string\n");
}

TEST_CASE("the text of an error is one line that does nothing to a terminal")
{
    CHECK(message("error('a\\27[2Jb\\nerror[D0303]: c\\r\\0d\\127', 0)") == "a?[2Jb error[D0303]: c??d?");
    CHECK(message("error('\\xff\\xc3\\xa9\\xc2\\x9b\\u{202e}\\u{feff}\\u{20ac}\\xe2\\x82', 0)") == "?\xc3\xa9???\xe2\x82\xac??");
    CHECK(message("error(('x'):rep(100000), 0)").size() == 1000);
}

TEST_CASE("attack 115: recursion of any kind is an error")
{
    CHECK(ending("local function f() return 1 + f() end f()").has_value());
    CHECK_THAT(message("local s = ('('):rep(3) error(s)"), ContainsSubstring("((("));
    CHECK_THAT(message("return " + std::string(300, '(') + "1" + std::string(300, ')')), ContainsSubstring("C stack overflow"));
    CHECK_THAT(message("return " + std::string(300, '{') + std::string(300, '}')), ContainsSubstring("C stack overflow"));
    CHECK_THAT(message("local function f() return (('x'):gsub('x', f)) end f()"), ContainsSubstring("C stack overflow"));
    CHECK_THAT(message("local function f() table.sort({2, 1}, f) end f()"), ContainsSubstring("C stack overflow"));
    CHECK_THAT(message("local t = {} setmetatable(t, {__index = function(_, k) return t[k] end}) local x = t.x"),
               ContainsSubstring("C stack overflow"));
    CHECK_THAT(message("local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) tostring(t)"),
               ContainsSubstring("C stack overflow"));
    CHECK_THAT(message("local function f() return coroutine.wrap(f)() end f()"), ContainsSubstring("C stack overflow"));
    CHECK(used_up("local function f() xpcall(error, f) error() end xpcall(f, f)") == instructions);  // 2^200 handlers
}

TEST_CASE("a text that takes the parser long is ended too")
{
    std::string labels;
    for (int i = 0; i < 30'000; ++i) {
        labels += "::a" + std::to_string(i) + "::b=1 ";
    }
    script_limits limits = few;
    limits.instructions = 2 * labels.size() - 1000;
    limits.memory = 64 * 1024 * 1024;
    CHECK(used_up(labels, limits) == instructions);
    CHECK_THAT(message(std::string(longest_script + 1, ' ')), ContainsSubstring("longer than a megabyte"));
    CHECK(ending(std::string(longest_script, ' '), {.instructions = 50'000'000}) == std::nullopt);
}

TEST_CASE("time is a limit of its own")
{
    const script_limits no_time{.instructions = ~0ull, .time = std::chrono::milliseconds{0}};
    CHECK(ending("while true do end", no_time) == error_kind::script_limit);
    CHECK_THAT(message("while true do end", no_time), EndsWith("its time is over"));
    CHECK(ending("while true do pcall(error) end", no_time) == error_kind::script_limit);
}

TEST_CASE("instructions begin anew with each call, and memory does not")
{
    sandbox box{few, purpose::script};
    for (int i = 0; i < 5; ++i) {
        CHECK_NOTHROW(run(box, "for i = 1, 400000 do end"));
    }
    CHECK_NOTHROW(run(box, "kept = ('x'):rep(3000000)"));
    CHECK(kind_of([&] { run(box, "local more = ('x'):rep(3000000)"); }) == error_kind::script_limit);
    CHECK_NOTHROW(run(box, "kept = nil"));
    CHECK_NOTHROW(run(box, "local more = ('x'):rep(3000000)"));
}

TEST_CASE("require gives what the host put in, once, and nothing else")
{
    std::string out;
    sandbox box{few, purpose::script, [&out](std::string_view line) { out.append(line).append("\n"); }};
    box.add_module("text", "print('loaded', ...) return {n = 1}");
    box.add_module("broken", "return +");
    box.add_module("empty", [](lua_State* L) {
        lua_newtable(L);
        return 1;
    });

    run(box, "local a, b = require 'text', require 'text' a.n = 2 print(b.n, type(require 'empty'))");
    CHECK(out == "loaded\ttext\n2\ttable\n");
    CHECK_THAT(message_of([&] { run(box, "require 'os'"); }), ContainsSubstring("there is no module \"os\" here"));
    CHECK_THAT(message_of([&] { run(box, "require 'broken'"); }), ContainsSubstring("broken:1:"));
    CHECK(kind_of([&] { run(box, "require {}"); }) == error_kind::script_failed);
    CHECK(kind_of([&] { run(box, "require 'daybook.core'"); }) == error_kind::script_failed);
}

TEST_CASE("rules have neither clock nor chance")
{
    CHECK(printed("print(os, math.random, math.randomseed, collectgarbage, math.floor(1.5))", purpose::rules) == "nil\tnil\tnil\tnil\t1\n");
    CHECK(printed("print(type(os.time()), type(os.date()), os.clock, os.getenv, os.exit, math.type(math.random(3)), "
                  "type(collectgarbage 'count'))") == "number\tstring\tnil\tnil\tnil\tinteger\tnumber\n");
    CHECK(printed("math.randomseed(1) local a = math.random(1000000) math.randomseed(1) print(a == math.random(1000000))") == "true\n");
    CHECK_THAT(message("math.randomseed()"), ContainsSubstring("number expected"));
    CHECK_THAT(message("collectgarbage 'collect'"), ContainsSubstring("only \"count\""));
    CHECK_THAT(message("collectgarbage()"), ContainsSubstring("string expected"));
    CHECK_THAT(message("os.date(('%c'):rep(51))"), ContainsSubstring("longer than 100"));
    CHECK(printed("print(os.date('!%Y-%m-%d', 0), os.date('!*t', 0).year)") == "1970-01-01\t1970\n");
}

TEST_CASE("xpcall does what Lua's does")
{
    CHECK(printed("print(xpcall(function(...) return ... end, print, 1, 2))") == "true\t1\t2\n");
    CHECK(printed("print(xpcall(error, function(e) return 'handled ' .. e, 2 end, 'x'))") == "false\thandled x\n");
    CHECK(printed("print(coroutine.wrap(function() return xpcall(function() coroutine.yield() error('late', 0) end, "
                  "function(e) return e .. '!' end) end)()) ") == "\n");
    CHECK(printed("local f = coroutine.wrap(function() return xpcall(function() coroutine.yield() error('late', 0) end, "
                  "function(e) return e .. '!' end) end) f() print(f())") == "false\tlate!\n");
    CHECK(printed("local f = coroutine.wrap(function() return xpcall(coroutine.yield, print, 1) end) print(f()) print(f(7, 8))") ==
          "1\ntrue\t7\t8\n");
    CHECK(ending("xpcall(print)") == error_kind::script_failed);
}

TEST_CASE("coroutines do what Lua's do")
{
    CHECK(printed("local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2, 'end' end) "
                  "print(coroutine.resume(co, 1, 2)) print(coroutine.status(co)) print(coroutine.resume(co, 5)) print(coroutine.resume(co)) "
                  "print(coroutine.status(co))") == "true\t3\nsuspended\ntrue\t10\tend\nfalse\tcannot resume dead coroutine\ndead\n");
    CHECK(printed("local f = coroutine.wrap(function() coroutine.yield(1) error('bad', 0) end) print(f()) print(pcall(f)) print(pcall(f))") ==
          "1\nfalse\tbad\nfalse\tcannot resume dead coroutine\n");
    CHECK(printed("local co co = coroutine.create(function() print(pcall(coroutine.close, co)) print(coroutine.resume(co)) end) "
                  "coroutine.resume(co) print(coroutine.close(co))") ==
          "false\tcannot close a running coroutine\nfalse\tcannot resume non-suspended coroutine\ntrue\n");
    CHECK(printed("local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() error('c', 0) end}) "
                  "coroutine.yield() end) coroutine.resume(co) print(coroutine.close(co)) print(coroutine.close(co))") == "false\tc\ntrue\n");
    CHECK(printed("print(coroutine.isyieldable(), select(2, coroutine.running()), "
                  "coroutine.wrap(function() return coroutine.isyieldable() end)())") == "false\ttrue\ttrue\n");
    CHECK(printed("print(pcall(coroutine.close, (coroutine.running())))") == "false\tcannot close a running coroutine\n");
    CHECK(printed("for a in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do print(a) end") == "1\n2\n3\n");
    CHECK(ending("coroutine.yield()") == error_kind::script_failed);
    CHECK(ending("coroutine.wrap(1)") == error_kind::script_failed);
    CHECK(ending("coroutine.resume(1)") == error_kind::script_failed);
}

TEST_CASE("a sink that throws is an error of the script's")
{
    sandbox box{few, purpose::script, [](std::string_view) { throw error{error_kind::unwritable_output, "the disk is full"}; }};
    CHECK(kind_of([&] { run(box, "print 'x'"); }) == error_kind::unwritable_output);
    CHECK(kind_of([&] { run(box, "pcall(print, 'x')"); }) == std::nullopt);
}

TEST_CASE("too little memory for a state is an error, whatever the amount")
{
    for (std::size_t bytes = 0; bytes < 40'000; bytes += 61) {
        try {
            sandbox box{{.memory = bytes}, purpose::script};
        } catch (const error& e) {
            CHECK(e.kind() == error_kind::internal);
        }
    }
}
