#include <cstdlib>

#include <daybook/daybook.hpp>

int main()
{
    daybook::pool connections{std::getenv("DATABASE_URL")};
    const auto acme = daybook::find_organization(connections, "acme").id;  // yours: from the validated session

    daybook::with_tenant(connections, acme, [](daybook::tenant_tx& tx) {
        tx.exec("update invoices set paid = true where id = $1", pqxx::params{42});
        daybook::event e;
        e.action = "invoice.paid";
        e.actor = {.type = "user", .id = "u1"};
        e.targets = {{.type = "invoice", .id = "42"}};
        log_audit(tx, e);  // with the update, or not at all
    });
}
