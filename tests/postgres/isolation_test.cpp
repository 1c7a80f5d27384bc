// Correct databases of every shape have no finding, and what is found out about them is right.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include <daybook/error.hpp>
#include <daybook/isolation.hpp>

#include "example_database.hpp"
#include "expect_error.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct shape {
    const char* name;
    const char* sql;      // behind what all of them begin with
    const char* columns;  // the tables and their columns, as they are found
    const char* roles;
};

// An owner, two roles that programs are, and nothing that PUBLIC may.
constexpr const char* beginning = R"(
create role shop_owner login; create role shop_app login; create role shop_worker login;
do $do$ begin execute format('revoke temporary on database %I from public', current_database()); end $do$;
create schema s authorization shop_owner; grant usage on schema s to shop_app, shop_worker; set role shop_owner;
)";

const shape shapes[] = {
    {"bigint", R"(
create table s.t (tenant bigint not null, id bigint not null, primary key (tenant, id));
alter table s.t enable row level security; alter table s.t force row level security;
create policy p on s.t using (tenant = nullif(current_setting('a.b', true), '')::bigint) with check (tenant = nullif(current_setting('a.b', true), '')::bigint);
grant select, insert, update, delete on s.t to shop_app;)",
     "s.t tenant a.b;", "shop_app"},
    {"text, compared as it is", R"(
create table s.t (org_id text not null, id bigint not null, primary key (org_id, id));
alter table s.t enable row level security; alter table s.t force row level security;
create policy p on s.t to shop_app using (org_id = current_setting('a.b', true)) with check (org_id = current_setting('a.b', true));
grant select, insert, update, delete on s.t to shop_app;)",
     "s.t org_id a.b;", "shop_app"},
    {"a column of another name, found by its policy", R"(
create table s.t (house uuid not null, id bigint not null, primary key (house, id));
create table s.later (house uuid not null, id bigint not null, primary key (house, id));
alter table s.t enable row level security; alter table s.t force row level security;
alter table s.later enable row level security; alter table s.later force row level security;
create policy p on s.t using (house = (select nullif(current_setting('a.b', true), '')::uuid)) with check (house = (select nullif(current_setting('a.b', true), '')::uuid));
create policy p on s.later as permissive for select using (house = (select nullif(current_setting('a.b', true), '')::uuid));
grant select, insert on s.t to shop_app; grant select on s.later to shop_app;)",
     "s.later house a.b;s.t house a.b;", "shop_app"},
    {"names that must be quoted", R"(
reset role; create schema "S p" authorization shop_owner; grant usage on schema "S p" to shop_app; set role shop_owner;
create table "S p"."T ""x""" ("Org Id" uuid not null, "Select" text, primary key ("Org Id", "Select"));
alter table "S p"."T ""x""" enable row level security; alter table "S p"."T ""x""" force row level security;
create policy "P ""p""" on "S p"."T ""x""" to shop_app using ("Org Id" = (select nullif(current_setting('a.b', true), '')::uuid)) with check ("Org Id" = (select nullif(current_setting('a.b', true), '')::uuid));
grant select, insert on "S p"."T ""x""" to shop_app;)",
     "\"S p\".\"T \"\"x\"\"\" Org Id a.b;", "shop_app"},
    {"everything permitted, and a restrictive policy that isolates", R"(
create table s.t (org_id uuid not null, id bigint not null, primary key (org_id, id));
alter table s.t enable row level security; alter table s.t force row level security;
create policy everything on s.t using (true) with check (true);
create policy isolation on s.t as restrictive using (org_id = (select nullif(current_setting('a.b', true), '')::uuid)) with check (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
grant select, insert, update, delete on s.t to shop_app;)",
     "s.t org_id a.b;", "shop_app"},
    {"rights by a group, which cannot log in", R"(
reset role; create role shop_group; grant shop_group to shop_app, shop_worker; set role shop_owner;
create table s.t (org_id uuid not null, id bigint not null, primary key (org_id, id));
alter table s.t enable row level security; alter table s.t force row level security;
create policy p on s.t to shop_group using (org_id = (select nullif(current_setting('a.b', true), '')::uuid)) with check (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
grant select, insert on s.t to shop_group;)",
     "s.t org_id a.b;", "shop_app shop_group shop_worker"},
    {"users as tenants, a function that says who asks, and a role that becomes another", R"(
reset role; create role shop_authenticator login noinherit; create role shop_user; grant shop_user to shop_authenticator; grant usage on schema s to shop_user; set role shop_owner;
create function s.uid() returns uuid stable language sql as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
create table s.profiles (id uuid primary key, name text not null);
create table s.notes (user_id uuid not null references s.profiles on delete cascade, id uuid not null default gen_random_uuid(), note text, primary key (user_id, id));
alter table s.profiles enable row level security; alter table s.profiles force row level security;
alter table s.notes enable row level security; alter table s.notes force row level security;
create policy own on s.profiles for select to shop_user using (id = (select s.uid()));
create policy own on s.notes to shop_user using ((select s.uid()) = user_id) with check ((select s.uid()) = user_id);
grant select on s.profiles to shop_user; grant select, insert, update, delete on s.notes to shop_user;)",
     "s.notes user_id request.jwt.claim.sub;s.profiles id request.jwt.claim.sub;", "shop_authenticator shop_user"},
    {"inheritance, each child as its parent", R"(
create table s.t (org_id uuid not null, id bigint not null, primary key (org_id, id));
create table s.child () inherits (s.t);
create index on s.child (org_id);
alter table s.t enable row level security; alter table s.t force row level security;
alter table s.child enable row level security; alter table s.child force row level security;
create policy p on s.t for select to shop_app using (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
grant select on s.t to shop_app;)",
     "s.child org_id a.b part;s.t org_id a.b;", "shop_app"},
    {"partitions of partitions", R"(
create table s.t (org_id uuid not null, at int not null, kind int not null, primary key (org_id, at, kind)) partition by range (at);
create table s.t1 partition of s.t for values from (0) to (10) partition by list (kind);
create table s.t11 partition of s.t1 for values in (1);
alter table s.t enable row level security; alter table s.t force row level security;
alter table s.t1 enable row level security; alter table s.t1 force row level security;
alter table s.t11 enable row level security; alter table s.t11 force row level security;
create policy p on s.t to shop_app using (org_id = (select nullif(current_setting('a.b', true), '')::uuid)) with check (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
grant select, insert on s.t to shop_app;)",
     "s.t org_id a.b;s.t1 org_id a.b part;s.t11 org_id a.b part;", "shop_app"},
    {"two roles, each with policies of its own, and a view over a view", R"(
create table s.t (org_id uuid not null, id bigint not null, primary key (org_id, id));
alter table s.t enable row level security; alter table s.t force row level security;
create policy app on s.t for select to shop_app using (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
create policy worker on s.t for select to shop_worker using (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
create policy worker_writes on s.t for insert to shop_worker with check (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
create view s.inner_one with (security_invoker = on) as select * from s.t;
create view s.outer_one with (security_invoker = true) as select * from s.inner_one;
grant select on s.t, s.inner_one, s.outer_one to shop_app, shop_worker; grant insert on s.t to shop_worker;)",
     "s.t org_id a.b;", "shop_app shop_worker"},
    {"tables without a tenant, that everybody reads", R"(
create table s.t (org_id uuid not null, id bigint not null, primary key (org_id, id));
create table s.currencies (code text primary key, name text);
create table s.secured_lookup (code text primary key);
alter table s.t enable row level security; alter table s.t force row level security;
alter table s.secured_lookup enable row level security; alter table s.secured_lookup force row level security;
create policy p on s.t for select to shop_app using (org_id = (select nullif(current_setting('a.b', true), '')::uuid));
create policy all_of_it on s.secured_lookup for select using (true);
grant select on s.t, s.currencies, s.secured_lookup to shop_app;)",
     "s.t org_id a.b;", "shop_app"},
};

