#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <latch>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

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
        CHECK(kind_of([&] { with_tenant(connections, f.globex, [](tenant_tx&) {}); }) == error_kind::nested_organization);
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

TEST_CASE("nothing that raw SQL leaves behind reaches the next user of a connection", "[database]")
{
    const fixture f;
    f.database.as_superuser("grant temporary on database " + f.database.name() + " to daybook_app");
    pool connections = f.make(1);
    const auto pid = ask<long>(connections, f.acme, "select pg_backend_pid()");

    with_tenant(connections, f.acme, [](tenant_tx& tx) {
        tx.sql().exec("set search_path = public");
        tx.sql().exec("set timezone = 'Asia/Tokyo'");
        tx.sql().exec("create temp table audit_logs (x int)");
        tx.sql().exec("select pg_advisory_lock(1)");
        tx.sql().exec("declare held cursor with hold for select 1");
        tx.sql().exec("listen somebody");
    });

    CHECK(ask<std::string>(connections, f.globex, "show search_path") == "\"$user\", public");
    CHECK(ask<std::string>(connections, f.globex, "show timezone") != "Asia/Tokyo");
    CHECK(ask<long>(connections, f.globex, "select count(*) from pg_class where relname = 'audit_logs' and relpersistence = 't'") == 0);
    CHECK(ask<long>(connections, f.globex, "select count(*) from pg_locks where locktype = 'advisory'") == 0);
    CHECK(ask<long>(connections, f.globex, "select count(*) from pg_cursors where name = 'held'") == 0);
    CHECK(ask<long>(connections, f.globex, "select count(*) from pg_listening_channels()") == 0);
    // It was cleaned, not thrown away.
    CHECK(ask<long>(connections, f.globex, "select pg_backend_pid()") == pid);
}

TEST_CASE("a session-level organization never reaches the next user", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    with_tenant(connections, f.globex, [](tenant_tx& tx) { log_audit(tx, sample()); });

    with_tenant(connections, f.acme, [&](tenant_tx& tx) {
        tx.sql().exec("select set_config('app.org_id', $1, false)", pqxx::params{to_string(f.globex)});
    });

    CHECK(ask<long>(connections, f.acme, "select count(*) from daybook.audit_logs") == 0);
    CHECK(ask<long>(connections, f.globex, "select count(*) from daybook.audit_logs") == 1);
}

TEST_CASE("a connection that died is replaced", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    const auto pid = ask<long>(connections, f.acme, "select pg_backend_pid()");

    f.database.as_superuser("select pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
    // The first user may hear of it; the one after it must not.
    static_cast<void>(kind_of([&] { ask<long>(connections, f.acme, "select 1"); }));

    CHECK(ask<long>(connections, f.acme, "select pg_backend_pid()") != pid);
    CHECK(connections.open_connections() == 1);
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

TEST_CASE("a statement that one organization prepared is gone for the next", "[database]")
{
    const fixture f;
    pool connections = f.make(1);
    with_tenant(connections, f.acme, [](tenant_tx& tx) { tx.sql().exec("prepare leak as select 'secret of acme'"); });

    CHECK(ask<long>(connections, f.globex, "select count(*) from pg_prepared_statements") == 0);
}

TEST_CASE("a forked child leaves the pool's connections to its parent", "[database]")
{
    const fixture f;
    pool connections = f.make(1);

    try {
        with_tenant(connections, f.acme, [&](tenant_tx& tx) {
            const pid_t child = fork();
            if (child == 0) {
                throw std::string{"of the child"};  // leaves the scope
            }
            int status = -1;
            waitpid(child, &status, 0);
            CHECK(status == 0);
            log_audit(tx, sample());
        });
    } catch (const std::string&) {
        const bool refused = kind_of([&] { connections.check(); }) == error_kind::wrong_thread;
        _exit(refused ? 0 : 1);
    }

    CHECK(f.events() == "1");
}
