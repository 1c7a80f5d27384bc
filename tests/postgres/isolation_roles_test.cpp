// The checks of roles, grants, and of row-level security as such, form by form: what is found in the shop of
// docs/checks/README.md, what a correct variation must not bring up, and that the SQL which a finding prints ends it.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <pqxx/pqxx>

#include <daybook/isolation.hpp>

#include "example_database.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct example {
    const char* name;
    std::string sql;                 // run by a superuser in the shop
    std::vector<std::string> found;  // severity, check:object; all of it, in order
};

std::string name_of(const isolation_finding& f)
{
    return std::string{to_string(f.level)} + " " + f.check + ":" + f.object;
}

std::vector<std::string> names_of(const examination& e)
{
    std::vector<std::string> names;
    for (const isolation_finding& f : e.findings) {
        names.push_back(name_of(f));
    }
    return names;
}

// Where a person must choose, the text is a comment, or has a place that is left open.
bool is_complete(const std::string& fix)
{
    return fix.find("…") == std::string::npos && fix.find("SOME_OWNER") == std::string::npos && fix.rfind("--", 0) != 0;
}

void check_all(const std::vector<example>& examples)
{
    for (const example& one : examples) {
        DYNAMIC_SECTION(one.name)
        {
            const example_database shop;

            shop.run(one.sql);
            const examination broken = examine_isolation(shop.owner_url());

            CHECK(names_of(broken) == one.found);
            CHECK(broken.not_run.empty());
            std::vector<std::string> ended;
            for (const isolation_finding& f : broken.findings) {
                if (is_complete(f.fix)) {
                    INFO(f.fix);
                    CHECK_NOTHROW(shop.run(f.fix));
                    ended.push_back(name_of(f));
                }
            }
            // No return here, where nothing was run: the sections after this one would never be seen.
            const std::vector<std::string> left = ended.empty() ? ended : names_of(examine_isolation(shop.owner_url()));
            for (const std::string& name : ended) {
                INFO(name << " is still found after what it prints");
                CHECK(std::ranges::find(left, name) == left.end());
            }
        }
    }
}

// ---------------------------------------------------------------- parts of examples

const std::string keyed = "organization_id uuid not null, id uuid not null, primary key (organization_id, id)";
const std::string own = "using (organization_id = (select shop.organization())) "
                        "with check (organization_id = (select shop.organization()))";
const std::string group = "create role shop_group; grant shop_group to shop_app; ";
const std::string behind_a_login =
    "alter role shop_app nologin; create role shop_login login noinherit; grant shop_app to shop_login; ";
const std::string no_trigger = "drop trigger audit_log_append_only on shop.audit_log; ";
const std::string no_policies = "drop policy audit_log_append_only_update on shop.audit_log; "
                                "drop policy audit_log_append_only_delete on shop.audit_log; ";
// A wrapper without a handler: nothing can be read through it, and nothing has to be installed.
const std::string elsewhere =
    "create foreign data wrapper shop_wrapper; create server shop_elsewhere foreign data wrapper shop_wrapper; ";
const std::string open_organizations = "drop policy organizations_own on shop.organizations; "
                                       "alter table shop.organizations disable row level security; ";
const std::string invoice_lines =
    "alter table shop.invoices add unique (id); "
    "create table shop.invoice_lines (id uuid primary key, invoice uuid not null references shop.invoices (id) "
    "on delete restrict, what text); "
    "alter table shop.invoice_lines owner to shop_owner; ";
const std::string by_invoice = "create policy lines_own on shop.invoice_lines to shop_app "
                               "using (exists (select from shop.invoices i where i.id = invoice)) "
                               "with check (exists (select from shop.invoices i where i.id = invoice)); ";

std::string table(const std::string& columns = keyed, const std::string& name = "notes")
{
    return "create table shop." + name + " (" + columns + "); alter table shop." + name + " owner to shop_owner; ";
}

std::string secured(const std::string& name)
{
    return "alter table shop." + name + " enable row level security, force row level security; ";
}

std::string jobs(const std::string& id_column)
{
    return table("organization_id uuid not null, " + id_column + ", primary key (organization_id, id)", "jobs") +
           secured("jobs") + "create policy jobs_own on shop.jobs to shop_app " + own +
           "; grant select, insert on shop.jobs to shop_app; ";
}

std::string guard(const std::string& name, const std::string& events, const std::string& each = "statement",
                  const std::string& when = "")
{
    return "create trigger " + name + " " + events + " on shop.audit_log for each " + each + " " + when +
           " execute function shop.refuse_change(); alter table shop.audit_log enable always trigger " + name + "; ";
}

// ---------------------------------------------------------------- examples

