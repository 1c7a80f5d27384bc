---@meta

-- The types of require "daybook", for editors, and the one source of docs/lua_reference.md (tools/lua_reference.lua).
--
-- A block for each function: what it does, when it raises, its parameters and results, and an example. A test runs every
-- example, compares what it prints with the comments --> behind its lines, and compares the blocks with the functions
-- that are there. To add a function, add a block.

---The module: `local daybook = require "daybook"`. Its functions use the pool that the C++ host handed in, else one of
---`DATABASE_URL`.
---@class daybook
---@field version string  of the engine
---@field null daybook.null  `null` inside JSON, where `nil` would be nothing
local daybook = {}

---Runs `work(tx, ...)` in a transaction that belongs to the organization: commits when it returns, rolls back when it
---raises. Inside a scope of the same organization it is a savepoint.
---
---Raises what `work` raised, unchanged; `unknown_organization`, `invalid_id`; `nested_organization` inside another
---organization's scope; `not_committed` if an error of the server was caught and the function returned as if nothing had
---happened; `commit_unknown` if the connection was lost during the commit: the same event ids make trying again safe.
---
---```lua
---local daybook = require "daybook"
---
---local paid = daybook.with_tenant("acme", function(tx, invoice)
---  tx:log_audit{ action = "invoice.paid", actor = { type = "user", id = "u1" } }
---  return tx:sql("update invoices set paid = true where id = $1", invoice).affected
---end, 42)
---print(paid) --> 1
---```
---@param organization string  its key or id, from the validated session, never from the client
---@param work fun(tx: daybook.tx, ...: any): ...  what is to be done; a coroutine cannot yield out of it
---@param ... any  for `work`
---@return any ...  what `work` returned
function daybook.with_tenant(organization, work, ...) end

---Records what was refused or failed in a transaction of its own, so that it stays when the business transaction is
---rolled back.
---
---Raises as `tx:log_audit` does; `unknown_organization`, `cannot_connect`.
---
---```lua
---local daybook = require "daybook"
---
---daybook.log_attempt("acme", {
---  action = "invoice.delete", actor = { type = "user", id = "u1" }, outcome = "denied", reason = "not an administrator",
---})
---```
---@param organization string  its key or id
---@param event daybook.event
---@return string id  of the event
function daybook.log_attempt(organization, event) end

---Looks an organization up.
---
---Raises `unknown_organization`, `invalid_id`.
---
---```lua
---local daybook = require "daybook"
---
---local acme = daybook.organization "acme"
---print(acme.key, #acme.id, daybook.organization(acme.id).key) --> acme	36	acme
---```
---@param key_or_id string
---@return daybook.organization
function daybook.organization(key_or_id) end

---A pool of one's own, beside the one that the module uses. It connects when it is needed first. Without options, its rules are
---those of the environment: DAYBOOK_CATALOGUE, DAYBOOK_HOOKS, DAYBOOK_HASH_KEY_FILE.
---
---Raises `no_url` for an empty text; `invalid_rules`, `unreadable_input` for files that cannot be used; a string for an
---option that is none.
---
---```lua
---local daybook = require "daybook"
---
---local name = os.tmpname()
---local file = assert(io.open(name, "w"))
---file:write [[return { name = "doors", strict = true, actions = { ["door.opened"] = true } }]]
---file:close()
---
---local pool <close> = daybook.connect(os.getenv "DATABASE_URL", { catalogue = name })
---local ok, e = pcall(pool.log_attempt, pool, "acme", { action = "door.kicked", actor = { type = "user", id = "u1" } })
---print(ok, e.kind) --> false	undeclared
---os.remove(name)
---```
---@param url string  a libpq URL or conninfo, of the application's role
---@param options? daybook.connect_options
---@return daybook.pool
function daybook.connect(url, options) end

---Marks a table as a JSON array, so that an empty one is `[]` and not `{}`. A table with elements is an array anyway.
---
---Raises a string for anything but a table.
---
---```lua
---local daybook = require "daybook"
---
---print(daybook.encode{ daybook.array{}, {}, { 1 } }) --> [[],{},[1]]
---```
---@generic T: table
---@param list? T  without one, a new table
---@return T list  the same table
function daybook.array(list) end

---A number with the digits that it was written with.
---
---Raises `invalid_json` if the text is no JSON number.
---
---```lua
---local daybook = require "daybook"
---
---print(daybook.encode{ price = daybook.decimal "1.50" }) --> {"price":1.50}
---```
---@param text string
---@return daybook.decimal
function daybook.decimal(text) end

