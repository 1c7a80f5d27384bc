// What the doctor says of policies, and of what passes them by: the forms that real schemas have, wrong and right.
// Each is a change to the shop of docs/checks/README.md, with all that is to be found in it.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <daybook/isolation.hpp>

#include "example_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

using names = std::vector<std::string>;

struct form {
    const char* name;
    std::string sql;
    names found;  // finding:object, and nothing else
};

names found_in(const example_database& shop)
{
    const examination e = examine_isolation(shop.owner_url());
    names found;
    for (const isolation_finding& f : e.findings) {
        found.push_back(f.check + ":" + f.object);
    }
    for (const check_not_run& c : e.not_run) {
        found.push_back("could not run " + c.check + ": " + c.reason);
    }
    std::ranges::sort(found);
    return found;
}

void check_forms(const std::vector<form>& forms)
{
    for (const form& one : forms) {
        DYNAMIC_SECTION(one.name)
        {
            const example_database shop;
            shop.run(one.sql);
            names expected = one.found;
            std::ranges::sort(expected);
            CHECK(found_in(shop) == expected);
        }
    }
}

// A table of organizations that is right, and has these columns too.
std::string own_table(const std::string& name, const std::string& columns = "note text")
{
    return "create table shop." + name +
           " (organization_id uuid not null, id uuid not null default gen_random_uuid(),"
           " " +
           columns + ", primary key (organization_id, id)); alter table shop." + name +
           " owner to shop_owner; alter table"
           " shop." +
           name + " enable row level security; alter table shop." + name +
           " force row level security; create policy own"
           " on shop." +
           name +
           " to shop_app using (organization_id = (select shop.organization())) with check (organization_id ="
           " (select shop.organization()));"
           " grant select, insert on shop." +
           name + " to shop_app; ";
}

const std::string pinned = " set search_path = pg_catalog, pg_temp ";

std::string read_policy(const std::string& name, const std::string& predicate)
{
    return "create policy " + name + " on shop.invoices for select to shop_app using (" + predicate + "); ";
}

}  // namespace

TEST_CASE("definer functions are found where policies do not hold their owner", "[database]")
{
    check_forms({
        {"of a superuser, in every way to write them",
         "create function shop.a() returns bigint stable security definer language sql begin atomic select"
         " count(*) from shop.invoices; end;"
         "create procedure shop.b() security definer" +
             pinned +
             "language sql as 'delete from shop.invoices';"
             "create function shop.c(n int) returns bigint stable security definer" +
             pinned +
             "language plpgsql as"
             " 'begin return (select count(*) from \"shop\".\"invoices\"); end';"
             "create function shop.d() returns bigint stable security definer" +
             pinned +
             "language sql as 'select"
             " count(*) from shop.readings_2026'",
         {"definer_function:shop.a()", "definer_function:shop.b()", "definer_function:shop.c(integer)",
          "definer_function:shop.d()"}},
        {"of tables with odd names",
         "create table shop.\"Od\"\"d name\" (organization_id uuid not null, id int, primary key (organization_id, id));"
         "alter table shop.\"Od\"\"d name\" owner to shop_owner; create table shop.größe (organization_id uuid not null,"
         " id int, primary key (organization_id, id)); alter table shop.größe owner to shop_owner;"
         "create function shop.a() returns bigint stable security definer" +
             pinned +
             "language sql as 'select count(*) from shop.\"Od\"\"d name\"'; alter function shop.a() owner to shop_owner;"
             "create function shop.b() returns bigint stable security definer" +
             pinned + "language sql as 'select count(*) from SHOP.GRößE'; alter function shop.b() owner to shop_owner",
         {"definer_function:shop.a()", "definer_function:shop.b()"}},
        {"of a role that bypasses, of whatever it reads",
         "create role shop_bypass bypassrls; create function shop.a() returns int security definer" + pinned +
             "language plpgsql as 'begin execute ''select 1''; return 1; end'; alter function shop.a() owner to"
             " shop_bypass",
         {"definer_function:shop.a()"}},
        {"of the owner, whom a policy of its own lets through",
         "create function shop.a() returns bigint stable security definer" + pinned +
             "language sql as 'select"
             " count(*) from shop.invoices';"
             "alter function shop.a() owner to shop_owner; create policy o on shop.invoices to shop_owner using (true)"
             " with check (true)",
         {"definer_function:shop.a()"}},
        {"of the owner, whom only FORCE holds",
         "create function shop.a() returns bigint stable security definer" + pinned +
             "language sql as 'select"
             " count(*) from shop.invoices';"
             "alter function shop.a() owner to shop_owner",
         {"definer_function:shop.a()"}},
        {"right: the owner's policies compare the organization",
         "create function shop.a() returns bigint stable security definer" + pinned +
             "language sql as 'select"
             " count(*) from shop.invoices';"
             "alter function shop.a() owner to shop_owner; create policy o on shop.invoices to shop_owner"
             " using (organization_id = (select shop.organization())) with check (organization_id = (select"
             " shop.organization()))",
         {}},
        {"right: nobody may call it, a trigger calls it, or its schema is closed",
         "create function shop.a() returns bigint stable security definer" + pinned +
             "language sql as 'select"
             " count(*) from shop.invoices';"
             "revoke execute on function shop.a() from public;"
             "create function shop.b() returns trigger security definer" +
             pinned +
             "language plpgsql as 'begin"
             " perform count(*) from shop.invoices; return new; end';"
             "create trigger b before insert on shop.invoices for each row execute function shop.b();"
             "create schema closed; create function closed.c() returns bigint stable security definer" +
             pinned + "language sql as 'select count(*) from shop.invoices'",
         {}},
    });
}

