// What one organization leaves on a connection for the next, and what happens when a connection is lost.

#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <daybook/daybook.hpp>

#include "attack.hpp"
#include "cutting_proxy.hpp"
#include "expect_error.hpp"
#include "socket_directory.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

const std::string own_locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";

// A pool of one connection, so that the next scope has the connection of the last one.
struct shared_connection : two_organizations {
    pool connections{pool_options{.url = database.app_url(), .size = 1}};

    void run(const org_id& organization, const std::string& sql)
    {
        with_tenant(connections, organization, [&](tenant_tx& tx) { tx.sql().exec(sql); });
    }

    template <typename T>
    T ask_pool(const org_id& organization, const std::string& sql)
    {
        return with_tenant(connections, organization, [&](tenant_tx& tx) { return tx.sql().query_value<T>(sql); });
    }

    void allow_temporary_tables() const
    {
        database.as_superuser("grant temporary on database " + database.name() + " to daybook_app");
    }
};

// The same on a connection that nobody cleans: what is left there can be used by whoever comes next.
long on_a_bare_connection(two_organizations& f, const std::string& leave, const std::string& count)
{
    pqxx::connection bare = f.database.connect_as_application();
    with_tenant(bare, f.globex, [&](tenant_tx& tx) { tx.sql().exec(leave); });
    return ask<long>(bare, f.acme, count);
}

std::string with_setting(const std::string& url, const org_id& organization)
{
    return url + "&options=-c%20app.org_id%3D" + to_string(organization);
}

// The server hears of a scope with its first statement.
void begin_it(tenant_tx& tx)
{
    static_cast<void>(tx.sql());
}

}  // namespace

// ---------------------------------------------------------------- what is left behind

TEST_CASE("attack 19: a cursor that was held for one organization is closed before the next", "[database]")
{
    shared_connection f;
    const std::string held = "declare held cursor with hold for select * from daybook.audit_logs";
    const std::string cursors = "select count(*) from pg_cursors where name = 'held'";
    REQUIRE(on_a_bare_connection(f, held, cursors) == 1);

    f.run(f.globex, held);

    CHECK(f.ask_pool<long>(f.acme, cursors) == 0);
    CHECK(sqlstate_of([&] { f.run(f.acme, "fetch all from held"); }) == "34000");
}

TEST_CASE("attack 24: the application makes no temporary tables", "[database]")
{
    shared_connection f;
    const std::string create = "create temporary table kept (secret text)";
    CHECK(attempt(f.connection, f.acme, create) == "42501");

    f.allow_temporary_tables();
    CHECK(attempt(f.connection, f.acme, create).empty());
}

TEST_CASE("attack 24: a temporary table of one organization is gone for the next", "[database]")
{
    shared_connection f;
    f.allow_temporary_tables();
    const std::string keep = "create temporary table kept as select * from daybook.audit_logs";
    const std::string tables = "select count(*) from pg_class where relname = 'kept'";
    REQUIRE(on_a_bare_connection(f, keep, tables) == 1);

    f.run(f.globex, keep);

    CHECK(f.ask_pool<long>(f.acme, tables) == 0);
}

TEST_CASE("attack 25: a temporary table named as the log takes no event, and hides none", "[database]")
{
    shared_connection f;
    f.allow_temporary_tables();
    std::string unqualified;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        for (const std::string table : {"audit_logs", "facets", "organizations", "migrations"}) {
            tx.sql().exec("create temporary table " + table + " (action text, organization_id uuid, id uuid)");
        }
        tx.sql().exec("set local search_path = pg_temp, daybook, pg_catalog");
        tx.sql().exec("insert into audit_logs values ('swallowed')");
        unqualified = tx.sql().query_value<std::string>("select string_agg(action, ' ') from audit_logs");

        event e = sample("kept.event");
        e.facets = {{.key = "k", .value = "v"}};
        log_audit(tx, e, write_now);
        filter kept;
        kept.facets = e.facets;
        CHECK(query(tx, {}).events.size() == 3);
        CHECK(query(tx, kept).events.size() == 1);
    });

    CHECK(unqualified == "swallowed");
    CHECK(f.events() == "6");
}

