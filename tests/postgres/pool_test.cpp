#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <latch>
#include <thread>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");

    [[nodiscard]] pool make(std::size_t size, std::chrono::milliseconds wait = std::chrono::seconds{20}) const
    {
        return pool{pool_options{.url = database.app_url(), .size = size, .wait = wait}};
    }
    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

template <typename T>
T ask(pool& connections, const org_id& organization, const char* sql)
{
    return with_tenant(connections, organization, [&](tenant_tx& tx) { return tx.sql().query_value<T>(sql); });
}

}  // namespace

TEST_CASE("threads share a bounded number of connections", "[database]")
{
    const fixture f;
    pool connections = f.make(3);

    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 25; ++i) {
                with_tenant(connections, t % 2 == 0 ? f.acme : f.globex, [](tenant_tx& tx) { log_audit(tx, sample()); });
            }
        });
    }
    threads.clear();

    CHECK(connections.open_connections() <= 3);
    CHECK(ask<long>(connections, f.acme, "select count(*) from daybook.audit_logs") == 100);
    CHECK(ask<long>(connections, f.globex, "select count(*) from daybook.audit_logs") == 100);
}

TEST_CASE("a full pool says so when the wait is over", "[database]")
{
    const fixture f;
    pool connections = f.make(1, std::chrono::milliseconds{50});

    with_tenant(connections, f.acme, [&](tenant_tx&) {
        std::optional<error_kind> other;
        std::thread{[&] { other = kind_of([&] { connections.check(); }); }}.join();
        CHECK(other == error_kind::pool_exhausted);
    });
    CHECK(kind_of([&] { connections.check(); }) == std::nullopt);
}

TEST_CASE("a scope inside a scope of the same pool is a savepoint, not a second connection", "[database]")
{
    const fixture f;
    pool connections = f.make(1, std::chrono::milliseconds{50});

    with_tenant(connections, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample());
        with_tenant(connections, f.acme, [](tenant_tx& inner) { CHECK(query(inner, {}).events.size() == 1); });
    });

    CHECK(f.events() == "1");
}

TEST_CASE("an attempt survives the rollback of the business transaction, even in a full pool", "[database]")
{
    const fixture f;
    pool connections = f.make(1, std::chrono::milliseconds{50});
    event denied = sample("invoice.delete");
    denied.outcome = outcome::denied;
    denied.reason = "not an administrator";
    denied.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));

    CHECK_THROWS_AS(with_tenant(connections, f.acme,
                                [&](tenant_tx& tx) {
                                    log_audit(tx, sample());
                                    log_attempt(connections, f.acme, denied);
                                    throw 7;
                                }),
                    int);

    CHECK(f.events() == "1");
    // Again is nothing new; the same id with other content is an error.
    log_attempt(connections, f.acme, denied);
    CHECK(f.events() == "1");
    denied.reason = "other";
    CHECK(kind_of([&] { log_attempt(connections, f.acme, denied); }) == error_kind::event_conflict);
}

TEST_CASE("a connection that raw SQL used is cleaned, not thrown away", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    const auto pid = ask<long>(connections, f.acme, "select pg_backend_pid()");

    CHECK(ask<std::string>(connections, f.acme, "select set_config('timezone', 'Asia/Tokyo', false)") == "Asia/Tokyo");

    CHECK(ask<std::string>(connections, f.globex, "show timezone") != "Asia/Tokyo");
    CHECK(ask<long>(connections, f.globex, "select pg_backend_pid()") == pid);
}

TEST_CASE("a pool that cannot connect says why, without a password", "[database]")
{
    pool nowhere{"postgresql://daybook_app:secret@/daybook?host=/nonexistent"};
    pool broken{"postgresql://daybook_app:secret@[broken"};

    const std::string message = message_of([&] { nowhere.check(); });
    CHECK(message.find("/nonexistent") != std::string::npos);
    CHECK(message.find("secret") == std::string::npos);
    CHECK(message_of([&] { broken.check(); }).find("secret") == std::string::npos);
    CHECK(kind_of([&] { nowhere.check(); }) == error_kind::cannot_connect);
    CHECK(kind_of([&] { pool{""}; }) == error_kind::no_url);
}

TEST_CASE("a pool with an unsafe role opens no scope", "[database]")
{
    const fixture f;
    pool connections{f.database.owner_url()};

    CHECK(kind_of([&] { connections.check(); }) == error_kind::unsafe_role);
    CHECK(connections.open_connections() == 0);
}

