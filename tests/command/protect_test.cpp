// daybook protect, as its users see it; what it prints is run by psql.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "protected_table.hpp"
#include "temporary_file.hpp"

using namespace daybook::testing;
using json = nlohmann::json;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string a = host_database::uuid_a;
const std::string b = host_database::uuid_b;

struct fixture : host_database {
    environment urls{{"DATABASE_URL", database.app_url()}, {"DATABASE_URL_OWNER", database.owner_url()}};

    [[nodiscard]] finished protect(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), "protect");
        return run_daybook(arguments, urls);
    }

    // What psql says to a script.
    [[nodiscard]] finished psql(const std::string& url, const std::string& script,
                                const std::vector<std::string>& more = {}) const
    {
        const temporary_file file{"script.sql", script};
        std::vector<std::string> command{"/usr/bin/env", "psql", "-X", "-q", "-d", url, "-f", file.path()};
        command.insert(command.end(), more.begin(), more.end());
        return run(command);
    }

    [[nodiscard]] finished test(const std::string& table, const std::vector<std::string>& more = {}) const
    {
        const finished script = protect({table, "--test"});
        INFO(script.err);
        REQUIRE(script.status == 0);
        return psql(database.app_url(), script.out, more);
    }

    // Two levels of partitions, append-only.
    void make_log() const
    {
        as_owner("create table shop.log (org_id uuid not null, day date not null, what text) partition by range (day); "
                 "create table shop.log_all partition of shop.log default; "
                 "grant select, insert, update on shop.log to daybook_app");
    }
};

}  // namespace

TEST_CASE("protect prints what psql runs, changes nothing itself, and says nothing when there is nothing to do", "[command]")
{
    const fixture host;
    host.make_invoices();
    host.make_log();
    const std::string before = host.everything();

    const finished printed = host.protect({"shop.invoices", "shop.log"});

    CHECK(printed.status == 0);
    CHECK_THAT(printed.err, ContainsSubstring("nothing was changed"));
    CHECK(host.everything() == before);
    const finished ran = host.psql(host.database.owner_url(), printed.out);
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(host.ask(a, "select count(*) from shop.invoices") == "3");
    CHECK(host.ask("", "select count(*) from shop.invoices") == "0");
    const std::string once = host.everything();
    CHECK(host.psql(host.database.owner_url(), printed.out).status == 0);
    CHECK(host.everything() == once);
    const finished again = host.protect({"shop.invoices", "shop.log", "--apply"});
    CHECK(again.status == 0);
    CHECK(again.err == "shop.invoices: nothing to do: it is protected\nshop.log: nothing to do: it is protected\n");
}

TEST_CASE("protect --apply tells each step, and --undo takes them back", "[command]")
{
    const fixture host;
    host.make_invoices();
    const std::string before = host.everything();

    const finished applied = host.protect({"shop.invoices", "--apply"});

    CHECK(applied.status == 0);
    CHECK(applied.out.empty());
    CHECK_THAT(applied.err, ContainsSubstring("shop.invoices: org_id is NOT NULL\n") &&
                                ContainsSubstring("shop.invoices: policies, ENABLE and FORCE, and rights\n"));
    const finished script = host.protect({"shop.invoices", "--undo"});
    CHECK(host.psql(host.database.owner_url(), script.out).status == 0);
    CHECK(host.everything() == before);
    CHECK_THAT(host.protect({"shop.invoices", "--undo", "--apply"}).err, ContainsSubstring("nothing to undo"));
}

TEST_CASE("protect says what is in the way, with its code", "[command]")
{
    const fixture host;
    host.make_invoices();
    host.as_owner("create policy everything on shop.invoices using (true)");

    const finished refused = host.protect({"shop.invoices", "--apply"});

    CHECK(refused.status == 4);
    CHECK_THAT(refused.err, ContainsSubstring("error[D0606]") && ContainsSubstring("everything on shop.invoices") &&
                                ContainsSubstring("--replace-policies"));
    CHECK(host.protect({}).status == 2);
    CHECK(host.protect({"shop.invoices", "--shadow", "--undo"}).status == 2);
    CHECK(host.protect({"shop.invoices", "--lock-timeout", "soon"}).status == 2);
}

TEST_CASE("the isolation test passes on a protected table, and leaves nothing behind", "[command]")
{
    const fixture host;
    host.make_invoices();
    REQUIRE(host.protect({"shop.invoices", "--apply"}).status == 0);

    const finished passed = host.test("shop.invoices");

    INFO(passed.err);
    CHECK(passed.status == 0);
    CHECK_THAT(passed.out, ContainsSubstring("isolation test passed: shop.invoices"));
    CHECK(host.database.ask_superuser("select count(*) from shop.invoices") == "5");
    CHECK(host.test("shop.invoices", {"-v", "organization_a=" + a, "-v", "organization_b=" + b}).status == 0);
    const std::string shouted = "ABCDEF01-0000-4000-8000-000000000000";
    CHECK(host.test("shop.invoices", {"-v", "organization_a=" + shouted, "-v", "organization_b=" + b}).status == 0);
}