TEST_CASE("attack 25: a type that one organization made up does not spoil the check of the next one's events", "[database]")
{
    for (const std::string type : {"json", "text"}) {
        shared_connection f;
        f.allow_temporary_tables();

        f.run(f.globex, "create domain pg_temp." + type + " as pg_catalog." + type);
        f.run(f.globex, "select daybook.entities_are_plain('[{\"type\":\"user\",\"id\":\"1\"}]'), "
                        "daybook.changes_are_plain('[{\"path\":\"/a\",\"new\":1}]')");

        with_tenant(f.connections, f.acme, [](tenant_tx& tx) { log_audit(tx, full_sample(), write_now); });
    }
}

TEST_CASE("attack 36: how one organization reads string literals does not spoil the check of the next one's events", "[database]")
{
    // plpgsql reads its literals once a session, in the way of whoever comes first.
    shared_connection f;
    with_tenant(f.connections, f.globex, [](tenant_tx& tx) {
        tx.sql().exec("set local standard_conforming_strings = off");
        log_audit(tx, full_sample(), write_now);
        event odd = sample();
        odd.targets = {{.type = "a\\b", .id = "\\u0041"}};
        log_audit(tx, odd, write_now);
    });

    with_tenant(f.connections, f.acme, [](tenant_tx& tx) { log_audit(tx, full_sample(), write_now); });

    CHECK(f.database.ask_superuser("select count(*) from daybook.audit_logs where action = 'role.grant'") == "2");
}

TEST_CASE("attack 25: every function of the schema names what it uses, or looks in pg_catalog alone", "[database]")
{
    const temporary_database database;
    const std::string others = "select coalesce(string_agg(p.proname, ' '), '') from pg_proc p "
                               "where p.pronamespace = 'daybook'::regnamespace "
                               // A body of the SQL standard's form is bound when the function is made.
                               "and p.prosqlbody is null "
                               // These run under the path of row_is_valid().
                               "and p.proname not in ('entities_are_plain', 'changes_are_plain') "
                               "and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)";
    CHECK(database.ask_superuser(others).empty());

    database.as_superuser("create function daybook.careless() returns bigint language sql as "
                          "'select count(*) from pg_class'");
    CHECK(database.ask_superuser(others) == "careless");
}

TEST_CASE("attack 30: Daybook holds no advisory lock that another organization could wait for", "[database]")
{
    two_organizations f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample(), write_now);
        CHECK(tx.sql().query_value<long>(own_locks) == 0);
        tx.sql().exec("select pg_advisory_xact_lock(7)");
        CHECK(tx.sql().query_value<long>(own_locks) == 1);
    });
}

TEST_CASE("attack 30: an advisory lock that a scope took does not outlive it in a pool", "[database]")
{
    shared_connection f;
    REQUIRE(on_a_bare_connection(f, "select pg_advisory_lock(7)", own_locks) == 1);

    f.run(f.globex, "select pg_advisory_lock(7)");

    CHECK(f.ask_pool<long>(f.acme, own_locks) == 0);
}

TEST_CASE("attack 35: a session-level organization never reaches the next user of a pool", "[database]")
{
    shared_connection f;
    const std::string stay = "select set_config('app.org_id', '" + to_string(f.globex) + "', false)";
    const std::string setting = "select current_setting('app.org_id')";
    {
        pqxx::connection bare = f.database.connect_as_application();
        with_tenant(bare, f.globex, [&](tenant_tx& tx) { tx.sql().exec(stay); });
        REQUIRE(ask<std::string>(bare, setting) == to_string(f.globex));
    }

    f.run(f.globex, stay);

    CHECK(f.ask_pool<long>(f.acme, "select count(*) from daybook.audit_logs") == 2);
    CHECK(f.ask_pool<std::string>(f.acme, setting) == to_string(f.acme));
}

