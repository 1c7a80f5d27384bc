-- What bindings_test.cpp does to every function of the bindings. Its parts: arguments, stack, memory.
--
-- From C++ come call(f, …), squeeze(f, room) and starve(f, allocations); `calls` counts.

local part = ...
local daybook = require "daybook"
local core = require "daybook.core"

calls = 0

local function new_event()
  return { action = "misuse.run", actor = { type = "user", id = "u1", name = "Zoë" },
    targets = { { type = "doc", id = "7" } }, changes = { { path = "/n", old = daybook.null, new = 9007199254740993 } }, facets = { region = "eu" },
    metadata = { list = daybook.array{ 1, 0.5 }, empty = {}, price = daybook.decimal "1.50" } }
end

daybook.with_tenant("acme", function(tx)
  for i = 1, 3 do tx:log_audit(new_event()) end
end)
local known = daybook.with_tenant("acme", function(tx) return tx:events()().id end)

-- Everything raised is a string of Lua's own, or an error object that is no defect.
local function acceptable(e, name)
  if type(e) ~= "string" and (type(e) ~= "table" or e.kind == "internal" or not e.code) then
    error(("%s raised %s"):format(name, tostring(e)), 0)
  end
end

-- A savepoint that is always rolled back, so that a statement that failed does not spoil what follows.
local function apart(work)
  local undo = {}
  local ok, e = pcall(daybook.with_tenant, "acme", function(tx) work(tx) error(undo) end)
  if e ~= undo then error(e, 0) end
end

-- ---------------------------------------------------------------- wrong arguments

-- Every C function, by name: of the module, and of the types that it put into the registry, metamethods too.
local function functions()
  local found = {}
  for name, f in pairs(core) do
    if type(f) == "function" then found["core." .. name] = f end
  end
  for type_name, metatable in pairs(debug.getregistry()) do
    if type(type_name) == "string" and type_name:find("^daybook%.") and type(metatable) == "table" then
      for name, f in pairs(metatable) do
        if type(f) == "function" then found[type_name .. "." .. name] = f end
      end
      for name, f in pairs(type(metatable.__index) == "table" and metatable.__index or {}) do
        found[type_name .. ":" .. name] = f
      end
    end
  end
  return found
end

local function wrong_arguments(kept)
  local function values(tx)
    local list, closed = tx:events(), tx:events()
    closed:close()
    local pool, gone = daybook.connect(os.getenv "DATABASE_URL"), daybook.connect(os.getenv "DATABASE_URL")
    gone:close()
    return table.pack(tx, pool, list, nil, true, 0, -1, math.maxinteger, 0.5, 0 / 0, "", "acme", "select 1",
      "\0", "[]", "1", "action", known,
      "00000000-0000-4000-8000-000000000000", {}, { {} }, { 1, x = 2 }, new_event(), { action = "misuse.*", limit = 1 },
      daybook.array{}, function() end, type, coroutine.create(print), daybook.null, daybook.decimal "1.50", kept,
      gone, closed, io.stdout, setmetatable({}, { __index = error, __tostring = error, __len = error }))
  end
  local outcomes = {}
  local function try(name, f, ...)
    local ok, e = call(f, ...)
    calls = calls + 1
    if not ok then acceptable(e, name) end
    outcomes[name] = outcomes[name] or {}
    outcomes[name][ok] = true
  end
  for name, f in pairs(functions()) do
    try(name, f)
    apart(function(tx) for i = 1, values(tx).n do try(name, f, values(tx)[i]) end end)
    local count = 35
    for i = 1, count do
      apart(function(tx)
        local v = values(tx)
        assert(v.n == count)
        for k = 1, count do try(name, f, v[i], v[k]) end
      end)
    end
    -- One more behind the objects whose methods take two.
    for i = 1, 2 do
      for k = 1, count do
        apart(function(tx)
          local v = values(tx)
          for n = 1, count do try(name, f, v[i], v[k], v[n]) end
        end)
      end
    end
  end
  -- Or else this tries nothing. Scripts never hold what a binding keeps for itself.
  local never_raise = { ["core.default_pool"] = true, ["daybook.null.__tostring"] = true }
  local hidden = { question = true, batch = true, rows = true, text_buffer = true, answer = true }
  for name, outcome in pairs(outcomes) do
    local called = outcome[true] or hidden[name:match("^daybook%.([%w_]+)")] or name == "core.auditor_query"
    if not called then error(name .. " never returned", 0) end
    if not outcome[false] and not never_raise[name] then error(name .. " never raised", 0) end
  end
