#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <thread>
#include <type_traits>

#include <sys/wait.h>
#include <unistd.h>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

long count_all(tenant_tx& tx)
{
    return tx.sql().query_value<long>("select count(*) from daybook.audit_logs");
}

// Two organizations, and a table of the host's own.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    fixture()
    {
        database.as_superuser("create table public.invoices (id int primary key, paid boolean not null default false); "
                              "grant select, insert, update on public.invoices to daybook_app; "
                              "insert into public.invoices values (42)");
    }

    [[nodiscard]] bool paid() const { return database.ask_superuser("select paid from public.invoices") == "t"; }
    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

template <typename T>
concept can_log = requires(T& t, const event& e) { log_audit(t, e); };
template <typename T>
concept can_query = requires(T& t, const filter& f) { query(t, f); };

}  // namespace

// An event without its transaction, or without its organization, does not compile.
static_assert(can_log<tenant_tx>);
static_assert(!can_log<pqxx::connection>);
static_assert(!can_log<pqxx::work>);
static_assert(!can_log<pqxx::nontransaction>);
static_assert(!can_log<pqxx::transaction_base>);
static_assert(!can_log<pool>);
static_assert(can_query<tenant_tx>);
static_assert(!can_query<pqxx::work>);
static_assert(!can_query<pool>);
static_assert(!std::is_default_constructible_v<tenant_tx>);
static_assert(!std::is_copy_constructible_v<tenant_tx>);
static_assert(!std::is_move_constructible_v<tenant_tx>);
static_assert(!std::is_default_constructible_v<org_id>);
static_assert(!std::is_convertible_v<std::string, org_id>);

TEST_CASE("the event and the business change are committed together", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        tx.sql().exec("update public.invoices set paid = true where id = 42");
        log_audit(tx, sample());
    });

    CHECK(f.paid());
    CHECK(f.events() == "1");
}

TEST_CASE("an exception undoes both, and leaves unchanged whatever its type", "[database]")
{
    fixture f;
    const auto fail_with = [&](auto thrown) {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("update public.invoices set paid = true where id = 42");
            log_audit(tx, sample());
            log_audit(tx, sample(), write_now);
            throw thrown;
        });
    };

    CHECK_THROWS_AS(fail_with(std::string{"mine"}), std::string);
    CHECK_THROWS_AS(fail_with(7), int);
    CHECK_THROWS_WITH(fail_with(std::runtime_error{"mine"}), "mine");

    CHECK_FALSE(f.paid());
    CHECK(f.events() == "0");
    // The connection is as good as new.
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(f.events() == "1");
}

TEST_CASE("with_tenant gives back what the work returned", "[database]")
{
    fixture f;

    CHECK(with_tenant(f.connection, f.acme, [](tenant_tx&) { return std::string{"value"}; }) == "value");
    CHECK(with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return tx.organization(); }) == f.acme);
}

TEST_CASE("a select without a WHERE sees this organization and nothing else", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        log_audit(tx, sample());
        log_audit(tx, sample());
    });
    with_tenant(f.connection, f.globex, [](tenant_tx& tx) { log_audit(tx, sample()); });

    const auto seen = [&](const org_id& organization) {
        return with_tenant(f.connection, organization, [](tenant_tx& tx) {
            return tx.sql().query_value<std::string>(
                "select count(*) || ' of ' || string_agg(distinct organization_id::text, ',') from daybook.audit_logs");
        });
    };

    CHECK(seen(f.acme) == "2 of " + to_string(f.acme));
    CHECK(seen(f.globex) == "1 of " + to_string(f.globex));
}

TEST_CASE("without an organization zero rows are seen, on a fresh connection and on a reused one", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });

    const auto rows = [](pqxx::connection& connection) {
        pqxx::work outside{connection};
        return outside.query_value<long>("select count(*) from daybook.audit_logs");
    };
    pqxx::connection fresh = f.database.connect_as_application();

    CHECK(rows(fresh) == 0);
    CHECK(rows(f.connection) == 0);
}

TEST_CASE("an insert for another organization is refused by the database", "[database]")
{
    fixture f;
    const auto insert_as_globex = [&](tenant_tx& tx) {
        tx.sql().exec("insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) values ($1, 'a.b', 'user', 'u1')",
                      pqxx::params{to_string(f.globex)});
    };

    with_tenant(f.connection, f.globex, insert_as_globex);
    CHECK(f.events() == "1");

    CHECK_THROWS_AS(with_tenant(f.connection, f.acme, insert_as_globex), pqxx::sql_error);
    CHECK(f.events() == "1");
}