std::string columns(const examination& e)
{
    std::string text;
    for (const tenant_table& t : e.tables) {
        text += t.name + " " + t.column + " " + t.setting + (t.append_only ? " append-only" : "") + (t.is_partition ? " part" : "") + ";";
    }
    return text;
}

std::string roles(const examination& e)
{
    std::string text;
    for (const std::string& role : e.app_roles) {
        text += (text.empty() ? "" : " ") + role;
    }
    return text;
}

}  // namespace

TEST_CASE("a correct database of each shape has no finding", "[database]")
{
    for (const shape& one : shapes) {
        DYNAMIC_SECTION(one.name)
        {
            const example_database database{std::string{beginning} + one.sql};

            const examination e = examine_isolation(database.owner_url());

            CHECK(listed(e).empty());
            CHECK(columns(e) == one.columns);
            CHECK(roles(e) == one.roles);
        }
    }
}

TEST_CASE("each shape without its policies is found", "[database]")
{
    for (const shape& one : shapes) {
        DYNAMIC_SECTION(one.name)
        {
            const example_database database{std::string{beginning} + one.sql};
            examination_options options;
            options.app_roles = {"shop_app"};
            if (std::string_view{one.roles}.find("authenticator") != std::string_view::npos) {
                options.app_roles = {"shop_authenticator"};
            }
            // The parts alone first: what is said of them is not said where their parent is open as well.
            const auto disable = [&database](const std::string& which) {
                database.run("do $do$ declare t regclass; begin for t in select c.oid from pg_class c where c.relrowsecurity and " + which +
                             " loop execute format('alter table %s disable row level security', t); end loop; end $do$");
            };
            const auto has = [](const examination& e, const char* check, const std::string& object) {
                INFO(listed(e));
                CHECK(std::ranges::any_of(e.findings, [&](const isolation_finding& f) { return f.check == check && f.object == object; }));
            };

            disable("exists (select from pg_inherits i where i.inhrelid = c.oid)");
            const examination parts = examine_isolation(database.owner_url(), options);
            disable("true");
            const examination all = examine_isolation(database.owner_url(), options);

            for (const tenant_table& t : all.tables) {
                INFO(t.name);
                if (t.is_partition) {
                    has(parts, "partition_open", t.name);
                } else {
                    has(all, "policy_exists_rls_disabled", t.name);
                }
            }
        }
    }
}

