// The probes, on tables that are right and on the same with one protection taken away.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <map>
#include <set>

#include <daybook/error.hpp>
#include <daybook/log_audit.hpp>
#include <daybook/probe.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

using probes = std::set<std::string>;

// A table as daybook protect makes it, with rows of two organizations. Its owner is a role of its own.
constexpr const char* invoices = R"(
create table public.invoices (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null,
    number text not null,
    amount numeric not null default 0,
    unique (tenant_id, number)
);
alter table public.invoices owner to daybook_owner;
alter table public.invoices enable row level security;
alter table public.invoices force row level security;
create policy read on public.invoices for select to daybook_app, daybook_owner
    using (tenant_id = (select nullif(current_setting('app.org_id', true), '')::uuid));
create policy write on public.invoices for insert to daybook_app, daybook_owner
    with check (tenant_id = (select nullif(current_setting('app.org_id', true), '')::uuid));
create policy change on public.invoices for update to daybook_app, daybook_owner
    using (tenant_id = (select nullif(current_setting('app.org_id', true), '')::uuid))
    with check (tenant_id = (select nullif(current_setting('app.org_id', true), '')::uuid));
create policy remove on public.invoices for delete to daybook_app, daybook_owner
    using (tenant_id = (select nullif(current_setting('app.org_id', true), '')::uuid));
grant select, insert, update, delete on public.invoices to daybook_app;
insert into public.invoices (tenant_id, number)
select ('00000000-0000-4000-8000-00000000000' || t)::uuid, n::text
from generate_series(1, 2) t, generate_series(1, 3) n;
analyze public.invoices;
)";

// The log of a host: append-only by its grants, by restrictive policies and by a trigger.
constexpr const char* history = R"(
create table public.history (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    what text not null
);
create function public.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'append-only' using errcode = 'P0001'; end $$;
create trigger append_only before update or delete or truncate on public.history
    for each statement execute function public.refuse();
alter table public.history enable row level security;
alter table public.history force row level security;
create policy own on public.history to daybook_app
    using (tenant_id = (select nullif(current_setting('app.org_id', true), '')::uuid));
create policy no_update on public.history as restrictive for update using (false);
create policy no_delete on public.history as restrictive for delete using (false);
grant select, insert on public.history to daybook_app;
insert into public.history (tenant_id, what)
values ('00000000-0000-4000-8000-000000000001', 'made'), ('00000000-0000-4000-8000-000000000002', 'made');
analyze public.history;
)";

tenant_table table(const std::string& name, const std::string& column = "tenant_id", bool append_only = false,
                   const std::string& setting = "app.org_id")
{
    return {name, column, setting, append_only, false};
}

class probed {
public:
    probed(const std::string& url, const tenant_table& of, const probe_options& options = {})
        : probed{url, std::vector{of}, options}
    {
    }
    probed(const std::string& url, const std::vector<tenant_table>& tables, const probe_options& options = {})
    {
        for (probe_result& one : probe_isolation(url, tables, options)) {
            INFO(one.table << " " << one.probe << ": " << to_string(one.outcome) << ": " << one.observed);
            REQUIRE(!one.observed.empty());
            REQUIRE(!one.expected.empty());
            REQUIRE(m_results.emplace(one.table + " " + one.probe, one).second);
        }
    }

    [[nodiscard]] probes with(probe_outcome outcome) const
    {
        probes names;
        for (const auto& [name, one] : m_results) {
            if (one.outcome == outcome) {
                names.insert(one.probe);
            }
        }
        return names;
    }
    [[nodiscard]] probes broken() const { return with(probe_outcome::broken); }
    [[nodiscard]] probes not_checked() const { return with(probe_outcome::not_checked); }
    [[nodiscard]] probes not_applicable() const { return with(probe_outcome::not_applicable); }
    [[nodiscard]] const probe_result& of(const std::string& table, const std::string& probe) const
    {
        return m_results.at(table + " " + probe);
    }
    [[nodiscard]] std::size_t size() const { return m_results.size(); }

    // Everything that did not hold, for people.
    [[nodiscard]] std::string story() const
    {
        std::string text;
        for (const auto& [name, one] : m_results) {
            if (one.outcome != probe_outcome::held) {
                text += name + " " + std::string{to_string(one.outcome)} + ": " + one.observed + "\n";
            }
        }
        return text;
    }

private:
    std::map<std::string, probe_result> m_results;
};

// One protection less, and who must notice.
struct removal {
    const char* what;
    const char* sql;
    probes broken;
    probes not_checked{};
};

const probes every_reading{"fresh_is_nothing", "other_invisible", "one_organization_only", "unset_is_nothing",
                           "empty_is_nothing", "junk_is_refused"};

probes operator+(probes a, const probes& b)
{
    a.insert(b.begin(), b.end());
    return a;
}

