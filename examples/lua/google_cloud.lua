-- A mapping that is not shipped: audit logs of Google Cloud, as a sink exports them, one LogEntry a line.
--
--   daybook import --map examples/lua/google_cloud.lua --dry-run FILE
--   daybook import --map examples/lua/google_cloud.lua --create-tenants --keep-going --refused refused.ndjson FILE
--
-- README.md beside this file says what happens when a mapping is changed. Lines that are no audit log, or have no time, no
-- method or no project, are refused.
-- Fields: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
--         https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog

local m = require "daybook.mapping"

local permission_denied = 7 -- google.rpc.Code

-- A permission that was asked for and not granted says more than the status, which not every service fills in.
local function outcome(audit)
  for _, asked in ipairs(m.get(audit, "authorizationInfo") or {}) do
    if m.get(asked, "granted") == false then
      return "denied", m.first(m.get(audit, "status", "message"), m.get(asked, "permission"), "not granted")
    end
  end
  local code = m.get(audit, "status", "code")
  if not code or code == 0 then
    return "success"
  end
  return code == permission_denied and "denied" or "failure", m.first(m.get(audit, "status", "message"), "status " .. code)
end

local function actor(audit)
  local id = m.first(m.get(audit, "authenticationInfo", "principalEmail"),
    m.get(audit, "authenticationInfo", "principalSubject"))
  local kind = id and (id:find("gserviceaccount%.com$") and "service_account" or id:find("^system:") and "system" or "user")
  return m.actor(kind, id)
end

return {
  format = "Google Cloud audit log",
  map = function(e)
    local audit = m.get(e, "protoPayload") or error("no audit log: there is no protoPayload", 0)
    local log = m.text(e.logName) or ""
    local result, reason = outcome(audit)
    return {
      -- What belongs to no project is logged by its folder or organization, as in organizations/123.
      tenant = m.first(m.get(e, "resource", "labels", "project_id"), log:match("^projects/([^/]+)/"),
        log:match("^(%a+/[^/]+)/")),
      -- These three together: an insertId alone is unique within its log and moment only.
      key = m.key(e.logName, e.timestamp, e.insertId),
      -- Always UTC; what loads it into tables drops the zone.
      occurred_at = m.utc(e.timestamp),
      action = m.get(audit, "methodName"),
      outcome = result,
      reason = reason,
      actor = actor(audit),
      targets = m.targets(m.get(e, "resource", "type"), m.get(audit, "resourceName")),
      source_ip = m.first(m.get(audit, "requestMetadata", "callerIp"), m.get(audit, "requestMetadata", "callerIP")),
      user_agent = m.text(m.get(audit, "requestMetadata", "callerSuppliedUserAgent")),
      correlation_id = m.text(m.get(e, "operation", "id")),
      trace_id = m.text(e.trace),
      source = "google_cloud",
    }
  end,
}