TEST_CASE("where only the owner can use the tables, programs must be the owner", "[database]")
{
    const example_database database{"create role shop_owner login; create schema s authorization shop_owner; set role shop_owner; "
                                    "create table s.t (org_id uuid not null, id bigint not null, primary key (org_id, id))"};

    const examination e = examine_isolation(database.owner_url());

    CHECK(roles(e) == "shop_owner");
    INFO(listed(e));
    CHECK(std::ranges::any_of(e.findings, [](const isolation_finding& f) { return f.check == "role_owns_table"; }));
}

TEST_CASE("an examination writes nothing, and needs no right but to look", "[database]")
{
    const example_database shop;
    // Whoever may connect can read the catalogue. What only the owner sees is not asked for.
    shop.run("create role shop_nobody login");

    const examination as_owner = examine_isolation(shop.owner_url());
    const examination as_nobody = examine_isolation(shop.url("shop_nobody"));

    CHECK(as_nobody.not_run.empty());
    CHECK(listed(as_nobody) == listed(as_owner));
    CHECK(columns(as_nobody) == columns(as_owner));
}

TEST_CASE("the connection is examined in a read-only transaction that cannot be fooled by names", "[database]")
{
    const example_database shop;
    // Functions, operators and tables of the same names as PostgreSQL's own, in front of them on the owner's search_path.
    shop.run("create schema evil; "
             "create function evil.has_table_privilege(oid, oid, text) returns boolean language plpgsql as $$ begin raise exception 'fooled'; end $$; "
             "create function evil.pg_get_expr(pg_node_tree, oid) returns text language sql as $$ select 'true' $$; "
             "create table evil.pg_class (oid oid); create table evil.pg_policy (oid oid); "
             "alter role shop_owner set search_path = evil, pg_catalog; grant usage on schema evil to public; "
             "alter table shop.invoices no force row level security");

    const examination e = examine_isolation(shop.owner_url());

    CHECK(e.not_run.empty());
    CHECK(std::ranges::any_of(e.findings, [](const isolation_finding& f) { return f.check == "rls_not_forced" && f.object == "shop.invoices"; }));
}

namespace {

bool finds(const examination& e, const char* check, const std::string& object)
{
    return std::ranges::any_of(e.findings, [&](const isolation_finding& f) { return f.check == check && f.object == object; });
}

}  // namespace

