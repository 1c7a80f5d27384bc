// Daybook behind a pooler: Debian's PgBouncer, in each of its modes.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include <daybook/daybook.hpp>
#include <daybook/schema_copy.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "server_process.hpp"
#include "socket_directory.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

// Empty if it is not installed.
std::string pgbouncer()
{
    for (const char* const folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}) {
        const std::string program = std::string{folder} + "/pgbouncer";
        if (std::filesystem::exists(program)) {
            return program;
        }
    }
    return {};
}

// Two organizations in a database that is reached through two server connections.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    server_directory directory;
    std::unique_ptr<server_process> pooler;

    explicit fixture(const std::string& mode)
    {
        const std::string program = pgbouncer();
        if (program.empty()) {
            SKIP("PgBouncer is not installed");
        }
        directory.write("users", "\"daybook_app\" \"\"\n\"daybook_reader\" \"\"\n\"daybook_owner\" \"\"\n");
        directory.write("configuration", "[databases]\n* = host=" + socket_directory() +
                                             " port=5432\n"
                                             "[pgbouncer]\n"
                                             "unix_socket_dir = " +
                                             directory.path() +
                                             "\n"
                                             "listen_port = 5432\n"
                                             "auth_type = trust\n"
                                             "auth_file = " +
                                             directory.path() +
                                             "/users\n"
                                             "default_pool_size = 2\n"
                                             "pool_mode = " +
                                             mode + "\n");
        pooler = std::make_unique<server_process>(
            directory, std::vector<std::string>{program, directory.path() + "/configuration"});
        pooler->wait_for(url());
    }

    [[nodiscard]] std::string url(const std::string& role = "daybook_app") const
    {
        return "postgresql://" + role + "@/" + database.name() + "?host=" + directory.path();
    }
    [[nodiscard]] pool make(std::size_t size) const
    {
        return pool{pool_options{.url = url(), .size = size, .wait = std::chrono::seconds{20}}};
    }
    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

// The organizations that a select without a WHERE shows.
std::string organizations_seen(tenant_tx& tx)
{
    return tx.sql().query_value<std::string>(
        "select coalesce(string_agg(distinct organization_id::text, ' '), 'none') from daybook.audit_logs");
}

event with_id(const std::string& action)
{
    event e = sample(action);
    e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    return e;
}

// Everything that a program does, from several threads, more than there are server connections, alternating between
// organizations. Returns what went wrong.
std::set<std::string> work_through(const fixture& f, pool& connections)
{
    std::mutex mutex;
    std::set<std::string> wrong;
    const auto expect = [&](bool so, const std::string& what) {
        if (!so) {
            const std::lock_guard lock{mutex};
            wrong.insert(what);
        }
    };
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                const org_id& organization = (t + i) % 2 == 0 ? f.acme : f.globex;
                try {
                    const event e = with_id("invoice.paid");
                    with_tenant(connections, organization, [&](tenant_tx& tx) {
                        expect(organization == org_id::parse(tx.sql().query_value<std::string>(
                                                   "select current_setting('app.org_id')")),
                               "the setting is another's");
                        // What a session would keep, and the next user of the server connection must not find.
                        tx.sql().exec("set local search_path = pg_catalog");
                        log_audit(tx, e);
                        with_tenant(tx, organization, [](tenant_tx& inner) { log_audit(inner, sample()); });
                        const std::vector<event> twice{with_id("new"), e};
                        expect(log_new(tx, twice) ==
                                   std::vector{write_outcome::written, write_outcome::already_there},
                               "log_new");
                    });
                    event denied = sample("invoice.delete");
                    denied.outcome = outcome::denied;
                    denied.reason = "not an administrator";
                    log_attempt(connections, organization, denied);
                    with_tenant(connections, organization, [&](tenant_tx& tx) {
                        expect(organizations_seen(tx) == to_string(organization), "a row of another's is seen");
                        expect(find_event(tx, *e.id).has_value(), "find_event");
                        for (const stored_event& seen : query(tx, {}).events) {
                            expect(seen.organization == organization, "query shows another's event");
                        }
                    });
                    expect(find_organization(connections, "acme").id == f.acme, "find_organization");
                } catch (const std::exception& e) {
                    expect(false, e.what());
                }
            }
        });
    }
    threads.clear();
    return wrong;
}

}  // namespace

