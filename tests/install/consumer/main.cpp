#include <cstdio>

#include <daybook/daybook.hpp>
#include <daybook/script_host.hpp>

int main(int argc, char** argv)
{
    if (argc != 3) {
        return 2;
    }
    daybook::pool connections{argv[1]};
    const daybook::organization acme = daybook::find_organization(connections, argv[2]);
    daybook::with_tenant(connections, acme.id, [](daybook::tenant_tx& tx) {
        daybook::event e;
        e.action = "consumer.ran";
        e.actor = {.type = "program", .id = "consumer"};
        daybook::log_audit(tx, e);
    });
    daybook::script_host scripts{connections};
    const std::string arguments[] = {argv[2]};
    scripts.run(R"(
        local daybook = require "daybook"
        daybook.with_tenant(arg[1], function(tx)
            tx:log_audit{ action = "consumer.script", actor = { type = "program", id = "consumer" } }
        end)
    )", "consumer.lua", arguments);
    const auto page = daybook::with_tenant(connections, acme.id,
                                           [](daybook::tenant_tx& tx) { return daybook::query(tx, {}); });
    for (const daybook::stored_event& e : page.events) {
        std::puts(e.action.c_str());
    }
}