TEST_CASE("a raw insert in a scope needs only an action and an actor", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        tx.sql().exec("insert into daybook.audit_logs (action, actor_type, actor_id) values ('a.b', 'user', 'u1')");
    });

    const page seen = with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return query(tx, {}); });
    REQUIRE(seen.events.size() == 1);
    CHECK(seen.events[0].organization == f.acme);
    CHECK(std::chrono::abs(seen.events[0].recorded_at - *seen.events[0].occurred_at) < std::chrono::seconds{1});
}

TEST_CASE("a nested scope of the same organization is a savepoint", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample("outer.before"));
        try {
            with_tenant(f.connection, f.acme, [](tenant_tx& inner) {
                inner.sql().exec("update public.invoices set paid = true where id = 42");
                log_audit(inner, sample("inner.lost"));
                throw std::runtime_error{"only the inner part"};
            });
        } catch (const std::runtime_error&) {
            log_audit(tx, sample("outer.caught"));
        }
        with_tenant(tx, f.acme, [](tenant_tx& inner) { log_audit(inner, sample("inner.kept")); });
    });

    CHECK_FALSE(f.paid());
    CHECK(f.database.ask_superuser("select string_agg(action, ' ' order by action) from daybook.audit_logs") ==
          "inner.kept outer.before outer.caught");
}

TEST_CASE("a failed statement inside a nested scope is undone with it", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK_THROWS_AS(with_tenant(tx, f.acme, [](tenant_tx& inner) { inner.sql().exec("select 1/0"); }),
                        pqxx::sql_error);
        log_audit(tx, sample());
    });

    CHECK(f.events() == "1");
}

TEST_CASE("a nested scope of another organization is refused before any SQL", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample());
        CHECK(kind_of([&] { with_tenant(f.connection, f.globex, count_all); }) == error_kind::nested_organization);
        CHECK(kind_of([&] { with_tenant(tx, f.globex, count_all); }) == error_kind::nested_organization);
        CHECK(count_all(tx) == 0);  // still here, still acme's, still nothing sent
    });

    CHECK(f.events() == "1");
}

TEST_CASE("an error that the work swallowed does not pass for a commit", "[database]")
{
    fixture f;
    const auto swallow = [&] {
        with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
            log_audit(tx, sample());
            try {
                tx.sql().exec("select 1/0");
            } catch (const pqxx::sql_error&) {
            }
        });
    };

    CHECK(kind_of(swallow) == error_kind::not_committed);
    CHECK(f.events() == "0");
}

TEST_CASE("a raw COMMIT inside the scope is noticed", "[database]")
{
    fixture f;
    const auto end_early = [&](const char* statement) {
        return kind_of([&] {
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                tx.sql().exec(statement);
                log_audit(tx, sample());
            });
        });
    };

    CHECK(end_early("commit") == error_kind::not_committed);
    CHECK(end_early("rollback") == error_kind::not_committed);
    CHECK(f.events() == "0");
}

TEST_CASE("after a raw COMMIT and BEGIN nothing can be logged", "[database]")
{
    fixture f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  tx.sql().exec("commit");
                  tx.sql().exec("begin");
                  log_audit(tx, sample());
              });
          }) == error_kind::permission_denied);
    CHECK(f.events() == "0");
}

TEST_CASE("an event whose id is there already rolls the whole transaction back", "[database]")
{
    fixture f;
    event e = sample();
    e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    const auto pay = [&] {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("update public.invoices set paid = not paid where id = 42");
            log_audit(tx, e);
        });
    };
    pay();

    CHECK(kind_of(pay) == error_kind::duplicate_event);

    CHECK(f.paid());
    CHECK(f.events() == "1");
    // The same id in another organization is another event.
    with_tenant(f.connection, f.globex, [&](tenant_tx& tx) { log_audit(tx, e); });
    CHECK(f.events() == "2");
}

TEST_CASE("a refused event queues nothing, and a list of events is all or none", "[database]")
{
    fixture f;
    std::vector<event> three{sample(), sample(), sample()};
    three[1].action.clear();

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK_THROWS_WITH(log_audit(tx, three), Catch::Matchers::StartsWith("event 2 of 3: action"));
        log_audit(tx, sample("kept"));
    });

    CHECK(f.database.ask_superuser("select string_agg(action, ' ') from daybook.audit_logs") == "kept");
}

