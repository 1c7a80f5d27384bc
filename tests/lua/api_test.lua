-- The Lua API, as every script sees it. Run in a C++ host, by `daybook run`, and by stock lua5.4; needs the organizations
-- acme and globex and the table invoices.
--
-- Prints one line a test and "N passed, N failed" at the end; raises at the end if any failed.

local daybook = require "daybook"

local passed, failed = 0, 0

local function test(name, fn)
  local ok, problem = xpcall(fn, function(e)
    return type(e) == "string" and debug.traceback(e, 2) or tostring(e)
  end)
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    print("FAILED: " .. name .. "\n  " .. tostring(problem))
  end
end

local function equal(found, expected, what)
  if found ~= expected then
    error(("%s: %s (%s), expected %s (%s)"):format(what or "value", tostring(found), math.type(found) or type(found),
      tostring(expected), math.type(expected) or type(expected)), 2)
  end

end

-- The error that fn raises.
local function raised(fn, ...)
  local ok, e = pcall(fn, ...)
  if ok then error("nothing was raised", 2) end
  return e
end

local function kind(fn, ...)
  local e = raised(fn, ...)
  return type(e) == "table" and e.kind or e
end

local function event(fields)
  local e = { action = "test.run", actor = { type = "user", id = "u1" } }
  for k, v in pairs(fields or {}) do e[k] = v end
  return e
end

local function in_acme(fn) return daybook.with_tenant("acme", fn) end

-- ---------------------------------------------------------------- scopes