TEST_CASE("attack 35: a connection that carries an organization from elsewhere is refused", "[database]")
{
    two_organizations f;
    const auto set = [&](const org_id& organization) {
        pqxx::nontransaction work{f.connection};
        work.exec("select set_config('app.org_id', $1, false)", pqxx::params{to_string(organization)});
    };
    const std::string before = f.events();
    // However the transaction begins: with a call of libpqxx, with a statement, a query, a savepoint, or all of it in one flush.
    const std::vector<std::function<void(tenant_tx&)>> beginnings = {
        [](tenant_tx& tx) { static_cast<void>(tx.sql()); },
        [](tenant_tx& tx) { tx.exec("select 1"); },
        [](tenant_tx& tx) { static_cast<void>(query(tx, filter{})); },
        [](tenant_tx& tx) { with_tenant(tx, tx.organization(), [](tenant_tx&) {}); },
        [](tenant_tx& tx) { log_audit(tx, sample()); }};
    for (const org_id& organization : {f.globex, f.acme}) {
        set(organization);
        for (const auto& beginning : beginnings) {
            CHECK(kind_of([&] { with_tenant(f.connection, f.acme, beginning); }) == error_kind::contaminated_connection);
        }
    }
    CHECK(f.events() == before);

    pqxx::nontransaction{f.connection}.exec("reset app.org_id");
    for (const auto& beginning : beginnings) {
        CHECK(kind_of([&] { with_tenant(f.connection, f.acme, beginning); }) == std::nullopt);
    }
    CHECK(f.events() == std::to_string(std::stoi(before) + 1));
}

TEST_CASE("attack 36: no setting of one organization reaches the next", "[database]")
{
    shared_connection f;

    for (const auto& [name, value] : {std::pair<std::string, std::string>{"search_path", "public"},
                                      {"timezone", "Asia/Tokyo"},
                                      {"datestyle", "German, DMY"},
                                      {"client_min_messages", "log"},
                                      {"standard_conforming_strings", "off"},
                                      {"default_transaction_read_only", "on"},
                                      {"row_security", "off"},
                                      {"app.reader_token", "junk"}}) {
        INFO(name);
        const std::string show = "select coalesce(current_setting('" + name + "', true), '')";
        const auto before = f.ask_pool<std::string>(f.acme, show);
        std::string inside;
        with_tenant(f.connections, f.globex, [&](tenant_tx& tx) {
            tx.sql().exec("select set_config('" + name + "', '" + value + "', false)");
            inside = tx.sql().query_value<std::string>(show);
        });
        CHECK(inside == value);

        CHECK(f.ask_pool<std::string>(f.acme, show) == before);
    }
}

TEST_CASE("attack 36: a role that one organization took on is laid down before the next", "[database]")
{
    shared_connection f;
    f.database.as_superuser("do $$ begin "
                            "if not exists (select from pg_roles where rolname = 'test_helper') then "
                            "create role test_helper nologin; end if; end $$; grant test_helper to daybook_app");
    const auto role = [&] { return f.ask_pool<std::string>(f.acme, "select current_user::text"); };
    std::string inside;

    with_tenant(f.connections, f.globex, [&](tenant_tx& tx) {
        tx.sql().exec("set role test_helper");
        inside = tx.sql().query_value<std::string>("select current_user::text");
    });
    f.database.as_superuser("revoke test_helper from daybook_app");

    CHECK(inside == "test_helper");
    CHECK(role() == "daybook_app");
}

TEST_CASE("attack 48: a connection that was left in a transaction is never handed out", "[database]")
{
    shared_connection f;
    const std::string open = "select count(*) from pg_stat_activity where state like 'idle in transaction%' "
                             "and usename = 'daybook_app' and datname = current_database()";
    std::string inside;

    CHECK_THROWS_AS(with_tenant(f.connections, f.globex,
                                [&](tenant_tx& tx) {
                                    tx.sql().exec("commit");
                                    tx.sql().exec("begin");
                                    tx.sql().exec("select pg_advisory_xact_lock(42)");
                                    inside = f.database.ask_superuser(open);
                                    throw 7;
                                }),
                    int);

    CHECK(inside == "1");
    CHECK(f.database.ask_superuser(open) == "0");
    CHECK(f.ask_pool<long>(f.acme, "select count(*) from pg_locks where locktype = 'advisory'") == 0);
}

