// What auditing costs in round trips. What happens when one of them fails is in tests/faults.

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "cutting_proxy.hpp"
#include "sample.hpp"
#include "socket_directory.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

TEST_CASE("auditing adds no round trip", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    database.as_superuser("create table public.payments (id int); grant select, insert on public.payments to daybook_app");
    cutting_proxy proxy{socket_directory()};
    pqxx::connection connection{proxy.url("daybook_app", database.name())};
    with_tenant(connection, acme, [](tenant_tx&) {});  // examined: what follows is the transaction's own traffic
    const auto trips = [&](int events) {
        proxy.arm(cut::never, 0);
        with_tenant(connection, acme, [&](tenant_tx& tx) {
            tx.sql().exec("insert into public.payments values (42)");
            for (int i = 0; i < events; ++i) {
                log_audit(tx, sample());
            }
        });
        return proxy.round_trips();
    };

    CHECK(trips(0) == 3);
    CHECK(trips(1) == 3);
    CHECK(trips(100) == 3);
    CHECK(database.ask_superuser("select count(*) from daybook.audit_logs") == "101");
}
