// Ten hooks and a catalogue of fifty actions, such as a shop might have.

#ifndef DAYBOOK_BENCH_LUA_RULES_HPP
#define DAYBOOK_BENCH_LUA_RULES_HPP

namespace daybook::bench {

inline constexpr const char* bench_hooks = R"(
local currencies = { EUR = true, USD = true, GBP = true }

return {
  name = "shop",
  rules = {
    { name = "an amount is a positive number", when = { "invoice.paid", "invoice.refunded" }, apply = function(e)
      local amount = e.metadata.amount
      if math.type(amount) ~= "integer" or amount <= 0 then
        error("metadata.amount is no positive integer", 0)
      end
    end },
    { name = "a currency is one that we take", when = "invoice.*", apply = function(e)
      if not currencies[e.metadata.currency] then
        refuse("the currency is none that we take")
      end
    end },
    { name = "the region can be searched for", when = "invoice.*", apply = function(e)
      e.facets.region = e.metadata.region
    end },
    { name = "no card numbers", apply = function(e)
      for key, value in pairs(e.metadata) do
        if type(value) == "string" and value:find("%d%d%d%d[ -]?%d%d%d%d") then
          e.metadata[key] = value:gsub("%d%d%d%d[ -]?%d%d%d%d[ -]?%d%d%d%d[ -]?%d%d%d%d", "[card]")
        end
      end
    end },
    { name = "a failure says why", apply = function(e)
      if e.outcome == "failure" and not e.reason then
        refuse("a failure without a reason")
      end
    end },
    { name = "the program is named", apply = function(e)
      if not e.source then
        e.source = "shop"
      end
    end },
    { name = "services have a name", apply = function(e)
      if e.actor.type == "service" and not e.actor.name then
        e.actor.name = e.actor.id
      end
    end },
    { name = "a role has a ticket", when = "role.*", apply = function(e)
      if not e.metadata.ticket then
        refuse("a role without a ticket")
      end
    end },
    { name = "documents have an owner", when = { "document.shared", "document.deleted" }, apply = function(e)
      e.facets.owner = e.metadata.owner
    end },
    { name = "a login's agent is cut", when = "user.login", apply = function(e)
      e.user_agent = e.user_agent and e.user_agent:sub(1, 200)
    end },
  },
}
)";

inline constexpr const char* bench_catalogue = R"(
local nouns = { "invoice", "user", "role", "document", "order", "account", "token", "report", "team", "webhook" }
local verbs = { "created", "changed", "deleted", "paid", "shared" }
local actions = {}
for _, noun in ipairs(nouns) do
  for _, verb in ipairs(verbs) do
    actions[noun .. "." .. verb] = {
      sentence = "{actor} " .. verb .. " {target}",
      actor = { types = { "user", "service" } },
      targets = { types = { noun } },
      metadata = {
        amount = { type = "integer", required = true },
        currency = { one_of = { "EUR", "USD", "GBP" } },
        region = { type = "string", facet = "region" },
        method = { type = "string" },
        attempt = { type = "integer" },
        vat = { fields = { rate = { type = "number" }, country = { type = "string" } } },
        tags = { type = "array", items = { type = "string" } },
        email = { personal = true },
        note = { type = "string" },
      },
    }
  end
end
return { name = "shop", strict = true, secret_names = { "password", "token", "card_number" }, actions = actions }
)";

}  // namespace daybook::bench

#endif