TEST_CASE("attack 36: a statement that one organization prepared is gone for the next", "[database]")
{
    shared_connection f;
    const std::string prepare = "prepare leak as select 'secret of globex'";
    const std::string statements = "select count(*) from pg_prepared_statements where name = 'leak'";
    REQUIRE(on_a_bare_connection(f, prepare, statements) == 1);

    f.run(f.globex, prepare);

    CHECK(f.ask_pool<long>(f.acme, statements) == 0);
}

TEST_CASE("attack 36: what one organization listened to is not heard by the next", "[database]")
{
    shared_connection f;
    const std::string channels = "select count(*) from pg_listening_channels()";
    REQUIRE(on_a_bare_connection(f, "listen somebody", channels) == 1);

    f.run(f.globex, "listen somebody");

    CHECK(f.ask_pool<long>(f.acme, channels) == 0);
}

TEST_CASE("attack 36: a session is clean after work that threw, too", "[database]")
{
    shared_connection f;
    // A rollback keeps the locks of the session.
    CHECK_THROWS_AS(with_tenant(f.connections, f.globex,
                                [&](tenant_tx& tx) {
                                    tx.sql().exec("select pg_advisory_lock(7)");
                                    CHECK(tx.sql().query_value<long>(own_locks) == 1);
                                    throw 7;
                                }),
                    int);

    CHECK(f.ask_pool<long>(f.acme, own_locks) == 0);
}

TEST_CASE("attack 43: the default of a role or database is contamination", "[database]")
{
    two_organizations f;
    const auto try_acme = [&] {
        pqxx::connection connection = f.database.connect_as_application();
        return kind_of([&] { with_tenant(connection, f.acme, begin_it); });
    };
    const auto set_default = [&](const std::string& where, const org_id& organization) {
        f.database.as_superuser("alter " + where + " set app.org_id = '" + to_string(organization) + "'");
    };
    CHECK(try_acme() == std::nullopt);

    for (const org_id& organization : {f.globex, f.acme}) {
        set_default("database " + f.database.name(), organization);
        CHECK(try_acme() == error_kind::contaminated_connection);
        f.database.as_superuser("alter database " + f.database.name() + " reset app.org_id");
        set_default("role daybook_app in database " + f.database.name(), organization);
        CHECK(try_acme() == error_kind::contaminated_connection);
        f.database.as_superuser("alter role daybook_app in database " + f.database.name() + " reset app.org_id");
    }
    CHECK(try_acme() == std::nullopt);
}

TEST_CASE("attack 43: an organization in the URL's options is contamination, in a pool too", "[database]")
{
    two_organizations f;
    const auto try_url = [&](const std::string& url) {
        pqxx::connection connection{url};
        return kind_of([&] { with_tenant(connection, f.acme, begin_it); });
    };
    const auto try_pool = [&](const std::string& url) {
        pool connections{url};
        return kind_of([&] { with_tenant(connections, f.acme, begin_it); });
    };
    CHECK(try_url(f.database.app_url()) == std::nullopt);
    CHECK(try_pool(f.database.app_url()) == std::nullopt);

    for (const org_id& organization : {f.globex, f.acme}) {
        const std::string url = with_setting(f.database.app_url(), organization);
        CHECK(ask<long>(*std::make_unique<pqxx::connection>(url), "select count(*) from daybook.audit_logs") > 0);
        CHECK(try_url(url) == error_kind::contaminated_connection);
        CHECK(try_pool(url) == error_kind::contaminated_connection);
    }
}