const std::vector<example> of_rls{
    {"one column of it is granted",
     table() +
     "grant select (id) on shop.notes to shop_app",
     {"error rls_disabled:shop.notes"}},
    {"it is granted to everybody",
     table() +
     "grant select on shop.notes to public",
     {"error rls_disabled:shop.notes",
      "warning public_granted:shop.notes"}},
    {"a group holds the grant",
     table(keyed, "\"Odd Notes\"") +
     group +
     "grant select, delete on shop.\"Odd Notes\" to shop_group",
     {"error rls_disabled:shop.\"Odd Notes\""}},
    {"another schema and another name of the column",
     "create schema other; create table other.notes (org_id uuid primary key); grant usage on schema other "
     "to shop_app; grant insert on other.notes to shop_app",
     {"error rls_disabled:other.notes"}},
    {"nobody may use its schema",
     "create schema other; create table other.notes (org_id uuid primary key); grant insert on other.notes "
     "to shop_app",
     {}},
    {"nobody has a privilege on it", table(), {}},
    {"a look-up table without the column",
     "create table shop.units (code text primary key); grant select on shop.units to shop_app",
     {}},
    {"enabled and without a policy",
     table() +
     secured("notes") +
     "grant select, insert on shop.notes to shop_app",
     {"warning rls_no_policy:shop.notes/shop_app"}},
    {"enabled, without a policy, and nobody may use it", table() + secured("notes"), {}},
    {"policies for another role only",
     "create role shop_web login; grant usage on schema shop to shop_web; grant select, insert on "
     "shop.invoices to shop_web",
     {"warning rls_no_policy:shop.invoices/shop_web"}},
    {"a policy for the group", "create role shop_web login; grant shop_app to shop_web", {}},
    {"a role with BYPASSRLS needs no policy",
     "create role shop_job login bypassrls; grant usage on schema shop to shop_job; grant select, update on "
     "shop.invoices to shop_job",
     {"error role_bypassrls:shop_job"}},
    {"not forced", "alter table shop.invoices no force row level security", {"error rls_not_forced:shop.invoices"}},
    {"not forced, and kept apart by what it refers to",
     invoice_lines +
     by_invoice +
     "alter table shop.invoice_lines enable row level security; grant select, insert on shop.invoice_lines "
     "to shop_app",
     {"error rls_not_forced:shop.invoice_lines",
      "warning policy_subquery:shop.invoice_lines/lines_own"}},
    {"not forced, and for everybody to read",
     "alter table shop.countries enable row level security; create policy countries_all on shop.countries "
     "for select using (true)",
     {}},
    {"restrictive for all",
     std::string{"drop policy readings_own on shop.readings; create policy readings_own on shop.readings as restrictive "
     "to shop_app "} +
     own,
     {"warning restrictive_only:shop.readings/shop_app"}},
    {"restrictive for one of two roles",
     "create role shop_group login; grant usage on schema shop to shop_group; grant select on shop.invoices "
     "to shop_group; create policy invoices_narrow on shop.invoices as restrictive for select to shop_group "
     "using (paid)",
     {"warning restrictive_only:shop.invoices/shop_group"}},
    {"a restrictive policy beside a permissive one",
     "create policy invoices_paid on shop.invoices as restrictive for delete to shop_app using (not paid)",
     {}},
    {"policies and no row-level security",
     "alter table shop.invoices disable row level security",
     {"error policy_exists_rls_disabled:shop.invoices"}},
    {"forced and not enabled",
     "alter table shop.invoices disable row level security; alter table shop.invoices force row level "
     "security",
     {"error policy_exists_rls_disabled:shop.invoices"}},
    {"a policy on a table without the column",
     "create policy countries_all on shop.countries for select using (true)",
     {"error policy_exists_rls_disabled:shop.countries"}},
};