TEST_CASE("a definer function that asks who is there is a warning, and one that does not an error", "[database]")
{
    const example_database shop;
    shop.run("alter table shop.invoices no force row level security; set role shop_owner; "
             "create function shop.asks() returns bigint stable security definer set search_path = pg_catalog, pg_temp "
             "language sql as 'select count(*) from shop.invoices where organization_id = shop.organization()'; "
             "create function shop.asks_not() returns bigint stable security definer set search_path = pg_catalog, pg_temp "
             "language sql as 'select count(*) from shop.invoices where organization_id is not null'");

    const examination e = examine_isolation(shop.owner_url());

    const auto level = [&e](const std::string& object) {
        for (const isolation_finding& f : e.findings) {
            if (f.check == "definer_function" && f.object == object) {
                return std::string{to_string(f.level)};
            }
        }
        return std::string{"none"};
    };
    CHECK(level("shop.asks()") == "warning");
    CHECK(level("shop.asks_not()") == "error");
}

TEST_CASE("views are asked as whom they ask", "[database]")
{
    check_forms({
        {"wrong: of a superuser; around it; over a partition; only written; over a copy that is out of reach",
         "create view shop.plain as select * from shop.invoices; grant select on shop.plain to shop_app;"
         "create view shop.around with (security_invoker) as select * from shop.plain; grant select on shop.around"
         " to shop_app;"
         "create view shop.part as select * from shop.readings_2026; grant select on shop.part to shop_app;"
         "create view shop.written as select * from shop.invoices; grant delete on shop.written to shop_app;"
         "create view shop.off with (security_invoker = false) as select * from shop.invoices; grant select (id)"
         " on shop.off to shop_app;"
         "create materialized view shop.copied as select * from shop.readings;"
         "create view shop.copy as select * from shop.copied; grant select on shop.copy to shop_app",
         {"definer_view:shop.plain", "definer_view:shop.around", "definer_view:shop.part", "definer_view:shop.written",
          "definer_view:shop.off", "definer_view:shop.copy"}},
        {"wrong: of a role that sees all by a policy, of the owner whom only FORCE holds",
         "create view shop.log as select * from shop.audit_log; alter view shop.log owner to shop_auditor; grant"
         " select on shop.log to shop_app;"
         "create view shop.every as select * from shop.invoices; alter view shop.every owner to shop_owner; grant"
         " select on shop.every to shop_app",
         {"definer_view:shop.log", "definer_view:shop.every", "using_always_true:shop.audit_log/audit_log_auditor"}},
        {"right: every spelling of an invoker's view, and what stands around one",
         "create view shop.a with (security_invoker = 'TRUE') as select * from shop.invoices; create view shop.b"
         " with (security_invoker = 't') as select * from shop.a;"
         "create view shop.c with (security_invoker = 'yes', security_barrier) as select * from shop.b; create"
         " view shop.d with (security_invoker = on) as select * from shop.c;"
         "create view shop.e as select * from shop.d; create view shop.f as select * from shop.countries; create"
         " view shop.nobodys as select * from shop.invoices;"
         "grant select on shop.a, shop.b, shop.c, shop.d, shop.e, shop.f to shop_app",
         {}},
        {"right: as PostgREST does it, a role of its own that policies hold",
         "create role shop_api; grant usage on schema shop to shop_api; create policy api on shop.invoices to shop_api"
         " using (organization_id = (select shop.organization())) with check (organization_id = (select"
         " shop.organization()));"
         "grant select, insert on shop.invoices to shop_api; create schema api; grant usage on schema api to shop_app;"
         "create view api.invoices as select * from shop.invoices; alter view api.invoices owner to shop_api;"
         " grant select, insert on api.invoices to shop_app",
         {}},
    });
}

TEST_CASE("materialized views are found by who may read them", "[database]")
{
    check_forms({
        {"wrong: by everybody, by a group, a column, a copy of a copy, a partition",
         "create role shop_readers; grant shop_readers to shop_app; create materialized view shop.a as select *"
         " from shop.invoices; grant select on shop.a to public;"
         "create materialized view shop.b as select * from shop.a; grant select on shop.b to shop_readers;"
         "create materialized view shop.c as select * from shop.readings_2026; grant select (value) on shop.c to"
         " shop_app",
         {"materialized_view:shop.a", "materialized_view:shop.b", "materialized_view:shop.c"}},
        {"right: of a global table, or out of reach",
         "create materialized view shop.a as select * from shop.countries; grant select on shop.a to shop_app;"
         "create materialized view shop.b as select * from shop.invoices; grant select on shop.b to shop_auditor;"
         " create schema closed;"
         "create materialized view closed.c as select * from shop.invoices; grant select on closed.c to shop_app",
         {}},
    });
}

