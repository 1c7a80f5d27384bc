-- daybook.auditor: reading across organizations, with a URL and a role of its own. The loud path.
--
--   local auditor = require "daybook.auditor"
--   for _, row in ipairs(auditor.sql("select organization_id, count(*) as n from events group by 1")) do … end
--
-- The URL is DATABASE_URL_AUDITOR's, or the second argument. One read-only query; nothing can be written.

local core = require "daybook.core"

---@type daybook.auditor
local auditor = {}

function auditor.sql(text, url)
  url = url or os.getenv "DATABASE_URL_AUDITOR"
  if not url or url == "" then
    error("DATABASE_URL_AUDITOR is not set: reading across organizations has a URL of its own", 2)
  end
  return core.auditor_query(url, text)
end

return auditor
