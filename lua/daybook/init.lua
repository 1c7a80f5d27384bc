-- daybook: an audit log inside your own transactions, one organization at a time.
--
--   local daybook = require "daybook"
--
--   daybook.with_tenant("acme", function(tx)
--     tx:sql("update invoices set paid = true where id = $1", 42)
--     tx:log_audit{ action = "invoice.paid", actor = { type = "user", id = "u1" },
--                   targets = { { type = "invoice", id = "42" } } }
--   end)
--
-- The connection is the one that a C++ host handed in, else DATABASE_URL's. Everything that fails raises an error
-- object {code, kind, message, sqlstate, retryable}: a forgotten check must not lose a record.
--
-- What each function does is in library/daybook.lua, which editors read and docs/lua_reference.md is made of.

local core = require "daybook.core"

---@type daybook
local daybook = {
  version = core.version,
  null = core.null,
  array = core.array,
  decimal = core.decimal,
  encode = core.encode,
  decode = core.decode,
  connect = core.connect,
}

local connections

local function default()
  connections = connections or core.default_pool()
  return connections
end

function daybook.with_tenant(organization, fn, ...)
  return default():with_tenant(organization, fn, ...)
end

function daybook.log_attempt(organization, event)
  return default():log_attempt(organization, event)
end

function daybook.organization(key_or_id)
  return default():organization(key_or_id)
end

return daybook
