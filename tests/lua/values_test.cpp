// JSON and Lua values: what is compared instead of converted, and what is kept on the stack instead of in tables.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <daybook/mapping.hpp>

#include "sandbox.hpp"
#include "support.hpp"
#include "temporary_file.hpp"
#include "values.hpp"

using namespace daybook;
using daybook::testing::temporary_file;

namespace {

// One JSON text, what a script does to its value `v`, and what came out.
struct trial {
    const char* json;
    const char* edit;
    bool surely = false;
    std::string before{};
    std::string after{};
};

void keep(lua_State* L, int index, std::string& to)
{
    lua::text_buffer& out = lua::new_buffer(L);
    lua::append_json(L, index, out, "v");
    to = out.view();
    lua_pop(L, 1);
}

int run(lua_State* L)
{
    auto& one = *static_cast<trial*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    lua_newtable(L);
    lua::open_errors(L);
    lua::open_values(L);
    lua_setglobal(L, "daybook");
    lua_settop(L, 0);
    lua::push_json(L, one.json);
    keep(L, 1, one.before);
    lua_pushvalue(L, 1);
    lua_setglobal(L, "v");
    lua::push_function(L, one.edit, "=edit");
    lua_call(L, 0, 0);
    lua_getglobal(L, "v");
    const int top = lua_gettop(L);
    one.surely = lua::is_surely(L, -1, one.json);
    if (lua_gettop(L) != top) {
        return luaL_error(L, "is_surely() left something on the stack");
    }
    keep(L, top, one.after);
    return 0;
}

trial tried(const std::string& json, const std::string& edit)
{
    trial one{json.c_str(), edit.c_str()};
    lua::sandbox box{{.instructions = 1'000'000, .memory = 32 * 1024 * 1024, .time = std::chrono::milliseconds{10'000}},
                     lua::purpose::rules};
    box.call(run, &one);
    return one;
}

std::string members(int count)
{
    std::string json = "{";
    for (int i = 0; i < count; ++i) {
        json += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
    }
    return json + "}";
}

const std::vector<std::string> texts{
    R"({})",
    R"([])",
    R"({"a":1})",
    R"({"a":1,"b":"x"})",
    R"({"a":1,"a":1})",
    R"({"a":1,"a":2})",
    R"({"a":{},"b":[]})",
    R"({"a":{"a":[1,2,{"a":null}]},"b":true})",
    R"({"a":0.25,"b":1.50,"c":-0,"d":1e5,"e":9007199254740993})",
    R"({"a":12345678901234567890,"b":0.1,"c":100.0})",
    R"({ "a" : "\u0041", "b\n" : 1 })",
    R"({"a":"","":""})",
    R"({"a":[null],"b":[[],{}],"c":false})",
    R"(["x",1])",
    R"("x")",
    R"(7)",
    R"(null)",
    R"({"a":null,"a":1})",
    R"({"b":{"a":1,"a":1}})",
};

const std::vector<std::string> edits{
    "",
    "v = 7",
    "v = 'x'",
    "v = daybook.null",
    "v = daybook.array{}",
    "v = {}",
    "v = daybook.array{ 'x', 1 }",
    "if type(v) == 'table' then v.a = nil end",
    "if type(v) == 'table' then v.a = 1 end",
    "if type(v) == 'table' then v.a = 1.0 end",
    "if type(v) == 'table' then v.a = '1' end",
    "if type(v) == 'table' then v.a = {} end",
    "if type(v) == 'table' then v.a = daybook.array{} end",
    "if type(v) == 'table' then v.b = 'x' end",
    "if type(v) == 'table' then v.b = 1.5 end",
    "if type(v) == 'table' then v.b = daybook.decimal'1.50' end",
    "if type(v) == 'table' then v.c = -0.0 end",
    "if type(v) == 'table' then v.e = 9007199254740993 end",
    "if type(v) == 'table' then v.e = 9007199254740992.0 end",
    "if type(v) == 'table' then v.b = false end",
    "if type(v) == 'table' then v.c = true end",
    "if type(v) == 'table' then v.a = daybook.null end",
    "if type(v) == 'table' and type(v.a) == 'table' then v.a.a = 1 end",
    "if type(v) == 'table' and type(v.a) == 'table' then v.a[1] = 1 end",
    "if type(v) == 'table' and type(v.b) == 'table' then v.b.a = nil; v.b.c = 1 end",
    "if type(v) == 'table' then setmetatable(v, {}) end",
    "if type(v) == 'table' then v.k31 = 32 end",
    "if type(v) == 'table' then v.more = 1 end",
};

}  // namespace

TEST_CASE("what surely is a JSON text's value is written as that value is", "[values]")
{
    std::vector<std::string> all = texts;
    for (const int count : {31, 32, 33, 40}) {
        all.push_back(members(count));
    }
    int sure = 0;
    for (const std::string& json : all) {
        for (const std::string& edit : edits) {
            trial one;
            try {
                one = tried(json, edit);
            } catch (const error&) {
                continue;  // the edit made what JSON cannot hold
            }
            CAPTURE(json, edit, one.before, one.after);
            CHECK((!one.surely || one.before == one.after));
            sure += one.surely ? 1 : 0;
        }
    }
    CHECK(sure > 100);
}

TEST_CASE("what was not touched is surely the same, but for escapes, repeated and very many keys", "[values]")
{
    CHECK(tried(R"({"a":{"a":[1,2,{"a":null}]},"b":true,"c":[],"d":{}})", "").surely);
    CHECK(tried(R"({"a":0.25,"b":1.50,"c":-0,"d":1e5,"e":9007199254740993})", "").surely);
    CHECK(tried(members(32), "").surely);
    CHECK_FALSE(tried(members(33), "").surely);
    CHECK_FALSE(tried(R"({"a":"\u0041"})", "").surely);
    CHECK_FALSE(tried(R"({"a":1,"a":1})", "").surely);
    CHECK_FALSE(tried(R"({"a":1,"a":1})", "v.b = 2").surely);
}

TEST_CASE("objects of any number of members come and go with all of them, in the order of their keys", "[values]")
{
    for (const int count : {0, 1, 2, 31, 32, 33, 34, 64, 65, 200}) {
        CAPTURE(count);
        const std::string each = "local n = 0 for k, x in pairs(v) do n = n + 1 assert('k' .. x == k) end ";
        const trial one = tried(members(count), each + "assert(n == " + std::to_string(count) + ")");
        CHECK(one.before == one.after);
        CHECK(std::ranges::count(one.after, ':') == count);
    }
    CHECK(tried(R"({"b":1,"a":2,"b":3})", "").after == R"({"a":2,"b":3})");
    std::string deep = "1";
    for (int i = 0; i < 63; ++i) {
        deep = R"({"b":0,"a":)" + deep + "}";
    }
    CHECK(tried(deep, "").after.size() == deep.size());
}

TEST_CASE("the helpers of mappings say what they would say one step at a time", "[values]")
{
    const temporary_file file{"mapping.lua", R"(
local m = require "daybook.mapping"

local function get(e, ...)
  for i = 1, select("#", ...) do
    if type(e) ~= "table" then return nil end
    e = e[select(i, ...)]
  end
  return e
end

local function first(...)
  for i = 1, select("#", ...) do
    local text = m.text((select(i, ...)))
    if text then return text end
  end
  return nil
end

local e = { a = { b = { c = { d = "x" } }, f = false, t = "text" }, n = 5 }
local keys = { "a", "b", "c", "d", "f", "t", "n", "sub", 1 }
local function ways(path, depth)
  assert(m.get(e, table.unpack(path)) == get(e, table.unpack(path)), table.concat(path, "."))
  assert(m.get("text", table.unpack(path)) == get("text", table.unpack(path)), table.concat(path, "."))
  if depth > 0 then
    for _, key in ipairs(keys) do
      path[#path + 1] = key
      ways(path, depth - 1)
      path[#path] = nil
    end
  end
end
ways({}, 5)
assert(m.get(e, nil) == nil and m.get(e, "a", nil) == nil and m.get(nil) == nil and m.get(nil, "a") == nil)

local values = { false, "", "x", 0, 1.5, {} }
local function lists(...)
  assert(m.first(...) == first(...))
  local count = select("#", ...)
  if count < 5 then
    lists(nil, ...)
    for i = 1, #values do lists(values[i], ...) end
  end
end
lists()

return { map = function() return {} end }
)"};
    CHECK_NOTHROW(mapping{file.path()});
}
