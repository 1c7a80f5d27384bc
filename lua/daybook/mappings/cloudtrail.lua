-- AWS CloudTrail: one record a line.
--
-- CloudTrail delivers files of the form {"Records": […]}; `jq -c '.Records[]'` makes lines of them.
-- Fields: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

local m = require "daybook.mapping"

-- Most services name what they act on only in the request.
local requested = {
  { "bucketName", "AWS::S3::Bucket" },
  { "userName", "AWS::IAM::User" },
  { "roleName", "AWS::IAM::Role" },
  { "secretId", "AWS::SecretsManager::Secret" },
  { "instanceId", "AWS::EC2::Instance" },
  { "name", "name" },
}

local function targets(e)
  local resource = m.get(e, "resources", 1)
  if resource then
    return m.targets(m.get(resource, "type"), m.first(m.get(resource, "ARN"), m.get(resource, "ARNPrefix")))
  end
  for _, field in ipairs(requested) do
    local id = m.get(e, "requestParameters", field[1])
    -- In some services the same name holds an object.
    if type(id) == "string" then
      return m.targets(field[2], id)
    end
  end
  return nil
end

return {
  format = "AWS CloudTrail",
  map = function(e)
    local user = m.get(e, "userIdentity")
    local name = m.get(user, "userName")
    local service = m.get(user, "invokedBy")
    -- A failed console login has no error code.
    local failed = m.text(e.errorCode) or m.get(e, "responseElements", "ConsoleLogin") == "Failure"
    return {
      tenant = m.first(e.recipientAccountId, m.get(user, "accountId")),
      key = m.text(e.eventID),
      -- Always UTC; a log shipper moves it to @timestamp.
      occurred_at = m.utc(m.first(e.eventTime, e["@timestamp"])),
      action = m.text(e.eventName),
      outcome = failed and "failure" or "success",
      actor = m.actor(m.get(user, "type"), m.first(m.get(user, "arn"), m.get(user, "principalId"), service, name),
        m.first(name, m.get(user, "sessionContext", "sessionIssuer", "userName"), service)),
      targets = targets(e),
      reason = m.first(e.errorMessage, e.errorCode),
      -- An address, a host name of a service, or "AWS Internal".
      source_ip = m.text(e.sourceIPAddress),
      user_agent = m.text(e.userAgent),
      request_id = m.text(e.requestID),
      -- The same in every account that one action shows up in.
      correlation_id = m.text(e.sharedEventID),
      source = "cloudtrail",
    }
  end,
}