test("with_tenant returns what the function returned, nil and all", function()
  local a, b, c, d = daybook.with_tenant("acme", function(tx, x, y) return x, nil, y, tx:organization() end, 1, "two")
  equal(a, 1) equal(b, nil) equal(c, "two") equal(#d, 36)
end)

test("an organization is given by key or by id", function()
  local id = daybook.organization("acme").id
  equal(daybook.with_tenant(id, function(tx) return tx:organization() end), id)
  equal(kind(daybook.with_tenant, "nobody", print), "unknown_organization")
  equal(kind(daybook.with_tenant, "00000000-0000-0000-0000-000000000000", print), "invalid_id")
  assert(tostring(raised(daybook.with_tenant, 42, print)):find("string expected"))
end)

test("what is raised inside comes out unchanged, and nothing is written", function()
  local mine = setmetatable({}, { __tostring = function() error("never") end })
  local before = in_acme(function(tx) return tx:sql("select count(*) as n from daybook.audit_logs")[1].n end)
  equal(raised(in_acme, function(tx) tx:log_audit(event()) error(mine) end), mine)
  equal(raised(in_acme, function(tx) tx:log_audit(event()) error() end), nil)
  equal(raised(in_acme, function(tx) tx:log_audit(event()) error(7, 0) end), 7)
  equal(in_acme(function(tx) return tx:sql("select count(*) as n from daybook.audit_logs")[1].n end), before)
end)

test("a transaction that is over says so, wherever it was kept", function()
  local kept
  in_acme(function(tx) kept = tx end)
  for _, use in ipairs{
    function() kept:log_audit(event()) end,
    function() kept:sql("select 1") end,
    function() kept:events() end,
    function() kept:event("019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f") end,
    function() kept:flush() end,
    function() kept:organization() end,
    coroutine.wrap(function() kept:sql("select 1") end),
  } do
    local e = raised(use)
    equal(e.kind, "scope_ended") equal(e.message, "the transaction is over")
  end
  local list = in_acme(function(tx) return (tx:events()) end)
  equal(kind(list), "scope_ended")
  equal(list:cursor(), nil) list:close()
  equal(tostring(kept), "daybook.tx (over)")
end)

test("a nested scope is a savepoint, another organization is refused", function()
  in_acme(function(tx)
    local id
    pcall(in_acme, function(inner) id = inner:log_audit(event()) inner:flush() error("undo") end)
    equal(tx:event(id), nil)
    id = in_acme(function(inner) return inner:log_audit(event()) end)
    equal(tx:event(id).id, id)
    equal(kind(daybook.with_tenant, "globex", print), "nested_organization")
  end)
end)

test("a coroutine cannot yield out of a scope", function()
  local inside = coroutine.wrap(function() in_acme(function() coroutine.yield() end) end)
  assert(tostring(raised(inside)):find("yield"))
  equal(in_acme(function() return coroutine.wrap(function() coroutine.yield(3) end)() end), 3)
end)

test("an error that was swallowed is no commit", function()
  equal(kind(in_acme, function(tx) pcall(tx.sql, tx, "select 1/0") end), "not_committed")
end)

-- ---------------------------------------------------------------- events

test("an event comes back with every field", function()
  local given = event{
    occurred_at = "2026-03-02T10:00:00.123457Z",
    outcome = "denied",
    reason = "because",
    actor = { type = "user", id = "u7", name = "Zoë" },
    on_behalf_of = { { type = "service", id = "sync" } },
    targets = { { type = "doc", id = "42", name = "Plan" }, { type = "user", id = "u9" } },
    changes = { { path = "/role", old = daybook.null, new = "admin" }, { path = "/n", new = 9007199254740993 } },
    source_ip = "AWS Internal",
    metadata = { big = math.maxinteger, float = 0.1, list = daybook.array{}, empty = {}, none = daybook.null, yes = true },
    facets = { region = "eu" },
  }
  local id, e = in_acme(function(tx)
    local id = tx:log_audit(given)
    return id, tx:event(id)
  end)
  equal(e.id, id) equal(e.occurred_at, given.occurred_at) equal(e.outcome, "denied") equal(e.reason, "because")
  equal(e.actor.name, "Zoë") equal(e.on_behalf_of[1].id, "sync") equal(e.targets[2].id, "u9")
  equal(e.changes[1].old, daybook.null) equal(e.changes[1].new, "admin") equal(e.changes[2].new, 9007199254740993)
  equal(e.changes[2].old, nil) equal(e.source_ip, "AWS Internal") equal(e.facets.region, "eu")
  equal(e.metadata.big, math.maxinteger) equal(e.metadata.float, 0.1) equal(e.metadata.none, daybook.null)
  equal(e.metadata.yes, true) equal(e.db_role, "daybook_app")
  equal(daybook.encode(e.metadata.list), "[]") equal(daybook.encode(e.metadata.empty), "{}")
end)

test("numbers keep their digits", function()
  local text = '{"a": 123456789012345678901234567890, "b": 1.50, "c": 0.0, "d": 1e5, "e": -0, "f": 9007199254740993}'
  local e = in_acme(function(tx) return tx:event(tx:log_audit(event{ metadata = text })) end)
  equal(tostring(e.metadata.a), "123456789012345678901234567890")
  equal(tostring(e.metadata.b), "1.50") equal(e.metadata.c, 0.0) equal(tostring(e.metadata.d), "1e5")
  equal(tostring(e.metadata.e), "-0") equal(e.metadata.f, 9007199254740993)
  equal(daybook.encode(e.metadata), '{"a":123456789012345678901234567890,"b":1.50,"c":0.0,"d":1e5,"e":-0,"f":9007199254740993}')
  equal(e.metadata.b < e.metadata.d, true) equal(e.metadata.b:number(), 1.5)
end)

test("integers beyond a float, null, an empty list and an empty object survive writing and reading", function()
  local given = { past = 9007199254740993, least = math.mininteger, most = math.maxinteger, none = daybook.null,
    list = daybook.array{}, object = {}, nested = daybook.array{ daybook.array{}, {}, daybook.null, daybook.array{ {} } } }
  local text = daybook.encode(given)
  in_acme(function(tx)
    local id = tx:log_audit(event{ metadata = given, changes = { { path = "/a", old = given.list, new = given.object },
      { path = "/b", old = given.nested, new = given.most } } })
    local e = tx:event(id)
    equal(daybook.encode(e.metadata), text)
    equal(e.metadata.past, 9007199254740993) equal(e.metadata.least, math.mininteger)
    equal(daybook.encode(e.changes[1].old), "[]") equal(daybook.encode(e.changes[1].new), "{}")
    equal(daybook.encode(e.changes[2].old), "[[],{},null,[{}]]") equal(e.changes[2].new, math.maxinteger)
    -- What was read can be written again, and is the same.
    local again = tx:event(tx:log_audit(event{ metadata = e.metadata, changes = e.changes }))
    equal(daybook.encode(again.metadata), text) equal(daybook.encode(again.changes), daybook.encode(e.changes))
    equal(tx:sql("select metadata::text as m from daybook.audit_logs where id = $1", id)[1].m, text)
  end)
end)

test("a list of events is all or none", function()
  local ids = in_acme(function(tx) return tx:log_audit{ event(), event(), event() } end)
  equal(#ids, 3)
  in_acme(function(tx)
    equal(kind(tx.log_audit, tx, { event{ action = "half.list" }, event{ action = "" } }), "invalid_event")
    for _ in tx:events{ action = "half.list" } do error("it was queued") end
  end)
end)

test("a bad event names its field and is not written", function()
  in_acme(function(tx)
    local function message(fields) return raised(tx.log_audit, tx, event(fields)).message end
    assert(message{ action = "" }:find("action"))
    assert(message{ actor = {} }:find("actor.type"))
    assert(message{ outcome = "denied" }:find("reason"))
    assert(message{ targets = { { type = "doc", id = "1", colour = "red" } } }:find("colour"))
    assert(message{ acton = "x" }:find('did you mean "action"'))
    assert(message{ metadata = "not JSON" }:find("metadata"))
    assert(message{ metadata = '{}, "action": "forged"' }:find("metadata"))
    assert(message{ metadata = { 1, 2 } }:find("metadata"))
    assert(message{ metadata = { x = 0 / 0 } }:find("NaN"))
    assert(message{ metadata = { x = math.huge } }:find("infinity"))
    assert(message{ metadata = { x = print } }:find("function"))
    assert(message{ metadata = { x = "\0" } }:find("metadata"))
    assert(message{ metadata = { x = "\xff" } }:find("metadata"))
    assert(message{ metadata = { [1] = 1, x = 2 } }:find("neither a list nor an object"))
    assert(message{ occurred_at = "2026-03-02T10:00:00" }:find("zone"))
    assert(message{ occurred_at = 7 }:find("occurred_at"))
    local deep = {}
    for _ = 1, 70 do deep = { x = deep } end
    assert(message{ metadata = deep }:find("64 levels"))
    local loop = {}
    loop.loop = loop
    assert(message{ metadata = loop }:find("64 levels"))
  end)
end)

test("the same id twice is a duplicate, and the transaction is rolled back", function()
  local id = in_acme(function(tx) return tx:log_audit(event()) end)
  local e = raised(in_acme, function(tx)
    tx:sql("update invoices set paid = true where id = 1")
    tx:log_audit(event{ id = id })
  end)
  equal(e.kind, "duplicate_event") equal(e.code, "D0305") equal(e.sqlstate, "23505") equal(e.retryable, false)
  equal(tostring(e):sub(1, 7), "D0305: ")
  equal(in_acme(function(tx) return tx:sql("select paid from invoices where id = 1")[1].paid end), false)
end)

test("an attempt survives the rollback", function()
  local id
  pcall(in_acme, function()
    id = daybook.log_attempt("acme", event{ action = "attempt.made", outcome = "denied", reason = "no" })
    error("roll back")
  end)
  equal(in_acme(function(tx) return tx:event(id).action end), "attempt.made")
end)

-- ---------------------------------------------------------------- reading

test("events are filtered, ordered and limited", function()
  in_acme(function(tx)
    local list = {}
    for i = 1, 450 do
      list[i] = event{ action = i % 2 == 0 and "read.even" or "read.odd", targets = { { type = "n", id = tostring(i) } },
        occurred_at = ("2026-01-01T00:%02d:%02dZ"):format(i // 60, i % 60), facets = { third = tostring(i % 3) } }
    end
    tx:log_audit(list)
    local function find(filter)
      local found = {}
      for e in tx:events(filter) do found[#found + 1] = e.targets[1].id end
      return #found, found[1], found[#found]
    end
    local n, first, last = find{ action = "read.*" }
    equal(n, 450) equal(first, "450") equal(last, "1")
    n, first, last = find{ action = "read.*", order = "oldest" }
    equal(n, 450) equal(first, "1") equal(last, "450")
    equal((find{ action = "read.even" }), 225)
    equal((find{ action = { "read.even", "read.odd" } }), 450)
    equal((find{ action = "read.*", limit = 7 }), 7)
    equal((find{ action = "read.*", limit = 0 }), 0)
    equal((find{ action = "read.*", facets = { third = "0" } }), 150)
    equal((find{ target = "n:7", action = "read.*" }), 1)
    n, first, last = find{ action = "read.*", since = "2026-01-01T00:01:00Z", ["until"] = "2026-01-01T00:02:00Z" }
    equal(n, 60) equal(first, "119") equal(last, "60")
    equal(kind(tx.events, tx, { acton = "x" }), "unknown_field")
    equal(kind(tx.events, tx, { since = "yesterday" }), "invalid_time")
    equal(kind(tx.events, tx, { order = "sideways" }), "invalid_filter")
  end)
end)

test("what a filter cannot be is said with the field's name", function()
  in_acme(function(tx)
    local function refused(filter)
      local e = raised(tx.events, tx, filter)
      equal(e.kind, "invalid_filter") return e.message
    end
    equal(refused{ action = 5 }, "action is a text, not a number")
    equal(refused{ action = {} }, "action is a text or a list of texts, at least one, not a table")
    equal(refused{ action = { "a", daybook.null } }, "action is a text, not a userdata")
    equal(refused{ facets = "eu" }, "facets is a table of texts by key, not a string")
    equal(refused{ facets = { region = 7 } }, "facet.region is a text, not a number")
    equal(refused{ facets = { "eu" } }, "facets is a table of texts by key")
    equal(refused{ since = 7 }, "since is a text, not a number")
    equal(refused{ order = true }, "order is a text, not a boolean")
    equal(refused{ limit = -1 }, "limit is a whole number, 0 or more")
    equal(refused{ limit = 1.5 }, "limit is a whole number, 0 or more")
    equal(refused{ "action" }, "a filter is a table of fields")
    equal(kind(tx.events, tx, { ["action\0"] = "x" }), "unknown_field")
    equal(kind(tx.events, tx, { after = "x" }), "invalid_cursor")
    equal(kind(tx.events, tx, { facets = { ["third\0"] = "0" } }), "invalid_text")
    local n = 0
    for _ in tx:events{ action = "read.*", facets = { third = { "0", "1" } } } do n = n + 1 end
    equal(n, 300)
  end)
end)

test("a list holds one page, and nothing when the loop is left, however it is left", function()
  in_acme(function(tx)
    local function left_by(leave)
      local list, state, control, closing = tx:events{ action = "read.*" }
      equal(state, nil) equal(control, nil) equal(closing, list)
      pcall(function()
        for e in list, state, control, closing do
          equal(e.action, "read.even") equal(tostring(list), "daybook.listing (199 at hand)")
          if leave(e) then break end
        end
      end)
      equal(tostring(list), "daybook.listing (closed)") equal(list(), nil)
    end
    left_by(function() return true end)
    left_by(function() error "left" end)
    left_by(function() error(nil) end)
    local function returns()
      local list, state, control, closing = tx:events{ action = "read.*" }
      for _ in list, state, control, closing do return list end
    end
    equal(tostring(returns()), "daybook.listing (closed)")

    local outer
    do
      local list <close> = tx:events{ action = "read.*" }
      outer = list
      equal(list().action, "read.even") equal(tostring(list), "daybook.listing (199 at hand)")
    end
    equal(tostring(outer), "daybook.listing (closed)")
    outer:close() outer:close()
    equal(outer(), nil)

    -- In a coroutine that is closed, and in one that is forgotten.
    local list, state, control, closing = tx:events{ action = "read.*" }
    local walker = coroutine.create(function() for e in list, state, control, closing do coroutine.yield(e) end end)
    local _, e = coroutine.resume(walker)
    equal(e.action, "read.even")
    equal(coroutine.close(walker), true)
    equal(tostring(list), "daybook.listing (closed)")
  end)
end)

test("a coroutine that is forgotten inside a scope is harmless", function()
  local walker = in_acme(function(tx)
    local co = coroutine.create(function() for e in tx:events{ action = "read.*" } do coroutine.yield(e.action) end end)
    local _, action = coroutine.resume(co)
    equal(action, "read.even")
    coroutine.wrap(function() for e in tx:events{ action = "read.*" } do coroutine.yield(e) end end)()
    return co
  end)
  collectgarbage()
  -- The one that was kept hears it, as everybody does.
  local ok, e = coroutine.resume(walker)
  equal(ok, false) equal(e.kind, "scope_ended")
  walker = nil
  collectgarbage()
end)

test("a list goes on behind its cursor, in another transaction too", function()
  for _, order in ipairs{ "newest", "oldest" } do
    local seen, position, rounds = {}, nil, 0
    repeat
      position = in_acme(function(tx)
        local page <close> = tx:events{ action = "read.*", order = order, limit = 120, after = position }
        for e in page do seen[#seen + 1] = e.targets[1].id end
        return page:cursor()
      end)
      rounds = rounds + 1
    until not position
    equal(rounds, 4) equal(#seen, 450)
    for i, id in ipairs(seen) do equal(id, tostring(order == "oldest" and i or 451 - i)) end
  end
  local behind = in_acme(function(tx)
    local list = tx:events{ action = "read.even" }
    equal(list:cursor(), nil)
    local first = list()
    local behind = list:cursor()
    list:close()
    equal(list:cursor(), behind)
    local e = tx:events{ action = "read.*", after = behind }()
    equal(e.targets[1].id, tostring(math.tointeger(first.targets[1].id) - 1))
    -- The cursor knows the order; another one is a mistake.
    equal(kind(tx:events{ after = behind, order = "oldest" }), "invalid_cursor")
    local nothing = tx:events{ after = behind, action = "no.such" }
    equal(nothing:cursor(), behind) equal(nothing(), nil) equal(nothing:cursor(), nil)
    local all = tx:events{ action = "read.*", limit = 450 }
    for _ in all do end
    equal(all:cursor(), nil)
    return behind
  end)
  daybook.with_tenant("globex", function(tx) equal(kind(tx:events{ after = behind }), "invalid_cursor") end)
end)

test("events are counted over time and by value", function()
  in_acme(function(tx)
    local counted = tx:count{ action = "read.*", by = "minute" }
    equal(counted.events, 450) equal(counted.width, "minute") equal(counted.since, nil)
    equal(#counted.buckets, 8)
    equal(counted.buckets[1].begin, "2026-01-01T00:00:00.000000Z") equal(counted.buckets[1].events, 59)
    equal(counted.buckets[2].events, 60) equal(counted.buckets[8].events, 31) equal(counted.buckets[8].complete, true)
    counted = tx:count{ action = "read.*", by = "minute", limit_rows = 100 }
    equal(counted.events, 100) equal(type(counted.since), "string") equal(counted.buckets[1].complete, false)
    equal(tx:count{ action = "no.such" }.events, 0) equal(daybook.encode(tx:count{ action = "no.such" }.buckets), "[]")
    assert(tx:count().events > 450)
    equal(kind(tx.count, tx, { by = "fortnight" }), "wrong_usage") equal(kind(tx.count, tx, { by = 7 }), "invalid_filter")
    equal(kind(tx.count, tx, { limit_rows = 0 }), "invalid_filter") equal(kind(tx.count, tx, { limit = 1 }), "unknown_field")

    local values = tx:values("action", { action = "read.*" })
    equal(values.events, 450) equal(values.without, 0) equal(values.more_values, false)
    equal(#values.values, 2) equal(values.values[1].value, "read.even") equal(values.values[1].events, 225)
    values = tx:values("facet.third", { action = "read.*", limit_values = 1 })
    equal(#values.values, 1) equal(values.values[1].events, 150) equal(values.more_values, true)
    equal(tx:values("correlation_id", { action = "read.*" }).without, 450)
    equal(kind(tx.values, tx, "colour"), "unknown_field") assert(not pcall(tx.values, tx))
  end)
end)

test("another organization's events are not there", function()
  local id = daybook.with_tenant("globex", function(tx) return tx:log_audit(event()) end)
  equal(in_acme(function(tx) return tx:event(id) end), nil)
  equal(in_acme(function(tx) return tx:sql("select count(distinct organization_id) as n from daybook.audit_logs")[1].n end), 1)
end)

-- ---------------------------------------------------------------- SQL

test("values are bound, whatever they hold", function()
  in_acme(function(tx)
    local row = tx:sql([[select $1::text as quote, $2::bigint as integer, $3::float8 as float, $4::boolean as yes,
      $5::text is null as nothing, $6::json as json, $7::numeric as decimal, $8::text is null as null, 'x' as last]],
      "'; drop table invoices; --", math.maxinteger, 0.1, true, nil, { a = daybook.array{ 1 } },
      daybook.decimal "123456789012345678901234567890.50", daybook.null)[1]
    equal(row.quote, "'; drop table invoices; --") equal(row.integer, math.maxinteger) equal(row.float, 0.1)
    equal(row.yes, true) equal(row.nothing, true) equal(row.json, '{"a":[1]}') equal(row.null, true)
    equal(tostring(row.decimal), "123456789012345678901234567890.50") equal(row.last, "x")
    equal(tx:sql("select null as x")[1].x, nil)
    equal(tx:sql("update invoices set paid = paid where id < 4").affected, 3)
    equal(#tx:sql("select 1 where false"), 0)
    assert(not pcall(tx.sql, tx, "select $1", print))
    equal(kind(tx.sql, tx, "select 1\0; drop table invoices"), "invalid_text")
  end)
end)

test("an error of the server has its state", function()
  local e = raised(in_acme, function(tx) tx:sql("select nothing") end)
  equal(e.sqlstate, "42703") equal(e.kind, "statement_failed") assert(e.message:find("nothing"))
  e = raised(in_acme, function(tx) tx:sql("delete from daybook.audit_logs") end)
  equal(e.sqlstate, "42501") equal(e.kind, "permission_denied")
end)

-- ---------------------------------------------------------------- values

test("JSON and Lua hold the same value", function()
  for _, text in ipairs{ "null", "true", '"x\\u0001\\"\\\\"', "[]", "{}", "[1,[2,{}],{\"a\":null}]", "1.50", "-0", "1e400",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0.1", '"é😀"' } do
    equal(daybook.encode(daybook.decode(text)), text)
  end
  equal(daybook.decode('"\\ud83d\\ude00\\n"'), "😀\n")
  for _, text in ipairs{ "", "nul", "[1,]", "{\"a\"}", "1 2", '"\\ud800"', "\xff", "1e1000", "[" } do
    equal(kind(daybook.decode, text), "invalid_json", text)
  end
  for _, text in ipairs{ ("["):rep(60) .. ("]"):rep(60), ('{"a":'):rep(60) .. "1" .. ("}"):rep(60) } do
    equal(daybook.encode(daybook.decode(text)), text)
  end
  equal(daybook.encode{ b = 1, a = 2, c = 3 }, '{"a":2,"b":1,"c":3}')
end)

test("a finalizer that changes a table while it is encoded does no harm", function()
  collectgarbage("generational", 5, 100)
  for round = 1, 3 do
    local t = {}
    for i = 1, 20000 do t["k" .. i] = i end
    for i = 1, 50 do
      setmetatable({}, { __gc = function()
        for j = 1, 200 do t["zz" .. i .. j] = j t["k" .. j * round] = nil end
      end })
    end
    pcall(daybook.encode, t)
  end
  collectgarbage("incremental")
end)

test("the auditor's URL is the only way across", function()
  local auditor = require "daybook.auditor"
  local rows = auditor.sql [[select o.key, count(*) as n from events e join organizations o on o.id = e.organization_id
    group by 1 order by 1]]
  equal(rows[1].key, "acme") equal(rows[2].key, "globex") equal(rows[2].n, 1)
  equal(kind(auditor.sql, "delete from daybook.audit_logs"), "not_one_query")
  equal(kind(auditor.sql, "select 1", os.getenv "DATABASE_URL"), "permission_denied")
end)

test("a pool of one's own can be closed", function()
  local pool = daybook.connect(os.getenv "DATABASE_URL")
  equal(pool:with_tenant("acme", function() return 5 end), 5)
  pool:close()
  equal(kind(pool.with_tenant, pool, "acme", print), "connection_lost")
  equal(kind(daybook.connect, ""), "no_url")
end)

test("a pool is not closed inside its own scope", function()
  local pool = daybook.connect(os.getenv "DATABASE_URL")
  pool:with_tenant("acme", function(tx)
    equal(kind(pool.close, pool), "wrong_usage")
    equal(kind(function() local p <close> = pool end), "wrong_usage")
    equal(#tx:organization(), 36)
  end)
  pool:close()
end)

test("metamethods are out of reach, and take their own objects only", function()
  local pool = daybook.connect(os.getenv "DATABASE_URL")
  in_acme(function(tx)
    local list = tx:events()
    for _, object in ipairs{ pool, list, tx, daybook.decimal "1.50" } do
      equal(object.__gc, nil) equal(object.__index, nil) equal(object.__metatable, nil)
      assert(not pcall(setmetatable, object, {}))
    end
    equal(pool.__close, nil) equal(list.__call, nil)
    assert(not pcall(list.cursor, tx)) assert(not pcall(tx.events, list)) assert(not pcall(tx.count, pool))
    assert(not pcall(list.close, pool))
    assert(not pcall(pool.close, list))
    assert(not pcall(pool.with_tenant, tx, "acme", print))
    if debug then
      for _, object in ipairs{ pool, list } do
        local collect = debug.getmetatable(object).__gc
        assert(not pcall(collect, tx)) assert(not pcall(collect, daybook.null)) assert(not pcall(collect))
        collect(object) collect(object)
      end
      equal(kind(pool.with_tenant, pool, "acme", print), "connection_lost")
    end
  end)
end)

test("objects are what they seem", function()
  equal(getmetatable(daybook.null), "daybook.null") equal(tostring(daybook.null), "null")
  in_acme(function(tx)
    equal(getmetatable(tx), "daybook.tx")
    assert(not pcall(tx.log_audit, {}, event()))
    assert(not pcall(tx.log_audit, daybook.null, event()))
    assert(not pcall(tx.log_audit, tx, "text"))
    assert(not pcall(tx.events, tx, 5))
    assert(not pcall(tx.event, tx, 5))
    equal(kind(tx.event, tx, "X"), "invalid_id")
  end)
end)

print(("%d passed, %d failed"):format(passed, failed))
if failed > 0 then error(failed .. " tests failed", 0) end
