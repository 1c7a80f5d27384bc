-- The types and the reference against the module that runs, in the same three places as api_test.lua. DAYBOOK_SOURCE is the
-- project's directory.
--
-- Every function that a script can reach has a block in lua/daybook/library/daybook.lua, and every block a function; every
-- example runs and prints what it says; the page is made of the file as it is now.

local source = os.getenv "DAYBOOK_SOURCE" or error("DAYBOOK_SOURCE is not set", 0)
local daybook = require "daybook"
local reference = dofile(source .. "/tools/lua_reference.lua")

local function read(path)
  local file = assert(io.open(source .. "/" .. path))
  local text = file:read "a"
  file:close()
  return text
end

local types = read "lua/daybook/library/daybook.lua"
local classes = reference.parse(types)
local failed, checked = 0, 0

local function check(condition, ...)
  checked = checked + 1
  if not condition then
    failed = failed + 1
    print("FAILED: " .. table.concat({ ... }, " "))
  end
end

-- ---------------------------------------------------------------- the page

check(reference.page(classes) == read "docs/lua_reference.md",
  "docs/lua_reference.md is not made of the types as they are: run lua5.4 tools/lua_reference.lua")

-- ---------------------------------------------------------------- what there is, and what has a block

local by_name = {}
for _, class in ipairs(classes) do by_name[class.name] = class end

local function names(list)
  local set = {}
  for _, item in ipairs(list) do set[item.name] = true end
  return set
end

-- `actual` is a table of what a script finds there.
local function compare(name, actual)
  local class = by_name[name]
  if not class then return check(false, name, "has no @class") end
  local functions, fields = names(class.functions), names(class.fields)
  for key, value in pairs(actual) do
    local documented = type(value) == "function" and functions or fields
    check(documented[key], name, key, "is there, and has no block")
    documented[key] = nil
  end
  for key in pairs(functions) do check(false, name, key, "has a block, and is not there") end
  for key in pairs(fields) do check(false, name, key, "is a @field, and is not there") end
end

-- The files beside init.lua are the modules.
local listing = assert(io.popen(("ls '%s/lua/daybook'"):format(source)))
local modules = 0
for file in listing:lines() do
  local stem = file:match "^([%w_]+)%.lua$"
  if stem then
    local name = stem == "init" and "daybook" or "daybook." .. stem
    compare(name, require(name))
    modules = modules + 1
  end
end
listing:close()
check(modules >= 3, "the modules were not found")

-- Types with methods are in the registry; the others are hidden, or hold no functions.
local methods = 0
for name, metatable in pairs(debug.getregistry()) do
  local ours = type(name) == "string" and name:find "^daybook%." and type(metatable) == "table"
  local functions = ours and type(metatable.__index) == "table" and metatable.__index
  if functions and next(functions) then
    compare(name, functions)
    methods = methods + 1
  end
end
check(methods >= 4, "the types were not found")

-- A class with methods belongs to something that was found above.
for _, class in ipairs(classes) do
  if #class.functions > 0 then
    local there = package.loaded[class.name] or debug.getregistry()[class.name]
    check(there, class.name, "has blocks, and there is no such module or type")
  end
end

-- ---------------------------------------------------------------- fields

local function fields_of(name)
  local all = {}
  local class = by_name[name]
  while class do
    for field in pairs(names(class.fields)) do all[field] = true end
    class = by_name[class.parent]
  end
  return all
end

local function fields_are(name, actual)
  local documented = fields_of(name)
  for key in pairs(actual) do check(type(key) == "number" or documented[key], name, key, "is no @field") end
end