---Makes JSON of a value, as [Values](lua.md#values) says. Keys are sorted, so that equal tables give equal texts.
---
---Raises `invalid_json` for what JSON cannot hold: functions, NaN, infinities, tables that are neither list nor object,
---more than 64 levels.
---
---```lua
---local daybook = require "daybook"
---
---print(daybook.encode{ b = 1, a = { true, daybook.null } }) --> {"a":[true,null],"b":1}
---```
---@param value any
---@return string json
function daybook.encode(value) end

---Makes a value of JSON, as [Values](lua.md#values) says. `encode` gives the same JSON again but for white space, the
---order of keys and the spelling of characters.
---
---Raises `invalid_json`, with the place.
---
---```lua
---local daybook = require "daybook"
---
---local value = daybook.decode '{"n": 9007199254740993, "price": 1.50, "none": null}'
---print(value.n, value.price, value.none == daybook.null) --> 9007199254740993	1.50	true
---```
---@param json string
---@return any value
function daybook.decode(json) end

---A transaction of one organization: what `work` gets. Kept beyond its scope, it raises `scope_ended`.
---@class daybook.tx
local tx = {}

---Writes an event, or a list of events, with the commit: all of them or none. They wait until the commit, `flush` or the
---first reading.
---
---Raises `invalid_event` and what names the field: `unknown_field`, `invalid_json`, `invalid_text`, `invalid_time`,
---`invalid_id`, `event_too_large`; with rules, `undeclared`, `refused_event`, `hook_failed`. An id that the organization
---has already raises `duplicate_event` when the events are sent, and rolls the transaction back.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  local id = tx:log_audit{ action = "role.grant", actor = { type = "user", id = "u1" },
---    targets = { { type = "user", id = "u9" } }, changes = { { path = "/role", old = "member", new = "admin" } } }
---  local ids = tx:log_audit{
---    { action = "invoice.sent", actor = { type = "system", id = "billing" } },
---    { action = "invoice.sent", actor = { type = "system", id = "billing" } },
---  }
---  print(#id, #ids) --> 36	2
---end)
---```
---@param event daybook.event  or a list of them
---@return string id  of the event; of a list of events, the list of their ids
---@overload fun(self: daybook.tx, events: daybook.event[]): string[]
function tx:log_audit(event) end

---Runs a statement of the host's in this transaction. Values are bound, never pasted: `nil` and `daybook.null` are null, a
---decimal is its text, a table is JSON.
---
---Raises `statement_failed` or `permission_denied`, with the server's `sqlstate`: the transaction can then only be rolled
---back, to a savepoint or whole.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  local rows = tx:sql("select id, paid from invoices where id between $1 and $2 order by id", 1, 3)
---  print(#rows, rows[1].id, rows.affected) --> 3	1	3
---end)
---```
---@param text string  one statement, with `$1`, `$2`, …
---@param ... any  the values
---@return daybook.rows
function tx:sql(text, ...) end

---Lists the events that a filter asks for, newest first unless `order` says otherwise. One page is in memory at a time;
---events that were logged in this transaction are among them.
---
---Raises `unknown_field`, `invalid_filter`, `invalid_time`, `invalid_cursor`.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  for i = 1, 3 do
---    tx:log_audit{ action = "door.opened", actor = { type = "badge", id = "b" .. i }, facets = { site = "north" } }
---  end
---  for e in tx:events{ action = "door.*", facets = { site = "north" }, order = "oldest" } do
---    print(e.actor.id) --> b1
---    if e.actor.id == "b1" then break end -- closes the list
---  end
---end)
---```
---@param filter? daybook.list_options  without one, all events
---@return daybook.listing list  closed at the end of a `for`, however it is left
---@return nil
---@return nil
---@return daybook.listing closing  the same again: what `for` closes
function tx:events(filter) end

---Reads one event.
---
---Raises `invalid_id`.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  local id = tx:log_audit{ action = "file.read", actor = { type = "user", id = "u1" } }
---  print(tx:event(id).action, tx:event("01a1f8a0-d5e7-7649-b70e-fbaa6bd052bf")) --> file.read	nil
---end)
---```
---@param id string
---@return daybook.stored_event? event  nil if this organization has none of that id
function tx:event(id) end

---Counts events over time: the newest, up to `limit_rows`.
---
---Raises as `tx:events` does; `wrong_usage` for a width that is none.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  for hour = 10, 12 do
---    tx:log_audit{ action = "job.run", actor = { type = "system", id = "cron" },
---      occurred_at = "2026-03-02T" .. hour .. ":00:00Z" }
---  end
---  local counted = tx:count{ action = "job.run", by = "hour" }
---  print(counted.events, counted.width) --> 3	hour
---  print(counted.buckets[1].begin, counted.buckets[1].events) --> 2026-03-02T10:00:00.000000Z	1
---end)
---```
---@param filter? daybook.count_options
---@return daybook.time_counts
function tx:count(filter) end

---Counts events by the values of a field: the newest, up to `limit_rows`.
---
---Raises as `tx:events` does; `unknown_field` for a field that cannot be counted.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  for _, size in ipairs{ "small", "large", "large" } do
---    tx:log_audit{ action = "order.placed", actor = { type = "user", id = "u1" }, facets = { size = size } }
---  end
---  for _, found in ipairs(tx:values("facet.size", { action = "order.placed" }).values) do
---    print(found.value, found.events)
---    --> large	2
---    --> small	1
---  end
---end)
---```
---@param field string  one of a filter's, but `id`; a facet is `facet.KEY`; `actor` and `target` are `type:id`
---@param filter? daybook.value_options
---@return daybook.value_counts
function tx:values(field, filter) end