const std::vector<example> of_roles{
    {"a role for reports that one policy names",
     "create role shop_reports login; grant usage on schema shop to shop_reports; grant select on "
     "shop.invoices to shop_reports; create policy invoices_reports on shop.invoices for select to "
     "shop_reports using (true)",
     {}},
    {"an owner that a policy lets look something up",
     "create role shop_directory; alter table shop.organizations owner to shop_directory; "
     "create policy invoices_directory on shop.invoices for select to shop_directory using (true); "
     "grant select on shop.invoices to shop_directory",
     {}},
    {"everybody logs in as a member of the owner",
     "drop owned by shop_app; drop owned by shop_auditor; create role shop_program login; grant shop_owner to shop_program",
     // Dropping what the application's role was granted drops the policies that named only it.
     {"error policy_function_replaceable:shop.refuse_change()",
      "error role_owns_schema:shop_program/shop",
      "error role_owns_table:shop_program/shop_owner",
      "warning restrictive_only:shop.audit_log/shop_program",
      "warning rls_no_policy:shop.invoices/shop_program",
      "warning rls_no_policy:shop.readings/shop_program"}},
    {"a login role that may do nothing", "create role shop_monitor login", {}},
    {"one login role, and a role for each request",
     "alter role shop_app nologin; create role shop_login login noinherit; create role shop_anonymous; grant "
     "shop_app, shop_anonymous to shop_login; grant usage on schema shop to shop_anonymous; grant select on "
     "shop.countries to shop_anonymous",
     {}},
    {"the application's role is a superuser", "alter role shop_app superuser", {"error role_superuser:shop_app"}},
    {"a superuser that no policy names", "create role shop_admin login superuser", {}},
    {"BYPASSRLS", "alter role shop_app bypassrls", {"error role_bypassrls:shop_app"}},
    {"BYPASSRLS for one that only reads",
     "create role shop_backup login bypassrls; grant usage on schema shop to shop_backup; grant select on "
     "all tables in schema shop to shop_backup",
     {}},
    {"a group leads to BYPASSRLS",
     "create role shop_admin bypassrls; create role shop_group; grant shop_admin to shop_group; grant "
     "shop_group to shop_app",
     {"error role_can_become_bypassrls:shop_app/shop_admin"}},
    {"two ways lead to BYPASSRLS",
     "create role shop_admin bypassrls; create role shop_group; grant shop_admin to shop_group, shop_app; "
     "grant shop_group to shop_app",
     {"error role_can_become_bypassrls:shop_app/shop_admin"}},
    {"a login role becomes the request's role, or one with BYPASSRLS",
     behind_a_login +
     "create role shop_service bypassrls; grant shop_service to shop_login; grant usage on schema shop to "
     "shop_service; grant all on all tables in schema shop to shop_service",
     {"error role_can_become_bypassrls:shop_login/shop_service"}},
    {"a login role becomes the request's role", behind_a_login, {}},
    {"a superuser's role can be taken",
     "create role shop_dba superuser; grant shop_dba to shop_app",
     {"error role_can_become_bypassrls:shop_app/shop_dba"}},
    {"CREATEROLE", "alter role shop_app createrole", {"error role_can_grant_itself:shop_app"}},
    {"CREATEROLE of a group", group + "alter role shop_group createrole", {"error role_can_grant_itself:shop_group"}},
    {"CREATEROLE of the login role",
     behind_a_login +
     "alter role shop_login createrole",
     {"error role_can_grant_itself:shop_login"}},
    {"owns the schema", "alter schema shop owner to shop_app", {"error role_owns_schema:shop_app/shop"}},
    {"owns the database", "alter database example owner to shop_app", {"error role_owns_schema:shop_app/database example"}},
    {"a group owns the schema",
     group +
     "alter schema shop owner to shop_group",
     {"error role_owns_schema:shop_app/shop"}},
    {"owns one table", "alter table shop.invoices owner to shop_app", {"error role_owns_table:shop_app/shop_app"}},
    {"owns all",
     "do $do$ declare t text; begin for t in select oid::regclass::text from pg_class where relnamespace = "
     "'shop'::regnamespace and relkind in ('r','p','v') loop execute format('alter table %s owner to "
     "shop_app', t); end loop; end $do$; ",
     {"error role_owns_table:shop_app/shop_app"}},
    {"is a member of the owner",
     "grant shop_owner to shop_app",
     {"error policy_function_replaceable:shop.organization()",
      "error policy_function_replaceable:shop.refuse_change()",
      "error role_owns_schema:shop_app/shop",
      "error role_owns_table:shop_app/shop_owner"}},
    {"a group leads to the owner",
     "create role shop_group; grant shop_group to shop_app; grant shop_owner to shop_group",
     {"error policy_function_replaceable:shop.organization()",
      "error policy_function_replaceable:shop.refuse_change()",
      "error role_owns_schema:shop_app/shop",
      "error role_owns_table:shop_app/shop_owner"}},
    {"a group owns a table",
     group +
     "alter table shop.invoices owner to shop_group",
     {"error role_owns_table:shop_app/shop_group"}},
    {"migrations log in as a member of the owner",
     "alter role shop_owner nologin; create role shop_migrator login; grant shop_owner to shop_migrator; "
     "alter role shop_owner login",
     {}},
    {"two persons of a group that is the owner",
     "create role shop_admins; grant shop_owner to shop_admins; create role shop_alice login; create role "
     "shop_bob login noinherit; grant shop_admins to shop_alice, shop_bob",
     {}},
    {"REPLICATION", "alter role shop_app replication", {"error role_replication:shop_app"}},
    {"REPLICATION of a group", group + "alter role shop_group replication", {"error role_replication:shop_group"}},
    {"reads the server's files",
     "grant pg_read_server_files to shop_app",
     {"error role_server_access:shop_app/pg_read_server_files"}},
    {"runs programs, by a group",
     group +
     "grant pg_execute_server_program to shop_group",
     {"error role_server_access:shop_app/pg_execute_server_program"}},
    {"writes files",
     "grant pg_write_server_files to shop_app",
     {"error role_server_access:shop_app/pg_write_server_files"}},
    {"a function that reads files",
     "grant execute on function pg_read_file(text), pg_read_file(text, bigint, bigint) to shop_app",
     {"error role_server_access:shop_app/pg_read_file"}},
    {"large objects of the server's files",
     "grant execute on function lo_import(text) to public",
     {"error role_server_access:public/lo_import"}},
    {"monitoring", "grant pg_monitor, pg_signal_backend, pg_checkpoint to shop_app", {}},
    {"reads every table, under policies", "grant pg_read_all_data to shop_app", {}},
};