const std::vector<removal>& removals()
{
    static const std::vector<removal> all{
        {"nothing", "select", {}},
        {"row-level security", "alter table public.invoices disable row level security",
         every_reading + probes{"other_insert_refused", "unset_insert_refused", "move_refused", "update_other_nothing",
                                "take_other_nothing", "delete_other_nothing"}},
        {"the policy for reading", "drop policy read on public.invoices", {"own_visible"},
         {"other_invisible", "one_organization_only", "move_refused", "update_other_nothing", "take_other_nothing",
          "delete_other_nothing"}},
        {"the setting for reading, misspelt",
         "alter policy read on public.invoices using ("
         "tenant_id = (select nullif(current_setting('app.orgid', true), '')::uuid))",
         {"own_visible"},
         {"other_invisible", "one_organization_only", "move_refused", "update_other_nothing", "take_other_nothing",
          "delete_other_nothing"}},
        {"the condition for reading", "alter policy read on public.invoices using (true)", every_reading},
        {"the condition for reading, by a second policy", "create policy more on public.invoices for select using (1 = 1)",
         every_reading},
        {"the condition, where nothing is set",
         "alter policy read on public.invoices using (nullif(current_setting('app.org_id', true), '') is null "
         "or tenant_id::text = current_setting('app.org_id', true))",
         {"fresh_is_nothing", "unset_is_nothing", "empty_is_nothing"}},
        {"missing_ok",
         "alter policy read on public.invoices using (tenant_id = (select nullif(current_setting('app.org_id'), '')::uuid))",
         {"fresh_is_nothing"}},
        {"the empty string",
         "alter policy read on public.invoices using (tenant_id = (select current_setting('app.org_id', true)::uuid))",
         {"unset_is_nothing", "empty_is_nothing"}},
        {"junk",
         "alter policy read on public.invoices using (current_setting('app.org_id', true) = 'all' or "
         "tenant_id::text = current_setting('app.org_id', true))",
         {"junk_is_refused"}},
        {"WITH CHECK of INSERT", "alter policy write on public.invoices with check (true)",
         {"other_insert_refused", "unset_insert_refused"}},
        {"WITH CHECK of INSERT, where nothing is set",
         "alter policy write on public.invoices with check (coalesce(current_setting('app.org_id', true), '') = '' "
         "or tenant_id::text = current_setting('app.org_id', true))",
         {"unset_insert_refused"}},
        {"WITH CHECK of UPDATE", "alter policy change on public.invoices with check (true)", {"move_refused"}},
        {"USING of UPDATE", "alter policy change on public.invoices using (true)", {"take_other_nothing"}},
        {"both of UPDATE", "alter policy change on public.invoices using (true) with check (true)",
         {"move_refused", "update_other_nothing", "take_other_nothing"}},
        {"USING of DELETE", "alter policy remove on public.invoices using (true)", {"delete_other_nothing"}},
        {"no right to TRUNCATE", "grant truncate on public.invoices to daybook_app", {"truncate_refused"}},
        {"a view of its caller's",
         "create view public.paid as select id, tenant_id from public.invoices; grant select on public.paid to daybook_app",
         {"views_show_own_only"}},
        {"a view over a view",
         "create view public.paid as select id, tenant_id from public.invoices;"
         "create view public.more with (security_invoker) as select * from public.paid;"
         "grant select on public.more, public.paid to daybook_app",
         {"views_show_own_only"}},
        {"a stored copy",
         "create materialized view public.stored as select tenant_id from public.invoices;"
         "grant select on public.stored to daybook_app",
         {"views_show_own_only"}},
    };
    return all;
}

}  // namespace

TEST_CASE("a protection that is taken away turns its own probes red, and no other", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    const auto index = GENERATE(range(std::size_t{0}, removals().size()));
    const removal& one = removals().at(index);

    database.as_superuser(one.sql);
    const probed results{database.app_url(), table("public.invoices")};

    INFO(one.what << "\n" << results.story());
    CHECK(results.broken() == one.broken);
    if (one.broken.empty() || !one.not_checked.empty()) {
        CHECK(results.not_checked() == one.not_checked);
    }
}

TEST_CASE("a table whose protections all hold is said to hold, probe by probe", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.with(probe_outcome::held).size() == isolation_probes().size() - 2);  // without those of a log
    CHECK(results.size() == isolation_probes().size() - 2);
    CHECK(results.of("public.invoices", "junk_is_refused").observed ==
          "refused (22P02: invalid input syntax for type uuid: \"all\")");
    CHECK(results.of("public.invoices", "other_insert_refused").observed ==
          "refused (42501: new row violates row-level security policy for table \"invoices\")");
    CHECK(results.of("public.invoices", "update_other_nothing").observed == "no row was reached; of one's own, one is");
}

TEST_CASE("the owner is bound by FORCE, and the probes notice when it is not", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("revoke truncate on public.invoices from daybook_owner");
    CHECK(probed{database.owner_url(), table("public.invoices")}.broken().empty());

    database.as_superuser("alter table public.invoices no force row level security");
    const probed results{database.owner_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.broken() == every_reading + probes{"other_insert_refused", "unset_insert_refused", "move_refused",
                                                     "update_other_nothing", "take_other_nothing", "delete_other_nothing"});
}

TEST_CASE("a log is append-only only if it refuses aloud", "[database]")
{
    const temporary_database database;
    database.as_superuser(history);
    const tenant_table log = table("public.history", "tenant_id", true);
    const auto probe = [&] { return probed{database.app_url(), log}; };
    CHECK(probe().with(probe_outcome::held).size() == isolation_probes().size());

    // The right, and the trigger in its way.
    database.as_superuser("grant update, delete on public.history to daybook_app");
    const probed by_trigger = probe();
    INFO(by_trigger.story());
    CHECK(by_trigger.broken().empty());
    CHECK(by_trigger.not_checked().empty());
    CHECK(by_trigger.of("public.history", "append_only_update_refused").observed == "refused (P0001: append-only)");

    // Without the trigger, restrictive policies are silent.
    database.as_superuser("drop trigger append_only on public.history");
    const probed silent = probe();
    CHECK(silent.broken() == probes{"append_only_update_refused", "append_only_delete_refused"});
    CHECK(silent.of("public.history", "append_only_delete_refused").observed == "nothing was changed, and no error says so");

    database.as_superuser("drop policy no_update on public.history");
    const probed changed = probe();
    CHECK(changed.of("public.history", "append_only_update_refused").observed == "the row was changed");
    CHECK(changed.broken() == probes{"append_only_update_refused", "append_only_delete_refused"});
}