local undone = {}
local _, problem = pcall(daybook.with_tenant, "acme", function(tx)
  local entity = { type = "doc", id = "1", name = "One" }
  local full = { action = "reference.test", actor = entity, occurred_at = "2026-03-02T10:00:00Z", outcome = "denied",
    on_behalf_of = { entity }, targets = { entity }, reason = "none", changes = { { path = "/a", old = 1, new = 2 } },
    source_ip = "192.0.2.7", user_agent = "test", request_id = "r", correlation_id = "c", trace_id = "t", source = "s",
    metadata = { a = 1 }, facets = { k = "v" } }
  local id = tx:log_audit(full)
  local stored = tx:event(id)
  fields_are("daybook.stored_event", stored)
  fields_are("daybook.entity", stored.actor)
  fields_are("daybook.change", stored.changes[1])
  for _, f in ipairs(by_name["daybook.stored_event"].fields) do
    check(f.optional or stored[f.name] ~= nil, "no event has the @field", f.name)
  end
  full.id = id
  for field in pairs(fields_of "daybook.event") do check(full[field] ~= nil, "no event has the @field", field) end

  -- A filter takes every field, and says so of one that it does not know.
  tx:log_audit{ action = "reference.next", actor = entity }
  local two = tx:events{ action = "reference.*" }
  two()
  local values = { since = "2026-03-02T10:00:00Z", ["until"] = "2026-03-03T10:00:00Z", id = id, facets = { k = "v" },
    order = "oldest", limit = 1, outcome = "denied", by = "day", limit_rows = 5, limit_values = 5, after = two:cursor() }
  for name, use in pairs{
    ["daybook.list_options"] = function(f) return tx:events(f) end,
    ["daybook.count_options"] = function(f) return tx:count(f) end,
    ["daybook.value_options"] = function(f) return tx:values("action", f) end,
  } do
    for field in pairs(fields_of(name)) do
      local ok, e = pcall(use, { [field] = values[field] or "x" })
      check(ok, name, field, "is refused:", tostring(e))
    end
    local _, e = pcall(use, { colour = "red" })
    for field in e.message:match "fields are (.*)":gmatch "[%w_.]+" do
      check(field == "facet.KEY" or fields_of(name)[field], name, "has no @field", field)
    end
  end
  local counted, valued = tx:count{ limit_rows = 1 }, tx:values("action", { limit_rows = 1 })
  fields_are("daybook.time_counts", counted) fields_are("daybook.time_bucket", counted.buckets[1])
  fields_are("daybook.value_counts", valued) fields_are("daybook.value_count", valued.values[1])
  fields_are("daybook.rows", tx:sql "select 1")
  fields_are("daybook.organization", daybook.organization "acme")
  local _, e = pcall(daybook.with_tenant, "acme", function(inner) inner:sql "select nothing" end)
  fields_are("daybook.error", e)
  for _, pair in ipairs{ { "daybook.time_counts", counted }, { "daybook.value_counts", valued }, { "daybook.error", e } } do
    for field in pairs(fields_of(pair[1])) do check(pair[2][field] ~= nil, pair[1], "has no", field) end
  end
  error(undone)
end)
if problem ~= undone then error(problem, 0) end

-- ---------------------------------------------------------------- examples

local examples = 0
for _, class in ipairs(classes) do
  for _, f in ipairs(class.functions) do
    for _, example in ipairs(f.examples) do
      local printed, expected = {}, {}
      local function note(...)
        local texts = table.pack(...)
        for i = 1, texts.n do texts[i] = tostring(texts[i]) end
        printed[#printed + 1] = table.concat(texts, "\t")
      end
      for text in example:gmatch "%-%-> ([^\n]*)" do expected[#expected + 1] = text end
      local environment = setmetatable({ print = note }, { __index = _G })
      local ok, e = xpcall(assert(load(example, "=example of " .. f.full, "t", environment)), debug.traceback)
      check(ok, "the example of", f.full, "raised", tostring(e))
      local said, promised = table.concat(printed, "\n"), table.concat(expected, "\n")
      check(said == promised, "the example of", f.full, "printed\n" .. said .. "\nand not\n" .. promised)
      examples = examples + 1
    end
  end
end

-- ---------------------------------------------------------------- the generator refuses what is incomplete

local block = "---@class x\nlocal x = {}\n\n"
for _, case in ipairs{
  { block .. "---Does.\n---\n---Raises nothing.\nfunction x.f() end", "has no example" },
  { block .. "---Does.\n---\n---```lua\n---x()\n---```\nfunction x.f() end", "what it raises" },
  { block .. "---Raises nothing.\n---\n---```lua\n---x()\n---```\nfunction x.f(a) end", "other parameters" },
  { block .. "---Raises nothing.\n---\n---```lua\n---x()\nfunction x.f() end", "without an end" },
  { block .. "function x.f() end", "no description" },
  { block .. "---@colour red", "not known" },
  { block .. "---@param a", "cannot be read" },
  { block .. "x = 1", "cannot be read" },
  { "---@class x\n\nfunction y.f() end", "no class's variable" },
} do
  local ok, e = pcall(reference.parse, case[1])
  local told = not ok and e:find(case[2], 1, true) and e:find "^line %d+: "
  check(told, "the generator does not say", case[2], "but", tostring(e))
end

print(("%d examples, %d checks, %d failed"):format(examples, checked, failed))
if examples < 20 then error("the examples were not found", 0) end
if failed > 0 then error(failed .. " checks failed", 0) end