TEST_CASE("a schema that somebody else calls daybook is not believed, and nothing in it runs", "[database]")
{
    const example_database shop;
    shop.run("grant create on database example to shop_app; set role shop_app; create schema daybook; create table daybook.audit_logs (x int); "
             "create table daybook.ran (x int); "
             "create function daybook.evil() returns text language plpgsql as $$ begin perform set_config('shop.ran', 'yes', false); raise exception 'ran'; end $$; "
             "create view daybook.roles as select daybook.evil() as purpose, 'shop_app'::name as role; "
             "grant usage on schema daybook to public; grant select on daybook.roles to public; reset role; alter table shop.invoices no force row level security");

    const examination e = examine_isolation(shop.owner_url());

    CHECK_FALSE(e.has_daybook);
    CHECK(std::ranges::any_of(e.not_run, [](const check_not_run& n) { return n.check == "daybook_schema" && n.reason.find("shop_app") != std::string::npos; }));
    CHECK(e.not_run.size() == 1);
    CHECK(finds(e, "rls_not_forced", "shop.invoices"));
    // A plain table that takes a role out of those of the application is not believed either.
    shop.run("drop view daybook.roles; create table daybook.roles (purpose text, role text); insert into daybook.roles values ('auditor', 'shop_app'); "
             "alter table daybook.roles owner to shop_app");
    CHECK(roles(examine_isolation(shop.owner_url())) == "shop_app");
    CHECK(roles(examine_isolation(shop.url("postgres"))) == "shop_app");
}

TEST_CASE("who owns other tables beside Daybook's examines those", "[database]")
{
    const temporary_database database;
    database.as_superuser("create role shop_host login; create schema s authorization shop_host; set role shop_host; "
                          "create table s.t (org_id uuid not null, id int not null, primary key (org_id, id)); grant usage on schema s to daybook_app; "
                          "grant select on s.t to daybook_app");

    const examination all = examine_isolation(database.url("shop_host"));
    examination_options options;
    options.schemas = {"s"};
    const examination own = examine_isolation(database.url("shop_host"), options);

    database.as_superuser("drop owned by shop_host cascade; drop role shop_host");
    CHECK(all.not_run.size() == 1);
    CHECK(own.not_run.empty());
    for (const examination* e : {&all, &own}) {
        CHECK(columns(*e) == "s.t org_id ;");
        CHECK(roles(*e) == "daybook_app");
        CHECK(finds(*e, "rls_disabled", "s.t"));
    }
}

TEST_CASE("what a role has set for its sessions does not change what the checks mean", "[database]")
{
    const example_database shop;
    shop.run("alter role shop_owner set standard_conforming_strings = off; alter role shop_owner set quote_all_identifiers = on; "
             "alter role shop_owner set client_min_messages = debug5");

    const examination e = examine_isolation(shop.owner_url());

    CHECK(listed(e).empty());
}

TEST_CASE("a line break in a name does not become SQL in what a finding prints", "[database]")
{
    const example_database shop;
    shop.run("create table shop.\"x\n; drop table shop.countries cascade; select 'gone\" (organization_id uuid not null, id int, primary key (organization_id, id)); "
             "grant select on shop.\"x\n; drop table shop.countries cascade; select 'gone\" to shop_app; "
             "alter table shop.\"x\n; drop table shop.countries cascade; select 'gone\" owner to shop_owner");

    const examination e = examine_isolation(shop.owner_url());

    REQUIRE_FALSE(e.findings.empty());
    for (const isolation_finding& f : e.findings) {
        CHECK(f.fix.find("drop table") == std::string::npos);
    }
}

