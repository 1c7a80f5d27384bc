-- Too many failed logins in a short time: accounts that somebody guesses at, and addresses that somebody guesses from.
--
-- usage: daybook run failed_logins.lua ORGANIZATION [--window 10m] [--threshold 5] [--actions A,B] [--since TIME]
--        [--until TIME] [--log]
--
-- Prints a line for each burst: what kind, who, how many failures, the first, the last. A burst begins when `threshold`
-- failures lie within `window`, and lasts while each further one has as many before it. Nothing found: no output,
-- status 0. Found: status 3, so that cron's mail and a monitor both notice. --log also writes an event `alert.raised` for
-- each burst, once however often this runs; without it nothing is written. --actions: these instead of the table's, counted
-- by their actor. Refused: a window or threshold that is none.

package.path = arg[0]:gsub("[^/]*$", "") .. "helpers/?.lua;" .. package.path
local arguments, times, text = require "arguments", require "times", require "text"
local daybook = require "daybook"

-- Which events are logins, and who logs in: the actor, or the target where the system reports it of an account.
local logins = {
  ["4625"] = "target", ["4771"] = "target", ["4776"] = "target", -- Windows: logon, Kerberos, NTLM
  ConsoleLogin = "actor", -- AWS CloudTrail
  login_failure = "actor", -- Google Workspace
  UserLoginFailed = "actor", -- Microsoft 365
  ["user.login"] = "actor", -- Daybook's own examples
}

local usage = "usage: failed_logins.lua ORGANIZATION [--window 10m] [--threshold 5] [--actions A,B] [--since TIME] "
  .. "[--until TIME] [--log]"
local given = arguments.read(usage, 1, {
  window = times.duration, threshold = arguments.count, actions = arguments.list, since = times.read,
  ["until"] = times.read, log = arguments.flag,
})
local window, threshold = given.window or 10 * times.minute, given.threshold or 5
if given.actions then
  logins = {}
  for _, action in ipairs(given.actions) do logins[action] = "actor" end
end

local bursts = {} -- in the order in which they began
local recent = {} -- by kind and who: the times of the last `threshold` failures, and the burst that goes on

local function failed(kind, who, e, now)
  local key = kind .. " " .. who:lower() -- account names and addresses are the same in any case
  local entry = recent[key]
  if not entry or now - entry.times[#entry.times] > window then
    entry = { times = {} }
    recent[key] = entry
  end
  table.insert(entry.times, now)
  if #entry.times > threshold then table.remove(entry.times, 1) end
  if #entry.times < threshold or now - entry.times[1] > window then
    entry.burst = nil
  elseif entry.burst then
    entry.burst.failures, entry.burst.last = entry.burst.failures + 1, e.occurred_at
  else
    entry.burst = { kind = kind, who = who, failures = threshold, first = times.text(entry.times[1]),
      last = e.occurred_at, noticed_by = e.id }
    table.insert(bursts, entry.burst)
  end
end

-- Who was quiet for a whole window begins anew anyway: so memory holds one window, whatever the log holds.
local function forget(now)
  for key, entry in pairs(recent) do
    if now - entry.times[#entry.times] > window then recent[key] = nil end
  end
end

local function find(tx)
  local actions = {}
  for action in pairs(logins) do actions[#actions + 1] = action end
  local forgot = math.mininteger
  for e in tx:events{ action = actions, outcome = { "failure", "denied" }, order = "oldest",
    since = given.since and times.text(given.since), ["until"] = given["until"] and times.text(given["until"]) } do
    local now = times.read(e.occurred_at)
    if now > forgot + window then
      forget(now)
      forgot = now
    end
    local target = logins[e.action] == "target" and e.targets and e.targets[1].id
    failed("account", target or e.actor.id, e, now)
    if e.source_ip and e.source_ip ~= "-" then failed("address", e.source_ip, e, now) end
  end
end

-- An alert's id is made of that of the event that raised it, so that the log itself knows which ones it has.
local function log(tx, burst)
  local hash = tx:sql("select encode(sha256(convert_to($1, 'UTF8')), 'hex') as hex", burst.kind .. burst.noticed_by)[1].hex
  local id = ("%s-8%s-%s"):format(burst.noticed_by:sub(1, 18), hash:sub(1, 3), hash:sub(4, 15))
  if tx:event(id) then return end
  tx:log_audit{ id = id, action = "alert.raised", actor = { type = "system", id = "failed_logins" },
    targets = { { type = burst.kind, id = burst.who } }, reason = "too many failed logins",
    metadata = { noticed_by = burst.noticed_by, failures = burst.failures, first = burst.first, last = burst.last,
      threshold = threshold, window_seconds = window // times.second } }
end

daybook.with_tenant(given[1], function(tx)
  find(tx)
  for _, burst in ipairs(given.log and bursts or {}) do log(tx, burst) end
end)
for _, b in ipairs(bursts) do
  print(table.concat({ b.kind, text.plain(b.who), b.failures, b.first, b.last }, "\t"))
end
os.exit(#bursts > 0 and 3 or 0)
