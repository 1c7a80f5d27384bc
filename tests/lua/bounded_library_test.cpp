// The bounded library does what stock Lua's does, and nothing of it runs for ever.
//
// Attacks are measured in units of the budget, never by the clock. Each runs on stock Lua's functions too, where the
// same budget suffices: so it is the charge that ends it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "bounded_library.hpp"
#include "budget.hpp"

using namespace daybook;

namespace {

enum class library { stock, bounded, repeatable };

script_limits limits_of(std::uint64_t instructions, std::size_t memory)
{
    script_limits result;
    result.instructions = instructions;
    result.memory = memory;
    result.time = std::chrono::hours{1};
    return result;
}

constexpr std::uint64_t many = 1'000'000'000'000;
constexpr std::size_t spacious = 512U * 1024 * 1024;

/// A state with a budget. Stock Lua's own functions are in the global table `stock`.
class script {
public:
    explicit script(library kind, std::uint64_t instructions = many, std::size_t memory = spacious)
        : m_budget{limits_of(instructions, memory)}, m_state{m_budget.make_state()}
    {
        REQUIRE(m_state != nullptr);
        luaL_openlibs(m_state);
        REQUIRE(luaL_dostring(m_state, R"(
            stock = {next = next, pairs = pairs, tostring = tostring, tonumber = tonumber, select = select}
            for _, name in ipairs{"string", "table", "utf8"} do
                stock[name] = {}
                for key, value in pairs(_G[name]) do stock[name][key] = value end
            end)") == LUA_OK);
        if (kind != library::stock) {
            daybook::lua::open_bounded_library(m_state, kind == library::bounded ? daybook::lua::repeatable::no
                                                                                 : daybook::lua::repeatable::yes);
        }
        REQUIRE(lua_gettop(m_state) == 0);
    }
    script(const script&) = delete;
    script& operator=(const script&) = delete;
    ~script() { lua_close(m_state); }

    /// What the code returns, as text; of an error, "error: " and its message. With the whole budget, each time.
    std::string run(const std::string& code)
    {
        lua_settop(m_state, 0);
        m_budget.restart(m_state);
        const bool fine = luaL_loadbufferx(m_state, code.data(), code.size(), "=script", "t") == LUA_OK &&
                          lua_pcall(m_state, 0, 1, 0) == LUA_OK;
        daybook::lua::budget::stop(m_state);
        std::size_t size = 0;
        const char* const text = luaL_tolstring(m_state, -1, &size);
        const std::string result = (fine ? "" : "error: ") + std::string{text, size};
        lua_settop(m_state, 0);
        return result;
    }

    [[nodiscard]] std::string used_up() const { return m_budget.used_up() == nullptr ? "" : m_budget.used_up(); }

private:
    lua::budget m_budget;
    lua_State* m_state;
};

// Calls both libraries, and returns the first difference. Errors need not have the same words.
const std::string compare = R"lua(
local function quoted(text) return stock.string.format("%q", text) end

local function outcome(...)
    local results = table.pack(...)
    if not results[1] then return "failed" end
    for i = 1, results.n do
        results[i] = math.type(results[i]) and math.type(results[i]) .. results[i] or
            (type(results[i]) == "string" and quoted or stock.tostring)(results[i])
    end
    return stock.table.concat(results, " ")
end

function differ(what, ours, theirs, ...)
    local a, b = outcome(pcall(ours, ...)), outcome(pcall(theirs, ...))
    if a ~= b then
        local arguments = table.pack(...)
        for i = 1, arguments.n do
            arguments[i] = (type(arguments[i]) == "string" and quoted or stock.tostring)(arguments[i])
        end
        error(what .. "(" .. stock.table.concat(arguments, ", ") .. "): " .. a .. " instead of " .. b, 0)
    end
    return a ~= "failed"
end

function all_matches(gmatch)
    return function(...)
        local found = {}
        for a, b, c in gmatch(...) do
            found[#found + 1] = stock.tostring(a) .. "," .. stock.tostring(b) .. "," .. stock.tostring(c)
            if #found > 100 then error("endless") end
        end
        return stock.table.concat(found, ";")
    end
end
)lua";

}  // namespace

TEST_CASE("patterns match what they match in stock Lua")
{
    script both{library::bounded};
    REQUIRE(both.run(compare) == "nil");

    const std::string result = both.run(R"lua(
local random = math.random
math.randomseed(20260301, 5)
local subject_parts = {"a", "b", "a", "b", "ab", "A", "1", " ", "(", ")", "[", "]", "%", "-", "\0", "\xff", "\xc3\xa9", ".",
    "\n", "x", "_"}
local single = {"a", "b", "a", "b", ".", "%a", "%d", "%w", "%s", "%p", "%l", "%u", "%c", "%x", "%g", "%A", "%S", "%W", "%D",
    "%P", "%C", "%G", "%L", "%U", "%X", "%Z", "%z", "%%", "%.", "%(", "%]", "\0", "\xff", "[ab]", "[^a]", "[a-]", "[]a]",
    "[^]]", "[%a_]", "[%w%s]", "[^%s%]]", "[0-9]",
    "[a-%]b]", "[\0-\x20]", "[%a-z]", "[^\0]", "[%-a]", "[+--]", "[b-a]", "[\x80-\xff]", "1", " ", "_", "-", "]"}
local odd = {"(", ")", "()", "(", ")", "%1", "%2", "%0", "%9", "%b()", "%bab", "%baa", "%b\0a", "%f[a]", "%f[%w]", "%f[^%w]",
    "%f[\0]", "%f[%z]", "$", "^", "%", "[", "[a", "[^", "[]", "[%", "[a-", "[%]", "%b", "%b(", "%f", "%fa", "*", "+", "?"}
local counts = {"", "", "", "", "*", "+", "-", "?"}
local replacements = {"x", "", "<%0>", "%1", "%2", "%%", "%9", "%", "%x", "%1%1", "[%2|%1]", "\0", "long enough to be kept "}

local function join(parts, most)
    local made = {}
    for i = 1, random(0, most) do made[i] = parts[random(#parts)] end
    return stock.table.concat(made)
end

local function make_pattern()
    local made, open = {}, 0
    if random(8) == 1 then made[1] = "^" end
    for _ = 1, random(0, 6) do
        local dice = random(16)
        if dice == 1 then
            made[#made + 1] = odd[random(#odd)]
        elseif dice <= 4 then
            made[#made + 1] = "("
            open = open + 1
        elseif dice <= 6 and open > 0 then
            made[#made + 1] = ")"
            open = open - 1
        elseif dice == 7 then
            made[#made + 1] = odd[random(14)]
        else
            made[#made + 1] = single[random(#single)] .. counts[random(#counts)]
        end
    end
    if random(10) > 1 then made[#made + 1] = stock.string.rep(")", open) end
    if random(8) == 1 then made[#made + 1] = "$" end
    return stock.table.concat(made)
end

local tried, worked, found = 0, 0, 0
local map = setmetatable({}, {__index = function(_, key)
    if key == "a" then return false end
    if key == "b" then return nil end
    if key == 1 then return 1.5 end
    if key == "1" then return {} end
    return stock.tostring(key) .. "!"
end})
local function change(a, b)
    if a == "b" then return nil end
    return stock.tostring(a) .. stock.tostring(b)
end
for _ = 1, 120000 do
    local subject, pattern, replacement = join(subject_parts, 14), make_pattern(), join(replacements, 3)
    local start = random(4) == 1 and random(-16, 16) or nil
    tried = tried + 1
    if differ("find", string.find, stock.string.find, subject, pattern, start) then
        worked = worked + 1
        if stock.string.find(subject, pattern, start) then found = found + 1 end
    end
    differ("match", string.match, stock.string.match, subject, pattern, start)
    differ("find", string.find, stock.string.find, subject, pattern, start, true)
    differ("gmatch", all_matches(string.gmatch), all_matches(stock.string.gmatch), subject, pattern, start)
    local most = random(6) == 1 and random(-1, 4) or nil
    differ("gsub", string.gsub, stock.string.gsub, subject, pattern, replacement, most)
    differ("gsub", string.gsub, stock.string.gsub, subject, pattern, map, most)
    differ("gsub", string.gsub, stock.string.gsub, subject, pattern, change, most)
end
return tried .. " " .. stock.tostring(worked > tried // 2) .. " " .. stock.tostring(found > tried // 4) .. " " ..
    stock.tostring(tried - worked > tried // 50)
)lua");

    CHECK(result == "120000 true true true");
}

TEST_CASE("the examples of the reference manual")
{
    script own{GENERATE(library::bounded, library::repeatable)};

    CHECK(own.run(R"lua(
local function is(a, b) if a ~= b then error(tostring(a) .. " is not " .. tostring(b), 2) end end
local x = string.gsub("hello world", "(%w+)", "%1 %1") is(x, "hello hello world world")
x = string.gsub("hello world", "%w+", "%0 %0", 1) is(x, "hello hello world")
x = string.gsub("hello world from Lua", "(%w+)%s*(%w+)", "%2 %1") is(x, "world hello Lua from")
x = string.gsub("home = $HOME, user = $USER", "%$(%w+)", {HOME = "/home/roberto", USER = "roberto"})
is(x, "home = /home/roberto, user = roberto")
x = string.gsub("4+5 = $return 4+5$", "%$(.-)%$", function(s) return load(s)() end) is(x, "4+5 = 9")
x = string.gsub("$name-$version.tar.gz", "%$(%w+)", {name = "lua", version = "5.4"}) is(x, "lua-5.4.tar.gz")
local words = {}
for w in string.gmatch("hello world from Lua", "%a+") do words[#words + 1] = w end
is(table.concat(words, "|"), "hello|world|from|Lua")
local t = {}
for k, v in string.gmatch("from=world, to=Lua", "(%w+)=(%w+)") do t[k] = v end
is(t.from, "world") is(t.to, "Lua")
is(select("#", string.find("flaaap", "()aa()")), 4)
is(select(3, string.find("flaaap", "()aa()")), 3) is(select(4, string.find("flaaap", "()aa()")), 5)
is(string.match("x = (a(b)c) d", "%b()"), "(a(b)c)")
is(string.format("%q", 'a string with "quotes" and \n new line'), '"a string with \\"quotes\\" and \\\n new line"')
is(string.format("%5.1f|%-4d|%s|%x", 3.14159, 7, "text", 255), "  3.1|7   |text|ff")
is(table.concat({1, 2, "x"}, ", ", 2, 3), "2, x")
return "as in the manual"
)lua") == "as in the manual");
}

TEST_CASE("the other functions do what stock Lua's do")
{
    script both{library::bounded};
    REQUIRE(both.run(compare) == "nil");

    const std::string result = both.run(R"lua(
local random = math.random
math.randomseed(7, 11)
local function integer()
    local dice = random(12)
    if dice == 1 then return nil elseif dice == 2 then return math.mininteger elseif dice == 3 then return math.maxinteger
    elseif dice == 4 then return "3" elseif dice == 5 then return 2.0 elseif dice == 6 then return 1.5 end
    return random(-9, 9)
end
local texts = {"", "a", "hello", "\xc3\xa9t\xc3\xa9", "\x80\x80", "a\x80b", "\xe2\x82\xac uro", "0x1F", " 12 ", "1e3",
    "\0a\0", "zz", 12, 1.5, "9"}
local values = {1, 2.5, "x", "a longer text", true, false, {}, print, "1", "-0x10", 0, -7, math.huge, 3.0, "\0"}
local formats = {"%s", "%d", "%5.2s", "%-8s|", "%q", "%x", "%5.1f", "%i", "%c", "%%", "%g", "%10s", "%a", "%", "%y", "text",
    "%.3d", "%.20s", "%+d", "%u", "%p", "%123d", "%.f", "\0"}
local function text() return texts[random(#texts)] end
local function value() return values[random(#values)] end
local function list()
    local made = {}
    for i = 1, random(0, 8) do made[i] = random(3) == 1 and "t" .. i or random(99) end
    return made
end
local function copy(t) return stock.table.move(t, 1, #t, 1, {}) end
local function changes(action)
    return function(t, ...)
        local own = copy(t)
        local results = table.pack(action(own, ...))
        for i = 1, 12 do own[i] = stock.tostring(own[i]) end
        for i = 1, results.n do results[i] = results[i] == own and "table" or stock.tostring(results[i]) end
        return stock.table.concat(own, ",") .. " -> " .. stock.table.concat(results, ",", 1, results.n)
    end
end
local function all_codes(codes)
    return function(...)
        local made = {}
        for at, code in codes(...) do made[#made + 1] = at .. ":" .. code end
        return stock.table.concat(made, " ")
    end
end
local a, b = string, stock.string
for _ = 1, 8000 do
    local s = text()
    differ("byte", a.byte, b.byte, s, integer(), integer())
    differ("sub", a.sub, b.sub, s, integer(), integer())
    differ("char", a.char, b.char, random(-1, 260), random(0, 255))
    differ("upper", a.upper, b.upper, s)
    differ("lower", a.lower, b.lower, s)
    differ("reverse", a.reverse, b.reverse, s)
    local times = random(-2, 5)
    differ("rep", a.rep, b.rep, s, times, random(2) == 1 and text() or nil)
    local format = formats[random(#formats)] .. formats[random(#formats)] .. formats[random(#formats)]
    differ("format", a.format, b.format, format, value(), value(), random(3) > 1 and value() or nil)
    differ("tonumber", tonumber, stock.tonumber, s, random(3) == 1 and random(0, 40) or nil)
    differ("select", select, stock.select, random(3) == 1 and "#" or integer(), value(), value())
    local t, i, j, k = list(), random(-2, 10), random(-2, 10), random(-2, 10)
    differ("insert", changes(table.insert), changes(stock.table.insert), t, i, value())
    differ("insert", changes(table.insert), changes(stock.table.insert), t, value())
    differ("insert", changes(table.insert), changes(stock.table.insert), t)
    differ("remove", changes(table.remove), changes(stock.table.remove), t, random(3) > 1 and i or nil)
    differ("concat", table.concat, stock.table.concat, t, text(), random(2) == 1 and i or nil, random(2) == 1 and j or nil)
    differ("move", changes(table.move), changes(stock.table.move), t, i, j, k)
    differ("unpack", table.unpack, stock.table.unpack, t, i, random(2) == 1 and j or nil)
    differ("pack", function(...) return table.pack(...).n end, function(...) return stock.table.pack(...).n end, i, j)
    differ("utf8.char", utf8.char, stock.utf8.char, random(-1, 0x110000), random(0, 300))
    differ("utf8.codepoint", utf8.codepoint, stock.utf8.codepoint, s, integer(), integer())
    differ("utf8.codes", all_codes(utf8.codes), all_codes(stock.utf8.codes), s, random(2) == 1)
    differ("utf8.len", utf8.len, stock.utf8.len, s, integer(), integer(), random(2) == 1)
    differ("utf8.offset", utf8.offset, stock.utf8.offset, s, integer(), integer())
    local numbers = {}
    for n = 1, random(0, 40) do numbers[n] = random(-20, 20) end
    local function down(x, y) return x > y end
    differ("sort", changes(table.sort), changes(stock.table.sort), numbers)
    differ("sort", changes(table.sort), changes(stock.table.sort), numbers, down)
end
-- no table at all, and what stands for one
for _, name in ipairs{"concat", "insert", "remove", "sort", "unpack", "move"} do
    for _, value in ipairs{0, "text", false, print} do differ(name, table[name], stock.table[name], value) end
    differ(name, table[name], stock.table[name])
    differ(name, table[name], stock.table[name], setmetatable({}, {__len = function() return "x" end}))
end
local log
local proxy = setmetatable({}, {
    __len = function() return 4 end,
    __index = function(_, key) log[#log + 1] = "get " .. key; return 10 - key end,
    __newindex = function(_, key, new) log[#log + 1] = "set " .. key .. "=" .. stock.tostring(new) end})
for name, arguments in pairs{concat = {","}, insert = {2, 8}, remove = {2}, unpack = {}} do
    local logs = {}
    for i, set in ipairs{table, stock.table} do
        log = {}
        local result = set[name](proxy, stock.table.unpack(arguments))
        logs[i] = stock.table.concat(log, " ") .. stock.tostring(result)
    end
    if logs[1] ~= logs[2] then error(name .. ": " .. logs[1] .. " instead of " .. logs[2]) end
end
return "the same"
)lua");

    CHECK(result == "the same");
}

TEST_CASE("errors say what stock Lua's say")
{
    struct example {
        const char* code;
        const char* message;
    };
    const example examples[] = {
        {"('a'):find('[a')", "malformed pattern (missing ']')"},
        {"('a'):find('%')", "malformed pattern (ends with '%')"},
        {"('a'):find('%b')", "malformed pattern (missing arguments to '%b')"},
        {"('a'):find('%f')", "malformed pattern (missing '[' after '%f')"},
        {"('a'):find('(a')", "unfinished capture"},
        {"('a'):find('(a))')", "invalid pattern capture"},
        {"('a'):find('%1')", "invalid capture index %1"},
        {"('a'):find(('()'):rep(33))", "too many captures"},
        {"('a'):rep(300):find(('a?'):rep(200))", "pattern too complex"},
        {"('a'):gsub('a', '%2')", "invalid capture index %2 in replacement string"},
        {"('a'):gsub('a', '%x')", "invalid use of '%' in replacement string"},
        {"('a'):gsub('a', function() return {} end)", "invalid replacement value (a table)"},
        {"('a'):gsub('a')", "bad argument #2 to 'gsub' (string/function/table expected, got no value)"},
        {"string.rep()", "bad argument #1 to 'rep' (string expected, got no value)"},
        {"string.find({}, 'a')", "bad argument #1 to 'find' (string expected, got table)"},
        {"table.concat({1, {}, 3})", "invalid value (at index 2) in table for 'concat'"},
        {"table.insert({}, 5, 1)", "bad argument #2 to 'insert' (position out of bounds)"},
        {"table.insert({}, 1, 1, 1)", "wrong number of arguments to 'insert'"},
        {"table.unpack({}, 1, 1e8)", "too many results to unpack"},
        {"table.sort({1, 'x'})", "attempt to compare"},
        {"table.sort({1, 1, 1, 1, 1}, function() return true end)", "invalid order function for sorting"},
        {"utf8.offset('\\xc3\\xa9', 1, 2)", "initial position is a continuation byte"},
        {"return 'a' + 1", "attempt to add a 'string' with a 'number'"},
    };
    script own{library::bounded};

    for (const auto& [code, message] : examples) {
        CAPTURE(code);
        const std::string result = own.run(code);
        CAPTURE(result);
        CHECK(result.find(message) != std::string::npos);
    }
}

TEST_CASE("a pattern may have as many repetitions as in stock Lua")
{
    script both{library::bounded};

    CHECK(both.run("return select(2, ('a'):rep(300):find(('a?'):rep(199)))") == "199");
    CHECK(both.run("return select(2, stock.string.find(('a'):rep(300), ('a?'):rep(199)))") == "199");
    CHECK(both.run("return ('a'):rep(300):find(('a?'):rep(200))").starts_with("error: "));
    CHECK(both.run("return stock.string.find(('a'):rep(300), ('a?'):rep(200))").starts_with("error: "));
    CHECK(both.run("return ('a'):rep(100000):match(('a-'):rep(150) .. '$'):len()") == "100000");
}

TEST_CASE("nothing runs for ever")
{
    constexpr std::uint64_t instructions = 3'000'000;
    struct attack {
        const char* name;
        const char* before;  // with the same budget, but before
        const char* code;
    };
    const attack attacks[] = {
        {"four times .-", "s = ('a'):rep(120)", "s:find('.-.-.-.-b')"},
        {"four times .* and a set", "s = ('a'):rep(80)", "s:find('.*.*.*[ab]*c')"},
        {"repetition of one less", "s = ('a'):rep(6000)", "s:find('.*b')"},
        {"optional items", "s = ('a'):rep(21); p = ('a?'):rep(21) .. ('a'):rep(22)", "s:find(p)"},
        {"captures that are undone", "s = ('a'):rep(600)", "s:find('^(a*)(a*)(a*)b')"},
        {"a pattern of nothing", "s = ('a'):rep(1000000)", "for _ = 1, 20 do s:gsub('', '') end"},
        {"what is repeated at once", "s = ('a'):rep(1000000)", "for _ = 1, 20 do s:find('^a*()$') end"},
        {"what is repeated one by one", "s = ('a'):rep(1000000)", "for _ = 1, 20 do s:find('^a-()$') end"},
        {"captures of positions", "s = ('a'):rep(20000); p = ('()'):rep(32) .. 'b'", "for _ = 1, 30 do s:find(p) end"},
        {"ends that are none", "s = ('a'):rep(1000000)", "for _ = 1, 20 do s:find('$()') end"},
        {"plain, a little each time", "s = ('a'):rep(10000)", "for _ = 1, 30000 do s:find('b', 1, true) end"},
        {"a match, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 30000 do s:find('^a*$') end"},
        {"no match, a little each time", "s = ('a'):rep(500)", "for _ = 1, 30000 do s:find('^a*b') end"},
        {"gmatch, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 30000 do s:gmatch('a*()$')() end"},
        {"gmatch in vain, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 20000 do s:gmatch('ba')() end"},
        {"gsub, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 20000 do s:gsub('b', '') end"},
        {"upper, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 40000 do s:upper() end"},
        {"format, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 40000 do ('%s'):format(s) end"},
        {"concat, a little each time", "t = {}; for i = 1, 100 do t[i] = 'a' end",
         "for _ = 1, 40000 do table.concat(t) end"},
        {"sort, a little each time", "t = {}; for i = 1, 50 do t[i] = i end", "for _ = 1, 10000 do table.sort(t) end"},
        {"utf8.offset, a little each time", "s = ('a'):rep(1000)", "for _ = 1, 30000 do utf8.offset(s, 1000) end"},
        {"utf8.codes, a little each time", "s = 'a' .. ('\\x80'):rep(1000); f = utf8.codes(s)",
         "for _ = 1, 30000 do pcall(f, s, 1) end"},
        {"balance that is never reached", "s = ('('):rep(10000)", "s:find('%b()')"},
        {"balance in a balance", "s = ('(a'):rep(5000) .. ')'", "for _ = 1, 3 do s:gsub('%b()%b()', '') end"},
        {"a long set", "s = ('a'):rep(20000); p = '[' .. ('b'):rep(2000) .. ']'", "s:find(p)"},
        {"a long set, read once", "s = ('a'):rep(20000); p = '^[' .. ('b'):rep(2000) .. 'a]*()'", "s:find(p)"},
        {"a long set at a frontier", "s = ('a'):rep(20000); p = '%f[' .. ('b'):rep(2000) .. ']'", "s:find(p)"},
        {"a long capture again", "s = ('a'):rep(30000)", "s:find('^(a-)%1b')"},
        {"plain: nearly everywhere", "s = ('a'):rep(30000); p = ('a'):rep(15000) .. 'b'", "s:find(p, 1, true)"},
        {"plain: nowhere", "s = ('a'):rep(1000000)", "for _ = 1, 200 do s:find('b', 1, true) end"},
        {"captures of the whole", "s = ('a'):rep(1000000)", "for _ = 1, 10 do s:match('^((((((((.*))))))))$') end"},
        {"the whole match", "s = ('a'):rep(1000000)", "for _ = 1, 50 do s:match('.*') end"},
        {"gmatch in coroutines", "s = ('a'):rep(80)",
         "local it = s:gmatch('.-.-.-.-b'); local c = coroutine.wrap(function() coroutine.yield(1); it() end); c(); c()"},
        {"gmatch that finds a little at a time", "s = ('a'):rep(2000)",
         "local it = s:gmatch('a.-b'); for _ = 1, 6 do coroutine.wrap(it)() end"},
        {"gsub in gsub", "s = ('a'):rep(80)", "('x'):gsub('x', function() s:gsub('.-.-.-.-b', '') end)"},
        {"gsub with a long text", "s = ('a'):rep(2000); r = ('b'):rep(40000)", "s:gsub('a', r)"},
        {"gsub with a long capture", "s = ('a'):rep(1000000); r = ('%1'):rep(40)", "s:gsub('(.*)', r)"},
        {"gsub with a long match", "s = ('a'):rep(1000000); r = ('%0'):rep(40)", "s:gsub('.*', r)"},
        {"gsub with a long result",
         "s = ('a'):rep(2000); r = ('b'):rep(40000); f = setmetatable({}, {__index = {a = r}})", "s:gsub('a', f)"},
        {"gsub that keeps a long match", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:gsub('().*', {}) end"},
        {"gsub once, then a long rest", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:gsub('a', 'b', 1) end"},
        {"rep", "", "for _ = 1, 20 do ('a'):rep(1000000) end"},
        {"rep of nothing", "", "(''):rep(100000000)"},
        {"rep of a long text", "s = ('a'):rep(100000)", "for _ = 1, 10 do s:rep(100) end"},
        {"rep of a separator", "s = ('a'):rep(100000)", "for _ = 1, 10 do (''):rep(100, s) end"},
        {"upper", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:upper() end"},
        {"lower", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:lower() end"},
        {"reverse", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:reverse() end"},
        {"sub", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:sub(2) end"},
        {"byte", "s = ('a'):rep(100000)", "for _ = 1, 40 do s:byte(1, -1) end"},
        {"char", "s = ('a'):rep(100000); f = function(...) for _ = 1, 40 do string.char(...) end end",
         "f(stock.string.byte(s, 1, -1))"},
        {"format of a long text", "s = ('a'):rep(1000000)", "for _ = 1, 40 do ('%s'):format(s) end"},
        {"format of what __tostring gives",
         "s = ('a'):rep(1000000); t = setmetatable({}, {__tostring = function() return s end})",
         "for _ = 1, 40 do ('%s'):format(t) end"},
        {"format quoted", "s = ('a'):rep(1000000)", "for _ = 1, 20 do ('%q'):format(s) end"},
        {"a long format", "s = ('a'):rep(1000000)", "for _ = 1, 40 do s:format() end"},
        {"a format of many numbers",
         "s = ('%99.99f'):rep(200); f = function(...) for _ = 1, 2000 do s:format(...) end end"
         " t = {}; for i = 1, 200 do t[i] = i end",
         "f(stock.table.unpack(t))"},
        {"tonumber", "s = ('1'):rep(1000000)", "for _ = 1, 40 do tonumber(s, 10) end"},
        {"calculating with text", "s = (' '):rep(1000000) .. '1'", "for _ = 1, 40 do local _ = s + 1 end"},
        {"the negative of text", "s = (' '):rep(1000000) .. '1'", "for _ = 1, 40 do local _ = -s end"},
        {"select",
         "t = {}; for i = 1, 100000 do t[i] = i end; f = function(...) for _ = 1, 60 do select('#', ...) end end",
         "f(stock.table.unpack(t))"},
        {"concat of many", "t = {}; for i = 1, 100000 do t[i] = 'a' end", "for _ = 1, 40 do table.concat(t) end"},
        {"concat of long ones", "s = ('a'):rep(100000); t = {}; for i = 1, 1000 do t[i] = s end", "table.concat(t)"},
        {"concat with a long separator", "s = ('a'):rep(100000); t = {}; for i = 1, 1000 do t[i] = '' end",
         "table.concat(t, s)"},
        {"concat of what a C function gives", "t = setmetatable({}, {__index = type})",
         "table.concat(t, '', 1, 3000000)"},
        {"insert at the front", "t = {}; for i = 1, 100000 do t[i] = i end",
         "for _ = 1, 40 do table.insert(t, 1, 0) end"},
        {"insert into what says that it is long", "t = setmetatable({}, {__len = function() return 300000 end})",
         "for _ = 1, 12 do table.insert(t, 1, nil) end"},
        {"remove at the front", "t = {}; for i = 1, 100000 do t[i] = i end", "for _ = 1, 40 do table.remove(t, 1) end"},
        {"move", "t = {}; for i = 1, 100000 do t[i] = i end", "for _ = 1, 40 do table.move(t, 1, 100000, 2) end"},
        {"unpack", "t = {}; for i = 1, 100000 do t[i] = i end", "for _ = 1, 40 do table.unpack(t) end"},
        {"pack",
         "t = {}; for i = 1, 100000 do t[i] = i end; f = function(...) for _ = 1, 40 do table.pack(...) end end",
         "f(stock.table.unpack(t))"},
        {"sort", "t = {}; for i = 1, 100000 do t[i] = i * 7919 % 100003 end",
         "for _ = 1, 4 do table.sort(stock.table.move(t, 1, #t, 1, {})) end"},
        {"sort of one long text", "s = ('a'):rep(100000); t = {}; for i = 1, 200 do t[i] = s .. i end",
         "table.sort(t)"},
        {"utf8.char",
         "t = {}; for i = 1, 100000 do t[i] = 65 end; f = function(...) for _ = 1, 40 do utf8.char(...) end end",
         "f(stock.table.unpack(t))"},
        {"utf8.codepoint", "s = ('a'):rep(100000)", "for _ = 1, 40 do utf8.codepoint(s, 1, -1) end"},
        {"utf8.len", "s = ('a'):rep(1000000)", "for _ = 1, 40 do utf8.len(s) end"},
        {"utf8.offset forwards", "s = ('a'):rep(1000000)", "for _ = 1, 40 do utf8.offset(s, 1000000) end"},
        {"utf8.offset backwards", "s = ('a'):rep(1000000)", "for _ = 1, 40 do utf8.offset(s, -1000000) end"},
        {"utf8.offset over what is no character", "s = 'a' .. ('\\x80'):rep(1000000)",
         "for _ = 1, 40 do utf8.offset(s, 0) utf8.offset(s, 2) end"},
        {"utf8.codes over what is no character", "s = 'a' .. ('\\x80'):rep(1000000)",
         "local f = utf8.codes(s); for _ = 1, 40 do pcall(f, s, 1) end"},
    };
    for (const auto& [name, before, code] : attacks) {
        CAPTURE(name);
        script stock{library::stock, instructions};
        REQUIRE(stock.run(before) == "nil");
        CHECK(stock.run(code) == "nil");
        CHECK(stock.used_up().empty());

        for (const library kind : {library::bounded, library::repeatable}) {
            if (kind == library::repeatable && std::string_view{code}.find("format") == std::string_view::npos) {
                continue;  // the same function as in the other kind
            }
            script own{kind, instructions};
            REQUIRE(own.run(before) == "nil");
            REQUIRE(own.used_up().empty());
            const std::string result = own.run(code);
            CHECK(result.find("the script is ended: it used more than it may") != std::string::npos);
            CHECK(own.used_up() == "its instructions are used up");
        }
    }
}

TEST_CASE("what would take stock Lua minutes or for ever ends as well")
{
    const char* const attacks[] = {
        "(('a'):rep(220)):find('.-.-.-.-.-b')",
        "(('a'):rep(220)):gsub('(.-)(.-)(.-)(.-)(.-)b', '')",
        "(''):rep(1000000000000)",
        "('a'):rep(1000000000000)",
        "table.concat(setmetatable({}, {__index = type}), '', 1, math.maxinteger)",
        "table.move(setmetatable({}, {__index = type, __newindex = type}), 1, math.maxinteger - 1, 2)",
        "table.insert(setmetatable({}, {__len = function() return math.maxinteger - 1 end}), 1, 0)",
        "table.remove(setmetatable({}, {__len = function() return math.maxinteger - 1 end}), 1)",
        "table.sort(setmetatable({}, {__len = function() return 2000000000 end}), rawequal)",
        "while true do pcall(string.rep, 'a', 100000) end",
        "while true do pcall(string.find, ('a'):rep(80), '.-.-.-.-b') end",
    };
    for (const char* const code : attacks) {
        CAPTURE(code);
        script own{library::bounded, 1'000'000};

        CHECK(own.run(code).find("the script is ended: it used more than it may") != std::string::npos);
        CHECK(own.run("return ('a.b'):gsub('%.', '-')") == "a-b");
    }
}

TEST_CASE("what a script does with its texts day by day is cheap")
{
    script own{library::bounded, 20'000};

    CHECK(own.run(R"lua(
local line = "2026-03-02T10:00:01Z host sshd[1723]: Failed password for invalid user admin from 192.0.2.17 port 51122 ssh2"
local found
for _ = 1, 100 do
    found = line:match("from (%d+%.%d+%.%d+%.%d+) port (%d+)") .. line:sub(1, 10) .. line:upper():gsub("%s+", " ")
end
return #found
)lua") == "128");
}

TEST_CASE("more memory than there is ends in an error, and the state goes on")
{
    script own{library::bounded, many, 4U * 1024 * 1024};
    const char* const greedy[] = {
        "('a'):rep(8000000)",
        "local s = ('a'):rep(1000000); return s:gsub('a', 'bbbbbbbb')",
        "local s = ('a'):rep(1000000); return table.concat({s, s, s, s, s})",
        "local s = ('a'):rep(1000000); return ('%s%s%s%s%s'):format(s, s, s, s, s)",
    };
    for (const char* const code : greedy) {
        CAPTURE(code);

        CHECK(own.run(code) == "error: not enough memory");
        CHECK(own.run("return ('a'):rep(3, '-')") == "a-a-a");
    }
    CHECK(own.run("return pcall(string.rep, 'a', 8000000)") == "false");
}

TEST_CASE("sorting keeps what it sorts, whatever the order says")
{
    script own{library::bounded, 100'000'000};

    CHECK(own.run(R"lua(
math.randomseed(3, 4)
for round = 1, 400 do
    local list, sum = {}, 0
    for i = 1, math.random(0, 300) do
        list[i] = math.random(1, 200)
        sum = sum + list[i]
    end
    local order = ({
        function(a, b) return a < b end,
        function(a, b) return a <= b end,
        function() return true end,
        function() return math.random(2) == 1 end,
        function(a) if a == 77 then error("unwanted") end return a < 100 end})[round % 5 + 1]
    local fine = pcall(table.sort, list, order)
    for i = 1, #list do
        sum = sum - list[i]
        if i > 1 and fine and round % 5 <= 1 and list[i] < list[i - 1] then error("not sorted") end
    end
    if round % 5 == 0 and not fine then error("refused") end
    if sum ~= 0 then error("lost an element") end
end
return "kept"
)lua") == "kept");
}

TEST_CASE("a script that is repeatable sees no addresses")
{
    script own{library::repeatable};

    CHECK(own.run("return tostring({}) .. tostring(print) .. tostring(coroutine.create(print))") ==
          "tablefunctionthread");
    CHECK(own.run("return tostring(setmetatable({}, {__name = 'invoice'}))") == "invoice");
    CHECK(own.run("return tostring(setmetatable({}, {__name = {}}))") == "table");
    CHECK(own.run("return tostring(setmetatable({}, {__tostring = function() return 'own' end}))") == "own");
    CHECK(own.run("return tostring(nil) .. tostring(1) .. tostring(1.0) .. tostring(true) .. tostring('x')") ==
          "nil11.0truex");
    CHECK(own.run("return ('%s %10s|%-6s|%.2s'):format({}, print, {}, {})") == "table   function|table |ta");
    CHECK(own.run("return ('%5p'):format({})").find("%p is not available here") != std::string::npos);
    CHECK(own.run("return tostring(next) .. tostring(math.random) .. tostring(math.randomseed)") == "nilnilnil");
}

TEST_CASE("a script that is repeatable visits keys in their order")
{
    script own{library::repeatable};
    const std::string keys = R"lua(
local function keys(t)
    local made = {}
    for k, v in pairs(t) do
        if t[k] ~= v then error("another value") end
        made[#made + 1] = tostring(k)
    end
    return table.concat(made, " ")
end
)lua";

    CHECK(own.run(keys + "return keys{}").empty());
    CHECK(own.run(keys + "return keys{'a', 'b', nil, 'd'}") == "1 2 4");
    CHECK(own.run(keys + "return keys{z = 1, [true] = 1, ['10'] = 1, [false] = 1, [2.5] = 1, a = 1, [-1] = 1, [10] = 1,"
                         " ['a\\0b'] = 1, 'x'}") == std::string{"-1 1 2.5 10 10 a a\0b z false true", 33});
    CHECK(
        own.run(keys + "return keys{[math.huge] = 1, [-math.huge] = 1, [math.maxinteger] = 1, [math.mininteger] = 1,"
                       " [2^63] = 1, [-2^64] = 1, [0.5] = 1, [-0.5] = 1, [0] = 1, [2^53 + 0.0] = 1,"
                       " [(1 << 53) + 1] = 1}") ==
        "-inf -1.844674407371e+19 -9223372036854775808 -0.5 0 0.5 9007199254740992 9007199254740993 9223372036854775807 "
        "9.2233720368548e+18 inf");
    CHECK(own.run(keys + "return keys{[{}] = 1}").find("a table as a key has no place in a fixed order") !=
          std::string::npos);
    CHECK(own.run(keys + "return keys(setmetatable({}, {__pairs = function() return stock.next, {own = 1} end}))")
              .find("another value") != std::string::npos);
    CHECK(own.run("local t, seen = {c = 1, a = 1, b = 1, d = 1}, ''"
                  " for k in pairs(t) do seen = seen .. k; t[k] = nil; if k == 'b' then t.c = nil end end"
                  " return seen") == "abd");
    CHECK(own.run("return pairs()").find("bad argument #1 to 'pairs'") != std::string::npos);
    CHECK(own.run(R"lua(
local t, n = {}, 0
for i = 1, 5000 do t["k" .. i * 7919 % 5003] = i; t[i * 31 % 5003] = i; t[i + 0.25] = i end
local before
for k in pairs(t) do
    if before and type(before) == type(k) and not (before < k) then error("not in order") end
    before = k
    n = n + 1
end
return n)lua") == "15000");
}

TEST_CASE("visiting keys in their order is charged for")
{
    struct attack {
        const char* name;
        const char* before;
        const char* code;
    };
    const attack attacks[] = {
        {"collecting", "t = {}; for i = 1, 50000 do t[i] = i end", "for _ = 1, 40 do pairs(t) end"},
        {"collecting a little each time", "t = {}; for i = 1, 100 do t[i] = i end", "for _ = 1, 20000 do pairs(t) end"},
        {"passing a little each time",
         "t = {}; for i = 1, 500 do t[i] = i end; f = pairs(t); for i = 1, 500 do t[i] = nil end",
         "for _ = 1, 10000 do f(t) end"},
        {"sorting numbers", "t = {}; for i = 1, 20000 do t[-i] = i end", "for _ = 1, 12 do pairs(t) end"},
        {"sorting texts", "t = {}; s = ('a'):rep(20000); for i = 1, 100 do t[s .. i] = i end",
         "for _ = 1, 5 do pairs(t) end"},
        {"passing what is gone",
         "t = {}; for i = 1, 30000 do t[i] = i end; f = pairs(t); for i = 1, 30000 do t[i] = nil end",
         "for i = 1, 40 do f(t) end"},
    };
    for (const auto& [name, before, code] : attacks) {
        CAPTURE(name);
        script own{library::repeatable, 1'000'000};
        REQUIRE(own.run(before) == "nil");

        const std::string result = own.run(code);

        CHECK(result.find("the script is ended: it used more than it may") != std::string::npos);
    }
}