const std::vector<example> of_tables{
    {"a partition with policies of its own",
     std::string{"grant select on shop.readings_2026 to shop_app; create policy readings_own on shop.readings_2026 to "
     "shop_app "} +
     own,
     {}},
    {"a partition that is not forced",
     "alter table shop.readings_2026 no force row level security",
     {"warning partition_open:shop.readings_2026"}},
    {"a partition that is not secured",
     "alter table shop.readings_2026 disable row level security",
     {"warning partition_open:shop.readings_2026"}},
    {"a partition that is not secured, and can be read",
     "alter table shop.readings_2026 disable row level security; grant select on shop.readings_2026 to "
     "shop_app",
     {"error partition_open:shop.readings_2026"}},
    {"a secured partition that can be read", "grant select on shop.readings_2026 to shop_app", {}},
    {"a new partition",
     "create table shop.readings_2027 partition of shop.readings for values from ('2027-01-01') to "
     "('2028-01-01'); alter table shop.readings_2027 owner to shop_owner; grant select, insert on "
     "shop.readings_2027 to shop_app",
     {"error partition_open:shop.readings_2027"}},
    {"a partition of a partition",
     "create table shop.readings_2027 partition of shop.readings for values from ('2027-01-01') to "
     "('2028-01-01') partition by range (at); create table shop.readings_2027_a partition of "
     "shop.readings_2027 for values from ('2027-01-01') to ('2027-02-01'); grant select on "
     "shop.readings_2027_a to shop_app",
     {"error partition_open:shop.readings_2027_a",
      "warning partition_open:shop.readings_2027"}},
    {"a table that inherits",
     "create table shop.invoices_old (primary key (organization_id, id)) inherits (shop.invoices); alter "
     "table shop.invoices_old owner to shop_owner; grant select on shop.invoices_old to shop_app",
     {"error partition_open:shop.invoices_old"}},
    {"partitions of a table that has no protection itself",
     "create table shop.events (organization_id uuid not null, at date not null, primary key "
     "(organization_id, at)) partition by range (at); create table shop.events_1 partition of shop.events "
     "for values from ('2026-01-01') to ('2027-01-01'); grant select on shop.events to shop_app",
     {"error rls_disabled:shop.events"}},
    {"a foreign table",
     elsewhere +
     "create foreign table shop.archive (organization_id uuid not null, total numeric) server "
     "shop_elsewhere; alter table shop.archive owner to shop_owner; grant select on shop.archive to shop_app",
     {"error foreign_table:shop.archive"}},
    {"a foreign table that nobody may use",
     elsewhere +
     "create foreign table shop.archive (organization_id uuid not null, total numeric) server shop_elsewhere",
     {}},
    {"a foreign partition",
     elsewhere +
     "create table shop.events (organization_id uuid not null, at date not null) partition by range (at); "
     "create index on shop.events (organization_id); alter table shop.events owner to shop_owner;" +
     secured("events") +
     "create policy events_own on shop.events to shop_app " +
     own +
     "; create foreign table shop.events_old partition of shop.events for values from ('2020-01-01') to "
     "('2021-01-01') server shop_elsewhere; grant select on shop.events, shop.events_old to shop_app",
     {"error foreign_table:shop.events_old"}},
    {"a foreign partition that nobody may name",
     elsewhere +
     "create table shop.events (organization_id uuid not null, at date not null) partition by range (at); "
     "create index on shop.events (organization_id); alter table shop.events owner to shop_owner;" +
     secured("events") +
     "create policy events_own on shop.events to shop_app " +
     own +
     "; create foreign table shop.events_old partition of shop.events for values from ('2020-01-01') to "
     "('2021-01-01') server shop_elsewhere; grant select on shop.events to shop_app",
     {}},
    {"a foreign table without the column",
     elsewhere +
     "create foreign table shop.rates (code text, rate numeric) server shop_elsewhere; grant select on "
     "shop.rates to shop_app",
     {}},
    {"the organizations can be listed", open_organizations, {"warning organizations_open:shop.organizations"}},
    {"two columns of the organizations",
     open_organizations +
     "revoke select on shop.organizations from shop_app; grant select (id, name) on shop.organizations to "
     "shop_app",
     {"warning organizations_open:shop.organizations"}},
    {"organizations are made by whoever signs up, who sees none",
     open_organizations +
     "revoke select on shop.organizations from shop_app; grant insert on shop.organizations to shop_app",
     {}},
    {"a policy on the organizations that nobody asks",
     "alter table shop.organizations disable row level security",
     {"error policy_exists_rls_disabled:shop.organizations"}},
    {"a child by the whole key",
     table("id uuid primary key, organization uuid not null, invoice uuid not null, foreign key "
           "(organization, invoice) references shop.invoices on delete restrict", "invoice_lines") +
     "grant select on shop.invoice_lines to shop_app",
     {"error child_without_organization:shop.invoice_lines"}},
    {"a child by the id",
     invoice_lines +
     "grant select on shop.invoice_lines to shop_app",
     {"error child_without_organization:shop.invoice_lines"}},
    {"a child that nobody may use", invoice_lines, {}},
    {"a child that its parent keeps apart",
     invoice_lines +
     by_invoice +
     secured("invoice_lines") +
     "grant select on shop.invoice_lines to shop_app",
     {"warning policy_subquery:shop.invoice_lines/lines_own"}},
    {"a child of a child that its parent keeps apart",
     invoice_lines +
     by_invoice +
     secured("invoice_lines") +
     table("line uuid references shop.invoice_lines on delete restrict, note text", "line_notes") +
     "grant select on shop.line_notes to shop_app",
     {"error child_without_organization:shop.line_notes",
      "warning policy_subquery:shop.invoice_lines/lines_own"}},
    {"a child of a child",
     invoice_lines +
     table("line uuid not null references shop.invoice_lines on delete restrict, note text", "line_notes") +
     "grant insert on shop.line_notes to shop_app",
     {"error child_without_organization:shop.line_notes"}},
    {"a look-up table that says who made it",
     table("id uuid primary key, organization_id uuid not null", "users") +
     secured("users") +
     "create policy users_own on shop.users to shop_app " +
     own +
     "; create index on shop.users (organization_id); create table shop.members (id uuid primary key, person "
     "uuid references shop.users on delete restrict); create table shop.tags (code text primary key, "
     "created_by uuid references shop.members); grant select on shop.tags to shop_app",
     {}},
    {"the organization under another name",
     table("customer uuid not null references shop.organizations on delete restrict, note text") +
     "grant select, insert on shop.notes to shop_app",
     {"error rls_disabled:shop.notes", "info index_missing:shop.notes"}},
    {"a look-up table that organizations refer to",
     "create table shop.plans (code text primary key); alter table shop.organizations add plan text "
     "references shop.plans; grant select on shop.plans to shop_app",
     {}},
    {"children of what everybody may read",
     "alter table shop.countries enable row level security; alter table shop.countries force row level "
     "security; create policy countries_all on shop.countries for select using (true); create table "
     "shop.cities (code text primary key, country text not null references shop.countries); grant select on "
     "shop.cities to shop_app",
     {}},
};

