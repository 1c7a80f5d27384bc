// What can be done to the scope: its organization, its transaction, its end.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cctype>
#include <thread>

#include <daybook/daybook.hpp>

#include "attack.hpp"
#include "expect_error.hpp"

using namespace daybook;
using namespace daybook::testing;

using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::string> relations{"daybook.audit_logs", "daybook.facets", "daybook.events", "daybook.organizations"};

const std::string plain_insert = "insert into daybook.audit_logs (action, actor_type, actor_id) "
                                 "values ('a.b', 'user', 'u1')";

const std::string insert_for =
    "insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) values ($1, 'a.b', 'user', 'u1')";

const std::string all_events =
    "select count(*) || ' of ' || coalesce(string_agg(distinct organization_id::text, ' '), 'nobody') "
    "from daybook.audit_logs";

long count_all(tenant_tx& tx)
{
    return tx.sql().query_value<long>("select count(*) from daybook.audit_logs");
}

// What raw SQL in a scope can do, and nothing in Daybook does.
void set_organization(pqxx::transaction_base& work, const std::string& text)
{
    work.exec("select set_config('app.org_id', $1, true)", pqxx::params{text});
}

// Everything that the engine reads with its own statements, as one list of organizations.
std::vector<org_id> read_by_engine(tenant_tx& tx, const std::vector<receipt>& events)
{
    std::vector<org_id> organizations;
    const auto collect = [&](const stored_event& e) {
        organizations.push_back(e.organization);
        return true;
    };
    filter secrets;
    secrets.facets = {{.key = "secret", .value = "secret of acme"}, {.key = "secret", .value = "secret of globex"}};
    for (const filter& f : {filter{}, secrets}) {
        for (const reading_order order : {reading_order::newest_first, reading_order::oldest_first}) {
            for_each_event(tx, f, order, collect);
            for (const stored_event& e : query(tx, f, {.order = order}).events) {
                collect(e);
            }
        }
    }
    for (const receipt& one : events) {
        if (const auto e = find_event(tx, one.id)) {
            collect(*e);
        }
    }
    return organizations;
}

}  // namespace

// ---------------------------------------------------------------- two layers

TEST_CASE("an insert for another organization is refused", "[database]")
{
    two_organizations f;
    const pqxx::params globex{to_string(f.globex)};

    CHECK(attempt(f.connection, f.globex, insert_for, globex).empty());
    CHECK(attempt(f.connection, f.acme, insert_for, globex) == "42501");
}

TEST_CASE("an insert without a scope is refused, on a fresh connection and on a reused one", "[database]")
{
    two_organizations f;
    pqxx::connection fresh = f.database.connect_as_application();
    CHECK(attempt(f.connection, f.globex, plain_insert).empty());

    for (pqxx::connection* const connection : {&fresh, &f.connection}) {
        CHECK(attempt(*connection, plain_insert) == "42501");
        CHECK(attempt(*connection, insert_for, {to_string(f.globex)}) == "42501");
    }
}

TEST_CASE("an insert that names no organization is the scope's", "[database]")
{
    two_organizations f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { tx.sql().exec(plain_insert); });

    CHECK(ask<std::string>(f.connection, f.acme, all_events) == "3 of " + to_string(f.acme));
    CHECK(ask<std::string>(f.connection, f.globex, all_events) == "3 of " + to_string(f.globex));
}

TEST_CASE("the engine filters when the database does not", "[database]")
{
    two_organizations f;
    f.database.as_superuser("alter table daybook.audit_logs disable row level security; "
                            "alter table daybook.facets disable row level security");
    REQUIRE(ask<long>(f.connection, f.acme, "select count(*) from daybook.audit_logs") == 5);
    REQUIRE(ask<long>(f.connection, f.acme, "select count(*) from daybook.facets") == 5);

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK(read_by_engine(tx, f.of_acme) == std::vector<org_id>(18, f.acme));
        CHECK(read_by_engine(tx, f.of_globex) == std::vector<org_id>(16, f.acme));
    });
}

