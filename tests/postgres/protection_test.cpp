// What `daybook protect` makes of a host's own table. As the application's role, with no WHERE.

#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <daybook/protection.hpp>

#include "expect_error.hpp"
#include "protected_table.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string a = host_database::uuid_a;
const std::string b = host_database::uuid_b;

struct fixture : host_database {
    [[nodiscard]] std::string owner() const { return database.owner_url(); }

    void protect(const protect_options& options) const { apply_protection(owner(), plan_protection(owner(), options)); }
    void protect() const { protect({.tables = {"shop.invoices"}}); }

    void undo(const std::string& table = "shop.invoices") const { apply_protection(owner(), plan_undo(owner(), {table})); }

    [[nodiscard]] std::string seen(const std::string& setting, const std::string& role = "daybook_app") const
    {
        return ask(setting, "select count(*) from shop.invoices", role);
    }

    // A role that exists in the whole private server.
    void make_role(const std::string& name) const
    {
        database.as_superuser("do $$ begin if not exists (select from pg_roles where rolname = '" + name +
                              "') then create role \"" + name + "\" login; end if; end $$");
    }

    // By day, two levels deep, with a default; rows in each.
    void make_partitioned() const
    {
        as_owner("create table shop.events (org_id uuid not null, day date not null, what text) partition by range (day); "
                 "create table shop.events_old partition of shop.events for values from ('2020-01-01') to ('2030-01-01') "
                 "partition by range (day); "
                 "create table shop.events_a partition of shop.events_old for values from ('2020-01-01') to ('2025-01-01'); "
                 "create table shop.events_b partition of shop.events_old for values from ('2025-01-01') to ('2030-01-01'); "
                 "create table shop.events_rest partition of shop.events default; "
                 "insert into shop.events select o::uuid, d::date, 'x' from unnest(array['" +
                 a + "', '" + b +
                 "']) o, "
                 "unnest(array['2021-01-01', '2026-01-01', '2040-01-01']) d; "
                 "grant select, insert, update, delete on shop.events, shop.events_a to daybook_app");
    }
};

}  // namespace

TEST_CASE("a protected table shows each organization its own rows and no others", "[protect]")
{
    const fixture host;
    host.make_invoices();

    host.protect();

    CHECK(host.seen(a) == "3");
    CHECK(host.seen(b) == "2");
    CHECK(host.seen("") == "0");  // what a local setting leaves behind on a pooled connection
    pqxx::connection fresh{host.database.app_url()};
    CHECK(pqxx::nontransaction{fresh}.exec("select count(*) from shop.invoices")[0][0].as<int>() == 0);
    CHECK(host.refusal("junk", "select count(*) from shop.invoices") == "22P02");
    CHECK(host.refusal(a, "insert into shop.invoices (org_id, number) values ('" + b + "', 9)") == "42501");
    CHECK(host.refusal("", "insert into shop.invoices (org_id, number) values ('" + a + "', 9)") == "42501");
    CHECK(host.refusal(a, "update shop.invoices set org_id = '" + b + "'") == "42501");
    CHECK(host.ask(a, "update shop.invoices set number = 7") == "3");
    CHECK(host.ask(a, "delete from shop.invoices") == "3");
    CHECK(host.seen(b) == "2");
    CHECK(host.refusal(a, "truncate shop.invoices") == "42501");
    CHECK(host.ask("", "select count(*) from shop.invoices", "daybook_owner") == "0");
}

TEST_CASE("protect compares the tenant column in its own type, and finds its policies again", "[protect]")
{
    const auto [type, first, second] =
        GENERATE(table<std::string, std::string, std::string>({{"bigint", "1", "2"},
                                                               {"integer", "1", "2"},
                                                               {"smallint", "1", "2"},
                                                               {"text", "acme", "globex"},
                                                               {"varchar(40)", "acme", "globex"},
                                                               {"char(10)", "acme", "globex"},
                                                               {"shop.tenant", "1", "2"},
                                                               {"shop.tenant_name", "acme", "globex"}}));
    const fixture host;
    host.as_owner("create domain shop.tenant as bigint; create domain shop.tenant_name as varchar(20)");
    host.make_invoices(type, first, second);

    host.protect();

    CHECK(host.seen(first) == "3");
    CHECK(host.seen(second) == "2");
    CHECK(host.seen("") == "0");
    CHECK(plan_protection(host.owner(), {.tables = {"shop.invoices"}}).steps.empty());
}

