-- What is asked before an event is written.
--
--   daybook hooks check examples/rules/hooks.lua
--   daybook -t acme hooks replay examples/rules/hooks.lua -S 30d

local function looks_like_a_card(text)
  local digits = text:gsub("[ -]", "")
  return #digits >= 13 and #digits <= 19 and not digits:find("%D")
end

-- A decimal keeps its digits, and is no number of Lua's; nil for what is none at all.
local function number(value)
  return tonumber(tostring(value))
end

return {
  on_failure = "refuse",
  record_refusals = true,

  rules = {
    {
      name = "no payments over 1000 by services",
      when = "invoice.paid",
      apply = function(e)
        local amount = number(e.metadata.amount)
        if e.actor.type == "service" and amount and amount > 1000 then
          refuse("a service pays up to 1000, and this is " .. amount)
        end
      end,
    },
    {
      name = "size as a facet",
      when = "invoice.*",
      apply = function(e)
        local amount = number(e.metadata.amount)
        if amount then
          e.facets.size = amount < 100 and "small" or "large"
        end
      end,
    },
    {
      name = "card numbers in free text",
      apply = function(e)
        if e.reason then
          e.reason = e.reason:gsub("%d[%d -]+%d", function(text)
            return looks_like_a_card(text) and "[card]" or text
          end)
        end
      end,
    },
  },
}
