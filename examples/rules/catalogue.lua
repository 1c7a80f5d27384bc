-- What the billing service logs: which actions there are, what they must say, what in them is nobody's business.
--
--   daybook catalogue check examples/rules/catalogue.lua
--   daybook catalogue test examples/rules/catalogue.lua
--   DAYBOOK_CATALOGUE=examples/rules/catalogue.lua DAYBOOK_HASH_KEY_FILE=hash.key daybook -t acme log …

local staff = { "user", "service" }
local email = { type = "string", personal = "hash", facet = "email", description = "found by its hash" }

return {
  name = "billing",
  strict = true,
  secret_names = { "password", "token", "api_key" },
  facets = { "size" },                     -- given by a hook, not by a field
  retention = { access = "400 days", money = "10 years" },

  actions = {
    ["invoice.paid"] = {
      sentence = "{actor} paid {target}: {metadata.amount} {metadata.currency}",
      actor = staff,
      targets = "invoice",
      metadata = {
        amount = { type = "number", required = true },
        currency = { type = "string", required = true, one_of = { "CHF", "EUR" }, facet = true },
        email = email,
        card = { type = "string", secret = true },
      },
      retention = "money",
      ocsf = { class = "api_activity", activity = "update" },
    },

    ["role.grant"] = {
      description = "Somebody got rights",
      sentence = "{actor} granted {changes.role.new} to {target}",
      actor = "user",
      targets = "user",
      changes = { ["/role"] = { type = "string", required = true } },
      source_ip = { personal = true },
      retention = "access",
      ocsf = { class = "user_access", activity = "assign_privileges" },
    },

    ["user.sign_in"] = {
      sentence = "{actor} signed in from {source_ip}",
      actor = { types = "user", name = { personal = true } },
      targets = { types = "application", optional = true },
      metadata = { method = { type = "string", one_of = { "password", "passkey" }, facet = true } },
      retention = "access",
      ocsf = { class = "authentication", activity = "logon" },
    },

    -- Whatever else is done to documents, with any metadata.
    ["document.*"] = { actor = staff, targets = "document", open = true },
  },

  examples = {
    pass = {
      { action = "invoice.paid", actor = { type = "service", id = "till" }, targets = { { type = "invoice", id = "42" } },
        metadata = { amount = 10.5, currency = "EUR", email = "ann@acme.test", card = "4111 1111 1111 1111" } },
      { action = "role.grant", actor = { type = "user", id = "u1" }, targets = { { type = "user", id = "u2" } },
        changes = { { path = "/role", new = "admin" } } },
      { action = "document.share", actor = { type = "user", id = "u1" }, targets = { { type = "document", id = "7" } },
        metadata = { with = "globex" } },
    },
    fail = {
      { event = { action = "invoice.payed", actor = { type = "user", id = "u1" } }, message = 'did you mean "invoice.paid"?' },
      { event = { action = "role.grant", actor = { type = "user", id = "u1" }, targets = { { type = "user", id = "u2" } } },
        message = 'changes have no "/role"' },
      { event = { action = "invoice.paid", actor = { type = "user", id = "u1" }, targets = { { type = "invoice", id = "42" } },
          metadata = { amount = "10.50", currency = "EUR" } }, message = "metadata.amount is not a number" },
    },
  },
}