TEST_CASE("protect makes the tenant column NOT NULL and puts an index under it", "[protect]")
{
    const fixture host;
    host.make_invoices();

    host.protect();

    CHECK(host.refusal(a, "insert into shop.invoices (org_id, number) values (null, 9)") != "");
    CHECK_THAT(host.everything(), ContainsSubstring("column shop.invoices org_id t") && ContainsSubstring("(org_id)true") &&
                                      !ContainsSubstring("org_id IS NOT NULL"));
}

TEST_CASE("a table that is protected has nothing to do", "[protect]")
{
    const fixture host;
    host.make_invoices();
    host.protect();
    const std::string once = host.everything();

    const protection_plan again = plan_protection(host.owner(), {.tables = {"shop.invoices"}});

    CHECK(again.steps.empty());
    CHECK_THAT(to_script(again), ContainsSubstring("nothing to do"));
    apply_protection(host.owner(), again);
    CHECK(host.everything() == once);
}

TEST_CASE("protect finds and mends whatever was taken away again", "[protect]")
{
    const auto harm = GENERATE(
        as<std::string>{}, "alter table shop.invoices disable row level security",
        "alter table shop.invoices no force row level security", "drop policy invoices_org_isolation_read on shop.invoices",
        "alter policy invoices_org_isolation_read on shop.invoices using (true)",
        "alter policy invoices_org_isolation_write on shop.invoices with check (true)",
        "alter policy invoices_org_isolation_change on shop.invoices with check (true)",
        "alter policy invoices_org_isolation_remove on shop.invoices to public",
        "grant truncate on shop.invoices to daybook_app", "grant select on shop.invoices to public",
        "grant update (number) on shop.invoices to public", "drop index shop.invoices_org_isolation_idx",
        "alter table shop.invoices alter column org_id drop not null");
    const fixture host;
    host.make_invoices();
    host.protect();
    const std::string intact = host.everything();
    host.as_owner(harm);
    REQUIRE(host.everything() != intact);

    host.protect();

    // What everybody could do, the application goes on doing.
    if (harm.find("to public") == std::string::npos || harm.starts_with("alter")) {
        CHECK(host.everything() == intact);
    }
    CHECK(plan_protection(host.owner(), {.tables = {"shop.invoices"}}).steps.empty());
    CHECK(host.ask(a, "select has_table_privilege('public', 'shop.invoices', 'select') "
                      "or has_any_column_privilege('public', 'shop.invoices', 'update')") == "f");
}

TEST_CASE("partitions of every level are closed, and have their part of the index", "[protect]")
{
    const fixture host;
    host.make_partitioned();

    host.protect({.tables = {"shop.events"}});

    CHECK(host.ask(a, "select count(*) from shop.events") == "3");
    CHECK(host.ask("", "select count(*) from shop.events") == "0");
    for (const char* const partition : {"events_old", "events_a", "events_b", "events_rest"}) {
        CHECK(host.refusal(a, std::string{"select count(*) from shop."} + partition) == "42501");
        // With a right on it, it still shows nothing.
        host.as_owner(std::string{"grant select on shop."} + partition + " to daybook_app");
        CHECK(host.ask(a, std::string{"select count(*) from shop."} + partition) == "0");
    }
    CHECK(host.database.ask_superuser(
              "select bool_and(indisvalid) and count(*) = 5 from pg_index i "
              "join pg_class c on c.oid = i.indexrelid where c.relname like 'events%org_isolation_idx'") == "t");
    host.protect({.tables = {"shop.events"}});
    CHECK(host.refusal(a, "select count(*) from shop.events_a") == "42501");
    CHECK(plan_protection(host.owner(), {.tables = {"shop.events"}}).steps.empty());
}