TEST_CASE("how a setting is read", "[database]")
{
    check_forms({
        {"wrong: '' reaches a cast",
         read_policy("p1", "organization_id = current_setting('shop.org', true)::uuid") +
             read_policy("p2", "organization_id = cast(current_setting('shop.org', true) as uuid)") +
             read_policy("p3", "organization_id = (current_setting('request.jwt.claims', true)::json ->>"
                               " 'org')::uuid") +
             read_policy("p4", "organization_id = coalesce(current_setting('shop.org', true), '')::uuid") +
             "create function shop.f() returns uuid stable language plpgsql as 'declare v uuid :="
             " current_setting(''shop.org'',"
             " ''t''); begin return v; end'; " +
             read_policy("p5", "organization_id = (select shop.f())"),
         {"empty_string_error:shop.invoices/p1", "empty_string_error:shop.invoices/p2",
          "empty_string_error:shop.invoices/p3", "empty_string_error:shop.invoices/p4",
          "empty_string_error:shop.invoices/p5"}},
        {"wrong: it may be missing",
         read_policy("p1", "organization_id = nullif(current_setting('shop.org'), '')::uuid") +
             read_policy("p2", "organization_id = nullif(current_setting('shop.org', false), '')::uuid") +
             "create function shop.f() returns uuid stable language sql as $$ select current_setting('shop.org')::uuid"
             " $$; " +
             read_policy("p3", "organization_id = (select shop.f())"),
         {"missing_ok_absent:shop.invoices/p1", "missing_ok_absent:shop.invoices/p2",
          "missing_ok_absent:shop.invoices/p3"}},
        {"right: guarded in other ways",
         "create function shop.a() returns uuid stable language plpgsql as 'begin return"
         " current_setting(''shop.org'')::uuid;"
         " exception when others then return null; end';"
         "create function shop.b() returns uuid stable language plpgsql as"
         " 'declare v text := current_setting(''shop.org'', true); begin if v = '''' then return null; end if;"
         " return v::uuid; end';"
         "create function shop.c() returns uuid stable language sql as $$ select"
         " coalesce(nullif(current_setting('request.jwt.claim.sub',"
         " true), ''),"
         " (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$; " +
             read_policy("p1", "organization_id = (select shop.a())") +
             read_policy("p2", "organization_id ="
                               " (select shop.b())") +
             read_policy("p3", "organization_id = (select shop.c())"),
         {}},
        {"right: the database declares it, empty",
         "alter database example set shop.org = ''; " +
             read_policy("p1", "organization_id = nullif(current_setting('shop.org'),"
                               " '')::uuid"),
         {}},
        {"wrong: the column is cast instead",
         read_policy("p1", "organization_id::text = current_setting('shop.org', true)") +
             read_policy("p2", "organization_id::varchar(36) = (select current_setting('shop.org', true))") +
             read_policy("p3", "organization_id::text in (select current_setting('shop.org', true))"),
         {"uuid_cast_absent:shop.invoices/p1", "uuid_cast_absent:shop.invoices/p2",
          "uuid_cast_absent:shop.invoices/p3"}},
        {"right: the column is text",
         "create table shop.notes (organization_id varchar(40) not null, id int not null, primary key"
         " (organization_id, id)); alter table shop.notes owner to shop_owner;"
         "alter table shop.notes enable row level security; alter table shop.notes force row level security;"
         " create policy own on shop.notes for select to shop_app"
         " using (organization_id = (select current_setting('shop.org', true))); grant select on shop.notes to"
         " shop_app",
         {}},
    });
}

TEST_CASE("sessions that begin with an organization", "[database]")
{
    check_forms({
        {"wrong: of a role, in a database, of a database, in another spelling; and what else none should begin with",
         "alter role shop_app set shop.org = '11111111-1111-4111-8111-111111111111'; alter role shop_app in"
         " database example set \"Shop.Org\" = 'x';"
         "alter role shop_app set role = 'shop_owner'; alter role shop_app set row_security = off",
         {"persisted_tenant:shop_app/shop.org", "persisted_tenant:shop_app/example/shop.org",
          "persisted_tenant:shop_app/role", "persisted_tenant:shop_app/row_security"}},
        {"wrong: of the database, which a fresh connection shows too",
         "alter database example set shop.org = '11111111-1111-4111-8111-111111111111'",
         {"persisted_tenant:example/shop.org", "setting_contaminated:shop.org"}},
        {"right: another role's, another setting, a declaration, a group of the application's own",
         "alter role shop_auditor set shop.org = 'x'; alter role shop_app set shop.language = 'de'; alter database"
         " example set shop.org = '';"
         "create role shop_web login noinherit; create role shop_group; grant shop_group to shop_web; grant usage"
         " on schema shop to shop_group;"
         "grant select on shop.invoices to shop_group;"
         "create policy g on shop.invoices for select to shop_group using (organization_id = (select"
         " shop.organization())); alter role shop_web set role = 'shop_group'; alter role shop_app set search_path"
         " = shop",
         {}},
    });
}