TEST_CASE("an event in the future is refused by the library and by the database", "[database]")
{
    fixture f;
    event e = sample();
    e.occurred_at = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now() +
                                                                           std::chrono::minutes{6});

    CHECK(kind_of([&] { with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); }); }) ==
          error_kind::invalid_event);
    CHECK_THROWS_WITH(with_tenant(f.connection, f.acme,
                                  [](tenant_tx& tx) {
                                      tx.sql().exec("insert into daybook.audit_logs (id, action, actor_type, actor_id) values "
                                                    "(daybook.new_id(now() + interval '6 minutes'), 'a.b', 'user', 'u1')");
                                  }),
                      Catch::Matchers::ContainsSubstring("five minutes ahead"));
    CHECK(f.events() == "0");
}

TEST_CASE("an event comes back exactly as it was logged", "[database]")
{
    fixture f;
    const event logged = full_sample();

    const receipt got = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return log_audit(tx, logged); });
    const auto read = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return find_event(tx, got.id); });

    REQUIRE(read);
    event expected = logged;
    expected.id = got.id;
    CHECK(static_cast<const event&>(*read) == expected);
    CHECK(read->organization == f.acme);
    CHECK(read->db_role == "daybook_app");
    CHECK(got.occurred_at == *logged.occurred_at);
}

TEST_CASE("more events than one statement takes are all written", "[database]")
{
    fixture f;
    const std::vector<event> many(2500, sample());

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { CHECK(log_audit(tx, many).size() == 2500); });

    CHECK(f.events() == "2500");
}

TEST_CASE("a rule that swallows inserts is noticed before the commit", "[database]")
{
    fixture f;
    f.database.as_superuser(
        "create function public.swallow() returns trigger language plpgsql as 'begin return null; end'; "
        "create trigger swallow before insert on daybook.audit_logs for each row execute function public.swallow()");

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  tx.sql().exec("update public.invoices set paid = true where id = 42");
                  log_audit(tx, sample());
              });
          }) == error_kind::not_stored);
    CHECK_FALSE(f.paid());
}

TEST_CASE("a superuser, a role with BYPASSRLS, the owner, and who can become one are refused", "[database]")
{
    fixture f;
    f.database.as_superuser("do $$ begin "
                            "if not exists (select from pg_roles where rolname = 'test_bypass') then "
                            "create role test_bypass login bypassrls; "
                            "create role test_member login noinherit in role daybook_owner; end if; end $$");
    const auto refusal = [&](const std::string& role) {
        pqxx::connection connection{f.database.url(role)};
        return message_of([&] { with_tenant(connection, f.acme, count_all); });
    };

    CHECK_THAT(refusal("postgres"), Catch::Matchers::ContainsSubstring("a superuser"));
    CHECK_THAT(refusal("test_bypass"), Catch::Matchers::ContainsSubstring("BYPASSRLS"));
    CHECK_THAT(refusal("daybook_owner"), Catch::Matchers::ContainsSubstring("owns the tables"));
    CHECK_THAT(refusal("test_member"), Catch::Matchers::ContainsSubstring("can become daybook_owner"));
    CHECK_THAT(refusal("daybook_auditor"), Catch::Matchers::ContainsSubstring("is not the application's"));
    CHECK(refusal("daybook_app").empty());
}

TEST_CASE("a role that was changed by SET ROLE is looked at again", "[database]")
{
    fixture f;
    pqxx::connection connection{f.database.superuser_url()};
    {
        pqxx::nontransaction work{connection};
        work.exec("set role daybook_app");
    }

    CHECK(kind_of([&] { with_tenant(connection, f.acme, count_all); }) == error_kind::unsafe_role);
}

TEST_CASE("a connection that carries an organization from elsewhere is refused", "[database]")
{
    fixture f;
    const auto set = [&](const org_id& organization) {
        pqxx::nontransaction work{f.connection};
        work.exec("select set_config('app.org_id', $1, false)", pqxx::params{to_string(organization)});
    };
    const auto try_acme = [&] { return kind_of([&] { with_tenant(f.connection, f.acme, count_all); }); };
    CHECK(try_acme() == std::nullopt);

    set(f.globex);
    CHECK(try_acme() == error_kind::contaminated_connection);
    set(f.acme);
    CHECK(try_acme() == error_kind::contaminated_connection);
}