TEST_CASE("the engine counts this organization's facets only", "[database]")
{
    two_organizations f;
    event same = sample();
    same.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    same.facets = {{.key = "region", .value = "eu"}};
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, same); });
    same.facets = {{.key = "tier", .value = "gold"}};
    with_tenant(f.connection, f.globex, [&](tenant_tx& tx) { log_audit(tx, same); });
    f.database.as_superuser("alter table daybook.audit_logs disable row level security; "
                            "alter table daybook.facets disable row level security");
    filter both;
    both.facets = {{.key = "region", .value = "eu"}, {.key = "tier", .value = "gold"}};
    filter one;
    one.facets = {{.key = "region", .value = "eu"}};

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK(query(tx, one).events.size() == 1);
        CHECK(query(tx, both).events.empty());
    });
}

TEST_CASE("the database filters when the engine asks for another organization", "[database]")
{
    two_organizations f;

    const auto work = [&](tenant_tx& tx) {
        REQUIRE(read_by_engine(tx, f.of_acme).size() == 18);
        // The engine goes on asking for acme's.
        set_organization(tx.sql(), to_string(f.globex));
        CHECK(count_all(tx) == 3);

        CHECK(read_by_engine(tx, f.of_acme).empty());
        CHECK(read_by_engine(tx, f.of_globex).empty());
    };

    // Nor is that committed.
    CHECK(kind_of([&] { with_tenant(f.connection, f.acme, work); }) == error_kind::not_committed);
}

TEST_CASE("the database refuses when the engine writes for another organization", "[database]")
{
    two_organizations f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                  set_organization(tx.sql(), to_string(f.globex));
                  log_audit(tx, sample());
              });
          }) == error_kind::permission_denied);

    CHECK(f.events() == "5");
}

// ---------------------------------------------------------------- plans, cursors, roles

TEST_CASE("attack 20: an open cursor keeps the organization that it was opened in", "[database]")
{
    two_organizations f;
    pqxx::work work{f.connection};
    set_organization(work, to_string(f.globex));
    work.exec("declare opened cursor for select organization_id from daybook.audit_logs");
    REQUIRE(work.exec("fetch 1 from opened").size() == 1);

    set_organization(work, to_string(f.acme));

    CHECK(work.query_value<std::string>(all_events) == "2 of " + to_string(f.acme));
    const pqxx::result rest = work.exec("fetch all from opened");
    CHECK(rest.size() == 2);
    for (const auto& row : rest) {
        CHECK(row[0].as<std::string>() == to_string(f.globex));
    }
}

TEST_CASE("attack 21: a prepared statement with one plan for all serves each organization its own", "[database]")
{
    two_organizations f;
    {
        pqxx::nontransaction work{f.connection};
        work.exec("set plan_cache_mode = force_generic_plan");
        work.exec("prepare everything as " + all_events);
    }

    for (const auto& [organization, rows] : {std::pair{f.acme, "2 of "}, {f.globex, "3 of "}, {f.acme, "2 of "}}) {
        CHECK(ask<std::string>(f.connection, organization, "execute everything") == rows + to_string(organization));
    }
    CHECK(ask<std::string>(f.connection, "execute everything") == "0 of nobody");
    CHECK(ask<long>(f.connection, "select generic_plans from pg_prepared_statements where name = 'everything'") == 4);
}

TEST_CASE("attack 22: no policy asks an IMMUTABLE function, whose answer would stay in a plan", "[database]")
{
    two_organizations f;
    const std::string frozen = "select count(*) from pg_depend d join pg_proc p on p.oid = d.refobjid "
                               "where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_proc'::regclass "
                               "and p.provolatile = 'i'";
    CHECK(f.database.ask_superuser(frozen) == "0");

    f.database.as_superuser("create function public.organization() returns uuid language sql immutable as "
                            "'select nullif(current_setting(''app.org_id'', true), '''')::uuid'; "
                            "alter policy audit_logs_org_isolation_read on daybook.audit_logs "
                            "using (organization_id = public.organization())");
    CHECK(f.database.ask_superuser(frozen) == "1");
    // This is what it would do.
    {
        pqxx::nontransaction work{f.connection};
        work.exec("set plan_cache_mode = force_generic_plan");
        work.exec("prepare everything as " + all_events);
    }
    CHECK(ask<std::string>(f.connection, f.acme, "execute everything") == "2 of " + to_string(f.acme));
    CHECK(ask<std::string>(f.connection, f.globex, "execute everything") == "2 of " + to_string(f.acme));
}