TEST_CASE("protect takes names with spaces, capitals and quotes, and cuts long ones so that they stay apart", "[protect]")
{
    const fixture host;
    const std::string longest = "Ünï_" + std::string(54, 'x');
    for (const std::string& name :
         {std::string{R"(shop."Odd ""Table's Name")"}, "shop.\"" + longest + "1\"", "shop.\"" + longest + "2\""}) {
        host.as_owner("create table " + name + " (\"Org Id\" uuid, \"X\" text); insert into " + name + " values ('" + a +
                      "', ''); grant select, insert on " + name + " to daybook_app");

        host.protect({.tables = {name}, .tenant_column = "Org Id", .append_only = true});

        CHECK(host.ask(a, "select count(*) from " + name) == "1");
        CHECK(host.ask(b, "select count(*) from " + name) == "0");
        CHECK(plan_protection(host.owner(), {.tables = {name}, .tenant_column = "Org Id"}).steps.empty());
    }
    CHECK(host.database.ask_superuser(
              "select count(distinct relname) from pg_class where relname like '%\\_org\\_isolation\\_idx'") == "3");
}

TEST_CASE("several roles of the application are bound, and nobody else sees anything", "[protect]")
{
    const fixture host;
    host.make_role("Shop Worker");
    host.make_role("shop_reports");
    host.make_invoices();
    host.as_owner("grant select on shop.invoices to \"Shop Worker\", shop_reports");

    const protect_options options{.tables = {"shop.invoices"}, .app_roles = {"daybook_app", "Shop Worker"}};
    CHECK(kind_of([&] { host.protect(); }) == error_kind::wrong_usage);  // it would lock the worker out
    CHECK_THAT(to_script(plan_protection(host.owner(), options)), ContainsSubstring("no policy is for shop_reports"));
    host.protect(options);

    CHECK(host.seen(a) == "3");
    CHECK(host.seen(a, "Shop Worker") == "3");
    CHECK(host.seen("", "Shop Worker") == "0");
    CHECK(host.seen(a, "shop_reports") == "0");
}

TEST_CASE("what the application could do because everybody could, it goes on doing", "[protect]")
{
    const fixture host;
    host.make_role("shop_reports");
    host.make_invoices();
    host.as_owner("revoke all on shop.invoices from daybook_app; grant select, truncate on shop.invoices to public; "
                  "grant update (number) on shop.invoices to public");

    host.protect();

    CHECK(host.seen(a) == "3");
    CHECK(host.ask(a, "update shop.invoices set number = 0") == "3");
    CHECK(host.refusal(a, "truncate shop.invoices") == "42501");
    CHECK(host.refusal(a, "select count(*) from shop.invoices", "shop_reports") == "42501");
}

TEST_CASE("an append-only table is changed by nobody, loudly, on its partitions too", "[protect]")
{
    const fixture host;
    host.make_partitioned();
    host.as_owner("grant update (what), truncate on shop.events to daybook_app");

    host.protect({.tables = {"shop.events"}, .append_only = true});

    CHECK(host.ask(a, "insert into shop.events values ('" + a + "', '2021-01-01', 'y')") == "1");
    for (const char* const sql : {"update shop.events set what = 'z'", "delete from shop.events", "truncate shop.events"}) {
        CHECK(host.refusal(a, sql) == "42501");
        CHECK(host.refusal(a, sql, "daybook_owner") == "42501");
    }
    for (const char* const sql :
         {"update shop.events_b set what = 'z'", "delete from shop.events_a", "truncate shop.events_rest"}) {
        CHECK(host.refusal(a, sql, "daybook_owner") == "42501");
        CHECK(host.refusal(a, std::string{"set local session_replication_role = replica; "} + sql, "postgres") == "42501");
    }
    // Leaving the flag away opens nothing.
    CHECK(plan_protection(host.owner(), {.tables = {"shop.events"}}).steps.empty());
    host.as_owner(
        "alter table shop.events_b disable trigger events_append_only; grant delete on shop.events to daybook_app");
    host.protect({.tables = {"shop.events"}});
    CHECK(host.refusal(a, "delete from shop.events_b", "daybook_owner") == "42501");
}

TEST_CASE("protect refuses what it cannot do well, and changes nothing", "[protect]")
{
    const fixture host;
    host.make_invoices();
    host.make_role("shop_bypass");
    host.database.as_superuser("alter role shop_bypass bypassrls");
    host.as_owner("create table shop.parts (org_id json); create table shop.loose (org_id uuid, tenant_id uuid); "
                  "create table shop.plain (id int); create view shop.shown as select * from shop.invoices; "
                  "create policy everything on shop.invoices using (1 = 1); "
                  "create table shop.gaps (org_id uuid); insert into shop.gaps values (null), (null), ('" +
                  a + "')");
    const std::string before = host.everything();
    const auto refused = [&](const protect_options& options) {
        return message_of([&] { static_cast<void>(plan_protection(host.owner(), options)); });
    };

    CHECK_THAT(refused({.tables = {"shop.gaps"}}),
               ContainsSubstring("2 rows of shop.gaps, of 3, have no org_id") && ContainsSubstring("limit 10000"));
    CHECK_THAT(refused({.tables = {"shop.plain"}}), ContainsSubstring("add column org_id"));
    CHECK_THAT(refused({.tables = {"shop.plain"}, .tenant_column = "owner"}), ContainsSubstring("has no column owner"));
    CHECK_THAT(refused({.tables = {"shop.loose"}}), ContainsSubstring("org_id, tenant_id"));
    CHECK_THAT(refused({.tables = {"shop.parts"}}), ContainsSubstring("of type json"));
    CHECK_THAT(refused({.tables = {"shop.shown"}}), ContainsSubstring("is not a table"));
    CHECK_THAT(refused({.tables = {"shop.invoices"}}), ContainsSubstring("everything on shop.invoices: all, to public"));
    CHECK_THAT(refused({.tables = {"shop.invoices"}, .app_roles = {"daybook_owner"}}), ContainsSubstring("owns the table"));
    CHECK_THAT(refused({.tables = {"shop.invoices"}, .app_roles = {"shop_bypass"}}), ContainsSubstring("BYPASSRLS"));
    CHECK_THAT(refused({.tables = {"shop.invoices"}, .app_roles = {"nobody_of_that_name"}}),
               ContainsSubstring("does not exist"));
    CHECK_THAT(refused({.tables = {"invoices"}}), ContainsSubstring("did you mean shop.invoices?"));
    CHECK_THAT(refused({.tables = {"daybook.audit_logs"}}), ContainsSubstring("Daybook's own"));
    CHECK_THAT(refused({.tables = {"shop.invoices"}, .setting = "org'id"}), ContainsSubstring("not the name of a setting"));
    CHECK(host.everything() == before);
}

TEST_CASE("policies of other names are replaced only on request, and those for other roles stay", "[protect]")
{
    const fixture host;
    host.make_role("shop_reports");
    host.make_invoices();
    host.as_owner(
        "grant select on shop.invoices to shop_reports; "
        "create policy reports on shop.invoices for select to shop_reports using (true); "
        "create policy everything on shop.invoices using (true) with check (org_id is not null)");

    host.protect({.tables = {"shop.invoices"}, .replace_policies = true});

    CHECK(host.seen("") == "0");
    CHECK(host.seen("", "shop_reports") == "5");
    CHECK(plan_protection(host.owner(), {.tables = {"shop.invoices"}}).steps.empty());
}

TEST_CASE("a lock that somebody holds ends protect soon, with their name, and it goes on from there", "[protect]")
{
    const fixture host;
    host.make_invoices();
    pqxx::connection blocker{host.database.app_url()};
    const std::string pid = std::to_string(blocker.backendpid());
    {
        pqxx::work tx{blocker};
        tx.exec("select count(*) from shop.invoices");
        const protect_options options{.tables = {"shop.invoices"}, .lock_timeout = std::chrono::seconds{1}};
        std::optional<error> told;
        try {
            apply_protection(host.owner(), plan_protection(host.owner(), options));
        } catch (const error& e) {
            told = e;
        }
        REQUIRE(told);
        CHECK(told->kind() == error_kind::transaction_conflict);
        CHECK_THAT(told->what(), ContainsSubstring("process " + pid + " (daybook_app"));
    }

    host.protect();

    CHECK(host.seen("") == "0");
    CHECK(plan_protection(host.owner(), {.tables = {"shop.invoices"}}).steps.empty());
}

TEST_CASE("protect that was interrupted behind any step is finished by the next, and undone from anywhere", "[protect]")
{
    const bool partitioned = GENERATE(false, true);
    const protect_options options{.tables = {partitioned ? "shop.events" : "shop.invoices"}};
    std::string whole;
    std::size_t count = 1;
    for (std::size_t done = 0; done <= count; ++done) {
        const fixture host;
        host.make_invoices();
        host.make_partitioned();
        const std::string before = host.everything();
        protection_plan plan = plan_protection(host.owner(), options);
        if (done == 0) {
            count = plan.steps.size();
            apply_protection(host.owner(), plan);
            whole = host.everything();
            continue;
        }
        plan.steps.resize(done);
        apply_protection(host.owner(), plan);

        if (done % 2 == 0) {
            host.undo(options.tables.front());
            CHECK(host.everything() == before);
            continue;
        }
        host.protect(options);
        CHECK(host.everything() == whole);
    }
}

TEST_CASE("an index that an interrupted run left broken is made again", "[protect]")
{
    const fixture host;
    host.make_invoices();
    host.as_owner("create index invoices_org_isolation_idx on shop.invoices (org_id)");
    host.database.as_superuser(
        "update pg_index set indisvalid = false where indexrelid = 'shop.invoices_org_isolation_idx'::regclass");

    host.protect();

    CHECK(host.database.ask_superuser(
              "select indisvalid from pg_index where indexrelid = 'shop.invoices_org_isolation_idx'::regclass") == "t");
}

TEST_CASE("undo leaves exactly what was there before", "[protect]")
{
    const bool append_only = GENERATE(false, true);
    const fixture host;
    host.make_role("shop_reports");
    host.make_invoices();
    host.make_partitioned();
    for (const char* const table : {"shop.invoices", "shop.events", "shop.events_a"}) {
        const std::string name = table;
        host.as_owner("grant select, truncate on " + name + " to public; grant trigger, references on " + name +
                      " to daybook_app; grant select on " + name +
                      " to shop_reports with grant option; grant update (org_id) on " + name +
                      " to public; create policy \"every thing\" on " + name +
                      " using (org_id is not null) with check ('a b' <> 'c'); create policy narrow on " + name +
                      " as restrictive for select to shop_reports using (true)");
    }
    const std::string before = host.everything();

    const protect_options options{.tables = {"shop.invoices", "shop.events"},
                                  .app_roles = {"daybook_app"},
                                  .append_only = append_only,
                                  .replace_policies = true};
    host.protect(options);
    REQUIRE(host.everything() != before);
    host.protect(options);
    host.undo("shop.events");
    host.undo("shop.invoices");

    CHECK(host.everything() == before);
    CHECK(plan_undo(host.owner(), {"shop.events"}).steps.empty());
}

TEST_CASE("what was protected, or indexed, before stays so after undo", "[protect]")
{
    const fixture host;
    host.make_invoices();
    host.as_owner(
        "create index mine on shop.invoices (org_id, number); alter table shop.invoices alter column org_id set not null; "
        "alter table shop.invoices enable row level security");
    const std::string before = host.everything();

    host.protect();
    host.undo();

    CHECK(host.everything() == before);
}

TEST_CASE("nobody else has a right on what undo runs, whatever the owner's default privileges say", "[protect]")
{
    const bool shadow = GENERATE(false, true);
    const fixture host;
    host.make_role("shop_reports");
    host.make_invoices();
    host.as_owner("alter default privileges grant all on tables to shop_reports; "
                  "alter default privileges grant all on sequences to shop_reports with grant option; "
                  "alter default privileges grant all on schemas to shop_reports");

    if (shadow) {
        apply_protection(host.owner(), plan_shadow(host.owner(), {.tables = {"shop.invoices"}}));
    } else {
        host.protect();
    }

    CHECK(host.refusal(a, "insert into daybook_shadow.before values ('shop.invoices', 'grant', 'x', 'select 1')",
                       "shop_reports") == "42501");
    CHECK(host.database.ask_superuser(
              "select count(*) from pg_class c, aclexplode(c.relacl) x "
              "where c.relnamespace = 'daybook_shadow'::regnamespace and x.grantee <> c.relowner") == "0");
    CHECK(host.database.ask_superuser("select count(*) from pg_namespace n, aclexplode(n.nspacl) x "
                                      "where n.nspname = 'daybook_shadow' and x.grantee <> n.nspowner") == "0");
    host.undo();
}

TEST_CASE("protect remembers nothing where others can write, and runs nothing that they may have written", "[protect]")
{
    const fixture host;
    host.make_role("shop_reports");
    host.make_invoices();
    host.database.as_superuser("create schema daybook_shadow authorization daybook_app; "
                               "grant all on schema daybook_shadow to daybook_owner");
    const auto message = [&](auto&& work) {
        CHECK(kind_of(work) == error_kind::permission_denied);
        return message_of(work);
    };
    const auto planned = [&] { static_cast<void>(plan_protection(host.owner(), {.tables = {"shop.invoices"}})); };
    const auto undone = [&] { static_cast<void>(plan_undo(host.owner(), {"shop.invoices"})); };

    CHECK_THAT(message(planned), ContainsSubstring("schema daybook_shadow belongs to daybook_app"));
    CHECK_THAT(message(undone), ContainsSubstring("schema daybook_shadow belongs to daybook_app"));
    host.database.as_superuser("drop schema daybook_shadow");
    const protection_plan early = plan_protection(host.owner(), {.tables = {"shop.invoices"}});
    host.database.as_superuser("create schema daybook_shadow authorization daybook_app; "
                               "grant all on schema daybook_shadow to daybook_owner");
    CHECK_THAT(message_of([&] { apply_protection(host.owner(), early); }),
               ContainsSubstring("schema daybook_shadow belongs to daybook_app"));
    host.database.as_superuser("drop schema daybook_shadow");

    host.protect();
    for (const auto& [right, complaint] : std::vector<std::pair<std::string, std::string>>{
             {"insert on daybook_shadow.before", "shop_reports has INSERT on daybook_shadow.before"},
             {"update (statement) on daybook_shadow.before", "shop_reports has UPDATE on daybook_shadow.before"},
             {"create on schema daybook_shadow", "shop_reports has CREATE on schema daybook_shadow"}}) {
        host.as_owner("grant " + right + " to shop_reports");
        CHECK_THAT(message(undone), ContainsSubstring(complaint));
        host.as_owner("revoke " + right + " from shop_reports");
    }
    host.undo();
}

TEST_CASE("only what is concurrent waits for as long as it takes", "[protect]")
{
    const fixture host;
    host.make_partitioned();
    const auto impatient_throughout = [](const protection_plan& plan) {
        bool waits = false;
        int concurrent = 0;
        for (const protection_step& step : plan.steps) {
            if (step.sql.find("set lock_timeout = ") != std::string::npos) {
                waits = step.sql.find("set lock_timeout = 0;") != std::string::npos;
                continue;
            }
            const bool is_concurrent =
                step.sql.starts_with("create index concurrently ") || step.sql.starts_with("drop index concurrently ");
            concurrent += is_concurrent ? 1 : 0;
            INFO(step.sql);
            CHECK(waits == is_concurrent);
        }
        CHECK(concurrent == 3);
    };

    impatient_throughout(plan_protection(host.owner(), {.tables = {"shop.events"}}));
    host.protect({.tables = {"shop.events"}});
    impatient_throughout(plan_undo(host.owner(), {"shop.events"}));
}

TEST_CASE("a name that would end a block of the printed SQL is refused", "[protect]")
{
    const auto [name, column, needed] =
        GENERATE(table<std::string, std::string, std::string>({{"t$do$", "org_id", "x"},
                                                               {"t", "org_id$insert$", "x"},
                                                               {"t", "org_id", "x$insert$"},
                                                               {"t", "org_id", "x$do$"}}));
    const fixture host;
    host.as_owner("create table shop.\"" + name + "\" (\"" + column + "\" uuid, \"" + needed + "\" int not null)");
    const protect_options options{.tables = {"shop.\"" + name + "\""}, .tenant_column = column};

    CHECK(kind_of([&] { static_cast<void>(isolation_test(host.owner(), options)); }) == error_kind::invalid_text);
    if (needed == "x") {
        CHECK(kind_of([&] { static_cast<void>(plan_protection(host.owner(), options)); }) == error_kind::invalid_text);
    }
}

TEST_CASE("the isolation test gives psql no name to interpret", "[protect]")
{
    const fixture host;
    const std::string name = "shop.\"a\\' `exit 9`\"";
    host.as_owner("create table " + name + " (org_id uuid)");
    host.protect({.tables = {name}});

    const std::string script = isolation_test(host.owner(), {.tables = {name}});

    std::size_t commands = 0;
    std::istringstream lines{script};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('\\')) {
            ++commands;
            CHECK_THAT(line, !ContainsSubstring("exit"));
        }
    }
    CHECK(commands > 0);
}