TEST_CASE("foreign keys", "[database]")
{
    check_forms({
        {"wrong: what changes a log by itself",
         "alter table shop.audit_log add column country text constraint a references shop.countries on update cascade,"
         " add column other uuid constraint b references shop.organizations on delete set null, add column third"
         " uuid default gen_random_uuid()"
         " constraint c references shop.organizations on delete set default;"
         "create table shop.audit_log_2 (like shop.audit_log including all); drop table shop.audit_log_2",
         {"fk_cascade:shop.audit_log/a", "fk_cascade:shop.audit_log/b", "fk_cascade:shop.audit_log/c"}},
        {"wrong: a global row that the application removes takes rows of all with it",
         own_table("prices", "country text references shop.countries on delete cascade") +
             "grant delete on"
             " shop.countries to shop_app",
         {"fk_cascade:shop.prices/prices_country_fkey"}},
        {"wrong: a partition of a log, of its own",
         "create table shop.events (organization_id uuid not null, at timestamptz not null, country text, primary"
         " key (organization_id, at)) partition by range (at);"
         "create table shop.events_2026 partition of shop.events for values from ('2026-01-01') to ('2027-01-01');"
         "alter table shop.events_2026 add constraint own foreign key (country) references shop.countries on"
         " delete cascade;"
         "create trigger keep before update or delete or truncate on shop.events for each statement execute"
         " function shop.refuse_change();"
         "alter table shop.events enable always trigger keep; create policy append_only_update on shop.events as"
         " restrictive for update using (false);"
         "create policy append_only_delete on shop.events as restrictive for delete using (false);"
         "create trigger keep before update or delete or truncate on shop.events_2026 for each statement execute"
         " function shop.refuse_change();"
         "alter table shop.events_2026 enable always trigger keep; create policy append_only_update on"
         " shop.events_2026 as restrictive for update using (false);"
         "create policy append_only_delete on shop.events_2026 as restrictive for delete using (false);"
         "alter table shop.events owner to shop_owner; alter table shop.events enable row level security; alter"
         " table shop.events force row level security;"
         "alter table shop.events_2026 owner to shop_owner; alter table shop.events_2026 enable row level"
         " security; alter table shop.events_2026 force row level security",
         {"fk_cascade:shop.events_2026/own"}},
        {"right: with its organization, or of a row that only the owner removes",
         own_table("lines", "invoice uuid, country text references shop.countries on delete cascade, foreign key"
                            " (organization_id) references shop.organizations on delete cascade,"
                            " foreign key (organization_id, invoice) references shop.invoices on delete cascade"),
         {}},
        {"wrong: the organization is left out, or is another column's",
         "alter table shop.invoices add constraint invoices_id unique (id); " +
             own_table("lines", "invoice uuid constraint one references shop.invoices (id), payer uuid, constraint"
                                " two foreign key (payer, invoice) references shop.invoices,"
                                " line uuid, constraint three foreign key (organization_id, line) references"
                                " shop.lines, unique (line)"),
         {"fk_without_organization:shop.lines/one", "fk_without_organization:shop.lines/two"}},
        {"right: nobody but the owner writes it",
         "alter table shop.invoices add constraint invoices_id unique (id); " +
             own_table("lines", "invoice uuid"
                                " references shop.invoices (id)") +
             "revoke insert on shop.lines from shop_app; grant insert (organization_id) on shop.lines to shop_app",
         {}},
    });
}

TEST_CASE("functions of policies and triggers", "[database]")
{
    check_forms({
        {"wrong: IMMUTABLE, and it reads the session or a table, or asks who does",
         "create function shop.a() returns uuid immutable language sql as $$ select nullif(current_setting('shop.org',"
         " true), '')::uuid $$;"
         "create function shop.b() returns uuid immutable language sql as 'select shop.organization()';"
         "create function shop.c() returns uuid immutable language plpgsql as 'begin return (select id from"
         " shop.organizations limit 1); end';"
         "create function shop.d() returns uuid immutable language plpgsql as $$ begin return"
         " nullif(current_setting('shop.org',"
         " true), '')::uuid; end $$;"
         "create function shop.around() returns uuid stable language sql begin atomic select shop.d(); end; " +
             read_policy("p1", "organization_id = (select shop.a())") +
             read_policy("p2", "organization_id ="
                               " (select shop.b())") +
             read_policy("p3", "organization_id = (select shop.c())") +
             read_policy("p4", "organization_id ="
                               " (select shop.around())"),
         {"immutable_policy_function:shop.a()", "immutable_policy_function:shop.b()",
          "immutable_policy_function:shop.c()", "immutable_policy_function:shop.d()"}},
        {"right: IMMUTABLE, of its arguments only",
         "create function shop.a(t timestamp) returns int immutable language sql as $$ select extract(year from"
         " t)::int -- from where\n $$;"
         "create function shop.b(x text, y text) returns boolean immutable language sql as 'select x is not"
         " distinct from y';"
         "create function shop.c(x text) returns uuid immutable language sql as $$ select nullif(trim(both ' '"
         " from x), '')::uuid $$; " +
             read_policy("p1", "organization_id = (select shop.organization()) and shop.a(now()::timestamp) > 2000") +
             read_policy("p2", "organization_id = (select shop.organization()) and shop.b(country, 'de')") +
             read_policy("p3", "organization_id = (select shop.c(current_setting('shop.org', true)))"),
         {}},
        {"wrong: the application's, or a role's that it can become",
         "alter function shop.organization() owner to shop_app; create role shop_tools; grant shop_tools to shop_app;"
         "alter function shop.refuse_change() owner to shop_tools",
         {"policy_function_replaceable:shop.organization()", "policy_function_replaceable:shop.refuse_change()"}},
        {"right: of another role, or called by nobody",
         "create role shop_tools; alter function shop.organization() owner to shop_tools; create function shop.a()"
         " returns int language sql return 1;"
         "alter function shop.a() owner to shop_app",
         {}},
        {"wrong: contents of rows are sent",
         own_table("a") +
             "create function shop.f1() returns trigger language plpgsql as $$ begin perform pg_notify('a',"
             " new.note); return new; end $$;"
             "create function shop.f2() returns trigger language plpgsql as $$ declare j json; begin j :="
             " row_to_json(new); perform pg_notify('a', j::text); return new; end $$;"
             "create function shop.f3() returns trigger language plpgsql as $$ begin execute format('notify a,"
             " %L', old.note); return old; end $$;"
             "create function shop.send(channel text, message text) returns void language sql as 'select"
             " pg_notify(channel, message)';"
             "create function shop.f4() returns trigger language plpgsql as $$ begin perform shop.send('a',"
             " new.note); return new; end $$;"
             "create function shop.f5() returns trigger language plpgsql as $$ declare t text; begin select n.note"
             " into t from (select new.note) n;"
             " perform pg_notify('a', t); return new; end $$;"
             "create trigger t1 after insert on shop.a for each row execute function shop.f1(); create trigger t2"
             " after insert on shop.a for each row execute function shop.f2();"
             "create trigger t3 after delete on shop.a for each row execute function shop.f3(); create trigger t4"
             " after insert on shop.a for each row execute function shop.f4();"
             "create trigger t5 after insert on shop.a for each row execute function shop.f5()",
         {"notify_payload:shop.a/t1", "notify_payload:shop.a/t2", "notify_payload:shop.a/t3",
          "notify_payload:shop.a/t4", "notify_payload:shop.a/t5"}},
        {"right: that something happened is sent",
         own_table("a") +
             "create function shop.f1() returns trigger language plpgsql as $$ begin perform pg_notify('a', '');"
             " return new; end $$;"
             "create function shop.f2() returns trigger language plpgsql as $$ begin notify a; return new; end $$;"
             "create function shop.f3() returns trigger language plpgsql as $$ begin perform pg_notify(tg_table_name,"
             " tg_op); return coalesce(new, old); end $$;"
             "create function shop.f4() returns trigger language plpgsql as $$ begin perform pg_notify('a',"
             " json_build_object('id', new.id)::text); return new; end $$;"
             "create trigger t1 after insert on shop.a for each row execute function shop.f1(); create trigger t2"
             " after insert on shop.a for each row execute function shop.f2();"
             "create trigger t3 after insert on shop.a for each row execute function shop.f3(); create trigger t4"
             " after insert on shop.a for each row execute function shop.f4()",
         {}},
    });
}

