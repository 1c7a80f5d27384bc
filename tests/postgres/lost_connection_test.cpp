// What happens to a transaction whose connection is cut at each of its round trips.

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "cutting_proxy.hpp"
#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

std::string socket_directory()
{
    const std::string url = cluster().superuser_url();
    return url.substr(url.find("host=") + 5);
}

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    cutting_proxy proxy{socket_directory()};
    event paid = sample();

    fixture()
    {
        database.as_superuser("create table public.payments (id int); grant select, insert on public.payments to daybook_app");
        paid.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    }

    void pay(pqxx::connection& connection, int events) const
    {
        with_tenant(connection, acme, [&](tenant_tx& tx) {
            tx.sql().exec("insert into public.payments values (42)");
            for (int i = 0; i < events; ++i) {
                event e = paid;
                if (i > 0) {
                    e.id.reset();
                }
                log_audit(tx, e);
            }
        });
    }

    // A connection that Daybook has examined already, so that what follows is the transaction's own traffic.
    [[nodiscard]] pqxx::connection connect() const
    {
        pqxx::connection connection{proxy.url("daybook_app", database.name())};
        with_tenant(connection, acme, [](tenant_tx&) {});
        return connection;
    }

    [[nodiscard]] std::string state() const
    {
        return database.ask_superuser("select (select count(*) from public.payments) || ' payments, ' || "
                                      "(select count(*) from daybook.audit_logs) || ' events'");
    }
};

}  // namespace

TEST_CASE("auditing adds no round trip", "[database]")
{
    fixture f;
    pqxx::connection connection = f.connect();
    const auto trips = [&](int events) {
        f.proxy.arm(cut::never, 0);
        f.paid.id.reset();
        f.pay(connection, events);
        return f.proxy.round_trips();
    };

    CHECK(trips(0) == 3);
    CHECK(trips(1) == 3);
    CHECK(trips(100) == 3);
}

TEST_CASE("the event and the business change share their fate wherever the connection is cut", "[database]")
{
    for (const cut how : {cut::before, cut::after}) {
        for (int at = 1; at <= 3; ++at) {
            INFO((how == cut::before ? "before" : "after") << " round trip " << at);
            fixture f;
            pqxx::connection connection = f.connect();
            f.proxy.arm(how, at);

            std::optional<error_kind> kind;
            bool lost_in_host = false;
            try {
                kind = kind_of([&] { f.pay(connection, 1); });
            } catch (const pqxx::broken_connection&) {
                lost_in_host = true;  // the host's own statement: its exception passes unchanged
            }

            // Only the last round trip carries the COMMIT.
            CHECK(lost_in_host == (at == 2));
            CHECK(kind == (at == 1 ? std::optional{error_kind::connection_lost}
                                   : at == 3 ? std::optional{error_kind::commit_unknown} : std::nullopt));
            const bool committed = at == 3 && how == cut::after;
            CHECK(f.state() == (committed ? "1 payments, 1 events" : "0 payments, 0 events"));

            // The retry with the same id makes it exactly one.
            pqxx::connection again = f.connect();
            CHECK(kind_of([&] { f.pay(again, 1); }) == (committed ? std::optional{error_kind::duplicate_event} : std::nullopt));
            CHECK(f.state() == "1 payments, 1 events");
        }
    }
}

TEST_CASE("a pool goes on with a new connection after one was cut", "[database]")
{
    fixture f;
    pool connections{pool_options{.url = f.proxy.url("daybook_app", f.database.name()), .size = 1}};
    const auto log = [&] {
        return kind_of([&] {
            with_tenant(connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, f.paid); });
        });
    };
    connections.check();

    f.proxy.arm(cut::after, 2);
    CHECK(log() == error_kind::commit_unknown);
    f.proxy.arm(cut::never, 0);
    CHECK(log() == error_kind::duplicate_event);
    CHECK(connections.open_connections() == 1);
}