TEST_CASE("behind a pooler in transaction mode nothing leaks and everything works", "[database]")
{
    const fixture f{"transaction"};
    pool connections = f.make(4);

    CHECK(work_through(f, connections) == std::set<std::string>{});

    CHECK(f.events() == std::to_string(4 * 20 * 4));
    // They did share server connections.
    const auto backends = f.database.ask_superuser(
        "select count(*) from pg_stat_activity where usename = 'daybook_app' and datname = current_database()");
    CHECK(backends == "2");
}

TEST_CASE("behind a pooler in session mode nothing leaks and everything works", "[database]")
{
    const fixture f{"session"};
    // One connection for the threads and the one that is kept for attempts.
    pool connections = f.make(1);

    CHECK(work_through(f, connections) == std::set<std::string>{});

    CHECK(f.events() == std::to_string(4 * 20 * 4));
}

TEST_CASE("a pooler in statement mode is refused at the first connection, with what to do", "[database]")
{
    const fixture f{"statement"};
    pool connections = f.make(2);
    const auto refused = [&](auto&& work) {
        try {
            work();
            FAIL_CHECK("it was not refused");
        } catch (const error& e) {
            CHECK(e.kind() == error_kind::unsuitable_database);
            CHECK_FALSE(e.retryable());
            CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("statement pooling mode") &&
                                     Catch::Matchers::ContainsSubstring("transaction or session"));
        }
    };
    refused([&] { connections.check(); });
    pqxx::connection own{f.url()};
    refused([&] { with_tenant(connections, f.acme, [&](tenant_tx& tx) { static_cast<void>(tx.sql()); }); });
    refused([&] { with_tenant(own, f.acme, [&](tenant_tx& tx) { tx.exec("select 1"); }); });
    refused([&] { with_tenant(connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, sample()); }); });
    refused([&] { log_attempt(connections, f.acme, sample()); });

    CHECK(f.events() == "0");
}

TEST_CASE("an organization that a raw client left on a pooler's server connection is refused, and never served",
          "[database]")
{
    const fixture f{"transaction"};
    pool connections = f.make(2);
    with_tenant(connections, f.globex, [](tenant_tx& tx) { log_audit(tx, sample()); });

    // One client taints one server connection after the other.
    {
        pqxx::connection raw{f.url()};
        pqxx::connection other{f.url()};
        pqxx::work first{raw};
        pqxx::work second{other};
        for (pqxx::work* const work : {&first, &second}) {
            work->exec("select set_config('app.org_id', $1, false)", pqxx::params{to_string(f.globex)});
            // The attack works: this is what a scope must not be served with.
            CHECK(work->query_value<long>("select count(*) from daybook.audit_logs") == 1);
        }
        first.commit();
        second.commit();
    }

    long seen = 0;
    for (const org_id& organization : {f.acme, f.globex}) {
        CHECK(kind_of([&] {
                  with_tenant(connections, organization, [&](tenant_tx& tx) {
                      seen += tx.exec("select count(*) from daybook.audit_logs").one_field().as<long>();
                  });
              }) == error_kind::contaminated_connection);
    }
    CHECK(kind_of([&] {
              with_tenant(connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, sample()); });
          }) == error_kind::contaminated_connection);
    CHECK(kind_of([&] { log_attempt(connections, f.acme, sample()); }) == error_kind::contaminated_connection);
    CHECK(seen == 0);
    CHECK(f.events() == "1");
}