TEST_CASE("a second run cuts no role off that the first run let in, unless it is told to", "[protect]")
{
    const fixture host;
    host.make_role("Shop Worker");
    host.make_invoices();
    host.as_owner("grant select on shop.invoices to \"Shop Worker\"");
    host.protect({.tables = {"shop.invoices"}, .app_roles = {"Shop Worker", "daybook_app"}});
    protect_options fewer{.tables = {"shop.invoices"}, .app_roles = {"daybook_app"}};

    CHECK_THAT(message_of([&] { host.protect(fewer); }), ContainsSubstring("are for \"Shop Worker\" as well"));
    CHECK(kind_of([&] { host.protect(); }) == error_kind::wrong_usage);
    CHECK(host.seen(a, "Shop Worker") == "3");
    fewer.replace_policies = true;
    host.protect(fewer);

    CHECK(host.seen(a, "Shop Worker") == "0");
    CHECK(host.seen(a) == "3");
}

TEST_CASE("what has one of protect's names and is not protect's own is neither replaced nor dropped", "[protect]")
{
    const auto [mine, named] = GENERATE(table<std::string, std::string>({
        {"create index invoices_org_isolation_idx on shop.invoices (number)", "index shop.invoices_org_isolation_idx"},
        {"create table shop.invoices_org_isolation_idx ()", "index shop.invoices_org_isolation_idx"},
        {"create function shop.invoices_append_only() returns int language sql return 1",
         "function shop.invoices_append_only()"},
        {"create policy invoices_org_isolation_read on shop.invoices using (number > 1)",
         "policy invoices_org_isolation_read on shop.invoices"},
        {"create policy invoices_shadow_read on shop.invoices using (number > 1)",
         "policy invoices_shadow_read on shop.invoices"},
        {"create function shop.mine() returns trigger language plpgsql as 'begin return new; end'; "
         "create trigger invoices_append_only before insert on shop.invoices execute function shop.mine()",
         "trigger invoices_append_only on shop.invoices"}}));
    const fixture host;
    host.make_invoices();
    host.as_owner(mine);
    const std::string before = host.everything();
    const protect_options options{.tables = {"shop.invoices"}, .append_only = true};

    const std::string refused = message_of([&] { host.protect(options); });

    CHECK_THAT(refused, ContainsSubstring("protect did not make " + named));
    CHECK(host.everything() == before);
    if (named.starts_with("policy")) {
        CHECK_THAT(message_of([&] { apply_protection(host.owner(), plan_shadow(host.owner(), options)); }),
                   ContainsSubstring("protect did not make " + named));
    }
}