---Sends the events that wait for the commit.
---
---Raises what the server says to them, such as `duplicate_event`.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  tx:log_audit{ action = "file.read", actor = { type = "user", id = "u1" } }
---  tx:flush()
---end)
---```
function tx:flush() end

---The organization of this transaction.
---
---Raises `scope_ended`.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  print(tx:organization() == daybook.organization("acme").id) --> true
---end)
---```
---@return string id
function tx:organization() end

---What `tx:events` returns. Called, it gives the next event, or nil at the end: that is what `for` does, and it closes the
---list however the loop is left. By hand, `local list <close> = tx:events{ … }`; one that is never closed goes with the
---garbage. `tostring(list)` says what it holds.
---@class daybook.listing
---@operator call: daybook.stored_event?
local listing = {}

---Where to go on behind the last event that was given, in this transaction or in a later one: the `after` of the next
---list with the same filter. It is no secret and no permission.
---
---Raises nothing, after the scope either.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  for i = 1, 5 do tx:log_audit{ action = "page.turned", actor = { type = "user", id = "u" .. i } } end
---end)
---
---local position
---repeat
---  position = daybook.with_tenant("acme", function(tx)
---    local page <close> = tx:events{ action = "page.turned", order = "oldest", limit = 2, after = position }
---    local ids = {}
---    for e in page do ids[#ids + 1] = e.actor.id end
---    print(table.concat(ids, " "))
---    --> u1 u2
---    --> u3 u4
---    --> u5
---    return page:cursor()
---  end)
---until not position
---```
---@return string? position  nil when all was read, and before the first event
function listing:cursor() end

---Drops what the list holds; called then, it gives nil. Harmless a second time.
---
---Raises nothing.
---
---```lua
---local daybook = require "daybook"
---
---daybook.with_tenant("acme", function(tx)
---  local list = tx:events()
---  list:close()
---  print(list()) --> nil
---end)
---```
function listing:close() end

---Connections: `daybook.connect`. Its methods are those of the module, on this pool. `local pool <close> = …` closes it.
---@class daybook.pool
local pool = {}

---As `daybook.with_tenant`.
---
---Raises as it does; `connection_lost` if the pool is closed.
---
---```lua
---local daybook = require "daybook"
---
---local pool <close> = daybook.connect(os.getenv "DATABASE_URL")
---print(#pool:with_tenant("acme", function(tx) return tx:organization() end)) --> 36
---```
---@param organization string  its key or id
---@param work fun(tx: daybook.tx, ...: any): ...
---@param ... any  for `work`
---@return any ...  what `work` returned
function pool:with_tenant(organization, work, ...) end

---As `daybook.log_attempt`.
---
---Raises as it does; `connection_lost` if the pool is closed.
---
---```lua
---local daybook = require "daybook"
---
---local pool <close> = daybook.connect(os.getenv "DATABASE_URL")
---local login = { action = "user.login", actor = { type = "user", id = "u1" }, outcome = "failure" }
---print(#pool:log_attempt("acme", login)) --> 36
---```
---@param organization string  its key or id
---@param event daybook.event
---@return string id  of the event
function pool:log_attempt(organization, event) end

---As `daybook.organization`.
---
---Raises as it does; `connection_lost` if the pool is closed.
---
---```lua
---local daybook = require "daybook"
---
---local pool <close> = daybook.connect(os.getenv "DATABASE_URL")
---print(pool:organization("globex").key) --> globex
---```
---@param key_or_id string
---@return daybook.organization
function pool:organization(key_or_id) end

---Closes the connections. Harmless a second time. The host's own pool stays open for the host.
---
---Raises `wrong_usage` inside a scope of this pool.
---
---```lua
---local daybook = require "daybook"
---
---local pool = daybook.connect(os.getenv "DATABASE_URL")
---pool:close()
---print(pcall(pool.organization, pool, "acme")) --> false	D0502: the pool is closed
---```
function pool:close() end

---A JSON or SQL number that neither an integer nor a float of Lua holds as it was written. `tostring` gives its text;
---`==`, `<` and `<=` compare it as the nearest float.
---@class daybook.decimal
local decimal = {}

---The nearest float.
---
---Raises nothing.
---
---```lua
---local daybook = require "daybook"
---
---local price = daybook.decode "1.50"
---print(price, price:number()) --> 1.50	1.5
---```
---@return number
function decimal:number() end

---What is raised, unless it is a string of Lua's own for arguments of a wrong type. `tostring` gives code and message.
---@class daybook.error
---@field code string  "D0305", which never changes its meaning: `daybook explain D0305`
---@field kind string  "duplicate_event"
---@field message string  for people
---@field sqlstate? string  from the server
---@field retryable boolean  whether the same work with the same event ids may succeed in a new transaction

---The one value `daybook.null`.
---@class daybook.null

---The files with the rules that a pool's events go through.
---@class daybook.connect_options
---@field catalogue? string
---@field hooks? string
---@field hash_key_file? string  at least 16 random bytes, that only the program's user may read

---@class daybook.organization
---@field id string
---@field key string
---@field name string

---What was done, or refused: [event_format.md](event_format.md) has the rules of each field.
---@class daybook.event
---@field action string  what was done, `noun.verb` by custom
---@field actor daybook.entity  who did it
---@field id? string  a UUIDv7; made when the event is logged
---@field occurred_at? string  RFC 3339 with a zone
---@field outcome? "success"|"failure"|"denied"|"unknown"
---@field on_behalf_of? daybook.entity[]
---@field targets? daybook.entity[]  what it was done to
---@field reason? string
---@field changes? daybook.change[]
---@field source_ip? string
---@field user_agent? string
---@field request_id? string
---@field correlation_id? string
---@field trace_id? string
---@field source? string
---@field metadata? table|string  an object; a string is JSON already, and is kept byte for byte
---@field facets? table<string, string>

---What is read: `metadata` is a table then.
---@class daybook.stored_event: daybook.event
---@field organization_id string
---@field recorded_at string  the server's clock when the row was written
---@field db_role string  the role that wrote it
---@field schema_version integer
---@field shaped_by? string  the digests of the rules that it went through

---@class daybook.entity
---@field type? string
---@field id? string
---@field name? string

---@class daybook.change
---@field path string  a JSON pointer
---@field old? any
---@field new? any

---Which events. All fields must hold; of a list, one value.
---@class daybook.filter
---@field since? string  this moment and later; RFC 3339 with a zone
---@field until? string  before this moment
---@field id? string|string[]
---@field action? string|string[]  exact, or a prefix when it ends in `*`
---@field outcome? string|string[]
---@field actor? string|string[]  an id, `type:id` or `type/id`
---@field actor_id? string|string[]
---@field actor_type? string|string[]
---@field actor_name? string|string[]
---@field target? string|string[]  the first target, written as an actor is
---@field target_id? string|string[]
---@field target_type? string|string[]
---@field source_ip? string|string[]
---@field request_id? string|string[]
---@field correlation_id? string|string[]
---@field trace_id? string|string[]
---@field source? string|string[]
---@field facets? table<string, string|string[]>

---@class daybook.list_options: daybook.filter
---@field order? "newest"|"oldest"  "newest" unless `after` says otherwise
---@field limit? integer  at most so many events
---@field after? string  a cursor: only what is behind it

---@class daybook.count_options: daybook.filter
---@field by? "auto"|"minute"|"hour"|"day"|"week"|"month"  in UTC, weeks from Monday; "auto" gives at most 60 buckets
---@field limit_rows? integer  1 to 10,000,000; 100,000 unless said otherwise

---@class daybook.value_options: daybook.filter
---@field limit_rows? integer  1 to 10,000,000; 100,000 unless said otherwise
---@field limit_values? integer  1 to 10,000; 50 unless said otherwise

---@class daybook.time_counts
---@field events integer  that were counted
---@field since? string  set when there were more than `limit_rows`: only what is later was counted
---@field width string
---@field buckets daybook.time_bucket[]  oldest first, without a gap

---@class daybook.time_bucket
---@field begin string
---@field events integer
---@field complete boolean  false where counting stopped: there are at least so many

---@class daybook.value_counts
---@field events integer  that were counted
---@field since? string  set when there were more than `limit_rows`: only what is later was counted
---@field without integer  events that have no such value
---@field more_values boolean  whether there are more than `limit_values`
---@field values daybook.value_count[]  most frequent first

---@class daybook.value_count
---@field value string  as the filter takes it
---@field events integer

---A list of rows, each a table by column name; a null column is absent.
---@class daybook.rows
---@field affected integer  rows that were written, or read
---@field [integer] table<string, any>

---Reading across organizations, with a role of its own: `local auditor = require "daybook.auditor"`.
---@class daybook.auditor
local auditor = {}

---Runs one query, in a transaction that only reads.
---
---Raises `not_one_query`, `permission_denied` if the role is no auditor's, `statement_failed`; a string if there is no URL.
---
---```lua
---local auditor = require "daybook.auditor"
---
---local rows = auditor.sql "select key from organizations order by key"
---print(rows[1].key, rows[2].key) --> acme	globex
---```
---@param text string  one query, in which `events` and `organizations` are the tables
---@param url? string  instead of `DATABASE_URL_AUDITOR`
---@return table<string, any>[] rows  each a table by column name; a null column is absent
function auditor.sql(text, url) end

---What mappings of `daybook import` use: `local m = require "daybook.mapping"`. See [import.md](import.md).
---@class daybook.mapping
local mapping = {}

---What is at the end of a path.
---
---Raises nothing.
---
---```lua
---local m = require "daybook.mapping"
---
---local e = { resources = { { arn = "arn:aws:s3:::logs" } } }
---print(m.get(e, "resources", 1, "arn"), m.get(e, "user", "name")) --> arn:aws:s3:::logs	nil
---```
---@param e any  what was decoded
---@param ... string|integer  keys and positions
---@return any value  nil where the path ends early
function mapping.get(e, ...) end

---A text, a number or a boolean as text.
---
---Raises nothing.
---
---```lua
---local m = require "daybook.mapping"
---
---print(m.text(7), m.text(true), m.text "", m.text{}) --> 7	true	nil	nil
---```
---@param value any
---@return string? text  nil for anything else, and for the empty text
function mapping.text(value) end

---The first of its arguments that says something, as text.
---
---Raises nothing.
---
---```lua
---local m = require "daybook.mapping"
---
---print(m.first(nil, "", "u1", "u2")) --> u1
---```
---@param ... any
---@return string? text
function mapping.first(...) end

---A time of which the format's documentation says that it is in UTC: without a zone, it gets one.
---
---Raises the string "no time" for what `text` gives nil for.
---
---```lua
---local m = require "daybook.mapping"
---
---print(m.utc "2026-03-02T10:00:00") --> 2026-03-02T10:00:00Z
---```
---@param time any
---@return string time
function mapping.utc(time) end

---A time that counts from 1970.
---
---Raises a string that begins with "no time" for anything but digits, and beyond the year 9999.
---
---```lua
---local m = require "daybook.mapping"
---
---print(m.epoch(1772445600123, 3)) --> 2026-03-02T10:00:00.123Z
---```
---@param time any
---@param digits? integer  of the number that are the fraction: 3 for milliseconds, 6 for microseconds
---@return string time  RFC 3339
function mapping.epoch(time, digits) end

---Who did it. What the source does not say is "unknown", never a guess.
---
---Raises nothing.
---
---```lua
---local m = require "daybook.mapping"
---
---local actor = m.actor("user", nil, "Ann")
---print(actor.type, actor.id, actor.name) --> user	unknown	Ann
---```
---@param kind any
---@param id any
---@param name? any
---@return daybook.entity
function mapping.actor(kind, id, name) end

---The list of one target.
---
---Raises nothing.
---
---```lua
---local m = require "daybook.mapping"
---
---print(m.targets("bucket", "logs")[1].id, m.targets(nil, nil, "name only")) --> logs	nil
---```
---@param kind any
---@param id any
---@param name? any
---@return daybook.entity[]? targets  nil if the source names neither its type nor its id
function mapping.targets(kind, id, name) end

---Several parts that are unique together, as one key.
---
---Raises nothing.
---
---```lua
---local m = require "daybook.mapping"
---
---print(m.key("eu-1", 4711), m.key("eu-1", nil)) --> eu-1/4711	nil
---```
---@param ... any
---@return string? key  nil if one of them is missing
function mapping.key(...) end

return daybook
