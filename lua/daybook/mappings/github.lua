-- GitHub, one event a line, in two shapes: the public events (https://docs.github.com/rest/activity/events), and an
-- organization's audit log as it is exported or streamed
-- (https://docs.github.com/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/reviewing-the-audit-log-for-your-organization).

local m = require "daybook.mapping"

local function actor(id, login, bot)
  login = m.text(login)
  bot = bot == true or (login and login:find("%[bot%]$"))
  -- The login can change, the number cannot; some exports have only the login.
  return m.actor((login or id) and (bot and "bot" or "user"), m.first(id, login), login)
end

local function public(e)
  local org = m.text(m.get(e, "org", "login")) or error("no org: an event of a personal repository", 0)
  local step = m.text(m.get(e, "payload", "action"))
  local kind = m.text(e.type) or error("no type", 0)
  return {
    tenant = org,
    key = m.text(e.id),
    occurred_at = m.utc(e.created_at),
    action = step and kind .. "." .. step or kind,
    outcome = "success",
    actor = actor(m.get(e, "actor", "id"), m.get(e, "actor", "login")),
    targets = m.targets("repo", m.get(e, "repo", "name")),
    source = "github",
  }
end

local function audited(e)
  local kind = e.repo and "repo" or e.team and "team" or e.user and "user" or e.org and "org" or "business"
  return {
    -- Of an enterprise's own events, the enterprise is the organization.
    tenant = m.first(e.org, e.business),
    key = m.text(e._document_id),
    -- Milliseconds since 1970.
    occurred_at = m.epoch(m.first(e["@timestamp"], e.created_at), 3),
    action = m.text(e.action),
    outcome = e.action:find("failed", 1, true) and "failure" or "success",
    actor = actor(e.actor_id, e.actor, e.actor_is_bot),
    targets = m.targets(kind, e[kind]),
    source_ip = m.text(e.actor_ip),
    user_agent = m.text(e.user_agent),
    request_id = m.text(e.request_id),
    source = "github",
  }
end

return {
  format = "GitHub",
  map = function(e)
    return type(e.action) == "string" and audited(e) or public(e)
  end,
}