TEST_CASE("policies that do not compare the organization", "[database]")
{
    check_forms({
        {"wrong: another way through",
         read_policy("p1", "organization_id = (select shop.organization()) or not paid") +
             read_policy("p2", "current_setting('shop.org', true) is null or organization_id = (select"
                               " shop.organization())") +
             read_policy("p3", "current_setting('shop.bypass', true) = 'on'") +
             read_policy("p4", "id = nullif(current_setting('shop.user', true), '')::uuid") +
             read_policy("p5", "current_user = 'shop_app'") +
             "create policy p6 on shop.invoices for insert to public with check (total >= 0); " +
             "create policy p7 on shop.readings_2026 for select to shop_app using (value > 0)",
         {"policy_not_on_organization:shop.invoices/p1", "policy_not_on_organization:shop.invoices/p2",
          "policy_not_on_organization:shop.invoices/p3", "policy_not_on_organization:shop.invoices/p4",
          "policy_not_on_organization:shop.invoices/p5", "policy_not_on_organization:shop.invoices/p6",
          "policy_not_on_organization:shop.readings_2026/p7"}},
        {"wrong: a restrictive policy holds for another role, or for another command",
         read_policy("p1", "paid") + "create policy r1 on shop.invoices as restrictive for select to shop_auditor"
                                     " using (organization_id = (select shop.organization()));"
                                     "create policy r2 on shop.invoices as restrictive for update using"
                                     " (organization_id = (select shop.organization()))",
         {"policy_not_on_organization:shop.invoices/p1"}},
        {"right: held by a restrictive policy, of all or of the application's role",
         read_policy("p1", "paid") + "create policy r1 on shop.invoices as restrictive to shop_app using"
                                     " (organization_id = (select shop.organization()));"
                                     "create policy p2 on shop.readings for select to shop_app using (true);"
                                     "create policy r2 on shop.readings as restrictive using (organization_id ="
                                     " (select shop.organization()))",
         {}},
        {"right: compared in every branch, in whatever words",
         read_policy("p1", "organization_id = (select shop.organization()) and (paid or country = 'de')") +
             read_policy("p2", "organization_id = (select (nullif(current_setting('request.jwt.claims', true),"
                               " '')::json ->> 'org')::uuid)") +
             read_policy("p3", "organization_id = any (string_to_array(nullif(current_setting('shop.orgs', true),"
                               " ''), ',')::uuid[])") +
             read_policy("p4", "((select shop.organization()), country) = (organization_id, 'de')") +
             read_policy("p5", "organization_id = (select shop.organization()) and paid or organization_id ="
                               " (select shop.organization())") +
             read_policy("p6", "organization_id is not distinct from (select shop.organization())") +
             "create policy p7 on shop.invoices for select to shop_auditor using (true); create policy p8 on"
             " shop.invoices for update to shop_app using (false)",
         {}},
        {"wrong: true of every row",
         "alter policy invoices_read on shop.invoices using (1 = 1); alter policy invoices_remove on shop.invoices"
         " using (organization_id = (select shop.organization()) or true);"
         "alter policy invoices_write on shop.invoices with check (organization_id is not null); alter policy"
         " invoices_change on shop.invoices with check (organization_id = organization_id);"
         "create policy p on shop.readings_2026 for select to shop_app using (not false); alter policy"
         " readings_own on shop.readings using (true) with check (true)",
         {"using_always_true:shop.invoices/invoices_read", "using_always_true:shop.invoices/invoices_remove",
          "using_always_true:shop.readings_2026/p", "using_always_true:shop.readings/readings_own",
          "with_check_always_true:shop.invoices/invoices_write", "with_check_always_true:shop.invoices/invoices_change",
          "with_check_always_true:shop.readings/readings_own"}},
        {"right: true for an auditor, on a global table, or restrictively",
         "alter table shop.countries enable row level security; alter table shop.countries force row level security;"
         "create policy p on shop.countries for select to shop_app using (true); create policy q on shop.invoices"
         " for select to shop_auditor using (true);"
         "create policy r on shop.invoices as restrictive using (true) with check (true)",
         {}},
        {"wrong: WITH CHECK is not said",
         "create policy p1 on shop.invoices to shop_app using (organization_id = (select shop.organization()));"
         "create policy p2 on shop.invoices for update to shop_app using (organization_id = (select shop.organization()));"
         "create policy p3 on shop.readings_2026 to public using (organization_id = (select shop.organization()))",
         {"with_check_implicit:shop.invoices/p1", "with_check_implicit:shop.invoices/p2",
          "with_check_implicit:shop.readings_2026/p3"}},
        {"right: nothing is written by it, or nobody writes by it",
         "create policy p1 on shop.invoices for delete to shop_app using (organization_id = (select shop.organization()));"
         "create policy p2 on shop.invoices as restrictive to shop_app using (organization_id = (select"
         " shop.organization()));"
         "create policy p3 on shop.invoices to shop_auditor using (organization_id = (select shop.organization()));"
         "create policy p4 on shop.audit_log for update to shop_app using (false)",
         {}},
    });
}

