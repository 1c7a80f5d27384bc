-- Administrators whom nobody has seen for a while: who did administrative things once, and now nothing at all.
--
-- usage: daybook run dormant_administrators.lua ORGANIZATION [--days 90] [--at TIME] [--since TIME] [--actions A,B*]
--
-- Prints a line for each, longest silence first, with a heading: who, name, administrative events, the last of them,
-- the last event of any kind, days of silence. None: no output. `--at` is the moment to look from, by default the newest
-- event's; what came after it is not counted. `--since` is where administrative events begin to count. Actors whom the
-- source could not name ("unknown") are left out.
--
-- It asks for administrative events only, and then once for each who did one, so a large log is no trouble. Refused: times
-- and numbers of days that are none, and an empty list of actions.

package.path = arg[0]:gsub("[^/]*$", "") .. "helpers/?.lua;" .. package.path
local arguments, times, text = require "arguments", require "times", require "text"
local daybook = require "daybook"

-- What only administrators do; a star at the end stands for the rest of the name.
local administrative = {
  "role.*", "user.lock", "user.delete", -- Daybook's own examples
  "CreateUser", "CreateRole", "CreateAccessKey", "CreateLoginProfile", "Attach*", "Put*", "UpdateAssumeRolePolicy",
  "StopLogging", "DeleteTrail", -- AWS CloudTrail
  "ADD_*", "DELETE_USER", "USER_LICENSE_REVOKE", "create_group", "add_user", -- Google Workspace
  "1102", "4697", "4698", "4702", "4720", "4724", "4726", "4728", "4732", "4738", "4756", -- Windows Security
  "Add member to role.", "Set-*", "New-*", -- Microsoft 365
}

local usage = "usage: dormant_administrators.lua ORGANIZATION [--days 90] [--at TIME] [--since TIME] [--actions A,B*]"
local given = arguments.read(usage, 1, {
  days = arguments.count, at = times.read, since = times.read, actions = arguments.list,
})
local silence = (given.days or 90) * times.day

local function first(iterator) -- of a filter with limit = 1
  return (iterator())
end

local function administrators(tx, since, at)
  local found = {}
  for e in tx:events{ action = given.actions or administrative, since = since, ["until"] = at } do
    local who = e.actor.type .. ":" .. e.actor.id
    if not found[who] and e.actor.id ~= "unknown" then -- newest first: what is met first was done last
      found[who] = { who = who, name = e.actor.name, done = 0, last_done = e.occurred_at }
    end
    if found[who] then found[who].done = found[who].done + 1 end
  end
  return found
end

local dormant = daybook.with_tenant(given[1], function(tx)
  local newest = first(tx:events{ limit = 1 })
  if not newest then return {} end
  local at = given.at or times.read(newest.occurred_at)
  local before = times.text(at + 1) -- `until` does not include its moment
  local result = {}
  for who, one in pairs(administrators(tx, given.since and times.text(given.since), before)) do
    local last = first(tx:events{ actor = who, ["until"] = before, limit = 1 })
    one.last_seen = last.occurred_at
    one.quiet = at - times.read(last.occurred_at)
    if one.quiet >= silence then result[#result + 1] = one end
  end
  return result
end)

table.sort(dormant, function(a, b)
  if a.quiet ~= b.quiet then return a.quiet > b.quiet end
  return a.who < b.who
end)
if #dormant > 0 then print("who\tname\tadministrative\tlast_administrative\tlast_seen\tdays") end
for _, one in ipairs(dormant) do
  print(table.concat({ text.plain(one.who), text.plain(one.name or ""), one.done, one.last_done, one.last_seen,
    one.quiet // times.day }, "\t"))
end