TEST_CASE("attack 23: a statement that one role prepared is planned again for another", "[database]")
{
    two_organizations f;
    pqxx::connection connection{f.database.superuser_url()};
    pqxx::nontransaction work{connection};
    work.exec("prepare everything as " + all_events);
    CHECK_THAT(work.query_value<std::string>("execute everything"), ContainsSubstring("5 of"));

    work.exec("set role daybook_app");

    CHECK(work.query_value<std::string>("execute everything") == "0 of nobody");
}

TEST_CASE("attack 23: the application's role can become no other", "[database]")
{
    two_organizations f;
    CHECK(attempt(f.connection, f.acme, "set role daybook_app").empty());

    for (const std::string role : {"postgres", "daybook_owner", "daybook_auditor", "daybook_sealer", "daybook_reader"}) {
        INFO(role);
        CHECK(attempt(f.connection, f.acme, "set role " + role) == "42501");
        CHECK(attempt(f.connection, f.acme, "set session authorization " + role) == "42501");
    }
}

TEST_CASE("attack 23: a superuser, a role with BYPASSRLS, the owner, and who can become one get no scope", "[database]")
{
    two_organizations f;
    f.database.as_superuser("do $$ begin "
                            "if not exists (select from pg_roles where rolname = 'test_bypass') then "
                            "create role test_bypass login bypassrls; "
                            "create role test_member login noinherit in role daybook_owner; end if; end $$");
    const auto refusal = [&](const std::string& role) {
        pqxx::connection connection{f.database.url(role)};
        return message_of([&] { with_tenant(connection, f.acme, count_all); });
    };

    CHECK_THAT(refusal("postgres"), ContainsSubstring("a superuser"));
    CHECK_THAT(refusal("test_bypass"), ContainsSubstring("BYPASSRLS"));
    CHECK_THAT(refusal("daybook_owner"), ContainsSubstring("owns the tables"));
    CHECK_THAT(refusal("test_member"), ContainsSubstring("can become daybook_owner"));
    CHECK_THAT(refusal("daybook_auditor"), ContainsSubstring("is not the application's"));
    CHECK(refusal("daybook_app").empty());
}

TEST_CASE("attack 23: SET ROLE does not hide who logged in", "[database]")
{
    two_organizations f;
    pqxx::connection connection{f.database.superuser_url()};
    pqxx::nontransaction{connection}.exec("set role daybook_app");

    CHECK(kind_of([&] { with_tenant(connection, f.acme, count_all); }) == error_kind::unsafe_role);
}

TEST_CASE("attack 23: a role that was safe once is looked at again after SET ROLE", "[database]")
{
    two_organizations f;
    f.database.as_superuser("do $$ begin if not exists (select from pg_roles where rolname = 'test_promoted') then "
                            "create role test_promoted login in role daybook_app; end if; end $$; "
                            "revoke daybook_owner from test_promoted");
    pqxx::connection connection{f.database.url("test_promoted")};
    CHECK(with_tenant(connection, f.acme, count_all) == 2);

    f.database.as_superuser("grant daybook_owner to test_promoted");
    pqxx::nontransaction{connection}.exec("set role daybook_owner");

    CHECK(kind_of([&] { with_tenant(connection, f.acme, count_all); }) == error_kind::unsafe_role);
}

// ---------------------------------------------------------------- the organization

TEST_CASE("attack 37: an organization that a savepoint of the host's set is gone with it", "[database]")
{
    two_organizations f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        tx.sql().exec("savepoint inner_one");
        set_organization(tx.sql(), to_string(f.globex));
        CHECK(count_all(tx) == 3);
        tx.sql().exec("rollback to inner_one");

        CHECK(tx.sql().query_value<std::string>(all_events) == "2 of " + to_string(f.acme));
        log_audit(tx, sample());
    });

    CHECK(ask<long>(f.connection, f.acme, "select count(*) from daybook.audit_logs") == 3);
}