TEST_CASE("policies that ask other tables", "[database]")
{
    const std::string members = "create table shop.members (organization_id uuid not null, user_id uuid not null,"
                                " primary key (organization_id, user_id));"
                                "alter table shop.members owner to shop_owner; alter table shop.members enable row"
                                " level security;"
                                "alter table shop.members force row level security; grant select on shop.members"
                                " to shop_app;"
                                "create policy own on shop.members for select to shop_app using (organization_id ="
                                " (select shop.organization()));"
                                "create function shop.mine() returns setof uuid stable language sql as 'select"
                                " m.organization_id from shop.members m';"
                                "create function shop.member_of(o uuid) returns boolean stable language sql as"
                                " 'select exists (select from shop.members m where m.organization_id = o)'; ";
    const std::string me = "nullif(current_setting('shop.user', true), '')::uuid";
    check_forms({
        {"wrong: and lean on them",
         members +
             read_policy("p1", "organization_id in (select m.organization_id from shop.members m where"
                               " m.user_id = " +
                                   me + ")") +
             read_policy("p2", "exists (select from shop.members m where m.organization_id = invoices.organization_id"
                               " and m.user_id = " +
                                   me + ")") +
             read_policy("p3", "shop.member_of(organization_id)") +
             read_policy("p4", "organization_id in (select"
                               " shop.mine())") +
             read_policy("p5", "organization_id = any (array(select shop.mine()))") +
             read_policy("p6", "organization_id = (select shop.organization()) or organization_id in (select"
                               " shop.mine())"),
         {"policy_subquery:shop.invoices/p1", "policy_subquery:shop.invoices/p2", "policy_subquery:shop.invoices/p3",
          "policy_subquery:shop.invoices/p4", "policy_subquery:shop.invoices/p5", "policy_subquery:shop.invoices/p6"}},
        {"right: beside the organization, which the session names",
         members +
             read_policy("p1", "organization_id = (select shop.organization()) and shop.member_of(organization_id)") +
             read_policy("p2", "organization_id = (select shop.organization()) and exists (select from"
                               " shop.countries c where c.code = country)") +
             read_policy("p3", "organization_id in (select shop.organization())"),
         {}},
    });
}