const std::vector<example> of_grants{
    {"tables to come in a schema",
     "alter default privileges for role shop_owner in schema shop grant select on tables to shop_app",
     {"warning default_privileges:shop/shop_app"}},
    {"tables to come anywhere",
     "alter default privileges for role shop_owner grant select, insert on tables to public",
     {"warning default_privileges:*/public"}},
    {"tables to come, for a group",
     group +
     "alter default privileges for role shop_owner in schema shop grant all on tables to shop_group",
     {"warning default_privileges:shop/shop_group"}},
    {"tables to come in a schema that holds nothing of organizations",
     "create schema other; alter default privileges for role shop_owner in schema other grant select on "
     "tables to shop_app",
     {}},
    {"tables to come, for the auditor",
     "alter default privileges for role shop_owner in schema shop grant select on tables to shop_auditor",
     {}},
    {"sequences and functions to come",
     "alter default privileges for role shop_owner in schema shop grant usage on sequences to shop_app; "
     "alter default privileges for role shop_owner in schema shop revoke execute on functions from public",
     {}},
    {"TRUNCATE", "grant truncate on shop.invoices to shop_app", {"error truncate_granted:shop.invoices/shop_app"}},
    {"TRUNCATE of a partition",
     "grant truncate on shop.readings_2026 to shop_app",
     {"error truncate_granted:shop.readings_2026/shop_app"}},
    {"TRUNCATE of a look-up table", "grant truncate on shop.countries to shop_app", {}},
    {"TRUNCATE for everybody, and for one",
     "grant truncate on shop.invoices to public, shop_app",
     {"error truncate_granted:shop.invoices/public",
      "error truncate_granted:shop.invoices/shop_app",
      "warning public_granted:shop.invoices"}},
    {"TRUNCATE of a group",
     group +
     "grant truncate on shop.invoices to shop_group",
     {"error truncate_granted:shop.invoices/shop_group"}},
    {"TRUNCATE for another", "create role shop_janitor; grant truncate on shop.invoices to shop_janitor", {}},
    {"UPDATE of a log", "grant update on shop.audit_log to shop_app", {"error update_granted:shop.audit_log/shop_app"}},
    {"UPDATE of columns of a log",
     "grant update (action, at) on shop.audit_log to shop_app",
     {"error update_granted:shop.audit_log/shop_app"}},
    {"DELETE from a log", "grant delete on shop.audit_log to shop_app", {"error update_granted:shop.audit_log/shop_app"}},
    {"UPDATE and DELETE for everybody",
     "grant update, delete on shop.audit_log to public",
     {"error update_granted:shop.audit_log/public",
      "error using_always_true:shop.audit_log/audit_log_auditor",
      "warning public_granted:shop.audit_log"}},
    {"UPDATE by a group",
     group +
     "grant update (action) on shop.audit_log to shop_group; grant delete on shop.audit_log to shop_group",
     {"error update_granted:shop.audit_log/shop_group"}},
    {"writes every table",
     "grant pg_write_all_data to shop_app",
     {"error update_granted:shop.audit_log/pg_write_all_data"}},
    {"UPDATE of what is no log",
     "grant update on shop.organizations to shop_auditor",
     {"error using_always_true:shop.audit_log/audit_log_auditor",
      "warning rls_no_policy:shop.organizations/shop_auditor"}},
    {"TRIGGER",
     group +
     "grant trigger on shop.invoices to shop_group; grant trigger on shop.countries to shop_app",
     {"error trigger_granted:shop.invoices/shop_group"}},
    {"REFERENCES",
     "grant references on shop.invoices to shop_app",
     {"warning references_granted:shop.invoices/shop_app"}},
    {"REFERENCES of a column",
     "grant references (id) on shop.invoices to shop_app; grant references (code) on shop.countries to "
     "shop_app",
     {"warning references_granted:shop.invoices/shop_app"}},
    {"SELECT for everybody", "grant select on shop.invoices to public", {"warning public_granted:shop.invoices"}},
    {"a column for everybody", "grant select (id) on shop.invoices to public", {"warning public_granted:shop.invoices"}},
    {"a look-up table for everybody", "grant select on shop.countries to public", {}},
    {"may hand on",
     "grant select on shop.invoices to shop_app with grant option",
     {"warning grant_option:shop.invoices/shop_app"}},
    {"may hand on a column",
     "grant select (id) on shop.invoices to shop_app with grant option",
     {"warning grant_option:shop.invoices/shop_app"}},
    {"may hand on a look-up table", "grant select on shop.countries to shop_app with grant option", {}},
    {"a group may hand on",
     group +
     "grant select on shop.invoices to shop_group with grant option",
     {"warning grant_option:shop.invoices/shop_group"}},
    {"a serial that can be read",
     jobs("id bigserial") +
     "grant usage, select on sequence shop.jobs_id_seq to shop_app",
     {}},
    {"a serial that can be set",
     jobs("id bigserial") +
     "grant all on all sequences in schema shop to shop_app",
     {"warning sequence_granted:shop.jobs_id_seq/shop_app"}},
    {"an identity", jobs("id bigint generated always as identity"), {}},
    {"an identity that can be set",
     jobs("id bigint generated always as identity") +
     "grant update on sequence shop.jobs_id_seq to public",
     {"warning sequence_granted:shop.jobs_id_seq/public"}},
    {"a sequence that no column owns",
     "create sequence shop.numbers; alter sequence shop.numbers owner to shop_owner;" +
     jobs("id bigint default nextval('shop.numbers')") +
     "grant all on sequence shop.numbers to shop_app",
     {"warning sequence_granted:shop.numbers/shop_app"}},
    {"a sequence that numbers nothing of organizations",
     "create sequence shop.builds; grant all on sequence shop.builds to shop_app",
     {}},
    {"session_replication_role",
     "grant set on parameter session_replication_role to shop_app",
     {"error parameter_granted:session_replication_role/shop_app"}},
    {"session_replication_role, by a group",
     group +
     "grant set, alter system on parameter session_replication_role to shop_group",
     {"error parameter_granted:session_replication_role/shop_group"}},
    {"a program of the server's",
     "grant alter system on parameter archive_command to shop_app",
     {"error parameter_granted:archive_command/shop_app"}},
    {"parameters that do no harm",
     "grant set on parameter log_min_duration_statement to shop_app; grant alter system on parameter "
     "work_mem to shop_app",
     {}},
    {"CREATE on the schema", "grant create on schema shop to shop_app", {"error schema_create:shop/shop_app"}},
    {"CREATE on the schema for everybody", "grant create on schema shop to public", {"error schema_create:shop/public"}},
    {"CREATE on public for everybody, as before PostgreSQL 15",
     "grant create on schema public to public",
     {"error schema_create:public/public"}},
    {"CREATE by a group", group + "grant create on schema shop to shop_group", {"error schema_create:shop/shop_group"}},
    {"CREATE on the database",
     "grant create on database example to shop_app",
     {"warning schema_create:database example/shop_app"}},
    {"CREATE for the owner",
     "grant create on schema public to shop_owner; grant create on database example to shop_owner",
     {}},
    {"CREATE on a schema without tables",
     "create schema shop_scratch; grant create on schema shop_scratch to shop_app",
     {}},
    {"temporary tables", "grant temporary on database example to shop_app", {"warning temp_granted:example/shop_app"}},
    {"temporary tables for everybody",
     "grant temporary on database example to public",
     {"warning temp_granted:example/public"}},
    {"temporary tables by a group",
     group +
     "grant temporary on database example to shop_group",
     {"warning temp_granted:example/shop_group"}},
    {"temporary tables for the owner", "grant temporary on database example to shop_owner", {}},
};

