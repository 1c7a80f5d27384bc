// What a copy of a schema has of its source, and that there is none in part.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <pqxx/pqxx>

#include <daybook/daybook.hpp>
#include <daybook/schema_copy.hpp>

#include "expect_error.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

void run(const std::string& url, const std::string& sql)
{
    pqxx::connection connection{url};
    pqxx::nontransaction{connection}.exec(sql);
}

std::string ask(const std::string& url, const std::string& sql)
{
    pqxx::connection connection{url};
    pqxx::nontransaction work{connection};
    return work.query_value<std::string>(sql);
}

// A database of somebody's, without anything of Daybook's. Roles are those of the whole server, so they go with it.
struct host {
    static constexpr const char* name = "host";

    host()
    {
        gone();
        run(cluster().superuser_url(), "create role host_owner login");
        run(cluster().superuser_url(), "create role \"Host App\" login connection limit 7");
        run(cluster().superuser_url(), "create database host owner host_owner");
    }
    ~host() { gone(); }
    host(const host&) = delete;
    host& operator=(const host&) = delete;

    [[nodiscard]] static std::string superuser_url() { return cluster().url("postgres", name); }
    [[nodiscard]] static std::string owner_url() { return cluster().url("host_owner", name); }

    static void as_superuser(const std::string& sql) { run(superuser_url(), sql); }
    static void as_owner(const std::string& sql) { run(owner_url(), sql); }

private:
    static void gone()
    {
        run(cluster().superuser_url(), "drop database if exists host with (force)");
        for (const char* const role : {"host_owner", "\"Host App\"", "host_group", "host_auditor"}) {
            run(cluster().superuser_url(), "drop role if exists " + std::string{role});
        }
    }
};

std::vector<std::string> removals(const std::vector<protection>& all)
{
    std::vector<std::string> result;
    for (const protection& one : all) {
        result.push_back(one.object + ": " + one.removal);
    }
    return result;
}

}  // namespace