TEST_CASE("rules and names and keys of a table", "[database]")
{
    const std::string of_owner = "do $$ declare r regprocedure; begin for r in select oid from pg_proc where"
                                 " pronamespace = 'shop'::regnamespace and prosecdef loop"
                                 " execute format('alter routine %s owner to shop_owner', r); end loop; end $$";
    check_forms({
        {"rules, of tables of organizations and their partitions",
         "create rule r1 as on insert to shop.audit_log do instead nothing; create rule r2 as on insert to"
         " shop.readings_2026 do also select 1;"
         "create rule r3 as on insert to shop.countries do instead nothing; create rule r4 as on delete to"
         " shop.unpaid do instead nothing",
         {"rewrite_rule:shop.audit_log/r1", "rewrite_rule:shop.readings_2026/r2"}},
        {"search_path, where nobody may create anything",
         "create function shop.a() returns int security definer language sql as 'select 1'; create procedure"
         " shop.b() security definer language sql as 'select 1';"
         "create function shop.c() returns int security definer set search_path = pg_temp, shop language sql as"
         " 'select 1';"
         "create function shop.d() returns trigger security definer language plpgsql as 'begin return new; end';"
         "create trigger d before insert on shop.invoices for each row execute function shop.d(); "
         "create function shop.r1() returns int security definer set search_path = '' language sql as 'select 1';"
         "create function shop.r2() returns bigint security definer set search_path = shop language sql as 'select"
         " count(*) from countries';"
         "create function shop.r3() returns int security definer set search_path = \"$user\", shop, pg_temp"
         " language sql as 'select 1';"
         "create function shop.r4() returns int security definer language sql return 1;"
         "create function shop.r5() returns int language sql as 'select 1'; " +
             of_owner,
         {"search_path_open:shop.a()", "search_path_open:shop.b()", "search_path_open:shop.c()",
          "search_path_open:shop.d()"}},
        {"search_path, where there may be temporary tables, and a schema is open",
         "grant temporary on database example to shop_app; create schema open; grant usage, create on schema open"
         " to shop_app;"
         "create function shop.a() returns bigint security definer set search_path = shop language sql as 'select"
         " count(*) from countries';"
         "create function shop.b() returns bigint security definer set search_path = open, pg_temp language sql as"
         " 'select 1::bigint';"
         "create function shop.r1() returns bigint security definer set search_path = shop, pg_temp language sql"
         " as 'select count(*) from countries';"
         "create function shop.r2() returns bigint security definer set search_path = shop language sql as 'select"
         " count(*) from shop.countries';"
         "create function shop.r3() returns bigint security definer set search_path = '' language sql as 'select"
         " count(*) from shop.countries'; " +
             of_owner,
         {"search_path_open:shop.a()", "search_path_open:shop.b()", "search_path_open:shop.r2()", "search_path_open:shop.r3()",
          "temp_granted:example/shop_app"}},
        {"nulls",
         own_table("a") + own_table("b") + own_table("c") +
             "alter table shop.a drop constraint a_pkey; alter table shop.a alter column organization_id drop not"
             " null; create index on shop.a (organization_id);"
             "alter table shop.b drop constraint b_pkey; alter table shop.b alter column organization_id drop not"
             " null; create index on shop.b (organization_id);"
             "alter table shop.b add check (organization_id is not null); alter table shop.c drop constraint c_pkey;"
             "alter table shop.c alter column organization_id drop not null; create index on shop.c (organization_id);"
             "alter table shop.c add check (organization_id is not null) not valid",
         {"tenant_column_nullable:shop.a/organization_id", "tenant_column_nullable:shop.c/organization_id"}},
        {"keys",
         own_table("a", "email text constraint u1 unique, token uuid unique, n1 bigserial unique, n2 bigint"
                        " generated by default as identity unique,"
                        " n3 bigint generated always as identity unique, room int4range, constraint u2 exclude"
                        " using gist (room with &&), code int, unique (organization_id, code)") +
             "create unique index u3 on shop.a (lower(email)); create unique index u4 on shop.a (code) where code"
             " > 0; create unique index u5 on shop.a (code) include (organization_id);"
             "create unique index ok on shop.a (lower(email), organization_id); create unique index u6 on"
             " shop.readings_2026 (value);"
             "alter table shop.audit_log add column digest bytea unique; revoke insert on shop.audit_log from"
             " shop_app; grant insert (organization_id, action) on shop.audit_log to shop_app",
         {"unique_oracle:shop.a/u1", "unique_oracle:shop.a/u2", "unique_oracle:shop.a/u3", "unique_oracle:shop.a/u4",
          "unique_oracle:shop.a/u5", "unique_oracle:shop.readings_2026/u6"}},
        {"indexes that serve nobody",
         own_table("a", "body jsonb, note text, words tsvector, amount numeric, kind int, flag boolean, at"
                        " timestamptz") +
             "create index i1 on shop.a using gin (body); create index i2 on shop.a (lower(note)); create index i3"
             " on shop.a using gin (words); create index i4 on shop.a (amount);"
             "create index i5 on shop.a ((body ->> 'x')); create index r1 on shop.a (note); create index r2 on"
             " shop.a (kind, amount); create index r3 on shop.a using hash (note);"
             "create index r4 on shop.a using brin (at); create index r5 on shop.a (flag); create index r6 on"
             " shop.a (organization_id, lower(note));"
             "create index r7 on shop.a ((organization_id::text)); create index i6 on shop.readings (value)",
         {"leaky_operator_index:shop.i1", "leaky_operator_index:shop.i2", "leaky_operator_index:shop.i3",
          "leaky_operator_index:shop.i4", "leaky_operator_index:shop.i5", "leaky_operator_index:shop.i6"}},
        {"indexes that are missing",
         own_table("a") + own_table("b") + own_table("c") +
             "alter table shop.a drop constraint a_pkey; create index on shop.a (id); create index on shop.a"
             " (organization_id) where note is not null;"
             "alter table shop.b drop constraint b_pkey; create index on shop.b using hash (organization_id);"
             " alter table shop.c drop constraint c_pkey;"
             "revoke all on shop.c from shop_app; create table shop.lists (organization_id uuid not null, note"
             " text) partition by list (organization_id);"
             "alter table shop.lists owner to shop_owner; alter table shop.lists enable row level security; alter"
             " table shop.lists force row level security;"
             "create policy own on shop.lists for select to shop_app using (organization_id = (select"
             " shop.organization())); grant select on shop.lists to shop_app",
         {"index_missing:shop.a"}},
    });
}

