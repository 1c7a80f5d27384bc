-- What happened in one organization in one week, as Markdown: for the mail that somebody reads on Monday.
--
-- usage: daybook run weekly_digest.lua ORGANIZATION --week 2026-11-16 [--top 10]
--
-- The seven days begin with that day, in UTC. Sections: outcomes, actions, busiest actors, actors who were never seen
-- before, and what failed or was denied. Each shows its first rows and says how many more there are. One page of events is
-- in memory at a time, and a counter for each action, actor and reason. Refused: no week, or one that begins at another
-- time than midnight.

package.path = arg[0]:gsub("[^/]*$", "") .. "helpers/?.lua;" .. package.path
local arguments, times, text = require "arguments", require "times", require "text"
local daybook = require "daybook"

local usage = "usage: weekly_digest.lua ORGANIZATION --week 2026-11-16 [--top 10]"
local given = arguments.read(usage, 1, { week = times.read, top = arguments.count })
if not given.week or given.week % times.day ~= 0 then
  arguments.refuse("which week? give its first day", usage)
end
local organization, top = given[1], given.top or 10
local since, till = times.text(given.week), times.text(given.week + 7 * times.day)

-- A counter for each combination of fields, and the fields themselves for the table.
local function counter()
  local rows = {}
  return rows, function(...)
    local key = table.concat({ ... }, "\0")
    rows[key] = rows[key] or { count = 0, key = key, ... }
    rows[key].count = rows[key].count + 1
  end
end

local outcomes, count_outcome = counter()
local actions, count_action = counter()
local actors, count_actor = counter()
local refused, count_refused = counter()
local newcomers = {}
local names = {} -- as each actor was called last
local total = 0

daybook.with_tenant(organization, function(tx)
  for e in tx:events{ since = since, ["until"] = till, order = "oldest" } do
    local who = e.actor.type .. ":" .. e.actor.id
    total = total + 1
    count_outcome(e.outcome)
    count_action(e.action)
    count_actor(who)
    names[who] = e.actor.name
    if e.outcome == "failure" or e.outcome == "denied" then count_refused(e.action, who, e.outcome, e.reason or "") end
  end
  for key, row in pairs(actors) do
    row[2] = names[row[1]] or ""
    local before = tx:events{ actor = row[1], ["until"] = since, limit = 1 }
    if not before() then newcomers[key] = row end
  end
end)

-- The rows with the highest counts, and how many are left.
local function section(title, heading, rows)
  local sorted = {}
  for _, row in pairs(rows) do sorted[#sorted + 1] = row end
  table.sort(sorted, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.key < b.key
  end)
  print(("\n## %s\n"):format(title))
  if #sorted == 0 then
    print("None.")
    return
  end
  print("| " .. table.concat(heading, " | ") .. " | events |\n" .. ("|---"):rep(#heading) .. "|---:|")
  for i = 1, math.min(top, #sorted) do
    local cells = table.move(sorted[i], 1, #heading, 1, {})
    cells[#heading + 1] = sorted[i].count
    print(text.row(table.unpack(cells)))
  end
  if #sorted > top then print(("\n%d more."):format(#sorted - top)) end
end

print(("# %s: %s to %s\n\n%d events. Days are UTC."):format(text.cell(organization), times.day_of(given.week),
  times.day_of(given.week + 6 * times.day), total))
section("Outcomes", { "outcome" }, outcomes)
section("Actions", { "action" }, actions)
section("Busiest actors", { "actor", "name" }, actors)
section("Seen for the first time", { "actor", "name" }, newcomers)
section("Failed or denied", { "action", "actor", "outcome", "reason" }, refused)
