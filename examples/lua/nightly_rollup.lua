-- How much each organization logged each day, for capacity, billing, and to notice the one that went silent.
--
-- usage: daybook run nightly_rollup.lua [--until 2026-11-20] [--days 1]
--
-- Prints a line for each organization and day, with a heading: day, organization, events, distinct actors, denied, newest
-- event. An organization without events has its line too, with 0. The days are the ones before `--until`, by default the
-- ones before today, in UTC.
--
-- This reads across organizations, so it has a URL of its own, DATABASE_URL_AUDITOR, and refuses to run without it: give
-- that to the job, not to the application.

package.path = arg[0]:gsub("[^/]*$", "") .. "helpers/?.lua;" .. package.path
local arguments, times, text = require "arguments", require "times", require "text"

local usage = "usage: nightly_rollup.lua [--until 2026-11-20] [--days 1]"
local given = arguments.read(usage, 0, { ["until"] = times.read, days = arguments.count })
if (os.getenv "DATABASE_URL_AUDITOR" or "") == "" then
  arguments.refuse("DATABASE_URL_AUDITOR is not set: it is the only way to read across organizations", usage)
end
local auditor = require "daybook.auditor"

-- One day a query, by the bounds of its ids: partitions outside are not read, and a long span is no long transaction. The
-- bounds are written into the text, which takes no parameters; they are ours, never an argument's text.
local rollup = [[
select o.key,
       count(e.id) as events,
       count(distinct (e.actor_type, e.actor_id)) filter (where e.id is not null) as actors,
       count(*) filter (where e.outcome = 'denied') as denied,
       to_char(max(e.occurred_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as newest
from daybook.organizations o
left join daybook.events e
  on e.organization_id = o.id and e.id >= daybook.id_floor('%s') and e.id < daybook.id_floor('%s')
group by o.key
order by o.key]]

local last = given["until"] or times.read(os.date "!%Y-%m-%d")
last = last - last % times.day
print("day\torganization\tevents\tactors\tdenied\tnewest")
for back = given.days or 1, 1, -1 do
  local day = last - back * times.day
  for _, row in ipairs(auditor.sql(rollup:format(times.text(day), times.text(day + times.day)))) do
    local cells = { times.day_of(day), text.plain(row.key), row.events, row.actors, row.denied, row.newest or "-" }
    print(table.concat(cells, "\t"))
  end
end
