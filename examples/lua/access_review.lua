-- Who touched one thing: for the owner of a document, a bucket, an account, who confirms or withdraws access.
--
-- usage: daybook run access_review.lua ORGANIZATION TYPE:ID [--since TIME] [--until TIME]
--
-- Prints a Markdown table, a row for each actor, latest access first: first and last time, how often, how often it did
-- not succeed, and what was done. The log finds the first target of an event: what a thing was the second target of
-- is not here. Refused: a target without its type, since an id alone may be several things.

package.path = arg[0]:gsub("[^/]*$", "") .. "helpers/?.lua;" .. package.path
local arguments, times, text = require "arguments", require "times", require "text"
local daybook = require "daybook"

local usage = "usage: access_review.lua ORGANIZATION TYPE:ID [--since TIME] [--until TIME]"
local given = arguments.read(usage, 2, { since = times.read, ["until"] = times.read })
local organization, target = given[1], given[2]
if not target:find("^[^:]+:.") then
  arguments.refuse(("\"%s\" is no target: write TYPE:ID, as in document:42"):format(target), usage)
end

local function review(tx)
  local people = {}
  for e in tx:events{ target = target, since = given.since and times.text(given.since),
    ["until"] = given["until"] and times.text(given["until"]) } do
    local who = e.actor.type .. ":" .. e.actor.id
    local one = people[who]
    if not one then -- newest first: the first that is met is the last access, with the name as it is now
      one = { who = who, name = e.actor.name, last = e.occurred_at, times = 0, refused = 0, actions = {} }
      people[who] = one
    end
    one.first = e.occurred_at
    one.times = one.times + 1
    if e.outcome == "failure" or e.outcome == "denied" then one.refused = one.refused + 1 end
    one.actions[e.action] = (one.actions[e.action] or 0) + 1
  end
  return people
end

-- "read 12, edit 3": most frequent first.
local function counted(counts)
  local names = {}
  for name in pairs(counts) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  for i, name in ipairs(names) do names[i] = name .. " " .. counts[name] end
  return table.concat(names, ", ")
end

local rows = {}
for _, one in pairs(daybook.with_tenant(organization, review)) do rows[#rows + 1] = one end
table.sort(rows, function(a, b)
  if a.last ~= b.last then return a.last > b.last end
  return a.who < b.who
end)

print(("# Access to %s in %s\n"):format(text.cell(target), text.cell(organization)))
if #rows == 0 then
  print("Nobody: no event has it as its first target.")
  os.exit(0)
end
print("| who | name | first | last | times | failed or denied | what |\n|---|---|---|---|---:|---:|---|")
for _, one in ipairs(rows) do
  print(text.row(one.who, one.name, one.first, one.last, one.times, one.refused, counted(one.actions)))
end