TEST_CASE("row-level security without a policy that lets the role read is an empty log, and a fault", "[database]")
{
    const temporary_database database;
    database.as_superuser(history);
    const tenant_table log = table("public.history", "tenant_id", true);

    // What is left is restrictive: it takes away, and there is nothing to take from.
    database.as_superuser("drop policy own on public.history");
    const probed none{database.app_url(), log};
    INFO(none.story());
    CHECK(none.broken() == probes{"own_visible"});

    database.as_superuser("create policy others on public.history to daybook_owner using (true)");
    CHECK(probed{database.app_url(), log}.broken() == probes{"own_visible"});
}

TEST_CASE("a right to TRUNCATE that a trigger may refuse is not checked, and never tried", "[database]")
{
    const temporary_database database;
    database.as_superuser(history);
    database.as_superuser("grant truncate on public.history to daybook_app");
    const tenant_table log = table("public.history", "tenant_id", true);

    CHECK(probed{database.app_url(), log}.not_checked() == probes{"truncate_refused"});

    database.as_superuser("alter table public.history disable trigger append_only");
    CHECK(probed{database.app_url(), log}.broken() == probes{"truncate_refused"});
}

TEST_CASE("nothing is left behind, and the host's rows are as they were", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("create table public.lines (invoice uuid not null references public.invoices, "
                          "tenant_id uuid not null, text text not null);"
                          "grant select, insert, update, delete on public.lines to daybook_app");
    const auto everything = [&] {
        return database.ask_superuser("select string_agg(i::text || i.ctid || i.xmin, ' ' order by i.ctid) || "
                                      "(select count(*) from public.lines) from public.invoices i");
    };
    const std::string before = everything();

    // Nothing protects the lines: whatever can be written is written.
    const probed results{database.app_url(), {table("public.invoices"), table("public.lines")}};

    CHECK(results.broken().contains("delete_other_nothing"));
    CHECK(everything() == before);
}

TEST_CASE("an empty table proves nothing to a new connection", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("truncate public.invoices");

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.not_applicable() == probes{"fresh_is_nothing"});
    CHECK(results.not_checked().empty());
    CHECK(results.broken().empty());
}

// ---------------------------------------------------------------- tables of every shape