TEST_CASE("the isolation test fails when a protection is taken away", "[command]")
{
    const auto [harm, complaint] = GENERATE(table<std::string, std::string>({
        {"alter table shop.invoices disable row level security", "row-level security is not on"},
        {"alter table shop.invoices no force row level security", "row-level security is not forced"},
        {"drop policy invoices_org_isolation_read on shop.invoices", "was refused"},
        {"drop policy invoices_org_isolation_write on shop.invoices", "was refused"},
        {"drop policy invoices_org_isolation_change on shop.invoices", "cannot update its own row"},
        {"drop policy invoices_org_isolation_remove on shop.invoices", "cannot delete its own row"},
        {"alter policy invoices_org_isolation_read on shop.invoices using (true)", "without an organization 5 rows"},
        {"alter policy invoices_org_isolation_read on shop.invoices "
         "using (current_setting('app.org_id', true) <> '')",
         "sees 6 rows that are not its own"},
        {"alter policy invoices_org_isolation_write on shop.invoices with check (true)",
         "row of \"0da1b00c-0000-4000-8000-00000000000b\" was let through"},
        {"alter policy invoices_org_isolation_change on shop.invoices with check (true)", "could move a row"},
        {"alter policy invoices_org_isolation_change on shop.invoices using (true)", "update by organization"},
        {"alter policy invoices_org_isolation_remove on shop.invoices using (true)", "delete by organization"},
        {"create policy more on shop.invoices for select using (org_id is not null)", "without an organization 5 rows"},
        {"grant truncate on shop.invoices to daybook_app", "daybook_app may truncate shop.invoices"},
    }));
    const fixture host;
    host.make_invoices();
    REQUIRE(host.protect({"shop.invoices", "--apply"}).status == 0);
    host.as_owner(harm);

    const finished failed = host.test("shop.invoices");

    CHECK(failed.status == 3);
    CHECK_THAT(failed.err, ContainsSubstring(complaint));
}

TEST_CASE("the isolation test of an append-only table passes, and fails when a protection is taken away", "[command]")
{
    const fixture host;
    host.make_log();
    REQUIRE(host.protect({"shop.log", "--log", "--apply"}).status == 0);
    CHECK(host.test("shop.log").status == 0);

    const auto [harm, complaint] = GENERATE(table<std::string, std::string>({
        {"grant update on shop.log to daybook_app", "daybook_app may update shop.log"},
        {"grant delete on shop.log to daybook_app", "daybook_app may delete shop.log"},
        {"grant select on shop.log_all to daybook_app", "daybook_app may select shop.log_all"},
        {"drop trigger log_append_only on shop.log_all", "no trigger refuses changes of shop.log_all"},
        {"alter table shop.log enable trigger log_append_only", "no trigger refuses changes of shop.log, always"},
        {"alter table shop.log_all no force row level security", "shop.log_all: row-level security is not forced"},
    }));
    host.as_owner(harm);

    const finished failed = host.test("shop.log");

    CHECK(failed.status == 3);
    CHECK_THAT(failed.err, ContainsSubstring(complaint));
}

TEST_CASE("the isolation test writes rows that foreign keys, types and lengths accept", "[command]")
{
    const fixture host;
    host.as_owner(
        "create table shop.organizations (id integer primary key); insert into shop.organizations values (1), (2); "
        "create type shop.mood as enum ('glad', 'sad'); "
        "create table shop.customers (id uuid primary key default gen_random_uuid(), org_id integer not null "
        "references shop.organizations); insert into shop.customers (org_id) values (1), (2); "
        "create table shop.orders (id integer primary key, org_id integer not null references shop.organizations, "
        "customer uuid not null references shop.customers, code varchar(5) not null unique, at timestamptz not null, "
        "mood shop.mood not null, tags text[] not null, detail jsonb not null, price numeric(5,2) not null, note text); "
        "grant select, insert, update, delete on shop.orders, shop.customers to daybook_app; "
        "grant select on shop.organizations to daybook_app");
    REQUIRE(host.protect({"shop.orders", "shop.customers", "--apply"}).status == 0);

    const finished asked = host.test("shop.orders");
    CHECK(asked.status == 3);
    CHECK_THAT(asked.err, ContainsSubstring("name two organizations that exist"));

    const finished passed = host.test("shop.orders", {"-v", "organization_a=1", "-v", "organization_b=2"});
    INFO(passed.err);
    CHECK(passed.status == 0);
}

TEST_CASE("the isolation test says when it cannot prove anything", "[command]")
{
    const fixture host;
    host.make_invoices();
    host.as_owner("alter table shop.invoices add constraint small check (number < 0) not valid");
    REQUIRE(host.protect({"shop.invoices", "--apply"}).status == 0);

    const finished failed = host.test("shop.invoices");
    CHECK(failed.status == 3);
    CHECK_THAT(failed.err, ContainsSubstring("nothing is known") && ContainsSubstring("small"));

    const finished as_owner = host.psql(host.database.owner_url(), host.protect({"shop.invoices", "--test"}).out);
    CHECK(as_owner.status == 3);
    CHECK_THAT(as_owner.err, ContainsSubstring("run it as the application's role"));
}

TEST_CASE("shadow mode, from the first look to enforcing", "[command]")
{
    const fixture host;
    host.make_invoices();
    const finished began = host.protect({"shop.invoices", "--shadow"});
    REQUIRE(host.psql(host.database.owner_url(), began.out).status == 0);

    CHECK(host.ask(a, "select count(*) from shop.invoices") == "5");

    const finished shown = host.protect({"--violations", "-o", "json"});
    const json rows = json::parse(shown.out);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["table"] == "shop.invoices");
    CHECK(rows[0]["kind"] == "read");
    CHECK(rows[0]["setting"] == a);
    CHECK(rows[0]["transactions"] == 1);
    CHECK_THAT(host.protect({"--violations", "-o", "table"}).out, ContainsSubstring("application_name"));
    const finished refused = host.protect({"--enforce", "shop.invoices", "--apply"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.err, ContainsSubstring("1 transaction did to shop.invoices what would be refused"));
    CHECK(host.protect({"--enforce", "shop.invoices", "--apply", "--anyway"}).status == 0);
    CHECK(host.ask(a, "select count(*) from shop.invoices") == "3");
    CHECK(host.test("shop.invoices").status == 0);
}