TEST_CASE("ways around that a policy's only branch opens are found", "[database]")
{
    struct form {
        const char* sql;
        const char* check;
        const char* object;
    };
    const form forms[] = {
        // The table that tenant columns refer to is one of organizations, whatever its own policy compares.
        {"alter policy organizations_own on shop.organizations using (true)", "using_always_true", "shop.organizations/organizations_own"},
        {"alter policy organizations_own on shop.organizations using (id = (select shop.organization()) or current_setting('shop.admin', true) = 'on')",
         "policy_not_on_organization", "shop.organizations/organizations_own"},
        {"create table shop.base (created timestamptz); create table shop.payments (organization_id uuid not null, id int not null, primary key (organization_id, id)) "
         "inherits (shop.base); alter table shop.payments owner to shop_owner; grant select on shop.payments to shop_app",
         "rls_disabled", "shop.payments"},
        {"create table shop.base (created timestamptz); create table shop.more () inherits (shop.base, shop.invoices); alter table shop.more owner to shop_owner; "
         "grant select on shop.more to shop_app",
         "partition_open", "shop.more"},
        {"create table shop.camel (\"organizationId\" uuid not null, id int not null, primary key (\"organizationId\", id)); alter table shop.camel owner to shop_owner; "
         "grant select on shop.camel to shop_app",
         "rls_disabled", "shop.camel"},
        {"create table shop.linked (org uuid not null references shop.organizations on delete restrict, id int not null, primary key (org, id)); "
         "alter table shop.linked owner to shop_owner; grant select on shop.linked to shop_app",
         "rls_disabled", "shop.linked"},
        {"create function shop.is_mine(uuid) returns boolean stable language sql return true; alter function shop.is_mine(uuid) owner to shop_owner; "
         "create policy everything on shop.invoices for select to shop_app using (true); create policy mine on shop.invoices as restrictive to shop_app using (shop.is_mine(organization_id))",
         "using_always_true", "shop.invoices/everything"},
        {"alter policy invoices_read on shop.invoices using (organization_id = all (string_to_array(current_setting('shop.orgs', true), ',')::uuid[]))",
         "policy_not_on_organization", "shop.invoices/invoices_read"},
        {"create schema hidden authorization shop_owner; alter table shop.invoices no force row level security; set role shop_owner; "
         "create function hidden.total() returns numeric stable security definer set search_path = pg_catalog, pg_temp language sql as 'select sum(total) from shop.invoices'; "
         "create view shop.totals with (security_invoker = true) as select hidden.total() as total; grant select on shop.totals to shop_app; reset role",
         "definer_function", "hidden.total()"},
        {"grant temporary on database example to shop_app; create function shop.quiet() returns int security definer set search_path = '' language sql as 'select 1'; "
         "alter function shop.quiet() owner to shop_owner",
         "search_path_open", "shop.quiet()"},
    };
    for (const form& one : forms) {
        DYNAMIC_SECTION(one.check << " " << one.object)
        {
            const example_database shop;
            shop.run(one.sql);
            const examination e = examine_isolation(shop.owner_url());
            INFO(listed(e));
            CHECK(e.not_run.empty());
            CHECK(finds(e, one.check, one.object));
        }
    }
}

TEST_CASE("what careful people write is not found", "[database]")
{
    const char* const forms[] = {
        "alter table shop.countries add column updated_by uuid; create table shop.users (organization_id uuid not null, id uuid not null unique, primary key (organization_id, id)); "
        "alter table shop.users owner to shop_owner; alter table shop.users enable row level security; alter table shop.users force row level security; "
        "create policy own on shop.users for select to shop_app using (organization_id = (select shop.organization())); grant select on shop.users to shop_app; "
        "alter table shop.countries add foreign key (updated_by) references shop.users (id)",
        "create function shop.no_delete() returns trigger language plpgsql as $$ begin raise exception 'close it instead'; end $$; alter function shop.no_delete() owner to shop_owner; "
        "create trigger no_delete before delete on shop.readings for each statement execute function shop.no_delete()",
        "create table shop.football_teams (team_id int primary key, name text); alter table shop.football_teams owner to shop_owner; grant select on shop.football_teams to shop_app",
        "create function shop.counts() returns bigint stable security definer set search_path = pg_catalog, pg_temp language sql as 'select 1::bigint /* not of invoices */'; "
        "alter function shop.counts() owner to shop_owner; alter table shop.countries owner to shop_owner",
    };
    for (const char* const sql : forms) {
        DYNAMIC_SECTION(std::string{sql}.substr(0, 60))
        {
            const example_database shop;
            shop.run(sql);
            CHECK(listed(examine_isolation(shop.owner_url())).empty());
        }
    }
}

TEST_CASE("tables that programs reach and that are nobody's are told", "[database]")
{
    const example_database shop;
    CHECK(examine_isolation(shop.owner_url()).shared_tables == std::vector<std::string>{"shop.countries"});
}