TEST_CASE("a copy has the roles of its source: attributes, memberships, settings, no passwords", "[database]")
{
    const host source;
    host::as_superuser("create role host_group noinherit createrole bypassrls");
    host::as_superuser("create role host_auditor login password 'secret'");
    host::as_superuser("grant host_group to \"Host App\" with admin option");
    host::as_superuser("grant pg_read_all_data to host_auditor");
    host::as_superuser("alter role \"Host App\" set search_path = \"$user\", \"Odd, \"\"Path\"\"\", public");
    host::as_superuser("alter role \"Host App\" set app.org_id = 'it''s = this'");
    host::as_superuser("alter role \"Host App\" in database host set statement_timeout = '7s'");
    host::as_superuser("alter database host set app.place = 'here'");
    host::as_superuser("revoke connect on database host from public");
    host::as_superuser("grant connect on database host to \"Host App\", host_owner");

    schema_copy copy{host::owner_url()};

    const std::string app = copy.url("Host App");
    const auto seen = [&app](const std::string& setting) { return ask(app, "select current_setting('" + setting + "')"); };
    CHECK(copy.owner() == "host_owner");
    CHECK(copy.differences().empty());
    CHECK(ask(app, "select rolconnlimit from pg_roles where rolname = current_user") == "7");
    CHECK(ask(app, "select concat(rolinherit, rolcreaterole, rolbypassrls, rolcanlogin) from pg_roles "
                   "where rolname = 'host_group'") == "fttf");
    CHECK(ask(app, "select pg_has_role('host_group', 'usage')::text") == "true");
    CHECK(ask(app, "select pg_has_role('host_group', 'usage with admin option')::text") == "true");
    CHECK(ask(copy.superuser_url(), "select pg_has_role('host_auditor', 'pg_read_all_data', 'usage')::text") == "true");
    CHECK(ask(copy.superuser_url(), "select count(*) from pg_authid where rolpassword is not null") == "0");
    for (const char* const setting : {"search_path", "app.org_id", "statement_timeout", "app.place"}) {
        CHECK(seen(setting) ==
              ask(cluster().url("Host App", host::name), "select current_setting('" + std::string{setting} + "')"));
    }
    CHECK(seen("statement_timeout") == "7s");
    CHECK(ask(app, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()") == "host_owner");
    CHECK_THROWS_AS(pqxx::connection{copy.url("host_auditor")}, pqxx::broken_connection);

    SECTION("after it was renewed, too")
    {
        copy.renew();
        CHECK(seen("statement_timeout") == "7s");
        CHECK(seen("app.place") == "here");
        CHECK_THROWS_AS(pqxx::connection{copy.url("host_auditor")}, pqxx::broken_connection);
    }
}

TEST_CASE("a role postgres that is no superuser at the source is none in the copy", "[database]")
{
    const private_cluster source;
    run(source.superuser_url(), "create role root_of_it superuser login");
    run(source.url("root_of_it", "postgres"), "alter role postgres rename to first_of_all");
    run(source.url("root_of_it", "postgres"), "create role postgres login");

    const schema_copy copy{source.url("postgres", "postgres")};

    CHECK(copy.owner() == "postgres");
    CHECK(ask(copy.url("postgres"), "select rolsuper::text from pg_roles where rolname = current_user") == "false");
    CHECK(ask(copy.url("postgres"), "select rolsuper::text from pg_roles where rolname = 'first_of_all'") == "true");
}

TEST_CASE("a copy has the schema, and no rows", "[database]")
{
    const host source;
    host::as_superuser("create extension pgcrypto");
    host::as_owner("create schema \"Odd Schema\"");
    host::as_owner(
        "create table \"Odd Schema\".\"Odd \"\"Name\" (org text not null default encode(public.gen_random_bytes(4), 'hex'), at date) "
        "partition by range (at)");
    host::as_owner(
        "create table part partition of \"Odd Schema\".\"Odd \"\"Name\" for values from ('2020-01-01') to ('2021-01-01')");
    host::as_owner("alter table \"Odd Schema\".\"Odd \"\"Name\" enable row level security, force row level security");
    host::as_owner(
        "create policy \"the one\" on \"Odd Schema\".\"Odd \"\"Name\" using (org = current_setting('app.org_id'))");
    host::as_owner("grant usage on schema \"Odd Schema\" to \"Host App\"");
    host::as_owner("grant select on \"Odd Schema\".\"Odd \"\"Name\" to \"Host App\"");
    host::as_owner("create table plain as select 1 as one");

    const schema_copy copy{host::owner_url()};

    const std::string about =
        "select string_agg(concat_ws(' ', c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relacl, "
        "pg_get_userbyid(c.relowner), pg_get_expr(p.polqual, p.polrelid)), E'\\n' order by c.relname) "
        "from pg_class c left join pg_policy p on p.polrelid = c.oid "
        "where c.relnamespace in (select oid from pg_namespace where nspname in ('public', 'Odd Schema'))";
    CHECK(ask(copy.superuser_url(), about) == ask(host::superuser_url(), about));
    CHECK(ask(copy.superuser_url(), "select count(*) from plain") == "0");
    CHECK(ask(copy.superuser_url(), "select length(public.gen_random_bytes(4))") == "4");
}

TEST_CASE("a renewed copy has nothing of what was done in the last one", "[database]")
{
    const host source;
    host::as_owner("create table notes (text text)");
    schema_copy copy{host::owner_url()};
    run(copy.url("host_owner"), "insert into notes values ('here')");
    run(copy.superuser_url(), "create role made_by_a_test login");
    run(copy.superuser_url(), "grant all on notes to made_by_a_test");
    pqxx::connection left_open{copy.url("host_owner")};

    copy.renew();

    CHECK(ask(copy.superuser_url(), "select count(*) from notes") == "0");
    CHECK(ask(copy.superuser_url(), "select count(*) from pg_roles where rolname = 'made_by_a_test'") == "0");
    CHECK(ask(host::superuser_url(), "select count(*) from pg_roles where rolname like 'daybook_copy%'") == "0");
}

TEST_CASE("a copy counts who has connected to it, those that still are too", "[database]")
{
    const host source;
    schema_copy copy{host::owner_url()};
    copy.renew();
    CHECK(copy.sessions() == 0);

    pqxx::connection{copy.url("Host App")}.close();
    pqxx::connection left_open{copy.url("Host App")};

    CHECK(copy.sessions() == 2);
}

TEST_CASE("what the owner may not read is named, all of it, and can be left out", "[database]")
{
    const host source;
    host::as_superuser("create schema hidden");
    host::as_superuser("create table hidden.a ()");
    host::as_superuser("create table public.\"Odd Name\" ()");
    host::as_owner("create table public.mine ()");

    const std::string refused = message_of([] { const schema_copy copy{host::owner_url()}; });
    const schema_copy copy{host::owner_url(), {.exclude = {"hidden", "public.\"Odd Name\""}, .exclude_extensions = {}}};

    CHECK_THAT(refused, ContainsSubstring("may not read, so not copy: hidden.a, public.\"Odd Name\""));
    CHECK_THAT(refused, ContainsSubstring("--exclude 'hidden.a' --exclude 'public.\"Odd Name\"'"));
    CHECK(copy.differences() ==
          std::vector<std::string>{"the copy is without hidden", "the copy is without public.\"Odd Name\""});
    CHECK(ask(copy.superuser_url(),
              "select string_agg(relname, ' ') from pg_class where relnamespace = 'public'::regnamespace") == "mine");
}

TEST_CASE("an extension that is not installed here is named, and can be left out", "[database]")
{
    const host source;
    host::as_superuser("create extension pgcrypto");
    host::as_superuser("insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) "
                       "values (99999, 'Not-to-be-had', 10, 2200, true, '1')");

    const std::string refused = message_of([] { const schema_copy copy{host::owner_url()}; });
    const schema_copy copy{host::owner_url(), {.exclude = {}, .exclude_extensions = {"Not-to-be-had"}}};

    CHECK_THAT(refused, ContainsSubstring("not installed here: Not-to-be-had;"));
    CHECK_THAT(refused, ContainsSubstring("--exclude-extension 'Not-to-be-had'"));
    CHECK(copy.differences() == std::vector<std::string>{"the copy is without the extension Not-to-be-had"});
    CHECK(ask(copy.superuser_url(), "select string_agg(extname, ' ' order by extname) from pg_extension") ==
          "pgcrypto plpgsql");
}

TEST_CASE("there is no copy in part", "[database]")
{
    const host source;
    host::as_owner("create table used (id int)");
    host::as_owner("create view using_it as select * from used");

    const auto without = [](const schema_copy_options& options) {
        return [options] { const schema_copy copy{host::owner_url(), options}; };
    };

    CHECK_THAT(message_of(without({.exclude = {"public.used"}, .exclude_extensions = {}})), ContainsSubstring("using_it"));
    CHECK(kind_of(without({.exclude = {"public.used"}, .exclude_extensions = {}})) == error_kind::not_checked);
    CHECK(kind_of(without({.exclude = {"public.usde"}, .exclude_extensions = {}})) == error_kind::not_checked);
    CHECK(kind_of(without({.exclude = {}, .exclude_extensions = {"pgcrypto"}})) == error_kind::not_checked);
}

TEST_CASE("a setting that cannot be made in the copy is said, without its value", "[database]")
{
    const host source;
    host::as_superuser("insert into pg_db_role_setting select d.oid, 0, array['no_such_setting=secret'] "
                       "from pg_database d where d.datname = 'host'");

    const schema_copy copy{host::owner_url()};

    REQUIRE(copy.differences().size() == 1);
    CHECK_THAT(copy.differences().front(), ContainsSubstring("no_such_setting of the database"));
    CHECK_THAT(copy.differences().front(), !ContainsSubstring("secret"));
}

TEST_CASE("each protection of a table is listed, and its statement takes it away and nothing else", "[database]")
{
    const host source;
    host::as_owner("create table public.\"Notes\" (id int primary key, org text not null, text text not null)");
    host::as_owner("alter table public.\"Notes\" enable row level security, force row level security");
    host::as_owner("create policy \"all of it\" on public.\"Notes\" using (org = current_setting('app.org_id'))");
    host::as_owner("create policy unlocked on public.\"Notes\" as restrictive for delete using (text <> 'locked')");
    host::as_owner("create policy look on public.\"Notes\" for select using (true)");
    host::as_owner("create table log (org text, id int, primary key (org, id)) partition by list (org)");
    host::as_owner("create table log_part partition of log default");
    host::as_owner("alter table log_part enable row level security");
    host::as_owner("alter table log enable row level security");
    host::as_owner("create policy log_add on log for insert with check (org = current_setting('app.org_id'))");
    host::as_owner("create function refuse() returns trigger language plpgsql as 'begin raise ''no''; end'");
    host::as_owner("create trigger append_only before update or delete on log for each row execute function refuse()");
    host::as_owner("create view seen with (security_invoker = on) as select * from public.\"Notes\"");
    host::as_owner("create view seen_again with (security_invoker) as select * from seen");
    host::as_owner("create view as_owner as select * from seen");
    host::as_owner("grant select, insert, update on public.\"Notes\" to \"Host App\"");
    host::as_owner("grant insert (org, id) on log to \"Host App\"");
    host::as_owner("create table plain (id int)");
    schema_copy copy{host::owner_url()};

    const std::vector<protection> all = copy.protections({.schemas = {}, .tables = {}, .app_roles = {"Host App"}});

    CHECK(removals(all) == std::vector<std::string>{
                               "public.\"Notes\": row-level security disabled",
                               "public.\"Notes\": FORCE removed (only tests that log in as the owner can notice)",
                               "public.\"Notes\": policy \"all of it\" dropped",
                               "public.\"Notes\": policy look dropped",
                               "public.\"Notes\": policy unlocked dropped",
                               "public.\"Notes\": policy \"all of it\": USING made true",
                               "public.\"Notes\": policy \"all of it\": WITH CHECK made true (USING was both)",
                               "public.\"Notes\": NOT NULL of org dropped",
                               "public.\"Notes\": NOT NULL of text dropped",
                               "public.log: row-level security disabled",
                               "public.log: policy log_add dropped",
                               "public.log: policy log_add: WITH CHECK made true",
                               "public.log: DELETE granted to \"Host App\"",
                               "public.log: TRUNCATE granted to \"Host App\"",
                               "public.log: UPDATE granted to \"Host App\"",
                               "public.log: trigger append_only dropped",
                               "public.log_part: row-level security disabled",
                               "public.seen: security_invoker of the view reset",
                               "public.seen_again: security_invoker of the view reset",
                           });
    // Each is one of the list, so without it the list is shorter by that one; a weakened policy or a right takes its own
    // away.
    for (const protection& one : all) {
        CAPTURE(one.object, one.removal, one.statement);
        copy.renew();
        copy.run(one.statement);
        std::vector<protection> expected = all;
        std::erase(expected, one);
        const std::vector<protection> left = copy.protections({.schemas = {}, .tables = {}, .app_roles = {"Host App"}});
        CHECK(std::ranges::find(left, one) == left.end());
        if (one.removal.find("policy") == std::string::npos && one.removal.find("granted") == std::string::npos) {
            CHECK(left == expected);
        }
    }
}

TEST_CASE("only what was named is listed, with its partitions", "[database]")
{
    const host source;
    host::as_owner("create schema other");
    for (const char* const table : {"public.a", "public.b", "other.a"}) {
        host::as_owner("create table " + std::string{table} + " (org text) partition by list (org)");
        host::as_owner("alter table " + std::string{table} + " enable row level security");
    }
    host::as_owner("create table public.\"A part\" partition of public.a default");
    host::as_owner("alter table public.\"A part\" enable row level security");
    const schema_copy copy{host::owner_url()};

    const auto objects = [&copy](const protection_scope& scope) {
        std::string names;
        for (const protection& one : copy.protections(scope)) {
            names += (names.empty() ? "" : " ") + one.object;
        }
        return names;
    };

    CHECK(objects({}) == "other.a public.\"A part\" public.a public.b");
    CHECK(objects({.schemas = {"other"}, .tables = {}, .app_roles = {}}) == "other.a");
    CHECK(objects({.schemas = {}, .tables = {"public.a"}, .app_roles = {}}) == "public.\"A part\" public.a");
    CHECK(objects({.schemas = {}, .tables = {"a"}, .app_roles = {}}) == "other.a public.\"A part\" public.a");
    CHECK(kind_of([&] { static_cast<void>(objects({.schemas = {}, .tables = {"public.c"}, .app_roles = {}})); }) ==
          error_kind::not_checked);
    CHECK(kind_of([&] { static_cast<void>(objects({.schemas = {"none"}, .tables = {}, .app_roles = {}})); }) ==
          error_kind::not_checked);
}

TEST_CASE("a database with Daybook in it is copied, and Daybook's own protections are listed only when asked for",
          "[database]")
{
    const temporary_database database;
    database.add("acme");

    schema_copy copy{database.owner_url()};

    const std::vector<migration> migrations = migration_status(copy.url("daybook_owner"));
    CHECK(migrations.size() > 5);
    CHECK(std::ranges::all_of(migrations, [](const migration& m) { return m.state == migration_state::applied; }));
    CHECK(installed_roles(copy.url("daybook_owner")) == installed_roles(database.owner_url()));
    // A dump that is restored spells some conditions with other brackets: that is no difference.
    CHECK(verify_schema(copy.url("daybook_owner")).empty());
    CHECK(ask(copy.superuser_url(), "select count(*) from daybook.reader_keys") == "1");
    CHECK(ask(copy.superuser_url(), "select inner_pad::text from daybook.reader_keys") !=
          database.ask_superuser("select inner_pad::text from daybook.reader_keys"));
    CHECK(copy.protections({.schemas = {}, .tables = {}, .app_roles = {"daybook_app"}}).empty());
    CHECK(copy.protections({.schemas = {"daybook"}, .tables = {}, .app_roles = {"daybook_app"}}).size() > 100);
    add_organization(copy.url("daybook_owner"), "globex", "Globex");
    pool connections{copy.url("daybook_app")};
    CHECK(find_organization(connections, "globex").key == "globex");
    CHECK(kind_of([&] { static_cast<void>(find_organization(connections, "acme")); }) == error_kind::unknown_organization);
}

TEST_CASE("no file of a copy is left, nor can anybody else read one", "[database]")
{
    const host source;
    std::string directory;
    {
        const schema_copy copy{host::owner_url()};
        directory = copy.directory();
        for (const char* const name : {"/services", "/schema", "/messages"}) {
            CAPTURE(name);
            CHECK((std::filesystem::status(directory + name).permissions() & std::filesystem::perms{077}) ==
                  std::filesystem::perms::none);
        }
    }
    CHECK_FALSE(std::filesystem::exists(directory));
}