TEST_CASE("undo leaves a function that has the name of protect's", "[protect]")
{
    const fixture host;
    host.make_invoices();
    host.as_owner("create function shop.invoices_append_only() returns int language sql return 1");
    const std::string before = host.everything();

    host.protect();
    host.undo();

    CHECK(host.everything() == before);
}

TEST_CASE("undo takes back what was made of a table that lacked nothing else", "[protect]")
{
    const fixture host;
    host.make_invoices();
    host.as_owner("create index mine on shop.invoices (org_id); alter table shop.invoices alter column org_id set not null, "
                  "enable row level security, force row level security");
    const std::string before = host.everything();

    host.protect();
    REQUIRE(host.seen(a) == "3");
    host.undo();

    CHECK(host.everything() == before);
}

TEST_CASE("an append-only table whose trigger lets everything through is mended", "[protect]")
{
    const std::string harm = GENERATE(
        as<std::string>{},
        "create or replace function shop.invoices_append_only() returns trigger language plpgsql as "
        "'begin return null; end'",
        "create or replace trigger invoices_append_only before update or delete or truncate on shop.invoices "
        "for each statement when (false) execute function shop.invoices_append_only(); "
        "alter table shop.invoices enable always trigger invoices_append_only");
    const fixture host;
    host.make_invoices();
    host.protect({.tables = {"shop.invoices"}, .append_only = true});
    host.as_owner(harm);
    REQUIRE(host.refusal(a, "truncate shop.invoices", "daybook_owner").empty());

    host.protect();

    CHECK(host.refusal(a, "truncate shop.invoices", "daybook_owner") == "42501");
    CHECK(plan_protection(host.owner(), {.tables = {"shop.invoices"}}).steps.empty());
}

