#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

using Catch::Matchers::ContainsSubstring;

std::string lines(const std::vector<std::string>& all)
{
    std::string text;
    for (const std::string& one : all) {
        text += one + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("migrating again does nothing", "[database]")
{
    const temporary_database database;

    CHECK(migrate_up(database.owner_url()).empty());
    CHECK(verify_schema(database.owner_url()).empty());
    for (const migration& m : migration_status(database.owner_url())) {
        CHECK(m.state == migration_state::applied);
    }
}

TEST_CASE("two processes that migrate at once do it once", "[database]")
{
    const temporary_database database;
    database.as_superuser("drop schema daybook cascade");

    std::vector<std::string> done[2];
    {
        std::jthread one{[&] { done[0] = migrate_up(database.owner_url()); }};
        std::jthread other{[&] { done[1] = migrate_up(database.owner_url()); }};
    }

    CHECK(std::min(done[0].size(), done[1].size()) == 0);
    CHECK(std::max(done[0].size(), done[1].size()) > 5);
    CHECK(verify_schema(database.owner_url()).empty());
}

TEST_CASE("the printed SQL does what migrate up does", "[database]")
{
    const temporary_database database;
    database.as_superuser("drop schema daybook cascade");
    const std::string sql = migration_sql(database.owner_url());
    CHECK(database.ask_superuser("select count(*) from pg_namespace where nspname = 'daybook'") == "0");
    CHECK(sql == migration_sql(std::nullopt));

    {
        pqxx::connection owner{database.owner_url()};
        pqxx::nontransaction work{owner};
        work.exec(sql);
    }

    CHECK(migrate_up(database.owner_url()).empty());
    CHECK(verify_schema(database.owner_url()).empty());
    CHECK(migration_sql(database.owner_url()) == "-- nothing is pending\n");
}

TEST_CASE("a failing migration leaves nothing behind", "[database]")
{
    const temporary_database database;
    database.as_superuser("drop schema daybook cascade");

    CHECK(kind_of([&] { migrate_up(database.app_url()); }) == error_kind::permission_denied);
    CHECK(kind_of([&] {
              migrate_options options;
              options.roles = role_names{.app = {"nobody_of_this_name"}};
              migrate_up(database.owner_url(), options);
          }).has_value());

    CHECK(database.ask_superuser("select count(*) from pg_namespace where nspname = 'daybook'") == "0");
}

TEST_CASE("a host with several application roles names them all", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    bootstrap(cluster().superuser_url(), role_names{.app = {"daybook_app", "Other \"App\""}}, database.name());
    migrate_options options;
    options.roles = role_names{.app = {"daybook_app", "Other \"App\""}};

    CHECK(lines(migrate_up(database.owner_url(), options)) == "functions\npartitions\nretention\npolicies\ntriggers\nviews\ngrants\n");
    // The names are remembered.
    CHECK(migrate_up(database.owner_url()).empty());

    pqxx::connection other{database.url("Other \"App\"")};
    with_tenant(other, acme, [](tenant_tx& tx) {
        log_audit(tx, sample());
        CHECK(query(tx, {}).events.size() == 1);
    });
    CHECK(database.ask_superuser("select db_role from daybook.audit_logs") == "Other \"App\"");
}

TEST_CASE("every change to what keeps a promise is drift", "[database]")
{
    const temporary_database database;
    const struct {
        const char* change;
        const char* named;
    } changes[] = {
        {"alter table daybook.audit_logs no force row level security", "table audit_logs"},
        {"alter table daybook.audit_logs disable row level security", "table audit_logs"},
        {"alter policy audit_logs_org_isolation_read on daybook.audit_logs using (true)", "audit_logs_org_isolation_read"},
        {"create policy hole on daybook.audit_logs for select using (true)", "policy hole"},
        {"grant update on daybook.audit_logs to daybook_app", "audit_logs: UPDATE to daybook_app"},
        {"grant update (action) on daybook.audit_logs to daybook_app", "audit_logs.action: UPDATE to daybook_app"},
        {"grant select on daybook.audit_logs_default to public", "audit_logs_default: SELECT to public"},
        {"alter table daybook.audit_logs disable trigger append_only", "trigger"},
        {"alter table daybook.audit_logs enable trigger append_only", "trigger"},
        {"create rule swallow as on insert to daybook.audit_logs do instead nothing", "rule"},
        {"alter function daybook.set_tenant(uuid) security definer", "set_tenant"},
        {"alter function daybook.refuse_change() owner to postgres", "refuse_change"},
        {"drop index daybook.audit_logs_actor", "audit_logs_actor"},
        {"alter table daybook.audit_logs drop constraint audit_logs_row_is_valid", "audit_logs_row_is_valid"},
        {"alter view daybook.events set (security_invoker = false)", "events"},
        {"alter table daybook.audit_logs owner to postgres", "owner postgres"},
        {"grant create on schema daybook to public", "schema: CREATE to public"},
        {"do $$ declare t text; begin select relname into t from pg_class where relname ~ '^audit_logs_2' and relkind = 'r' limit 1; "
         "execute format('grant select on daybook.%I to daybook_app', t); end $$", "partition audit_logs_2"},
        {"do $$ declare t text; begin select relname into t from pg_class where relname ~ '^audit_logs_2' and relkind = 'r' limit 1; "
         "execute format('alter table daybook.%I disable row level security', t); end $$", "row security is not on and forced"},
        {"do $$ declare t text; begin select relname into t from pg_class where relname ~ '^audit_logs_2' and relkind = 'r' limit 1; "
         "execute format('alter table daybook.%I disable trigger append_only', t); end $$", "append_only is missing"},
    };

    for (const auto& [change, named] : changes) {
        INFO(change);
        const temporary_database one;
        REQUIRE(verify_schema(one.owner_url()).empty());
        one.as_superuser(change);
        CHECK_THAT(lines(verify_schema(one.owner_url())), ContainsSubstring(named));
    }
}

TEST_CASE("repair puts policies, grants and triggers back", "[database]")
{
    const temporary_database database;
    database.as_superuser("alter table daybook.audit_logs no force row level security; "
                          "grant update, delete on daybook.audit_logs to daybook_app; "
                          "alter table daybook.audit_logs disable trigger append_only; "
                          "drop policy audit_logs_org_isolation_read on daybook.audit_logs");
    REQUIRE(verify_schema(database.owner_url()).size() > 3);
    CHECK(migrate_up(database.owner_url()).empty());  // nothing is pending, so nothing is touched

    migrate_up(database.owner_url(), {.roles = {}, .repair = true});

    CHECK(database.ask_superuser("select relforcerowsecurity from pg_class where oid = 'daybook.audit_logs'::regclass") == "t");
    CHECK(database.ask_superuser("select has_table_privilege('daybook_app', 'daybook.audit_logs', 'update')") == "f");
    CHECK(database.ask_superuser("select count(*) from pg_policies where policyname = 'audit_logs_org_isolation_read'") == "1");
}

TEST_CASE("a released migration that was altered stops everything", "[database]")
{
    const temporary_database database;
    database.as_superuser("update daybook.migrations set checksum = 'other' where name = '0001_log'");

    CHECK(kind_of([&] { migrate_up(database.owner_url()); }) == error_kind::schema_drifted);
    CHECK(migration_status(database.owner_url()).front().state == migration_state::altered);
}

TEST_CASE("an event lands in the partition of its month", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    pqxx::connection connection = database.connect_as_application();
    with_tenant(connection, acme, [](tenant_tx& tx) { log_audit(tx, sample()); });

    CHECK(database.ask_superuser("select tableoid::regclass::text = 'daybook.audit_logs_' || to_char(now() at time zone 'UTC', "
                                 "'YYYY_MM') from daybook.audit_logs") == "t");
}

TEST_CASE("the schema is the one that was reviewed", "[database]")
{
    const temporary_database database;
    pqxx::connection connection{database.superuser_url()};
    pqxx::work work{connection};
    std::string found;
    for (const auto& [line] : work.query<std::string>(
             "select line from daybook.expected_schema where line !~ '^server:' order by line collate \"C\"")) {
        found += line + "\n";
    }
    const std::string path = DAYBOOK_SOURCE_DIR "/tests/golden/schema.txt";
    if (std::getenv("DAYBOOK_UPDATE_GOLDEN") != nullptr) {
        std::ofstream{path} << found;
    }
    std::ifstream in{path};
    std::ostringstream golden;
    golden << in.rdbuf();
    if (cluster().version().substr(0, 2) != "15") {
        SKIP("spelled by PostgreSQL 15; this is " + cluster().version());
    }
    // After a wanted change: run this test once with DAYBOOK_UPDATE_GOLDEN=1, and commit the difference.
    CHECK(found == golden.str());
}

TEST_CASE("a role that is not bound by row-level security is not taken into service", "[database]")
{
    const temporary_database database;
    database.as_superuser("do $$ begin if not exists (select from pg_roles where rolname = 'test_bypass2') then "
                          "create role test_bypass2 login bypassrls; end if; end $$");

    CHECK_THAT(message_of([&] {
                   bootstrap(cluster().superuser_url(), role_names{.app = {"test_bypass2"}}, database.name());
               }),
               ContainsSubstring("not bound by row-level security"));
}

TEST_CASE("bootstrap prints what an administrator may run", "[database]")
{
    const temporary_database database;
    const std::string sql = bootstrap_sql({}, database.name());

    database.as_superuser(sql);
    CHECK_THAT(sql, ContainsSubstring("create role \"daybook_app\" login nosuperuser nobypassrls"));
}

TEST_CASE("repair does not bless what somebody slipped in", "[database]")
{
    const struct {
        const char* slip;
        const char* take_back;
    } slips[] = {
        {"create policy evil on daybook.audit_logs for select to daybook_app using (true)", "drop policy evil on daybook.audit_logs"},
        {"grant select on daybook.audit_logs to pg_monitor", "revoke select on daybook.audit_logs from pg_monitor"},
        {"create function daybook.rogue() returns int language sql as 'select 1'", "drop function daybook.rogue()"},
        {"create trigger rogue before insert on daybook.audit_logs for each row execute function daybook.refuse_change()",
         "drop trigger rogue on daybook.audit_logs"},
    };
    for (const auto& [slip, take_back] : slips) {
        INFO(slip);
        const temporary_database database;
        database.as_superuser(slip);
        const std::vector<std::string> before = verify_schema(database.owner_url());
        REQUIRE_FALSE(before.empty());

        CHECK(kind_of([&] { migrate_up(database.owner_url(), {.roles = {}, .repair = true}); }) == error_kind::schema_drifted);
        CHECK(verify_schema(database.owner_url()) == before);

        database.as_superuser(take_back);
        migrate_up(database.owner_url(), {.roles = {}, .repair = true});
        CHECK(verify_schema(database.owner_url()).empty());
    }
}

TEST_CASE("migrations run as the owner, who is bound, for roles that are bound", "[database]")
{
    const temporary_database database;
    database.as_superuser("drop schema daybook cascade");

    CHECK(kind_of([&] { migrate_up(database.superuser_url()); }) == error_kind::permission_denied);
    CHECK(kind_of([&] {
              migrate_up(database.owner_url(), {.roles = role_names{.app = {"daybook_app", "postgres"}}});
          }) == error_kind::permission_denied);
    CHECK(kind_of([&] {
              migrate_up(database.owner_url(), {.roles = role_names{.app = {"daybook_owner"}}});
          }) == error_kind::permission_denied);
    CHECK(kind_of([&] {
              migrate_up(database.owner_url(), {.roles = role_names{.app = {"two\nlines"}}});
          }) == error_kind::invalid_text);
    CHECK_FALSE(installed_roles(database.owner_url()).has_value());
    migrate_up(database.owner_url());
    CHECK(installed_roles(database.owner_url()) == role_names{});
}

TEST_CASE("drift of a partition is seen wherever it lies", "[database]")
{
    for (const char* const change :
         {"create schema other; create table other.hidden partition of daybook.audit_logs for values from "
          "('fffffff0-0000-0000-0000-000000000000') to ('fffffff1-0000-0000-0000-000000000000'); grant all on other.hidden to daybook_app",
          "do $$ declare t text; begin select relname into t from pg_class where relname ~ '^audit_logs_2' and relkind = 'r' limit 1; "
          "execute format('create trigger x before insert on daybook.%I for each row execute function daybook.refuse_change()', t); end $$",
          "do $$ declare t text; begin select relname into t from pg_class where relname ~ '^audit_logs_2' and relkind = 'r' limit 1; "
          "execute format('alter table daybook.%I set unlogged', t); end $$",
          "do $$ declare t text; begin select relname into t from pg_class where relname ~ '^audit_logs_2' and relkind = 'r' limit 1; "
          "execute format('alter table daybook.%I alter reason set statistics 100', t); end $$",
          "alter default privileges for role daybook_owner grant select on tables to daybook_app"}) {
        INFO(change);
        const temporary_database database;
        database.as_superuser(change);
        CHECK_FALSE(verify_schema(database.owner_url()).empty());
    }
}

TEST_CASE("a migration gives up when a long query is in its way, rather than hold up every writer behind it", "[database]")
{
    const temporary_database database;
    pqxx::connection reading = database.connect_as_application();
    pqxx::work query{reading};
    query.exec("select count(*) from daybook.audit_logs");  // its lock lasts until the end of the transaction

    std::string state;
    try {
        migrate_up(database.owner_url(), {.roles = {}, .repair = true});
    } catch (const error& e) {
        state = e.sqlstate();
    }

    CHECK(state == "55P03");
    query.abort();
    migrate_up(database.owner_url(), {.roles = {}, .repair = true});
}
