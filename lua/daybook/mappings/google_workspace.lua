-- Google Workspace activities (Admin SDK, Reports API), one a line.
--
-- Fields: https://developers.google.com/admin-sdk/reports/reference/rest/v1/activities/list#Activity

local m = require "daybook.mapping"

-- The parameters that name what was acted on, the first found wins.
local objects = { "USER_EMAIL", "doc_id", "GROUP_EMAIL", "event_id" }

return {
  format = "Google Workspace",
  map = function(e)
    -- An activity may hold several events; the first names it, all are in the metadata.
    local first = m.get(e, "events", 1)
    local parameters = {}
    for _, parameter in ipairs(m.get(first, "parameters") or {}) do
      if parameter.name then
        parameters[parameter.name] = m.first(parameter.value, parameter.boolValue, parameter.intValue)
      end
    end
    local object
    for _, name in ipairs(objects) do
      object = object or parameters[name]
    end
    local action = m.text(m.get(first, "name"))
    return {
      tenant = m.text(m.get(e, "id", "customerId")),
      -- The qualifier is unique only within one application and moment.
      key = m.key(m.get(e, "id", "applicationName"), m.get(e, "id", "time"), m.get(e, "id", "uniqueQualifier")),
      occurred_at = m.utc(m.get(e, "id", "time")),
      action = action,
      -- The names say it, as in login_failure.
      outcome = action and action:find("fail", 1, true) and "failure" or "success",
      -- Google's own automation has neither a profile nor an address.
      actor = m.actor(m.get(e, "actor", "callerType"), m.get(e, "actor", "profileId"), m.get(e, "actor", "email")),
      targets = m.targets(m.get(e, "id", "applicationName"), object),
      source_ip = m.text(e.ipAddress),
      source = "google_workspace",
    }
  end,
}