TEST_CASE("a fix that is printed complete ends its finding", "[database]")
{
    const std::vector<std::pair<const char*, std::string>> defects{
        {"definer_function", "create function shop.a() returns bigint security definer set search_path ="
                             " pg_catalog, pg_temp language sql as 'select count(*) from shop.invoices';"
                             "create procedure shop.b() security definer set search_path = pg_catalog, pg_temp"
                             " language sql as 'delete from shop.invoices';"
                             "create function shop.\"C d\"(x text[]) returns int security definer set search_path"
                             " = pg_catalog, pg_temp language plpgsql as 'begin return 1; end'"},
        {"definer_view", "create view shop.plain as select * from shop.invoices; grant select on shop.plain to"
                         " shop_app;"
                         "create view shop.\"Around it\" with (security_invoker) as select * from shop.plain;"
                         " grant select on shop.\"Around it\" to shop_app;"
                         "create materialized view shop.copied as select * from shop.readings; create view"
                         " shop.copy as select * from shop.copied; grant select on shop.copy to shop_app"},
        {"fk_cascade", "alter table shop.audit_log drop constraint audit_log_organization_id_fkey;"
                       "alter table shop.audit_log add constraint a foreign key (organization_id) references"
                       " shop.organizations on delete cascade on update cascade deferrable initially deferred;"
                       "alter table shop.audit_log add column c text, add constraint b foreign key (c) references"
                       " shop.countries on delete restrict on update cascade not valid;"
                       "alter table shop.audit_log add column d uuid, add constraint \"odd \"\" name\" foreign key"
                       " (d) references shop.organizations match full on delete set null;"
                       "alter table shop.audit_log add column e text, add constraint f foreign key (e) references"
                       " shop.countries on delete set default (e) deferrable"},
        {"immutable_policy_function", "create function shop.a() returns uuid immutable language sql as 'select"
                                      " shop.organization()';"
                                      "alter policy invoices_read on shop.invoices using (organization_id ="
                                      " (select shop.a()))"},
        {"index_missing",
         own_table("a") + "alter table shop.a drop constraint a_pkey;"
                          "create table shop.b (organization_id uuid not null, at date) partition by range (at);"
                          " alter table shop.b owner to shop_owner;"
                          "create table shop.b1 partition of shop.b default; alter table shop.b1 owner to shop_owner;"
                          "alter table shop.b enable row level security; alter table shop.b force row level"
                          " security; alter table shop.b1 enable row level security;"
                          "alter table shop.b1 force row level security; create policy own on shop.b for select to"
                          " shop_app using (organization_id = (select shop.organization()));"
                          "grant select on shop.b to shop_app"},
        {"materialized_view", "create role shop_readers; grant shop_readers to shop_app; create materialized view"
                              " shop.a as select * from shop.invoices; grant select on shop.a to public;"
                              "create materialized view shop.\"B b\" as select * from shop.a; grant select on"
                              " shop.\"B b\" to shop_readers; grant select (total) on shop.\"B b\" to shop_app"},
        {"persisted_tenant", "alter role shop_app set shop.org = 'x'; alter role shop_app in database example set"
                             " shop.org = 'y'; alter database example set shop.org = 'z';"
                             "alter role shop_app set role = 'shop_owner'"},
        {"policy_function_replaceable", "alter function shop.organization() owner to shop_app; alter function"
                                        " shop.refuse_change() owner to shop_app"},
        {"rewrite_rule", "create rule \"Odd rule\" as on insert to shop.audit_log do instead nothing"},
        {"search_path_open", "create function shop.a() returns int security definer language sql as 'select 1';"
                             " create procedure shop.b() security definer language sql as 'select 1'"},
        {"tenant_column_nullable", own_table("a") + "alter table shop.a drop constraint a_pkey; alter table shop.a"
                                                    " alter column organization_id drop not null;"
                                                    "create index on shop.a (organization_id)"},
        {"with_check_implicit", "create policy \"P 1\" on shop.invoices to shop_app using (organization_id ="
                                " (select shop.organization()) and country <> 'a  b');"
                                "create policy p2 on shop.invoices for update to shop_app using (organization_id ="
                                " (select shop.organization())"
                                " and exists (select from shop.countries c where c.code = country))"},
    };
    for (const auto& [check, sql] : defects) {
        DYNAMIC_SECTION(check)
        {
            const example_database shop;
            shop.run(sql);
            const std::string prefix = std::string{check} + ":";
            const auto of_check = [&prefix](const std::string& found) { return found.starts_with(prefix); };
            REQUIRE(std::ranges::any_of(found_in(shop), of_check));

            for (const isolation_finding& f : examine_isolation(shop.owner_url()).findings) {
                if (f.check == check) {
                    INFO(f.fix);
                    CHECK_NOTHROW(shop.run(f.fix));
                }
            }
            names left = found_in(shop);
            std::erase_if(left, [&of_check](const std::string& found) { return !of_check(found); });
            CHECK(left == names{});
        }
    }
}

TEST_CASE("the predicate of a fix is the policy's own, to the letter", "[database]")
{
    const example_database shop;
    shop.run("create policy p on shop.invoices for update to shop_app using (organization_id = (select"
             " shop.organization()) and country <> 'a  b')");
    const examination e = examine_isolation(shop.owner_url());
    REQUIRE(e.findings.size() == 1);
    CHECK(e.findings[0].fix.find("'a  b'") != std::string::npos);
}

TEST_CASE("how bad it is depends on what else is open", "[database]")
{
    const auto level_of = [](const std::string& sql, const std::string& check) {
        const example_database shop;
        shop.run(sql);
        const examination e = examine_isolation(shop.owner_url());
        const auto found = std::ranges::find(e.findings, check, &isolation_finding::check);
        REQUIRE(found != e.findings.end());
        return to_string(found->level);
    };
    const std::string function = "create function shop.a() returns bigint security definer set search_path ="
                                 " pg_catalog, pg_temp language sql as"
                                 " 'select count(*) from shop.invoices'; alter function shop.a() owner to shop_owner; ";
    CHECK(level_of(function, "definer_function") == "warning");
    CHECK(level_of(function + "create policy o on shop.invoices for select to shop_owner using (total > 0)",
                   "definer_function") == "error");
    const std::string view = "create view shop.v as select * from shop.invoices; grant select on shop.v to"
                             " shop_app; alter view shop.v owner to shop_owner; ";
    CHECK(level_of(view, "definer_view") == "warning");
    CHECK(level_of(view + "create policy o on shop.invoices for select to shop_owner using (total > 0)",
                   "definer_view") == "error");
    CHECK(level_of(view + "alter table shop.invoices no force row level security", "definer_view") == "error");
    const std::string unpinned = "create function shop.a() returns int security definer language sql as 'select"
                                 " 1'; alter function shop.a() owner to shop_owner; ";
    CHECK(level_of(unpinned, "search_path_open") == "warning");
    CHECK(level_of(unpinned + "grant temporary on database example to shop_app", "search_path_open") == "error");
    CHECK(level_of(unpinned + "create schema open; grant create on schema open to shop_app", "search_path_open") ==
          "error");
}