const std::vector<example> of_log{
    {"no trigger", no_trigger, {"error append_only_trigger:shop.audit_log"}},
    {"a trigger that is disabled",
     "alter table shop.audit_log disable trigger audit_log_append_only",
     {"error append_only_trigger:shop.audit_log"}},
    {"a trigger that is not always on",
     "alter table shop.audit_log enable trigger audit_log_append_only",
     {"warning append_only_trigger:shop.audit_log"}},
    {"a trigger for replicas only",
     "alter table shop.audit_log enable replica trigger audit_log_append_only",
     {"error append_only_trigger:shop.audit_log"}},
    {"no trigger for TRUNCATE",
     no_trigger +
     guard("guard", "before update or delete", "row"),
     {"warning append_only_trigger:shop.audit_log"}},
    {"a row trigger and one for TRUNCATE",
     no_trigger +
     guard("guard", "before update or delete", "row") +
     guard("guard_truncate", "before truncate"),
     {}},
    {"triggers after",
     no_trigger +
     guard("guard", "after update or delete", "row") +
     guard("guard_truncate", "after truncate"),
     {}},
    {"a trigger that drops the change in silence",
     no_trigger +
     "create function shop.silent() returns trigger language plpgsql as $$begin return null; end$$; alter "
     "function shop.silent() owner to shop_owner; create trigger guard before update or delete on "
     "shop.audit_log for each row execute function shop.silent()",
     {"error append_only_trigger:shop.audit_log"}},
    {"a trigger that only says so",
     no_trigger +
     "create function shop.notice() returns trigger language plpgsql as $$begin raise notice 'changed'; "
     "return new; end$$; alter function shop.notice() owner to shop_owner; create trigger guard before "
     "update or delete on shop.audit_log for each row execute function shop.notice()",
     {"error append_only_trigger:shop.audit_log"}},
    {"another trigger that may raise",
     "create function shop.valid() returns trigger language plpgsql as $$begin if new.action = '' then raise "
     "exception 'no action'; end if; return new; end$$; alter function shop.valid() owner to shop_owner; "
     "create trigger valid before insert or update on shop.audit_log for each row execute function "
     "shop.valid()",
     {}},
    {"a trigger with a condition",
     no_trigger +
     guard("guard", "before update or delete or truncate", "statement", "when (current_user <> 'shop_owner')"),
     {"warning append_only_trigger:shop.audit_log"}},
    {"a trigger for one column",
     no_trigger +
     guard("guard", "before update of action or delete or truncate"),
     {"warning append_only_trigger:shop.audit_log"}},
    {"a message from a condition name",
     no_trigger +
     "create function shop.refuse() returns trigger language plpgsql as $$begin raise insufficient_privilege "
     "using message = 'append-only'; end$$; alter function shop.refuse() owner to shop_owner; create trigger "
     "guard before update or delete or truncate on shop.audit_log for each statement execute function "
     "shop.refuse(); alter table shop.audit_log enable always trigger guard",
     {}},
    {"no policy for UPDATE",
     "drop policy audit_log_append_only_update on shop.audit_log",
     {"warning append_only_policy:shop.audit_log"}},
    {"neither policy", no_policies, {"warning append_only_policy:shop.audit_log"}},
    {"a permissive policy that denies nothing",
     "drop policy audit_log_append_only_update on shop.audit_log; create policy audit_log_append_only_update "
     "on shop.audit_log for update using (false)",
     {"warning append_only_policy:shop.audit_log"}},
    {"a permissive policy that allows",
     std::string{"drop policy audit_log_append_only_update on shop.audit_log; create policy audit_log_mend on "
     "shop.audit_log for update to shop_app "} +
     own,
     {"error append_only_policy:shop.audit_log"}},
    {"restrictive for the application's role",
     no_policies +
     "create policy no_update on shop.audit_log as restrictive for update to shop_app using (false); create "
     "policy no_delete on shop.audit_log as restrictive for delete to shop_app using (false)",
     {}},
    {"restrictive for another role",
     no_policies +
     "create policy no_update on shop.audit_log as restrictive for update to shop_auditor using (false); "
     "create policy no_delete on shop.audit_log as restrictive for delete to shop_auditor using (false)",
     {"warning append_only_policy:shop.audit_log"}},
    {"false in other words",
     no_policies +
     "create policy no_update on shop.audit_log as restrictive for update using (1 = 0); create policy "
     "no_delete on shop.audit_log as restrictive for delete using (not true)",
     {}},
    {"a partitioned log",
     "create policy no_update on shop.readings as restrictive for update using (false); create policy "
     "no_delete on shop.readings as restrictive for delete using (false); revoke update, delete on "
     "shop.readings from shop_app; create trigger guard before update or delete on shop.readings for each "
     "row execute function shop.refuse_change(); alter table shop.readings enable always trigger guard; "
     "create trigger guard_truncate before truncate on shop.readings for each statement execute function "
     "shop.refuse_change(); alter table shop.readings enable always trigger guard_truncate",
     {}},
    {"a partitioned log whose trigger is a statement's",
     "create policy no_update on shop.readings as restrictive for update using (false); create policy "
     "no_delete on shop.readings as restrictive for delete using (false); revoke update, delete on "
     "shop.readings from shop_app; create trigger guard before update or delete or truncate on shop.readings "
     "for each statement execute function shop.refuse_change(); alter table shop.readings enable always "
     "trigger guard",
     {"warning append_only_trigger:shop.readings_2026"}},
};