TEST_CASE("a setting is names with dots between them", "[protect]")
{
    const fixture host;
    host.make_invoices();
    const auto refused = [&](const std::string& setting) {
        return kind_of([&] {
            static_cast<void>(plan_protection(host.owner(), {.tables = {"shop.invoices"}, .setting = setting}));
        });
    };

    for (const char* const setting : {"", "app", "app.", ".id", "a..b", "1.2", "app.2", "$a.b", "a.b c", "a.b'"}) {
        INFO(setting);
        CHECK(refused(setting) == error_kind::wrong_usage);
    }
    for (const char* const setting : {"app.org_id", "_a.B$2", "a.b.c"}) {
        INFO(setting);
        CHECK(refused(setting) == std::nullopt);
    }
}

TEST_CASE("protect says what will see nothing because it reads as the owner", "[protect]")
{
    const bool shadow = GENERATE(false, true);
    const fixture host;
    host.make_invoices();
    host.as_owner(
        "create view shop.all_invoices as select * from shop.invoices; "
        "create view shop.over_all as select * from shop.all_invoices; "
        "create view shop.as_reader with (security_invoker = true) as select * from shop.invoices; "
        "create materialized view shop.totals as select count(*) from shop.invoices; "
        "create function shop.total() returns bigint language sql security definer as 'select count(*) from shop.invoices'; "
        "create function shop.own() returns bigint language sql as 'select count(*) from shop.invoices'; "
        "create function shop.other() returns int language sql security definer as 'select 1'");
    host.database.as_superuser("create view shop.of_superuser as select * from shop.invoices");
    const protect_options options{.tables = {"shop.invoices"}};

    const std::string script =
        to_script(shadow ? plan_shadow(host.owner(), options) : plan_protection(host.owner(), options));

    CHECK_THAT(script, ContainsSubstring("they read as their owner: materialized view shop.totals, routine shop.total(), "
                                         "view shop.all_invoices, view shop.over_all;"));
    host.protect();
    CHECK(host.ask(a, "select shop.total()") == "0");
}