TEST_CASE("attack 37: an organization that a released savepoint left behind gets nothing from the engine", "[database]")
{
    two_organizations f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                  tx.sql().exec("savepoint inner_one");
                  set_organization(tx.sql(), to_string(f.globex));
                  tx.sql().exec("release inner_one");
                  CHECK(count_all(tx) == 3);

                  CHECK(read_by_engine(tx, f.of_globex).empty());
                  log_audit(tx, sample());
              });
          }) == error_kind::permission_denied);

    CHECK(f.events() == "5");
}

TEST_CASE("attack 37: set_tenant refuses a second organization in one transaction, under a savepoint too", "[database]")
{
    two_organizations f;
    const std::string set = "select daybook.set_tenant($1)";

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        tx.sql().exec("savepoint inner_one");
        CHECK(sqlstate_of([&] { tx.sql().exec(set, pqxx::params{to_string(f.acme)}); }).empty());
        CHECK(sqlstate_of([&] { tx.sql().exec(set, pqxx::params{to_string(f.globex)}); }) == "25001");
        tx.sql().exec("rollback to inner_one");

        CHECK(tx.sql().query_value<std::string>(all_events) == "2 of " + to_string(f.acme));
    });
}

TEST_CASE("attack 38: a nested scope of another organization is refused before any SQL", "[database]")
{
    two_organizations f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample());
        CHECK(kind_of([&] { with_tenant(f.connection, f.globex, count_all); }) == error_kind::nested_organization);
        CHECK(kind_of([&] { with_tenant(tx, f.globex, count_all); }) == error_kind::nested_organization);
        CHECK(count_all(tx) == 2);  // still here, still acme's, still nothing sent
    });

    CHECK(ask<std::string>(f.connection, f.acme, all_events) == "3 of " + to_string(f.acme));
}

TEST_CASE("attack 38: a nested scope of another organization in a pool is refused too", "[database]")
{
    two_organizations f;
    pool connections{f.database.app_url()};

    with_tenant(connections, f.acme, [&](tenant_tx& tx) {
        CHECK(with_tenant(connections, f.acme, count_all) == 2);
        CHECK(kind_of([&] { with_tenant(connections, f.globex, count_all); }) == error_kind::nested_organization);
        CHECK(kind_of([&] { with_tenant(tx, f.globex, count_all); }) == error_kind::nested_organization);
    });
}

TEST_CASE("attack 39: without an organization zero rows are seen, on a fresh connection and on a reused one", "[database]")
{
    two_organizations f;
    pqxx::connection fresh = f.database.connect_as_application();

    for (const std::string& relation : relations) {
        INFO(relation);
        const std::string rows = "select count(*) from " + relation;
        CHECK(ask<long>(f.connection, f.globex, rows) > 0);

        CHECK(ask<long>(fresh, rows) == 0);
        CHECK(ask<long>(f.connection, rows) == 0);
    }
}

TEST_CASE("attack 39: an organization set to the empty text is none", "[database]")
{
    two_organizations f;

    for (const std::string& relation : relations) {
        INFO(relation);
        pqxx::work work{f.connection};
        set_organization(work, to_string(f.globex));
        CHECK(work.query_value<long>("select count(*) from " + relation) > 0);

        set_organization(work, "");
        CHECK(work.query_value<long>("select count(*) from " + relation) == 0);
    }
}

TEST_CASE("attack 40: an organization that is no uuid is an error, never rows", "[database]")
{
    two_organizations f;
    const auto answer = [&](const std::string& organization, const std::string& sql) {
        pqxx::work work{f.connection};
        set_organization(work, organization);
        return sqlstate_of([&] { work.exec(sql); });
    };

    const std::vector<std::string> junk_texts{"all", "%", "*", "null", " ", to_string(f.acme) + "," + to_string(f.globex),
                                              to_string(f.acme) + "' or 'a' = 'a"};

    for (const std::string& junk : junk_texts) {
        INFO(junk);
        for (const std::string& relation : relations) {
            const std::string select = "select count(*) from " + relation;
            CHECK(answer(to_string(f.globex), select).empty());
            CHECK(answer(junk, select) == "22P02");
        }
        CHECK(answer(to_string(f.globex), plain_insert).empty());
        CHECK(answer(junk, plain_insert) == "22P02");
        CHECK(attempt(f.connection, "select daybook.set_tenant($1)", {junk}) == "22P02");
        CHECK(kind_of([&] { static_cast<void>(org_id::parse(junk)); }) == error_kind::invalid_id);
    }
}