// The file of the check itself, as the server would be asked if it were of another version.
std::vector<std::string> known_holes(int version)
{
    const std::string folder = DAYBOOK_SOURCE_DIR "/src/sql/";
    const std::string include = "\\ir ../isolation/scope.sql\n";
    std::string sql = read_text(folder + "checks/server_version.sql");
    sql.replace(sql.find(include), include.size(), read_text(folder + "isolation/scope.sql"));
    pqxx::connection connection{cluster().url("postgres", "postgres")};
    pqxx::nontransaction work{connection};
    const std::string about =
        R"({"roles":[],"logins":[],"relations":[],"settings":[],"readers":[],"daybook":null,"version":)" +
        std::to_string(version) + "}";
    std::vector<std::string> holes;
    for (const auto& row : work.exec(sql, pqxx::params{about, "[]", "[]", "[]"})) {
        holes.push_back(row[1].as<std::string>());
    }
    std::ranges::sort(holes);
    return holes;
}

std::vector<isolation_finding> of_check(const examination& e, const std::string& check)
{
    std::vector<isolation_finding> found;
    std::ranges::copy_if(e.findings, std::back_inserter(found),
                         [&](const isolation_finding& f) { return f.check == check; });
    return found;
}

}  // namespace

TEST_CASE("row-level security that is off or not forced or shows nothing", "[database]")
{
    check_all(of_rls);
}

