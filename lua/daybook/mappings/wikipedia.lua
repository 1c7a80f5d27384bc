-- Wikipedia edits, one a line, as the recent-changes bot announced them on IRC and public samples keep them.
--
-- A channel ("#en.wikipedia") is the organization. An edit has no id of its own, and two may be alike in everything
-- but their time: the line itself is the key.

local m = require "daybook.mapping"

return {
  format = "Wikipedia edits",
  map = function(e)
    return {
      tenant = m.text(e.channel),
      occurred_at = m.utc(e.time),
      action = e.isNew and "page.create" or "page.edit",
      outcome = "success",
      -- Who edits without an account is known by the address.
      actor = m.actor(e.isAnonymous and "anonymous" or e.isRobot and "bot" or "user", e.user, e.user),
      targets = m.targets(e.namespace, e.page),
      source = "wikipedia",
    }
  end,
}