TEST_CASE("attack 43: the application's role gives itself no default organization", "[database]")
{
    two_organizations f;
    const auto set_default = [&](const std::string& setting) {
        return attempt(f.connection, "alter role daybook_app in database " + f.database.name() + " set " + setting);
    };

    CHECK(set_default("work_mem = '4MB'").empty());
    CHECK(set_default("app.org_id = '" + to_string(f.globex) + "'") == "42501");
}

// ---------------------------------------------------------------- what is lost

TEST_CASE("attack 45: a connection that is lost is said to be lost, and nothing is written", "[database]")
{
    two_organizations f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                  log_audit(tx, sample(), write_now);
                  const auto pid = tx.sql().query_value<std::string>("select pg_backend_pid()");
                  CHECK(f.database.ask_superuser("select pg_terminate_backend(" + pid + ", 5000)") == "t");
                  log_audit(tx, sample(), write_now);
              });
          }) == error_kind::connection_lost);

    CHECK(f.events() == "5");
}

TEST_CASE("attack 45: a pool throws a lost connection away and goes on with another", "[database]")
{
    shared_connection f;
    const auto pid = f.ask_pool<std::string>(f.acme, "select pg_backend_pid()");

    CHECK(kind_of([&] {
              with_tenant(f.connections, f.acme, [&](tenant_tx& tx) {
                  log_audit(tx, sample(), write_now);
                  CHECK(f.database.ask_superuser("select pg_terminate_backend(" + pid + ", 5000)") == "t");
                  log_audit(tx, sample(), write_now);
              });
          }) == error_kind::connection_lost);

    CHECK(f.ask_pool<std::string>(f.acme, "select pg_backend_pid()") != pid);
    CHECK(f.connections.open_connections() == 1);
    CHECK(f.events() == "5");
}

TEST_CASE("attack 46: a connection lost during COMMIT leaves an unknown outcome, which the same id resolves", "[database]")
{
    two_organizations f;
    cutting_proxy proxy{socket_directory()};
    pqxx::connection connection{proxy.url("daybook_app", f.database.name())};
    event e = sample();
    e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    const auto log = [&](pqxx::connection& through) {
        return kind_of([&] { with_tenant(through, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); }); });
    };
    with_tenant(connection, f.acme, [](tenant_tx&) {});

    proxy.arm(cut::after, 1);  // the scope's beginning, the event and COMMIT travel together
    CHECK(log(connection) == error_kind::commit_unknown);

    CHECK(log(f.connection) == error_kind::duplicate_event);
    CHECK(f.events() == "6");
}

TEST_CASE("attack 50: a forked child neither writes nor ends the parent's transaction", "[database]")
{
    two_organizations f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        log_audit(tx, sample());
        const pid_t child = fork();
        if (child == 0) {
            const bool refused = kind_of([&] { log_audit(tx, sample()); }) == error_kind::wrong_thread &&
                                 kind_of([&] { tx.flush(); }) == error_kind::wrong_thread;
            _exit(refused ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    });

    CHECK(f.events() == "6");
}

TEST_CASE("attack 50: a forked child that leaves a nested scope says nothing on the parent's connection", "[database]")
{
    two_organizations f;

    try {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            with_tenant(tx, f.acme, [&](tenant_tx& inner) {
                log_audit(inner, sample(), write_now);
                const pid_t child = fork();
                if (child == 0) {
                    throw std::string{"of the child"};  // leaves the nested scope
                }
                int status = -1;
                waitpid(child, &status, 0);
                CHECK(status == 0);
            });
        });
    } catch (const std::string&) {
        _exit(0);
    }

    CHECK(f.events() == "6");
}

TEST_CASE("attack 50: a forked child that leaves the scope leaves the pool's connections to its parent", "[database]")
{
    shared_connection f;

    try {
        with_tenant(f.connections, f.acme, [&](tenant_tx& tx) {
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
        const bool refused = kind_of([&] { f.connections.check(); }) == error_kind::wrong_thread;
        _exit(refused ? 0 : 1);
    }

    CHECK(f.events() == "6");
}
