-- Kubernetes audit events (audit.k8s.io/v1), one a line: as the API server writes them, or flattened by a shipper
-- into columns such as "user.username".
--
-- Fields: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/

local m = require "daybook.mapping"

-- The API server does not say which cluster it serves. Where no shipper adds it, this is the organization:
-- with more than one cluster, copy this file for each and write its name here.
local cluster = "kubernetes"

-- A function that finds the field in either shape.
local function field(...)
  local path, column = { ... }, table.concat({ ... }, ".")
  return function(e)
    return m.first(m.get(e, table.unpack(path)), e[column])
  end
end

local cluster_name = field("orchestrator", "cluster", "name")
local host_name = field("host", "name")
local user_name = field("user", "username")
local impersonated_name = field("impersonatedUser", "username")
local response_code = field("responseStatus", "code")
local response_message = field("responseStatus", "message")
local resource = field("objectRef", "resource")
local object_name = field("objectRef", "name")
local created_name = field("responseObject", "metadata", "name")

local function tenant(e)
  local host = m.first(cluster_name(e), host_name(e), e.host)
  -- A shipper's host object may have become a text on the way.
  return host and host:match('^{.*"name"%s*:%s*"([^"\\]+)"') or host or cluster
end

local function entity(user)
  local kind = "user"
  if user:find("^system:node:") then
    kind = "node"
  elseif user:find("^system:serviceaccount:") then
    kind = "serviceaccount"
  elseif user:find("^system:") then
    kind = "system"
  end
  return m.actor(kind, user, user:match("[^:]*$"))
end

return {
  format = "Kubernetes audit",
  map = function(e)
    local user = user_name(e)
    local impersonated = impersonated_name(e)
    local code = tonumber(response_code(e))
    return {
      tenant = tenant(e),
      -- One request has an event for each stage, all with the same audit id.
      key = m.key(e.auditID, e.stage),
      occurred_at = m.utc(e.requestReceivedTimestamp),
      action = m.text(e.verb),
      outcome = code and code >= 400 and "failure" or "success",
      actor = user and entity(user) or m.actor(),
      on_behalf_of = impersonated and { entity(impersonated) },
      -- An object whose name the server is to choose has it in the response only.
      targets = m.targets(resource(e),
        m.first(object_name(e), created_name(e))),
      reason = response_message(e),
      -- The first is the client's, the others are proxies'.
      source_ip = m.text(m.get(e, "sourceIPs", 1)),
      user_agent = m.text(e.userAgent),
      request_id = m.text(e.auditID),
      source = "kubernetes",
    }
  end,
}
