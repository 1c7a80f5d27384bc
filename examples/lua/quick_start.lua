local daybook = require "daybook"

daybook.with_tenant("acme", function(tx)
  tx:sql("update invoices set paid = true where id = $1", 43)
  tx:log_audit{
    action = "invoice.paid",
    actor = { type = "user", id = "u2" },
    targets = { { type = "invoice", id = "43" } },
  }
  for e in tx:events{ action = "invoice.*" } do print(e.occurred_at, e.actor.id, e.targets[1].id) end
end)