TEST_CASE("attack 41: one organization has one spelling", "[database]")
{
    two_organizations f;
    const std::string id = to_string(f.globex);
    std::string upper = id;
    for (char& c : upper) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    std::string bare = id;
    std::erase(bare, '-');
    REQUIRE(org_id::parse(id) == f.globex);

    for (const std::string& other : {"{" + id + "}", bare, upper + "x", id + "x", " " + id, id + " ", id.substr(1)}) {
        INFO(other);
        CHECK(kind_of([&] { static_cast<void>(org_id::parse(other)); }) == error_kind::invalid_id);
    }
    // PostgreSQL knows more of them; inside a transaction there is still one.
    for (const std::string& other : {"{" + id + "}", bare, upper}) {
        INFO(other);
        pqxx::work work{f.connection};
        work.exec("select daybook.set_tenant($1)", pqxx::params{other});
        CHECK(work.query_value<std::string>("show app.org_id") == id);
        CHECK(sqlstate_of([&] { work.exec("select daybook.set_tenant($1)", pqxx::params{id}); }).empty());
        CHECK(work.query_value<std::string>(all_events) == "3 of " + id);
    }
}

TEST_CASE("attack 42: null and the nil uuid are no organization", "[database]")
{
    two_organizations f;
    const std::string nil = "00000000-0000-0000-0000-000000000000";
    CHECK(attempt(f.connection, "select daybook.set_tenant($1)", {to_string(f.acme)}).empty());

    CHECK(attempt(f.connection, "select daybook.set_tenant(null)") == "22004");
    CHECK(attempt(f.connection, "select daybook.set_tenant($1)", {nil}) == "22004");
    CHECK(kind_of([&] { static_cast<void>(org_id::parse(nil)); }) == error_kind::invalid_id);
    CHECK(kind_of([&] { org_id{uuid{}}; }) == error_kind::invalid_id);
    // Not even behind the engine's back.
    pqxx::work work{f.connection};
    set_organization(work, nil);
    CHECK(sqlstate_of([&] { work.exec(plain_insert); }) == "23514");
}

TEST_CASE("attack 42: no organization can be registered with the nil uuid", "[database]")
{
    const temporary_database database;
    pqxx::connection owner{database.owner_url()};
    const std::string add = "insert into daybook.organizations (id, key) values ($1, $2)";
    CHECK(attempt(owner, add, {to_string(org_id::generate()), "acme"}).empty());

    CHECK(attempt(owner, add, {"00000000-0000-0000-0000-000000000000", "nobody"}) == "23514");
}

// ---------------------------------------------------------------- how it ends

TEST_CASE("attack 47: an error that the work swallowed does not pass for a commit", "[database]")
{
    two_organizations f;
    const auto log_before = [&](const std::string& statement, bool send) {
        return kind_of([&] {
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                log_audit(tx, sample());
                if (send) {
                    tx.flush();
                }
                try {
                    tx.sql().exec(statement);
                } catch (const pqxx::sql_error&) {
                }
            });
        });
    };
    CHECK(log_before("select 1/1", false) == std::nullopt);
    CHECK(log_before("select 1/1", true) == std::nullopt);
    REQUIRE(f.events() == "7");

    CHECK(log_before("select 1/0", false) == error_kind::not_committed);
    // Here nothing but the COMMIT is left to send, and the server answers it without an error.
    CHECK(log_before("select 1/0", true) == error_kind::not_committed);
    CHECK(f.events() == "7");
}

