#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using daybook::testing::full_sample;
using daybook::testing::sample;
using daybook::testing::temporary_database;

namespace {

long count_all(tenant_tx& tx)
{
    return tx.sql().query_value<long>("select count(*) from daybook.audit_logs");
}

}  // namespace

TEST_CASE("a tenant cannot see another tenant's events", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    const org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    with_tenant(connection, acme, [](tenant_tx& tx) {
        log_audit(tx, sample());
        log_audit(tx, sample());
    });
    with_tenant(connection, globex, [](tenant_tx& tx) { log_audit(tx, sample()); });

    CHECK(with_tenant(connection, acme, count_all) == 2);
    CHECK(with_tenant(connection, globex, count_all) == 1);
}

TEST_CASE("an event comes back exactly as it was logged", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    pqxx::connection connection = database.connect_as_application();
    const event logged = full_sample();

    const receipt got = with_tenant(connection, acme, [&](tenant_tx& tx) { return log_audit(tx, logged); });
    const auto read = with_tenant(connection, acme, [&](tenant_tx& tx) { return find_event(tx, got.id); });

    REQUIRE(read);
    event expected = logged;
    expected.id = got.id;
    CHECK(static_cast<const event&>(*read) == expected);
    CHECK(read->organization == acme);
    CHECK(read->db_role == "daybook_app");
    CHECK(got.occurred_at == *logged.occurred_at);
}
