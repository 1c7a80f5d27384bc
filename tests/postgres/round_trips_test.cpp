// What auditing costs in round trips. What happens when one of them fails is in tests/faults.

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "cutting_proxy.hpp"
#include "expect_error.hpp"
#include "sample.hpp"
#include "socket_directory.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

constexpr const char* pay = "insert into public.payments values ($1)";

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    cutting_proxy proxy{socket_directory()};
    pqxx::connection connection{proxy.url("daybook_app", database.name())};

    fixture()
    {
        database.as_superuser("create table public.payments (id int); "
                              "grant select, insert on public.payments to daybook_app");
        with_tenant(connection, acme, [](tenant_tx&) {});  // examined: what follows is the transaction's own traffic
    }

    template <typename Work>
    int trips(const Work& work)
    {
        proxy.arm(cut::never, 0);
        with_tenant(connection, acme, work);
        return proxy.round_trips();
    }

    [[nodiscard]] std::string stored() const
    {
        return database.ask_superuser("select (select count(*) from public.payments) || ' payments, ' || "
                                      "(select count(*) from daybook.audit_logs) || ' events'");
    }
};

void log(tenant_tx& tx, int events)
{
    for (int i = 0; i < events; ++i) {
        log_audit(tx, sample());
    }
}

}  // namespace

TEST_CASE("auditing adds no round trip to the three of a statement through libpqxx", "[database]")
{
    fixture f;
    const auto audited = [&](int events) {
        return f.trips([&](tenant_tx& tx) {
            tx.sql().exec(pay, pqxx::params{42});
            log(tx, events);
        });
    };

    CHECK(audited(0) == 3);
    CHECK(audited(1) == 3);
    CHECK(audited(100) == 3);
    CHECK(f.stored() == "3 payments, 101 events");
}

TEST_CASE("a statement through exec() takes two round trips, audited or not", "[database]")
{
    fixture f;
    const auto audited = [&](int events) {
        return f.trips([&](tenant_tx& tx) {
            tx.exec(pay, pqxx::params{42});
            log(tx, events);
        });
    };

    CHECK(audited(0) == 2);
    CHECK(audited(1) == 2);
    CHECK(audited(100) == 2);
    CHECK(f.stored() == "3 payments, 101 events");
}

TEST_CASE("an event logged before the statement costs nothing more", "[database]")
{
    fixture f;

    CHECK(f.trips([&](tenant_tx& tx) {
              log(tx, 1);
              tx.exec(pay, pqxx::params{42});
              log(tx, 1);
          }) == 2);
    CHECK(f.stored() == "1 payments, 2 events");
}

TEST_CASE("events alone take one round trip, a page two, and a scope that does nothing none", "[database]")
{
    fixture f;

    CHECK(f.trips([](tenant_tx& tx) { log(tx, 100); }) == 1);
    CHECK(f.trips([](tenant_tx& tx) { CHECK(query(tx, filter{}, {.limit = 1000}).events.size() == 100); }) == 2);
    CHECK(f.trips([](tenant_tx&) {}) == 0);
    CHECK(kind_of([&] { f.trips([](tenant_tx&) { throw error{error_kind::invalid_event, "of the host"}; }); }) ==
          error_kind::invalid_event);
    CHECK(f.proxy.round_trips() == 0);
}

TEST_CASE("a page sees the events that wait, in the same round trip", "[database]")
{
    fixture f;

    CHECK(f.trips([](tenant_tx& tx) {
              log(tx, 3);
              CHECK(query(tx, filter{}).events.size() == 3);
          }) == 2);
}
