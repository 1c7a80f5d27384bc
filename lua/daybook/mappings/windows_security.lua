-- Windows Security events as JSON lines, in the two usual shapes: the collector's machine is in Hostname or Computer,
-- the time in @timestamp, TimeCreated or TimeGenerated.
--
-- Fields: https://learn.microsoft.com/windows/security/threat-protection/auditing/security-auditing-overview

local m = require "daybook.mapping"

-- Bit 52 of Keywords, "Audit Failure" (winmeta.xml).
local audit_failure = 0x10000000000000

-- Keywords is 64 bits without a sign: a text in hexadecimal, a number that wrapped to the negative, or one that does
-- not fit. Lua's integers wrap as well, so that all three end as the same bits.
local function bits(keywords)
  if math.type(keywords) == "integer" then
    return keywords
  end
  local text = m.text(keywords) or ""
  if text:find("^0x") then
    return math.tointeger(tonumber(text)) or 0
  end
  local value = 0
  if type(keywords) ~= "string" and text:find("^%d+$") then
    for digit in text:gmatch("%d") do
      value = value * 10 + tonumber(digit)
    end
  end
  return value
end

return {
  format = "Windows Security",
  map = function(e)
    -- The organization is the machine's domain; a machine in none stands for itself.
    local host = (m.first(e.Hostname, e.Computer) or ""):lower()
    local name = m.text(e.SubjectUserName)
    local kind = name and name ~= "-" and (name:find("%$$") and "computer" or "user")
    local failed = e.EventType == "AUDIT_FAILURE" or bits(e.Keywords) & audit_failure ~= 0
    return {
      tenant = m.first(host:match("%.(.+)$"), host),
      -- No key: record numbers are per machine and begin again when a log is cleared.
      -- SystemTime of the event schema, always UTC.
      occurred_at = m.utc(m.first(e["@timestamp"], e.TimeCreated, e.TimeGenerated)),
      action = m.text(e.EventID),
      outcome = failed and "failure" or "success",
      actor = m.actor(kind or nil, e.SubjectUserSid, name),
      targets = m.targets(m.first(e.ObjectType, m.text(e.TargetUserName) and "Account"),
        m.first(e.ObjectName, e.TargetUserName)),
      -- Only network logons have one, "-" for the others.
      source_ip = m.text(e.IpAddress),
      source = "windows_security",
    }
  end,
}