namespace {

// Protects every table of schema shop as it should be; their rows carry `column`, and rows of two organizations exist.
constexpr const char* protect_shop = R"(
grant usage on schema shop to daybook_app;
grant select, insert, update, delete on all tables in schema shop to daybook_app;
do $do$
declare
    t record;
begin
    for t in
        select c.oid::regclass as name, a.attname as tenant, format_type(a.atttypid, null) as type
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and lower(a.attname) like '%tenant%' and a.attnum > 0
        where c.relnamespace = 'shop'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    loop
        execute format('alter table %s enable row level security', t.name);
        execute format('create policy own on %s to daybook_app using '
                       '(%I = (select nullif(current_setting(''app.org_id'', true), '''')::%s))', t.name, t.tenant, t.type);
    end loop;
end
$do$;
)";

struct shape {
    const char* what;
    const char* sql;
    const char* table;
    const char* column = "tenant_id";
};

const std::vector<shape>& shapes()
{
    static const std::vector<shape> all{
        {"numbers for organizations",
         "create table shop.t (id bigint primary key, tenant_id bigint not null, n int not null)", "shop.t"},
        {"small numbers for organizations",
         "create table shop.t (tenant_id int not null, at timestamptz not null)", "shop.t"},
        {"texts for organizations", "create table shop.t (tenant_id text not null check (tenant_id ~ '^[a-z][a-z0-9]*$'))",
         "shop.t"},
        {"short texts for organizations",
         "create table shop.t (tenant_id varchar(10) not null, code char(2) not null)", "shop.t"},
        {"quoted names",
         R"(create table shop."Odd ""Name"" é" ("Tenant Id" uuid not null, "select" text not null, "ü.x" int not null))",
         R"(shop."Odd ""Name"" é")", "Tenant Id"},
        {"columns of every type",
         "create type shop.mood as enum ('happy', 'sad'); create type shop.pair as (a int, b text);"
         "create table shop.t (tenant_id uuid not null, b bool not null, c date not null, d interval not null,"
         " e jsonb not null, f json not null, g bytea not null, h inet not null, i text[] not null, j int4range not null,"
         " k shop.mood not null, l numeric(3, 2) not null, m real not null, n money not null, o timetz not null,"
         " p bit(1) not null,"
         " q tstzmultirange not null, r point not null, s xml not null, t shop.mood[] not null)",
         "shop.t"},
        {"CHECKs of one column",
         "create table shop.t (tenant_id uuid not null, status text not null check (status in ('draft', 'it''s paid')),"
         " amount numeric not null check (amount > 0 and amount < 5), "
         " percent int not null check (percent between 40 and 60),"
         " currency char(3) not null check (currency ~ '^[A-Z]{3}$'), mail text not null check (mail like '%@%.%'),"
         " code text not null check (char_length(code) = 12), note text check (note <> ''), kind text not null default 'a')",
         "shop.t"},
        {"CHECKs of several columns",
         "create table shop.t (tenant_id uuid not null, a text, b text, starts date not null, ends date not null,"
         " check (num_nonnulls(a, b) = 1), check (ends > starts))",
         "shop.t"},
        {"domains",
         "create domain shop.mail as text check (value like '%@%');"
         "create domain shop.code as varchar(5) not null check (value ~ '^[0-9]+$');"
         "create domain shop.tenant as uuid;"
         "create table shop.t (tenant_id shop.tenant not null, mail shop.mail not null, code shop.code)",
         "shop.t"},
        {"generated and identity columns",
         "create table shop.t (tenant_id uuid not null, id bigint generated always as identity primary key,"
         " a int not null, twice int generated always as (a * 2) stored,"
         " b bigint generated by default as identity not null)",
         "shop.t"},
        {"a parent, and its parent",
         "create table shop.a (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, name text not null);"
         "create table shop.b (id bigint generated always as identity primary key, tenant_id uuid not null,"
         " a_id uuid not null references shop.a);"
         "create table shop.t (tenant_id uuid not null, b_id bigint not null references shop.b)",
         "shop.t"},
        {"composite foreign keys",
         "create table shop.a (tenant_id uuid, id int, name text not null, primary key (tenant_id, id));"
         "create table shop.b (tenant_id uuid, id int, a_id int not null, primary key (tenant_id, id),"
         " foreign key (tenant_id, a_id) references shop.a);"
         "create table shop.t (tenant_id uuid not null, b_id int not null, other_a int,"
         " foreign key (tenant_id, b_id) references shop.b, foreign key (tenant_id, other_a) references shop.a)",
         "shop.t"},
        {"the table of organizations, which the role may write to",
         "create table shop.organizations (tenant_id uuid primary key, slug text not null unique);"
         "create table shop.t (tenant_id uuid not null references shop.organizations, n int not null)",
         "shop.t"},
        {"the table of organizations itself",
         "create table shop.organizations (tenant_id uuid primary key, slug text not null unique)", "shop.organizations"},
        {"a row that refers to itself",
         "create table shop.t (tenant_id uuid not null, id int primary key, boss int not null references shop.t)", "shop.t"},
        {"a deferred circle",
         "create table shop.t (tenant_id uuid not null, id int primary key, other int not null);"
         "create table shop.u (tenant_id uuid not null, id int primary key, t int not null references shop.t deferrable);"
         "alter table shop.t add foreign key (other) references shop.u deferrable initially deferred",
         "shop.t"},
        {"a global table that is only read",
         "create table shop.countries (code char(2) primary key check (code ~ '^[A-Z]+$'), name text not null);"
         "insert into shop.countries values ('FR', 'France');"
         "create table shop.t (tenant_id uuid not null, country char(2) not null references shop.countries)",
         "shop.t"},
        {"a default that refers",
         "create table shop.plans (id int primary key, tenant_id uuid);"
         "create table shop.t (tenant_id uuid not null, plan int not null default 7 references shop.plans)",
         "shop.t"},
        {"partitions by time",
         "create table shop.t (tenant_id uuid not null, at timestamptz not null default now(), n int not null)"
         " partition by range (at);"
         "create table shop.t_all partition of shop.t for values from ('2000-01-01') to ('2100-01-01');"
         "create table shop.t_rest partition of shop.t default",
         "shop.t"},
        {"partitions with rules of their own",
         "create table shop.a (tenant_id uuid, id int default 7, primary key (tenant_id, id)) partition by hash (tenant_id);"
         "create table shop.a_0 partition of shop.a for values with (modulus 1, remainder 0);"
         "create table shop.t (tenant_id uuid not null, status text not null check (status in ('on', 'off')), kind text,"
         " a_id int default 7, flag boolean not null, check (kind <> '' or status = 'off'),"
         " foreign key (tenant_id, a_id) references shop.a, unique (tenant_id, flag)) partition by hash (tenant_id);"
         "create table shop.t_0 partition of shop.t for values with (modulus 1, remainder 0)",
         "shop.t"},
        {"partitions by organization",
         "create table shop.t (tenant_id uuid not null, n int not null) partition by hash (tenant_id);"
         "create table shop.t_0 partition of shop.t for values with (modulus 2, remainder 0);"
         "create table shop.t_1 partition of shop.t for values with (modulus 2, remainder 1)",
         "shop.t"},
        {"inheritance",
         "create table shop.t (tenant_id uuid not null, n int not null); create table shop.child () inherits (shop.t)",
         "shop.t"},
        {"a trigger that fills in",
         "create table shop.t (tenant_id uuid not null, n int, check (n = 7));"
         "create function shop.seven() returns trigger language plpgsql as $$ begin new.n := 7; return new; end $$;"
         "create trigger seven before insert or update on shop.t for each row execute function shop.seven()",
         "shop.t"},
        {"unique columns",
         "create table shop.t (tenant_id uuid not null, slug text not null unique, n smallint not null unique,"
         " flag boolean not null, unique (flag, tenant_id))",
         "shop.t"},
    };
    return all;
}

}  // namespace

TEST_CASE("rows are made for tables of every shape, and all probes run", "[database]")
{
    const auto index = GENERATE(range(std::size_t{0}, shapes().size()));
    const shape& one = shapes().at(index);
    const temporary_database database;
    database.as_superuser(std::string{"create schema shop;"} + one.sql);
    database.as_superuser(protect_shop);
    const bool only_read = std::string_view{one.what}.starts_with("a global table");
    if (only_read) {
        database.as_superuser("revoke insert, update, delete on shop.countries from daybook_app");
    }
    const tenant_table of = table(one.table, one.column);

    const probed right{database.app_url(), of};
    INFO(one.what << "\n" << right.story());
    CHECK(right.broken().empty());
    // Nobody has a row yet that a new connection could see.
    CHECK(right.not_applicable() == probes{"fresh_is_nothing"});
    CHECK(right.not_checked().empty());

    database.as_superuser(std::string{"alter table "} + one.table + " disable row level security");
    const probed open{database.app_url(), of};
    INFO(open.story());
    CHECK(open.broken() == probes{"other_invisible", "one_organization_only", "unset_is_nothing", "empty_is_nothing",
                                  "junk_is_refused", "other_insert_refused", "unset_insert_refused", "move_refused",
                                  "update_other_nothing", "take_other_nothing", "delete_other_nothing"});
}

TEST_CASE("Daybook's own tables are probed like any other, facets by way of the log", "[database]")
{
    const temporary_database database;
    const std::string acme = to_string(database.add("acme"));
    const std::string globex = to_string(database.add("globex"));
    const auto own = [](const std::string& name, bool append_only = true) {
        return table("daybook." + name, name == "organizations" ? "id" : "organization_id", append_only);
    };
    const std::vector<tenant_table> tables{own("audit_logs"), own("facets"), own("seal_queue", false),
                                           own("organizations", false), own("leaves")};

    const probed invented{database.app_url(), tables};

    INFO(invented.story());
    CHECK(invented.broken().empty());
    for (const std::string name : {"daybook.audit_logs", "daybook.facets", "daybook.seal_queue"}) {
        CHECK(invented.of(name, "own_visible").observed == "its new row");
        CHECK(invented.of(name, "other_invisible").outcome == probe_outcome::held);
        CHECK(invented.of(name, "update_other_nothing").outcome == probe_outcome::held);
    }
    CHECK(invented.of("daybook.audit_logs", "append_only_update_refused").observed == "the role has no right to UPDATE");
    CHECK(invented.of("daybook.leaves", "own_visible").outcome == probe_outcome::not_applicable);
    CHECK(invented.of("daybook.leaves", "other_insert_refused").outcome == probe_outcome::held);

    // Nobody but the owner adds an organization, so two that exist show what they see.
    probe_options existing;
    existing.organizations = {acme, globex};
    const probed named{database.app_url(), tables, existing};
    INFO(named.story());
    CHECK(named.of("daybook.organizations", "own_visible").observed == "rows of its own");
    CHECK(named.of("daybook.organizations", "other_invisible").outcome == probe_outcome::held);
    CHECK(named.of("daybook.organizations", "one_organization_only").outcome == probe_outcome::held);

    database.as_superuser("alter policy facets_org_isolation_read on daybook.facets using (true)");
    const probed open{database.app_url(), tables, existing};
    CHECK(open.of("daybook.facets", "other_invisible").outcome == probe_outcome::broken);
    CHECK(open.of("daybook.audit_logs", "other_invisible").outcome == probe_outcome::held);
    CHECK(database.ask_superuser("select count(*) from daybook.audit_logs") == "0");
}

TEST_CASE("a setting that holds JSON is written as JSON", "[database]")
{
    const temporary_database database;
    database.as_superuser(R"(
        create table public.notes (owner_id text not null, text text not null);
        alter table public.notes enable row level security;
        create policy own on public.notes to daybook_app using (
            owner_id = (select nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub'));
        grant select, insert, update, delete on public.notes to daybook_app;
        insert into public.notes values ('a"b\c', 'hers'), ('other', 'his');
        analyze public.notes)");
    const tenant_table notes = table("public.notes", "owner_id", false, "request.jwt.claims");
    probe_options options;
    options.setting_value = R"({"app_metadata":{},"sub":"{}"})";

    const probed made_up{database.app_url(), notes, options};
    INFO(made_up.story());
    CHECK(made_up.with(probe_outcome::held).size() == made_up.size());
    CHECK(made_up.of("public.notes", "junk_is_refused").observed ==
          "no row, and no error: a misspelt organization looks like an empty one");

    // A name that JSON must escape.
    options.organizations = {R"(a"b\c)", "other"};
    const probed named{database.app_url(), notes, options};
    INFO(named.story());
    CHECK(named.with(probe_outcome::held).size() == named.size());

    options.setting_value = "{}";
    CHECK(probed{database.app_url(), notes, options}.of("public.notes", "own_visible").outcome != probe_outcome::held);
}

TEST_CASE("where organizations cannot be made up, the probes say so, and take two that exist", "[database]")
{
    const temporary_database database;
    database.as_superuser(R"(
        create schema shop;
        create table shop.organizations (id uuid primary key, name text not null);
        insert into shop.organizations values ('00000000-0000-4000-8000-000000000001', 'a'),
            ('00000000-0000-4000-8000-000000000002', 'b');
        create table shop.t (tenant_id uuid not null references shop.organizations, n int not null);)");
    database.as_superuser(protect_shop);
    database.as_superuser("revoke all on shop.organizations from daybook_app");

    const probed made_up{database.app_url(), table("shop.t")};
    CHECK(made_up.broken().empty());
    CHECK(made_up.of("shop.t", "own_visible").observed ==
          "the INSERT into shop.organizations was refused (42501: permission denied for table organizations); name two "
          "organizations that exist and have rows, or say how to make a row");
    CHECK(made_up.of("shop.t", "other_insert_refused").outcome == probe_outcome::not_checked);
    CHECK(made_up.of("shop.t", "delete_other_nothing").outcome == probe_outcome::not_checked);

    probe_options options;
    options.organizations = {"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"};
    const probed named{database.app_url(), table("shop.t"), options};
    INFO(named.story());
    CHECK(named.broken().empty());
    CHECK(named.not_applicable() == probes{"fresh_is_nothing"});
    CHECK(named.not_checked().empty());

    // Another spelling is the same organization; what is none is said to be none.
    options.organizations = {"{00000000-0000-4000-8000-00000000000A}", "00000000-0000-4000-8000-000000000002"};
    database.as_superuser("insert into shop.organizations values ('00000000-0000-4000-8000-00000000000a', 'c')");
    CHECK(probed{database.app_url(), table("shop.t"), options}.not_applicable() == probes{"fresh_is_nothing"});
    CHECK(probed{database.app_url(), table("shop.t"), options}.not_checked().empty());
    options.organizations->first = "acme";
    const probed none{database.app_url(), table("shop.t"), options};
    INFO(none.story());
    CHECK(none.of("shop.t", "own_visible").observed.starts_with("\"acme\" is no organization here (22P02"));
    CHECK(none.broken().empty());
    CHECK(none.with(probe_outcome::held) == probes{"truncate_refused", "views_show_own_only"});
}

TEST_CASE("an organization of a type that nobody can guess is asked for", "[database]")
{
    const temporary_database database;
    database.as_superuser("create schema shop; create type shop.tenant as enum ('acme', 'globex');"
                          "create table shop.t (tenant_id shop.tenant not null, n int not null)");
    database.as_superuser(protect_shop);

    const probed made_up{database.app_url(), table("shop.t")};
    INFO(made_up.story());
    CHECK(made_up.broken().empty());
    CHECK(made_up.of("shop.t", "own_visible").outcome == probe_outcome::not_checked);
    CHECK(made_up.of("shop.t", "other_invisible").outcome == probe_outcome::not_checked);

    probe_options options;
    options.organizations = {"acme", "globex"};
    const probed named{database.app_url(), table("shop.t"), options};
    INFO(named.story());
    CHECK(named.broken().empty());
    CHECK(named.not_applicable() == probes{"fresh_is_nothing"});
    CHECK(named.not_checked().empty());
}

TEST_CASE("a connection that a pooler hands out again is not taken for a new one", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    const std::string used = database.app_url() + (database.app_url().find('?') == std::string::npos ? "?" : "&") +
                             "options=-c%20app.org_id%3D";

    const probed results{used, table("public.invoices")};

    INFO(results.story());
    CHECK(results.not_checked() == probes{"fresh_is_nothing"});
    CHECK(results.broken().empty());
}

TEST_CASE("rows that were there before are looked at, and never changed", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    probe_options options;
    options.organizations = {"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"};
    // Whatever reaches a row that was there raises, and only that.
    database.as_superuser(R"(
        create function public.touch() returns trigger language plpgsql as
            $$ begin raise exception 'a real row was touched'; end $$;
        create trigger touch before update or delete on public.invoices
            for each row when (old.number in ('1', '2', '3')) execute function public.touch())");

    const probed right{database.app_url(), table("public.invoices"), options};
    INFO(right.story());
    CHECK(right.with(probe_outcome::held).size() == right.size());

    database.as_superuser("alter table public.invoices disable row level security");
    const probed open{database.app_url(), table("public.invoices"), options};
    INFO(open.story());
    CHECK(open.of("public.invoices", "update_other_nothing").observed == "the other's row was changed");
    CHECK(open.of("public.invoices", "delete_other_nothing").observed == "the other's row was removed");
    CHECK(database.ask_superuser("select count(*) from public.invoices") == "6");
}

TEST_CASE("a probe that cannot do its work says so, and never that something held", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    const tenant_table right = table("public.invoices");
    probe_options hasty;
    hasty.lock_timeout = std::chrono::milliseconds{1};
    const auto all_not_checked = [](const probed& results) {
        return results.not_checked().size() == results.size() - results.with(probe_outcome::held).size() &&
               results.with(probe_outcome::held) == probes{"truncate_refused"};
    };

    SECTION("somebody holds a lock")
    {
        pqxx::connection holder{database.superuser_url()};
        pqxx::work holding{holder};
        holding.exec("lock table public.invoices");

        const probed results{database.app_url(), right, hasty};

        INFO(results.story());
        CHECK(all_not_checked(results));
        CHECK(results.of("public.invoices", "fresh_is_nothing").observed.find("55P03") != std::string::npos);
    }
    SECTION("a policy that calls what is not there")
    {
        database.as_superuser("create function public.now_gone() returns boolean language plpgsql as "
                              "$$ begin return public.gone(); end $$;"
                              "alter policy read on public.invoices using (public.now_gone())");

        const probed results{database.app_url(), right};

        INFO(results.story());
        CHECK(results.of("public.invoices", "fresh_is_nothing").outcome == probe_outcome::not_checked);
        CHECK(results.of("public.invoices", "other_invisible").outcome == probe_outcome::not_checked);
        CHECK(results.of("public.invoices", "own_visible").outcome == probe_outcome::not_checked);
        CHECK(results.of("public.invoices", "other_insert_refused").outcome == probe_outcome::not_checked);
        CHECK(results.broken().empty());
    }
    SECTION("a trigger that refuses what is made up")
    {
        database.as_superuser(R"(
            create function public.picky() returns trigger language plpgsql as
                $$ begin if new.number not like 'F-%' then raise exception 'no such number'; end if; return new; end $$;
            create trigger picky before insert on public.invoices for each row execute function public.picky())");

        const probed results{database.app_url(), right};
        CHECK(results.of("public.invoices", "own_visible").observed.find("(P0001: no such number)") != std::string::npos);
        CHECK(results.of("public.invoices", "other_insert_refused").outcome == probe_outcome::not_checked);
        CHECK(results.broken().empty());

        probe_options told;
        told.recipes = {{"public.invoices", {}, R"({"number":"F-1"})"}};
        const probed helped{database.app_url(), right, told};
        INFO(helped.story());
        CHECK(helped.with(probe_outcome::held).size() == helped.size());
        CHECK(helped.of("public.invoices", "other_insert_refused").observed.starts_with("refused (42501"));

        told.recipes = {{"public.invoices", {}, R"({"nummer":"F-1"})"}};
        const probed misspelt{database.app_url(), right, told};
        CHECK(misspelt.of("public.invoices", "own_visible").observed.find("no column nummer") != std::string::npos);
    }
    SECTION("a row that is swallowed")
    {
        database.as_superuser("create rule swallow as on insert to public.invoices do instead nothing");

        const probed results{database.app_url(), right};

        CHECK(results.of("public.invoices", "own_visible").observed.find("swallowed") != std::string::npos);
        CHECK(results.of("public.invoices", "own_visible").outcome == probe_outcome::not_checked);
    }
    SECTION("nobody knows the column, the setting, or the table")
    {
        CHECK(all_not_checked(probed{database.app_url(), {table("public.invoices", "")}}) == false);  // fresh needs neither
        CHECK(probed{database.app_url(), table("public.invoices", "")}.of("public.invoices", "fresh_is_nothing").outcome ==
              probe_outcome::held);
        CHECK(probed{database.app_url(), table("public.invoices", "no_such")}.not_checked().size() == 13);
        CHECK(probed{database.app_url(), table("public.invoices", "tenant_id", false, "")}.not_checked().size() == 13);
        const probed gone{database.app_url(), table("public.gone")};
        CHECK(gone.not_checked().size() == gone.size());
    }
}

TEST_CASE("what the role has no right to holds, and is not mistaken for an empty log", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("revoke all on public.invoices from daybook_app");

    const probed results{database.app_url(), table("public.invoices", "tenant_id", true)};

    INFO(results.story());
    CHECK(results.with(probe_outcome::held).size() == results.size());
    CHECK(results.of("public.invoices", "own_visible").observed ==
          "the role has no right to SELECT (42501: permission denied for table invoices)");
}

TEST_CASE("an organization that a role or database carries from the beginning is found", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("alter role daybook_app in database " + database.name() +
                          " set app.org_id = '00000000-0000-4000-8000-000000000001'");

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.broken() == probes{"fresh_is_nothing", "unset_is_nothing"});
    CHECK(results.of("public.invoices", "fresh_is_nothing").observed.find("ALTER ROLE") != std::string::npos);
}

TEST_CASE("a partition that is named directly ignores its parent's policies, which the probes see", "[database]")
{
    const temporary_database database;
    database.as_superuser(R"(
        create schema shop;
        create table shop.t (tenant_id uuid not null, n int not null) partition by range (n);
        create table shop.t_1 partition of shop.t for values from (minvalue) to (maxvalue);
        insert into shop.t values ('00000000-0000-4000-8000-000000000001', 1);
        analyze shop.t_1)");
    database.as_superuser(protect_shop);
    tenant_table partition = table("shop.t_1");
    partition.is_partition = true;

    const probed open{database.app_url(), {table("shop.t"), partition}};
    CHECK(open.of("shop.t", "other_invisible").outcome == probe_outcome::held);
    CHECK(open.of("shop.t_1", "other_invisible").outcome == probe_outcome::broken);
    CHECK(open.of("shop.t_1", "fresh_is_nothing").outcome == probe_outcome::broken);
    CHECK(open.of("shop.t_1", "delete_other_nothing").outcome == probe_outcome::broken);

    database.as_superuser("revoke all on shop.t_1 from daybook_app");
    CHECK(probed{database.app_url(), {table("shop.t"), partition}}.broken().empty());
}

TEST_CASE("the other settings of an application's transaction are made first, its role too", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    // As an API gateway does: a role that may nothing becomes one that may.
    database.as_superuser("create role probe_gateway login noinherit");
    database.as_superuser("grant daybook_app to probe_gateway");
    probe_options options;
    options.settings = {{"role", "daybook_app"}};

    const probed results{database.url("probe_gateway"), table("public.invoices"), options};

    INFO(results.story());
    CHECK(results.of("public.invoices", "own_visible").observed == "its new row");
    CHECK(results.with(probe_outcome::held).size() == results.size());
    database.as_superuser("revoke daybook_app from probe_gateway; drop role probe_gateway");
}

TEST_CASE("a trigger that makes every row the organization's own gives nothing away", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser(R"(
        create function public.pin() returns trigger language plpgsql as
            $$ begin new.tenant_id := nullif(current_setting('app.org_id', true), '')::uuid; return new; end $$;
        create trigger pin before insert or update on public.invoices for each row execute function public.pin())");

    const probed results{database.app_url(), table("public.invoices")};
    INFO(results.story());
    CHECK(results.with(probe_outcome::held).size() == results.size());
    CHECK(results.of("public.invoices", "other_insert_refused").observed == "a trigger made the row the organization's own");
    CHECK(results.of("public.invoices", "move_refused").observed == "a trigger made the row the organization's own");
}

TEST_CASE("a row that only a constraint keeps out was let pass by the policies", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("alter policy write on public.invoices with check (true);"
                          "alter table public.invoices add check (coalesce(current_setting('app.org_id', true), '') in "
                          "('', tenant_id::text))");

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.broken() == probes{"other_insert_refused", "unset_insert_refused"});
    CHECK(results.of("public.invoices", "other_insert_refused").observed.find("only a constraint") == 0);
}

TEST_CASE("a right to UPDATE some columns is tried with one of these", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    // Neither is among what a row must be given.
    database.as_superuser("alter table public.invoices add note text default 'none', add twice numeric;"
                          "revoke update on public.invoices from daybook_app;"
                          "grant update (note) on public.invoices to daybook_app");
    const bool log = GENERATE(false, true);
    const tenant_table of = table("public.invoices", "tenant_id", log);

    const probed right{database.app_url(), of};
    INFO(right.story());
    CHECK(right.of("public.invoices", "update_other_nothing").observed == "no row was reached; of one's own, one is");
    CHECK(right.broken() == (log ? probes{"append_only_update_refused", "append_only_delete_refused"} : probes{}));

    database.as_superuser("create function public.ok(uuid) returns boolean language sql as 'select true';"
                          "alter policy change on public.invoices using (public.ok(tenant_id)) "
                          "with check (public.ok(tenant_id))");
    const probed open{database.app_url(), of};
    INFO(open.story());
    CHECK(open.of("public.invoices", "update_other_nothing").observed == "the other's row was changed");
    CHECK(open.of("public.invoices", "move_refused").observed == "the role has no right to UPDATE the column");
}

TEST_CASE("a right to UPDATE that nothing can be tried with is not checked", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("alter table public.invoices add twice numeric generated always as (amount * 2) stored;"
                          "revoke update on public.invoices from daybook_app;"
                          "grant update (twice) on public.invoices to daybook_app");

    const probed results{database.app_url(), table("public.invoices", "tenant_id", true)};

    INFO(results.story());
    CHECK(results.not_checked() == probes{"update_other_nothing", "append_only_update_refused"});
}

TEST_CASE("where a row of one's own is not reached either, nothing is known of the other's", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    // Whoever asks for a draft gets everybody's, and the canary is none.
    database.as_superuser("alter table public.invoices add status text not null default 'paid';"
                          "create function public.is_draft(uuid, text) returns boolean language sql "
                          "as $$ select $2 = 'draft' $$;"
                          "alter policy remove on public.invoices using (public.is_draft(tenant_id, status));"
                          "alter policy change on public.invoices using (public.is_draft(tenant_id, status)) "
                          "with check (true)");
    const probes concerned{"move_refused", "update_other_nothing", "take_other_nothing", "delete_other_nothing"};

    const probed untold{database.app_url(), table("public.invoices")};
    INFO(untold.story());
    CHECK(untold.not_checked() == concerned);
    CHECK(untold.broken().empty());

    probe_options draft;
    draft.recipes = {{"public.invoices", {}, R"({"status":"draft"})"}};
    const probed told{database.app_url(), table("public.invoices"), draft};
    INFO(told.story());
    CHECK(told.not_checked().empty());
    CHECK(told.broken() == concerned);
}

TEST_CASE("a new row that policies refuse whosever it is says nothing of isolation", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("alter policy change on public.invoices using (true) with check (amount > 7)");

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.not_checked() == probes{"move_refused", "update_other_nothing", "take_other_nothing"});
}

TEST_CASE("a right that no policy lets the role use holds", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    const char* const closed = GENERATE("drop policy change on public.invoices; drop policy remove on public.invoices",
                                        "create policy no_change on public.invoices as restrictive for update using (false);"
                                        "create policy no_remove on public.invoices as restrictive for delete "
                                        "using (false)");
    database.as_superuser(closed);

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.with(probe_outcome::held).size() == results.size());
    CHECK(results.of("public.invoices", "delete_other_nothing").observed ==
          "no row was reached, nor one of one's own: no policy lets the role (by the catalog)");
}

TEST_CASE("a trigger that refuses a second row of one's own says nothing of the other's", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    const bool aloud = GENERATE(true, false);
    const std::string refusal = aloud ? "raise exception 'one per organization';" : "return null;";
    database.as_superuser("create function public.one() returns trigger language plpgsql security definer as $$ begin "
                          "if exists (select from public.invoices i where i.tenant_id = new.tenant_id) then " + refusal +
                          " end if; return new; end $$;"
                          "create trigger one before insert on public.invoices for each row execute function public.one();"
                          "alter policy write on public.invoices with check (true)");
    const probes inserts{"other_insert_refused", "unset_insert_refused"};

    const probed untold{database.app_url(), table("public.invoices")};
    INFO(untold.story());
    CHECK(untold.not_checked() == inserts);
    CHECK(untold.broken().empty());

    // In a log too, where other refusals of one's own rows are wanted.
    CHECK(probed{database.app_url(), table("public.invoices", "tenant_id", true)}.not_checked() == inserts);

    database.as_superuser("drop trigger one on public.invoices");
    CHECK(probed{database.app_url(), table("public.invoices")}.broken() == inserts);
}

TEST_CASE("a trigger that refuses only what is not one's own is a refusal", "[database]")
{
    const temporary_database database;
    database.as_superuser(invoices);
    database.as_superuser("create function public.own_only() returns trigger language plpgsql as $$ begin "
                          "if new.tenant_id::text is distinct from current_setting('app.org_id', true) then "
                          "raise exception 'not yours'; end if; return new; end $$;"
                          "create trigger own_only before insert on public.invoices for each row "
                          "execute function public.own_only();"
                          "alter policy write on public.invoices with check (true)");

    const probed results{database.app_url(), table("public.invoices")};

    INFO(results.story());
    CHECK(results.with(probe_outcome::held).size() == results.size());
    CHECK(results.of("public.invoices", "other_insert_refused").observed == "refused (P0001: not yours)");
}

TEST_CASE("options that cannot be used are refused before anything is done", "[database]")
{
    const auto refused = [](const probe_options& options) {
        return kind_of([&] { static_cast<void>(probe_isolation("postgresql://nobody@/nowhere", {}, options)); });
    };
    CHECK(refused({.setting_value = "nothing"}) == error_kind::wrong_usage);
    CHECK(refused({.organizations = std::pair{"a", "a"}}) == error_kind::wrong_usage);
    CHECK(refused({.recipes = {{"invoices", {}, {}}}}) == error_kind::wrong_usage);
    CHECK(refused({.recipes = {{"public.invoices", {}, "[]"}}}) == error_kind::invalid_json);
    CHECK(refused({}) == error_kind::cannot_connect);
}
