-- A workflow of an operations engineer: look at what an organization's log says, act on it, and log what was done, in
-- one transaction.
--
-- usage: daybook run close_accounts.lua ORGANIZATION
--
-- Users who failed to log in more often than they succeeded are locked. Each lock is an event of its own, with the
-- evidence in its metadata.

local daybook = require "daybook"

local organization = arg[1] or error("usage: daybook run close_accounts.lua ORGANIZATION", 0)

local function count_logins(tx)
  local logins = {}
  for e in tx:events{ action = { "user.login", "UserLoggedIn", "UserLoginFailed", "ConsoleLogin" } } do
    local user = logins[e.actor.id] or { succeeded = 0, failed = 0 }
    local field = e.outcome == "success" and "succeeded" or "failed"
    user[field] = user[field] + 1
    logins[e.actor.id] = user
  end
  return logins
end

local locked = daybook.with_tenant(organization, function(tx)
  local locks = {}
  for user, logins in pairs(count_logins(tx)) do
    if logins.failed > logins.succeeded then
      locks[#locks + 1] = {
        action = "user.lock",
        actor = { type = "system", id = "close_accounts" },
        targets = { { type = "user", id = user } },
        reason = "more failed logins than successful ones",
        metadata = logins,
      }
    end
  end
  table.sort(locks, function(a, b) return a.targets[1].id < b.targets[1].id end)
  if #locks > 0 then tx:log_audit(locks) end
  return locks
end)

for _, e in ipairs(locked) do
  print(("locked %s: %d failed, %d succeeded"):format(e.targets[1].id, e.metadata.failed, e.metadata.succeeded))
end
print(("%s: %d accounts locked"):format(organization, #locked))