TEST_CASE("a connection that was cut while idle is not handed out", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    event denied = sample("invoice.delete");
    log_attempt(connections, f.acme, denied);
    const auto pid = ask<long>(connections, f.acme, "select pg_backend_pid()");

    f.database.as_superuser("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'daybook_app' and "
                            "datname = current_database()");

    CHECK(ask<long>(connections, f.acme, "select pg_backend_pid()") != pid);
    log_attempt(connections, f.acme, denied);
    CHECK(f.events() == "2");
}

TEST_CASE("an attempt shares the correlation id of the scope that it was made in", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    event refused = sample("invoice.delete");
    refused.outcome = outcome::failure;
    const auto correlated = [&](const std::string& id) {
        return f.database.ask_superuser("select count(*) from daybook.audit_logs where action = 'invoice.delete' and "
                                        "coalesce(correlation_id, 'none') = '" + id + "'");
    };

    CHECK_THROWS_AS(with_tenant(connections, f.acme,
                                [&](tenant_tx& tx) {
                                    event paid = sample();
                                    paid.correlation_id = "c-7";
                                    log_audit(tx, paid);
                                    log_attempt(connections, f.acme, refused);
                                    log_attempt(connections, f.globex, refused);  // another organization's
                                    event own = refused;
                                    own.correlation_id = "c-8";
                                    log_attempt(connections, f.acme, own);
                                    throw 7;
                                }),
                    int);
    log_attempt(connections, f.acme, refused);

    CHECK(correlated("c-7") == "1");
    CHECK(correlated("c-8") == "1");
    CHECK(correlated("none") == "2");
}

TEST_CASE("an attempt whose id the transaction around it has written does not wait for ever", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    event paid = sample();
    paid.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));

    with_tenant(connections, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, paid, write_now);
        CHECK(kind_of([&] { log_attempt(connections, f.acme, paid); }) == error_kind::statement_failed);
    });

    CHECK(f.events() == "1");
}

// ---------------------------------------------------------------- plans that are kept

namespace {

constexpr const char* kept_plans = "select count(*) from pg_prepared_statements";

std::size_t page_size(pool& connections, const org_id& organization)
{
    return with_tenant(connections, organization, [](tenant_tx& tx) { return query(tx, filter{}).events.size(); });
}

}  // namespace

TEST_CASE("the plan of a page is kept with a pooled connection, and serves every organization with its own events", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    with_tenant(connections, f.acme, [](tenant_tx& tx) { log_audit(tx, std::vector<event>(7, sample())); });
    with_tenant(connections, f.globex, [](tenant_tx& tx) { log_audit(tx, std::vector<event>(3, sample())); });

    for (int i = 0; i < 8; ++i) {
        CHECK(page_size(connections, f.acme) == 7);
        CHECK(page_size(connections, f.globex) == 3);
    }
    CHECK(ask<long>(connections, f.acme, kept_plans) == 1);

    // That was raw SQL: whatever was prepared is gone, and is prepared again.
    CHECK(ask<long>(connections, f.acme, kept_plans) == 0);
    CHECK(page_size(connections, f.globex) == 3);
    CHECK(page_size(connections, f.globex) == 3);
    CHECK(ask<long>(connections, f.globex, kept_plans) == 1);
}

TEST_CASE("a page is read in a scope that has removed every prepared statement, or has failed to make one", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    with_tenant(connections, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(page_size(connections, f.acme) == 1);

    with_tenant(connections, f.acme, [](tenant_tx& tx) {
        CHECK(query(tx, filter{}).events.size() == 1);
        tx.exec("deallocate all");
        CHECK(query(tx, filter{}).events.size() == 1);
    });

    f.database.as_superuser("revoke select on daybook.audit_logs from daybook_app");
    filter by_actor;
    by_actor.actor.push_back("u1");
    CHECK(kind_of([&] {
              with_tenant(connections, f.acme, [&](tenant_tx& tx) { static_cast<void>(query(tx, by_actor)); });
          }) == error_kind::permission_denied);
    f.database.as_superuser("grant select on daybook.audit_logs to daybook_app");
    for (int i = 0; i < 2; ++i) {
        with_tenant(connections, f.acme, [&](tenant_tx& tx) { CHECK(query(tx, by_actor).events.size() == 1); });
    }
}

TEST_CASE("on a host's own connection nothing is prepared, and its setting of plans stays", "[database]")
{
    const fixture f;
    pqxx::connection own = f.database.connect_as_application();
    with_tenant(own, f.acme, [](tenant_tx& tx) {
        CHECK(query(tx, filter{}).events.empty());
        CHECK(tx.sql().query_value<long>(kept_plans) == 0);
    });

    pool connections = f.make(1);
    CHECK(with_tenant(connections, f.acme, [](tenant_tx& tx) {
              CHECK(query(tx, filter{}).events.empty());
              return tx.exec("select current_setting('plan_cache_mode')").one_field().as<std::string>();
          }) == "auto");
}