end

-- ---------------------------------------------------------------- good calls

-- One of each; each says by an assertion that it did its work.
local function good(pool)
  local event, list = new_event(), { new_event(), new_event() }
  local filter = { action = { "misuse.*" }, facets = { region = "eu" } }
  local text, attempt = daybook.encode(event), { action = "attempt.made", actor = { type = "user", id = "u1" } }
  local function same(found, expected) if found ~= expected then error("a wrong result", 0) end end
  return {
    log_one = function(tx) same(#tx:log_audit(event), 36) end,
    log_list = function(tx) same(#tx:log_audit(list), 2) end,
    events = function(tx)
      local n = 0
      for e in tx:events(filter) do n = n + 1 same(e.actor.name, "Zoë") end
      same(n, 3)
    end,
    list = function(tx)
      local all <close> = tx:events(filter)
      same(all().changes[1].new, 9007199254740993)
      same(#all:cursor() > 10, true) same(#tostring(all) > 10, true)
    end,
    event = function(tx) same(tx:event(known).id, known) end,
    count = function(tx) same(tx:count(filter).events, 3) end,
    values = function(tx) same(tx:values("facet.region").values[1].value, "eu") end,
    sql = function(tx)
      local row = tx:sql("select $1::numeric as x, $2::json as y", daybook.decimal "1.50", event)[1]
      same(tostring(row.x), "1.50") same(#row.y > 100, true)
    end,
    flush = function(tx) tx:flush() end,
    organization = function(tx) same(#tx:organization(), 36) same(tostring(tx), "daybook.tx") end,
    values_of_json = function() same(daybook.encode(daybook.decode(text)), text) end,
    comparing = function() same(daybook.decimal "1.50" < daybook.decode "1.60", true) end,
    array = function() same(#daybook.array{ 1, 2 }, 2) end,
    find_organization = function() same(pool:organization("acme").key, "acme") end,
    savepoint = function() same(pool:with_tenant("acme", function(inner, x) return x, inner:log_audit(event) end, 5), 5) end,
    attempt = function() same(#pool:log_attempt("acme", attempt), 36) end,
    connect = function() daybook.connect("host=nowhere"):close() end,
    raised = function(tx) same(pcall(tx.event, tx, "X"), false) end,
  }
end

local function full_stack()
  local pool = core.default_pool()
  for name, work in pairs(good(pool)) do
    local worked = false
    -- A C function has 20 values of its own, or is not called.
    for _, room in ipairs{ 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 48, 52, 56, 64, 80, 250 } do
      apart(function(tx)
        local ok, e = squeeze(function() work(tx) end, room)
        calls = calls + 1
        worked = ok
        if not ok and not tostring(e):find("stack overflow") and not tostring(e):find("error in error handling") then
          error(("%s, with room for %d: %s"):format(name, room, tostring(e)), 0)
        end
      end)
    end
    assert(worked, name .. " did not even work with room for 250 values")
  end
end

local function no_memory()
  local pool = core.default_pool()
  for name, work in pairs(good(pool)) do
    local left, denied, ok, e = 0, nil, nil, nil
    repeat
      apart(function(tx)
        local function run() work(tx) end
        denied, ok, e = starve(run, left)
      end)
      calls = calls + 1
      left = left + 1
      -- `raised` catches what is raised, and some wishes Lua can do without.
      if not ok and e ~= "not enough memory" then
        error(("%s, after %d allocations: %s"):format(name, left, tostring(e)), 0)
      end
    until not denied
    assert(ok, name)
  end
end

if part == "arguments" then
  wrong_arguments(daybook.with_tenant("acme", function(tx) return tx end))
elseif part == "stack" then
  full_stack()
elseif part == "memory" then
  no_memory()
end

-- All is as before.
daybook.with_tenant("acme", function(tx)
  assert(tx:event(known).id == known)
  apart(function(inner) inner:log_audit(new_event()) assert(inner:events()().action == "misuse.run") end)
end)