TEST_CASE("the default of a role or database is contamination too", "[database]")
{
    fixture f;
    f.database.as_superuser("alter database " + f.database.name() + " set app.org_id = '" + to_string(f.globex) + "'");
    pqxx::connection connection = f.database.connect_as_application();

    CHECK(kind_of([&] { with_tenant(connection, f.acme, count_all); }) == error_kind::contaminated_connection);
}

TEST_CASE("a transaction belongs to its thread", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        std::optional<error_kind> logged;
        std::optional<error_kind> queried;
        std::thread other{[&] {
            logged = kind_of([&] { log_audit(tx, sample()); });
            queried = kind_of([&] { static_cast<void>(tx.sql()); });
        }};
        other.join();
        CHECK(logged == error_kind::wrong_thread);
        CHECK(queried == error_kind::wrong_thread);
    });

    CHECK(f.events() == "0");
}

TEST_CASE("a forked child neither writes nor ends the parent's transaction", "[database]")
{
    fixture f;

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

    CHECK(f.events() == "1");
}

TEST_CASE("a stream of the host's that is still open is no disaster", "[database]")
{
    fixture f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  auto stream = pqxx::stream_to::table(tx.sql(), {"public", "invoices"}, {"id"});
                  stream.write_values(43);
                  log_audit(tx, sample(), write_now);
              });
          }).has_value());
    CHECK(f.events() == "0");
    // A finished one does not disturb.
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        auto stream = pqxx::stream_to::table(tx.sql(), {"public", "invoices"}, {"id"});
        stream.write_values(43);
        stream.complete();
        log_audit(tx, sample(), write_now);
        for (const auto& [id] : tx.sql().stream<int>("select id from public.invoices")) {
            CHECK(id > 0);
        }
        log_audit(tx, sample());
    });
    CHECK(f.events() == "2");
}

TEST_CASE("a schema that is missing or behind is named", "[database]")
{
    fixture f;
    const auto try_acme = [&] {
        pqxx::connection connection = f.database.connect_as_application();
        return kind_of([&] { with_tenant(connection, f.acme, count_all); });
    };
    CHECK(try_acme() == std::nullopt);

    f.database.as_superuser("update daybook.migrations set name = '0000_' || name");
    CHECK(try_acme() == error_kind::schema_pending);
    f.database.as_superuser("drop schema daybook cascade");
    CHECK(try_acme() == error_kind::schema_missing);
}

TEST_CASE("a lost connection is said to be lost, and nothing is written", "[database]")
{
    fixture f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                  log_audit(tx, sample());
                  tx.flush();
                  f.database.as_superuser("select pg_terminate_backend(pid) from pg_stat_activity where usename = "
                                          "'daybook_app' and datname = current_database()");
                  log_audit(tx, sample(), write_now);
              });
          }) == error_kind::connection_lost);
    CHECK(f.events() == "0");
}

TEST_CASE("a connection in another encoding is refused, since its bytes would become other characters", "[database]")
{
    fixture f;
    f.connection.set_client_encoding("LATIN1");
    CHECK(kind_of([&] { with_tenant(f.connection, f.acme, count_all); }) == error_kind::unsuitable_transaction);

    f.connection.set_client_encoding("UTF8");
    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  tx.sql().exec("set local client_encoding = 'LATIN1'");
                  log_audit(tx, sample());
              });
          }) == error_kind::unsuitable_transaction);
    CHECK(f.events() == "0");
}

TEST_CASE("only the scope ends its transaction", "[database]")
{
    fixture f;
    const auto end = [&](const auto& how) {
        return kind_of([&] {
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                tx.sql().exec("update public.invoices set paid = true where id = 42");
                log_audit(tx, sample(), write_now);
                try {
                    how(tx.sql());
                } catch (const error& e) {
                    CHECK(e.kind() == error_kind::wrong_usage);
                }
            });
        });
    };

    CHECK(end([](pqxx::transaction_base& sql) { sql.commit(); }) == error_kind::not_committed);
    CHECK(end([](pqxx::transaction_base& sql) { sql.abort(); }) == error_kind::not_committed);
    CHECK_FALSE(f.paid());
    CHECK(f.events() == "0");
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(f.events() == "1");
}

TEST_CASE("logging leaves a pipeline of the host's alone", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        pqxx::pipeline line{tx.sql()};
        const auto query = line.insert("select 41 + 1");
        line.resume();
        log_audit(tx, sample());
        CHECK(line.retrieve(query).one_field().as<int>() == 42);
    });

    CHECK(f.events() == "1");
}