TEST_CASE("behind a pooler in transaction mode, one program's reset leaves others' transactions alone", "[database]")
{
    const fixture f{"transaction"};
    pool connections = f.make(4);
    pool others = f.make(4);

    with_tenant(others, f.globex, [&](tenant_tx& tx) {
        // Holds one of the two server connections, with things that a reset would take away.
        tx.sql().exec("set local timezone = 'Asia/Tokyo'");
        tx.sql().exec("declare mine cursor for select 1");
        tx.sql().exec("select pg_advisory_xact_lock(7)");
        for (int i = 0; i < 10; ++i) {
            with_tenant(connections, f.acme, [](tenant_tx& inner) {
                inner.sql().exec("set local timezone = 'UTC'");
                log_audit(inner, sample());
            });
        }
        CHECK(tx.sql().query_value<std::string>("show timezone") == "Asia/Tokyo");
        CHECK(tx.sql().query_value<int>("fetch from mine") == 1);
        CHECK(tx.sql().query_value<long>("select count(*) from pg_locks where locktype = 'advisory'") == 1);
        log_audit(tx, sample());
    });

    CHECK(f.events() == "11");
}

TEST_CASE("a pooler that loses its server connection ends the transaction, and the next one works", "[database]")
{
    const fixture f{"transaction"};
    pool connections = f.make(1);
    const event e = with_id("invoice.paid");
    const auto log = [&](bool killed) {
        return kind_of([&] {
            with_tenant(connections, f.acme, [&](tenant_tx& tx) {
                log_audit(tx, e, write_now);
                if (killed) {
                    const auto backend = tx.sql().query_value<std::string>("select pg_backend_pid()");
                    f.database.as_superuser("select pg_terminate_backend(" + backend + ", 10000)");
                }
            });
        });
    };

    const auto lost = log(true);
    CHECK((lost == error_kind::connection_lost || lost == error_kind::commit_unknown));
    CHECK(f.events() == "0");
    CHECK(log(false) == std::nullopt);
    CHECK(f.events() == "1");
}

TEST_CASE("a reader behind a pooler in transaction mode sees its own organization or is refused, and leaves nothing", "[database]")
{
    const fixture f{"transaction"};
    const std::string url = f.url("daybook_reader");
    const std::string ticket_of_acme = issue_ticket(f.database.owner_url(), "acme").text;
    const std::string ticket_of_globex = issue_ticket(f.database.owner_url(), "globex").text;
    std::mutex mutex;
    std::set<std::string> seen;
    const auto read = [&](const std::string& ticket, const std::string& own) {
        for (int i = 0; i < 25; ++i) {
            std::string what = "refused";
            try {
                reader bound{url, ticket};
                bound.query("select string_agg(key, ' ') from organizations, pg_sleep(0.002)",
                            {.columns = [](std::span<const result_column>) {},
                             .row =
                                 [&](result_row row) {
                                     what = row[0] == own ? "its own" : "not its own";
                                     return true;
                                 }});
            } catch (const error& e) {
                const bool refused = e.kind() == error_kind::unsuitable_database || e.kind() == error_kind::invalid_ticket;
                what = refused ? "refused" : e.what();
            }
            const std::lock_guard lock{mutex};
            seen.insert(what);
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back(read, ticket_of_acme, "acme");
            threads.emplace_back(read, ticket_of_globex, "globex");
        }
    }

    CHECK(seen.contains("its own"));
    CHECK_FALSE(seen.contains("not its own"));
    seen.erase("refused");
    CHECK(seen == std::set<std::string>{"its own"});
    // Whoever comes next with the URL alone, on the same server connections.
    for (int i = 0; i < 4; ++i) {
        pqxx::connection raw{url};
        CHECK(pqxx::nontransaction{raw}.query_value<long>("select count(*) from daybook.organizations") == 0);
    }
}

// pg_dump says `set row_security = off` and more, which the next client of that server connection would inherit.
TEST_CASE("a schema is not copied through a pooler", "[database]")
{
    const fixture f{"transaction"};

    CHECK(kind_of([&] { const schema_copy copy{f.url("daybook_owner")}; }) == error_kind::not_checked);
    CHECK(message_of([&] { const schema_copy copy{f.url("daybook_owner")}; }).find("through a pooler") != std::string::npos);
    pqxx::connection next{f.url("daybook_owner")};
    pqxx::nontransaction work{next};
    CHECK(work.query_value<std::string>("show search_path") == "\"$user\", public");
}