TEST_CASE("roles that no policy holds and ways to become one", "[database]")
{
    check_all(of_roles);
}

TEST_CASE("tables that are a way around another table's policies", "[database]")
{
    check_all(of_tables);
}

TEST_CASE("privileges that go around policies", "[database]")
{
    check_all(of_grants);
}

TEST_CASE("an append-only table that does not refuse", "[database]")
{
    check_all(of_log);
}

TEST_CASE("a server's version is compared with the known holes", "[database]")
{
    using names = std::vector<std::string>;
    CHECK(known_holes(150002) == names{"PostgreSQL/CVE-2023-2455", "PostgreSQL/CVE-2023-39418", "PostgreSQL/CVE-2024-10976",
                                       "PostgreSQL/CVE-2025-8713"});
    CHECK(known_holes(150008) == names{"PostgreSQL/CVE-2024-10976", "PostgreSQL/CVE-2025-8713"});
    CHECK(known_holes(150009) == names{"PostgreSQL/CVE-2025-8713"});
    CHECK(known_holes(150014).empty());
    CHECK(known_holes(160009) == names{"PostgreSQL/CVE-2025-8713"});
    CHECK(known_holes(160010).empty());
    CHECK(known_holes(170000) == names{"PostgreSQL/CVE-2024-10976", "PostgreSQL/CVE-2025-8713"});
    CHECK(known_holes(170006).empty());
    CHECK(known_holes(180000).empty());
    CHECK(known_holes(130022) == names{"PostgreSQL/13"});
    CHECK(known_holes(90624) == names{"PostgreSQL/9"});
}

TEST_CASE("a reader who may call functions that cross organizations is found, and what is printed ends it", "[database]")
{
    const temporary_database database;
    CHECK(of_check(examine_isolation(database.owner_url()), "reader_functions").empty());

    database.as_superuser("grant execute on function pg_catalog.lo_from_bytea(oid, bytea) to public");
    database.as_superuser("grant execute on function pg_catalog.pg_advisory_lock(bigint) to daybook_reader");
    const std::vector<isolation_finding> found = of_check(examine_isolation(database.owner_url()), "reader_functions");
    REQUIRE(found.size() == 1);
    CHECK(found[0].level == severity::warning);
    CHECK(found[0].object == "daybook_reader");
    CHECK(found[0].detail == "may call 2 functions that cross organizations, such as lo_from_bytea");

    database.as_superuser(found[0].fix);
    CHECK(of_check(examine_isolation(database.owner_url()), "reader_functions").empty());
}