TEST_CASE("attack 48: a raw COMMIT or ROLLBACK inside the scope is noticed, before an event and after it", "[database]")
{
    two_organizations f;

    for (const char* const end : {"commit", "rollback"}) {
        INFO(end);
        CHECK(kind_of([&] {
                  with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                      tx.sql().exec(end);
                      log_audit(tx, sample());
                  });
              }) == error_kind::not_committed);
        CHECK(kind_of([&] {
                  with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                      log_audit(tx, sample());
                      tx.sql().exec(end);
                  });
              }) == error_kind::not_committed);
    }

    CHECK(f.events() == "5");
}

TEST_CASE("attack 48: after a raw COMMIT nothing can be read or sent", "[database]")
{
    two_organizations f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                  CHECK(query(tx, {}).events.size() == 2);
                  CHECK(count_all(tx) == 2);
                  tx.sql().exec("commit");

                  CHECK(count_all(tx) == 0);
                  CHECK(kind_of([&] { static_cast<void>(query(tx, {})); }) == error_kind::not_committed);
                  CHECK(kind_of([&] { log_audit(tx, sample(), write_now); }) == error_kind::not_committed);
              });
          }) == error_kind::not_committed);
}

TEST_CASE("attack 48: after a raw COMMIT and BEGIN nothing can be logged", "[database]")
{
    two_organizations f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  tx.sql().exec("commit");
                  tx.sql().exec("begin");
                  log_audit(tx, sample());
              });
          }) == error_kind::permission_denied);

    CHECK(f.events() == "5");
}

TEST_CASE("attack 49: an exception undoes both, and leaves unchanged whatever its type", "[database]")
{
    two_organizations f;
    f.database.as_superuser("create table public.invoices (id int); grant insert on public.invoices to daybook_app");
    const auto fail_with = [&](auto thrown) {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("insert into public.invoices values (42)");
            log_audit(tx, sample());
            log_audit(tx, sample(), write_now);
            throw thrown;
        });
    };

    CHECK_THROWS_AS(fail_with(std::string{"mine"}), std::string);
    CHECK_THROWS_AS(fail_with(7), int);
    CHECK_THROWS_WITH(fail_with(std::runtime_error{"mine"}), "mine");

    CHECK(f.database.ask_superuser("select count(*) from public.invoices") == "0");
    CHECK(f.events() == "5");
    // The connection is as good as new.
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(f.events() == "6");
}

TEST_CASE("attack 51: a transaction belongs to its thread", "[database]")
{
    two_organizations f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK(query(tx, {}).events.size() == 2);
        std::vector<std::optional<error_kind>> elsewhere;
        std::thread{[&] {
            elsewhere = {kind_of([&] { log_audit(tx, sample()); }), kind_of([&] { static_cast<void>(tx.sql()); }),
                         kind_of([&] { tx.flush(); }), kind_of([&] { static_cast<void>(query(tx, {})); }),
                         kind_of([&] { with_tenant(tx, f.acme, [](tenant_tx&) {}); })};
        }}.join();
        CHECK(elsewhere == std::vector<std::optional<error_kind>>(5, error_kind::wrong_thread));
    });

    CHECK(f.events() == "5");
}

TEST_CASE("attack 51: after its end a transaction refuses everything", "[database]")
{
    two_organizations f;
    detail::scope ended{f.connection, f.acme};
    log_audit(ended.tx(), sample());
    ended.commit();
    REQUIRE(f.events() == "6");

    tenant_tx& tx = ended.tx();
    CHECK(kind_of([&] { log_audit(tx, sample()); }) == error_kind::scope_ended);
    CHECK(kind_of([&] { log_audit(tx, sample(), write_now); }) == error_kind::scope_ended);
    CHECK(kind_of([&] { static_cast<void>(tx.sql()); }) == error_kind::scope_ended);
    CHECK(kind_of([&] { tx.flush(); }) == error_kind::scope_ended);
    CHECK(kind_of([&] { static_cast<void>(query(tx, {})); }) == error_kind::scope_ended);
    CHECK(kind_of([&] { with_tenant(tx, f.acme, [](tenant_tx&) {}); }) == error_kind::scope_ended);

    CHECK(f.events() == "6");
}
