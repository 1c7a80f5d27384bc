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

local core = require "daybook.core"

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

-- Runs fn(tx, ...) in a transaction that belongs to the organization, given by key or id: commits when it returns,
-- rolls back when it raises. Returns what fn returned.
function daybook.with_tenant(organization, fn, ...)
  return default():with_tenant(organization, fn, ...)
end

-- Records a refused or failed attempt in a transaction of its own. Returns the event's id.
function daybook.log_attempt(organization, event)
  return default():log_attempt(organization, event)
end

-- The organization of a key or id: {id, key, name}.
function daybook.organization(key_or_id)
  return default():organization(key_or_id)
end

return daybook
