-- The unified audit log of Microsoft 365 (Office 365 Management Activity API), one record a line. In an export of
-- Purview it is the column AuditData.
--
-- Fields: https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema

local m = require "daybook.mapping"

-- Each workload has its own words for it.
local failures = { Failed = true, Failure = true, ["False"] = true }

return {
  format = "Microsoft 365",
  map = function(e)
    local failed = failures[m.text(e.ResultStatus) or ""] or e.Operation == "UserLoginFailed"
    return {
      tenant = m.text(e.OrganizationId),
      key = m.text(e.Id),
      -- "in Coordinated Universal Time", and without a zone.
      occurred_at = m.utc(e.CreationTime),
      action = m.text(e.Operation),
      outcome = failed and "failure" or "success",
      -- UserType is a number: 0 regular, 2 administrator, 4 system, 5 application, … (enum UserType).
      actor = m.actor(e.UserType, e.UserId, e.UserKey),
      targets = m.targets(e.Workload, e.ObjectId),
      reason = m.text(e.LogonError),
      -- With or without a port, in brackets or not, as the workload wrote it.
      source_ip = m.first(e.ClientIP, e.ActorIpAddress, e.ClientIPAddress),
      user_agent = m.first(e.UserAgent, e.ClientInfoString),
      request_id = m.first(e.InterSystemsId, e.SessionId),
      source = "microsoft365",
    }
  end,
}
