// What would change or remove an event that is in the log.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::string> tables{"audit_logs", "facets"};
const std::vector<std::string> program_roles{"daybook_app", "daybook_reader", "daybook_sealer", "daybook_auditor"};

// `%` stands for the table.
std::string on(const std::string& table, std::string statement)
{
    return statement.replace(statement.find('%'), 1, "daybook." + table);
}

// What the server says against `sql`; empty if it was done. What is wrong in itself is no attack.
std::string refusal(pqxx::transaction_base& work, const std::string& sql)
{
    try {
        work.exec(sql);
        return {};
    } catch (const pqxx::syntax_error& e) {
        FAIL("the statement is wrong: " << e.what());  // and undefined columns, functions, tables
    } catch (const pqxx::sql_error& e) {
        return e.what();
    }
    return {};
}

std::string text_of(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

// Two organizations, each with an event that has a facet.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();
    pqxx::connection superuser{database.superuser_url()};

    fixture()
    {
        event e = sample();
        e.facets = {{.key = "region", .value = "eu"}};
        for (const org_id& organization : {acme, globex}) {
            with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, e); });
        }
    }

    // The application's role, in a scope of acme's. Undone at the end.
    std::string refused_to_application(const std::string& sql)
    {
        pqxx::work work{connection};
        work.exec("select daybook.set_tenant($1)", pqxx::params{to_string(acme)});
        return refusal(work, sql);
    }

    long rows_for_application(const std::string& sql)
    {
        pqxx::work work{connection};
        work.exec("select daybook.set_tenant($1)", pqxx::params{to_string(acme)});
        return static_cast<long>(work.exec(sql).affected_rows());
    }

    std::string refused_to_owner(const std::string& sql) const
    {
        pqxx::connection owner{database.owner_url()};
        pqxx::work work{owner};
        return refusal(work, sql);
    }

    // The log and its facets as one text, partitions and all.
    static std::string contents(pqxx::transaction_base& work)
    {
        return work.query_value<std::string>(
            "select coalesce((select string_agg(a::text, '' order by a.organization_id, a.id) from daybook.audit_logs a), '') || "
            "coalesce((select string_agg(f::text, '' order by f.organization_id, f.key, f.id) from daybook.facets f), '')");
    }

    // "disable", or "enable", which is weaker than ENABLE ALWAYS.
    static void change_triggers(pqxx::transaction_base& work, const std::string& how)
    {
        work.exec("do $do$ declare t text; begin "
                  "for t in select g.tgrelid::regclass::text from pg_trigger g where g.tgname = 'append_only' loop "
                  "execute format('alter table %s " +
                  how + " trigger append_only', t); end loop; end $do$");
    }

    // Whether `sql` changes the log where nothing protects it. Undone at the end.
    bool would_change(const std::string& sql)
    {
        pqxx::work work{superuser};
        const std::string before = contents(work);
        change_triggers(work, "disable");
        work.exec(sql);
        return contents(work) != before;
    }

    // Whether a superuser can say it. Undone at the end.
    bool is_possible(const std::string& sql)
    {
        pqxx::work work{superuser};
        return refusal(work, sql).empty();
    }

    std::vector<std::string> partitions() const
    {
        pqxx::connection looking{database.superuser_url()};
        pqxx::work work{looking};
        std::vector<std::string> names;
        for (
            const auto& [name] : work.query<std::string>(
                "select i.inhrelid::regclass::text from pg_inherits i where i.inhparent in ('daybook.audit_logs'::regclass, 'daybook.facets'::regclass)")) {
            names.push_back(name);
        }
        return names;
    }

    std::string reported() const { return text_of(verify_schema(database.owner_url())); }
};

}  // namespace

// ---------------------------------------------------------------- 56: UPDATE and DELETE

TEST_CASE("attack 56: the application has no right to change or remove an event", "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        for (const std::string statement :
             {"update % set organization_id = '00000000-0000-7000-8000-000000000001'", "delete from %"}) {
            const std::string sql = on(table, statement);
            CAPTURE(sql);
            REQUIRE(f.would_change(sql));
            CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("permission denied for table " + table));
        }
    }
}

TEST_CASE("attack 56: with the right given by mistake, a change is still refused aloud", "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        f.database.as_superuser(on(table, "grant update, delete on % to daybook_app"));
        for (const std::string statement : {"update % set organization_id = organization_id", "delete from %"}) {
            CAPTURE(on(table, statement));
            CHECK_THAT(f.refused_to_application(on(table, statement)), ContainsSubstring("append-only"));
        }
    }
}

TEST_CASE("attack 56: with the right, without the trigger and with a permissive policy, nothing is changed",
          "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        f.database.as_superuser(on(table, "grant update, delete on % to daybook_app"));
        f.database.as_superuser(on(table, "create policy too_kind on % for all using (true) with check (true)"));
        f.database.as_superuser(on(table, "alter table % disable trigger append_only"));
        const std::string update = on(table, "update % set organization_id = organization_id");
        const std::string remove = on(table, "delete from %");

        CAPTURE(table);
        CHECK(f.rows_for_application(update) == 0);
        CHECK(f.rows_for_application(remove) == 0);

        // The restrictive policies were what held.
        f.database.as_superuser(on(table, "drop policy " + table + "_append_only_update on %"));
        f.database.as_superuser(on(table, "drop policy " + table + "_append_only_delete on %"));
        CHECK(f.rows_for_application(update) > 0);
        CHECK(f.rows_for_application(remove) > 0);
    }
}

// ---------------------------------------------------------------- 57 to 60: other ways to say it

TEST_CASE("attack 57: no program may update any column of any table", "[database]")
{
    fixture f;
    pqxx::work work{f.superuser};
    REQUIRE(work.query_value<bool>("select has_any_column_privilege('daybook_app', 'daybook.audit_logs', 'insert')"));

    for (const auto& [table] :
         work.query<std::string>("select c.oid::regclass::text from pg_class c "
                                 "where c.relnamespace = 'daybook'::regnamespace and c.relkind in ('r', 'p', 'v')")) {
        for (const std::string& role : program_roles) {
            CAPTURE(table, role);
            CHECK_FALSE(
                work.query_value<bool>("select has_any_column_privilege($1, $2, 'update')", pqxx::params{role, table}));
        }
    }
}

TEST_CASE("attack 58: TRUNCATE is refused to the application, with an organization and without", "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        const std::string sql = on(table, "truncate %");
        CAPTURE(sql);
        REQUIRE(f.would_change(sql));
        CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("permission denied for table " + table));
        pqxx::work outside{f.connection};
        CHECK_THAT(refusal(outside, sql), ContainsSubstring("permission denied for table " + table));
    }
}

TEST_CASE("attack 58: with the right given by mistake, TRUNCATE is still refused", "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        f.database.as_superuser(on(table, "grant truncate on % to daybook_app"));
        CAPTURE(table);
        CHECK_THAT(f.refused_to_application(on(table, "truncate %")), ContainsSubstring("append-only"));
    }
}

TEST_CASE("attack 58: the owner cannot TRUNCATE the log, its facets or a partition", "[database]")
{
    fixture f;
    std::vector<std::string> all = f.partitions();
    REQUIRE(all.size() > 1);
    all.insert(all.end(), {"daybook.audit_logs", "daybook.facets"});

    for (const std::string& table : all) {
        CAPTURE(table);
        {
            pqxx::work work{f.superuser};
            fixture::change_triggers(work, "disable");
            REQUIRE(refusal(work, "truncate " + table).empty());
        }
        CHECK_THAT(f.refused_to_owner("truncate " + table), ContainsSubstring("append-only"));
    }
}

TEST_CASE("attack 59: ON CONFLICT DO UPDATE and MERGE are refused", "[database]")
{
    fixture f;
    const std::string again = "insert into daybook.audit_logs (organization_id, id, action, actor_type, actor_id) "
                              "select organization_id, id, 'forged', actor_type, actor_id from daybook.audit_logs "
                              "on conflict (organization_id, id) do update set action = excluded.action";
    const std::string merge =
        "merge into daybook.audit_logs a using (select organization_id, id from daybook.audit_logs) b "
        "on a.organization_id = b.organization_id and a.id = b.id when matched then ";

    for (const std::string& sql : {again, merge + "update set action = 'forged'", merge + "delete"}) {
        CAPTURE(sql);
        REQUIRE(f.would_change(sql));
        CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("permission denied for table audit_logs"));
    }
}

TEST_CASE("attack 60: rows cannot be locked by whoever may not change them", "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        const std::string sql = on(table, "select * from %");
        REQUIRE(f.rows_for_application(sql) == 1);
        for (const std::string strength : {" for update", " for no key update", " for share", " for key share"}) {
            CAPTURE(sql + strength);
            REQUIRE(f.is_possible(sql + strength));
            CHECK_THAT(f.refused_to_application(sql + strength),
                       ContainsSubstring("permission denied for table " + table));
        }
    }
}

// ---------------------------------------------------------------- 61 to 64: taking the protections away

TEST_CASE("attack 61: the application cannot change what protects the log", "[database]")
{
    fixture f;

    for (const std::string& table : tables) {
        for (const std::string statement : {
                 "drop table % cascade",
                 "alter table % disable trigger append_only",
                 "alter table % disable row level security",
                 "alter table % no force row level security",
                 "alter table % owner to daybook_app",
                 "alter table % add column extra text",
                 "alter table % drop column organization_id cascade",
                 "drop trigger append_only on %",
                 "create rule swallow as on insert to % do instead nothing",
                 "create policy kind on % for all using (true)",
                 "create trigger mine after insert on % execute function daybook.refuse_change()",
             }) {
            const std::string sql = on(table, statement);
            CAPTURE(sql);
            REQUIRE(f.is_possible(sql));
            CHECK_THAT(f.refused_to_application(sql),
                       ContainsSubstring("must be owner") || ContainsSubstring("permission denied"));
        }
        // GRANT without the right to only warns.
        CHECK_THAT(
            f.refused_to_application(on(table, "grant delete on % to daybook_app; ") + on(table, "delete from %")),
            ContainsSubstring("permission denied for table " + table));
        const std::string policy = on(table, "drop policy " + table + "_append_only_delete on %");
        REQUIRE(f.is_possible(policy));
        CHECK_THAT(f.refused_to_application(policy), ContainsSubstring("must be owner"));
    }
    for (const std::string sql :
         {"drop schema daybook cascade", "create table daybook.mine ()",
          "drop function daybook.refuse_change() cascade",
          "create or replace function daybook.refuse_change() returns trigger language plpgsql as "
          "'begin return null; end'"}) {
        CAPTURE(sql);
        REQUIRE(f.is_possible(sql));
        CHECK_THAT(f.refused_to_application(sql),
                   ContainsSubstring("must be owner") || ContainsSubstring("permission denied"));
    }
}

TEST_CASE("attack 62: while the protections stand, the owner sees no event and changes none", "[database]")
{
    fixture f;
    pqxx::connection owner{f.database.owner_url()};

    for (const std::string& table : tables) {
        pqxx::work work{owner};
        CAPTURE(table);
        CHECK(work.query_value<long>(on(table, "select count(*) from %")) == 0);
        for (const std::string statement : {"update % set organization_id = organization_id", "delete from %"}) {
            CHECK_THAT(f.refused_to_owner(on(table, statement)), ContainsSubstring("append-only"));
        }
    }
}

TEST_CASE("attack 62: every table that holds an organization's rows binds its owner", "[database]")
{
    fixture f;
    pqxx::work work{f.superuser};

    long found = 0;
    for (const auto& [table, closed] : work.query<std::string, bool>(
             "select c.oid::regclass::text, c.relrowsecurity and c.relforcerowsecurity from pg_class c "
             "where c.relnamespace = 'daybook'::regnamespace and c.relkind in ('r', 'p') "
             "and c.relname not in ('migrations', 'roles', 'expected_schema', 'partitioning', 'retired_partitions')")) {
        CAPTURE(table);
        CHECK(closed);
        ++found;
    }
    CHECK(found > 4);  // the log, a partition or more, facets, organizations
}

TEST_CASE("attack 62: an owner who takes the protections away is reported", "[database]")
{
    fixture f;
    REQUIRE(f.reported().empty());
    pqxx::connection owner{f.database.owner_url()};
    {
        pqxx::work work{owner};
        work.exec("alter table daybook.audit_logs no force row level security");
        work.exec("alter table daybook.audit_logs disable trigger append_only");
        work.exec("alter table daybook.audit_logs_default no force row level security");
        work.exec("alter table daybook.audit_logs_default disable trigger append_only");
        work.exec("drop policy audit_logs_append_only_delete on daybook.audit_logs");
        work.exec("create policy mine on daybook.audit_logs for all using (true)");
        work.commit();
    }

    const std::string reported = f.reported();
    CHECK_THAT(reported, ContainsSubstring("table audit_logs: owner daybook_owner, row security on, forced"));
    CHECK_THAT(reported, ContainsSubstring("table audit_logs_default: owner daybook_owner, row security on, forced"));
    CHECK_THAT(reported, ContainsSubstring("audit_logs: trigger CREATE TRIGGER append_only"));
    CHECK_THAT(reported, ContainsSubstring("audit_logs_default: trigger CREATE TRIGGER append_only"));
    CHECK_THAT(reported, ContainsSubstring("policy audit_logs_append_only_delete"));
    CHECK_THAT(reported, ContainsSubstring("policy mine"));
}

TEST_CASE("attack 63: no program and no owner can switch triggers off for itself", "[database]")
{
    fixture f;
    const std::string sql = "set local session_replication_role = replica";
    REQUIRE(f.is_possible(sql));
    REQUIRE(f.refused_to_application("set local statement_timeout = 0").empty());

    CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("permission denied to set parameter"));
    CHECK_THAT(f.refused_to_owner(sql), ContainsSubstring("permission denied to set parameter"));
}

TEST_CASE("attack 63: the triggers fire under session_replication_role too", "[database]")
{
    fixture f;
    std::vector<std::string> all = f.partitions();
    all.insert(all.end(), {"daybook.audit_logs", "daybook.facets"});

    for (const std::string& table : all) {
        CAPTURE(table);
        for (const std::string statement : {"delete from ", "truncate "}) {
            const std::string sql = "set local session_replication_role = replica; " + statement + table;
            {
                // Ordinary triggers would be silent.
                pqxx::work work{f.superuser};
                fixture::change_triggers(work, "enable");
                REQUIRE(refusal(work, sql).empty());
            }
            pqxx::work work{f.superuser};
            CHECK_THAT(refusal(work, sql), ContainsSubstring("append-only"));
        }
    }
}

TEST_CASE("attack 63: facets are written under session_replication_role too", "[database]")
{
    fixture f;
    pqxx::work work{f.superuser};
    const auto facets = [&] { return work.query_value<long>("select count(*) from daybook.facets"); };
    const long before = facets();
    work.exec("set local session_replication_role = replica");

    work.exec("insert into daybook.audit_logs (organization_id, action, actor_type, actor_id, facets) "
              "values ($1, 'a', 'user', 'u1', '{\"region\":\"eu\"}')",
              pqxx::params{to_string(f.acme)});

    CHECK(facets() == before + 1);
}

TEST_CASE("attack 64: a trigger that swallows an event ends the transaction, and says so", "[database]")
{
    fixture f;
    f.database.as_superuser(
        "create table public.invoices (id int); grant insert, select on public.invoices to daybook_app");
    const auto work = [&] {
        with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
            tx.sql().exec("insert into public.invoices values (42)");
            log_audit(tx, sample());
        });
    };
    REQUIRE_NOTHROW(work());
    f.database.as_superuser(
        "create function public.swallow() returns trigger language plpgsql as 'begin return null; end'; "
        "create trigger a before insert on daybook.audit_logs for each row execute function public.swallow()");

    CHECK(kind_of(work) == error_kind::not_stored);
    CHECK(f.database.ask_superuser("select count(*) from public.invoices") == "1");
    event e = sample();
    e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    CHECK(
        kind_of([&] {
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { static_cast<void>(log_new(tx, std::span{&e, 1})); });
        }) == error_kind::not_stored);
}

TEST_CASE("attack 64: a rule that swallows events ends the transaction, and is reported", "[database]")
{
    fixture f;
    const auto work = [&] { with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); }); };
    REQUIRE_NOTHROW(work());
    f.database.as_superuser("create rule swallow as on insert to daybook.audit_logs do instead nothing");

    CHECK(kind_of(work).has_value());
    CHECK_THAT(f.reported(), ContainsSubstring("audit_logs: rule CREATE RULE swallow"));
}

// ---------------------------------------------------------------- 65 to 69: partitions, children, keys, defaults

TEST_CASE("attack 65: the application can neither detach a partition nor attach one", "[database]")
{
    fixture f;
    f.database.as_superuser(
        "create table public.forged (like daybook.audit_logs including defaults including generated); "
        "alter table public.forged owner to daybook_app");
    const std::string detach = "alter table daybook.audit_logs detach partition daybook.audit_logs_default";
    const std::string attach =
        "alter table daybook.audit_logs attach partition public.forged "
        "for values from ('fffffff0-0000-0000-0000-000000000000') to ('fffffff1-0000-0000-0000-000000000000')";

    for (const std::string& sql : {detach, attach}) {
        CAPTURE(sql);
        REQUIRE(f.is_possible(
            "alter table public.forged add constraint audit_logs_not_nil "
            "check (organization_id <> '00000000-0000-0000-0000-000000000000'); "
            "alter table public.forged add constraint audit_logs_row_is_valid check (daybook.row_is_valid("
            "id, recorded_at, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason, "
            "changes, source_ip, user_agent, request_id, correlation_id, trace_id, source, metadata, facets, shaped_by)); " +
            sql));
        CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("must be owner"));
    }
}

TEST_CASE("attack 65: a detached and an attached partition are reported", "[database]")
{
    fixture f;
    f.database.as_superuser(
        "create table public.forged partition of daybook.audit_logs "
        "for values from ('fffffff0-0000-0000-0000-000000000000') to ('fffffff1-0000-0000-0000-000000000000')");
    const std::string attached = f.reported();
    f.database.as_superuser("drop table public.forged; "
                            "alter table daybook.audit_logs detach partition daybook.audit_logs_default");
    const std::string detached = f.reported();

    CHECK_THAT(attached, ContainsSubstring("partition forged: row security is not on and forced"));
    CHECK_THAT(attached, ContainsSubstring("partition forged: trigger append_only is missing"));
    CHECK_THAT(detached, ContainsSubstring("audit_logs_default"));
}

TEST_CASE("attack 66: no program has any right on any partition", "[database]")
{
    fixture f;
    REQUIRE(f.partitions().size() > 1);
    pqxx::work work{f.superuser};
    REQUIRE(work.query_value<bool>("select has_table_privilege('daybook_app', 'daybook.audit_logs', 'select')"));

    for (const std::string& partition : f.partitions()) {
        for (const std::string& role : program_roles) {
            CAPTURE(partition, role);
            CHECK_FALSE(work.query_value<bool>(
                "select has_table_privilege($1, $2, 'select, insert, update, delete, truncate, references, trigger') "
                "or has_any_column_privilege($1, $2, 'select, insert, update, references')",
                pqxx::params{role, partition}));
        }
    }
}

TEST_CASE("attack 66: every partition is closed in itself", "[database]")
{
    fixture f;
    REQUIRE(f.partitions().size() > 1);
    pqxx::work work{f.superuser};

    for (const std::string& partition : f.partitions()) {
        CAPTURE(partition);
        CHECK(work.query_value<bool>(
            "select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::regclass",
            pqxx::params{partition}));
        CHECK(work.query_value<long>("select count(*) from pg_policy where polrelid = $1::regclass",
                                     pqxx::params{partition}) == 0);
        CHECK(work.query_value<long>("select count(*) from pg_trigger where tgrelid = $1::regclass and tgenabled = 'A' "
                                     "and tgname = 'append_only'",
                                     pqxx::params{partition}) == 1);
    }
}

TEST_CASE("attack 66: with rights given by mistake, a partition still shows nothing and takes nothing", "[database]")
{
    fixture f;
    const std::string partition = f.database.ask_superuser("select tableoid::regclass from daybook.audit_logs limit 1");
    f.database.as_superuser("grant all on " + partition + " to daybook_app");
    REQUIRE(f.rows_for_application("select * from daybook.audit_logs") == 1);

    CHECK(f.rows_for_application("select * from " + partition) == 0);
    CHECK_THAT(f.refused_to_application("insert into " + partition +
                                        " (organization_id, action, actor_type, actor_id) values ('" +
                                        to_string(f.globex) + "', 'forged', 'user', 'u1')"),
               ContainsSubstring("row-level security"));
    for (const std::string statement : {"update % set action = 'forged'", "delete from %", "truncate %"}) {
        std::string sql = statement;
        sql.replace(sql.find('%'), 1, partition);
        CAPTURE(sql);
        REQUIRE(f.would_change(sql));
        CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("append-only"));
    }
}

TEST_CASE("attack 67: the log has no inheritance child, and one of the organizations is reported", "[database]")
{
    fixture f;
    const std::string child = "create table public.child () inherits (daybook.organizations)";
    REQUIRE(f.is_possible(child));
    for (const std::string parent : {"audit_logs", "facets"}) {
        pqxx::work work{f.superuser};
        CHECK_THAT(refusal(work, "create table public.child () inherits (daybook." + parent + ")"),
                   ContainsSubstring("cannot inherit from partitioned table"));
    }
    f.database.as_superuser("grant create on schema public to daybook_app");
    REQUIRE(f.refused_to_application("create table public.other ()").empty());
    CHECK_THAT(f.refused_to_application(child), ContainsSubstring("must be owner"));

    f.database.as_superuser(child);

    CHECK_THAT(f.reported(), ContainsSubstring("table child"));
}

TEST_CASE("attack 68: an event does not go with its organization", "[database]")
{
    fixture f;
    CHECK(f.database.ask_superuser(
              "select count(*) from pg_constraint where contype = 'f' "
              "and conrelid in (select oid from pg_class where relnamespace = 'daybook'::regnamespace) "
              "and confdeltype in ('c', 'n', 'd')") == "0");
    f.database.as_superuser("alter table daybook.audit_logs add foreign key (organization_id) "
                            "references daybook.organizations on delete cascade");
    const std::string sql = "delete from daybook.organizations";
    REQUIRE(f.would_change(sql));

    pqxx::work work{f.superuser};
    CHECK_THAT(refusal(work, sql), ContainsSubstring("append-only"));
}

TEST_CASE("attack 69: default privileges open no new partition, and are reported", "[database]")
{
    fixture f;
    CHECK(f.database.ask_superuser("select count(*) from pg_default_acl") == "0");
    f.database.as_superuser(
        "alter default privileges for role daybook_owner in schema daybook grant all on tables to daybook_app");
    {
        pqxx::connection owner{f.database.owner_url()};
        pqxx::work work{owner};
        work.exec("select daybook.make_partitions(p_since => '2019-01-01')");
        work.commit();
    }
    event old = sample();
    old.occurred_at = parse_time("2019-01-05T10:00:00Z");
    with_tenant(f.connection, f.globex, [&](tenant_tx& tx) { log_audit(tx, old); });
    REQUIRE(f.database.ask_superuser("select count(*) from daybook.audit_logs_2019_01") == "1");

    const std::string reported = f.reported();
    CHECK_THAT(reported, ContainsSubstring("default privileges of daybook_owner"));
    CHECK_FALSE(f.refused_to_application("select * from daybook.audit_logs_2019_01").empty());
    CHECK_FALSE(f.refused_to_application("delete from daybook.audit_logs_2019_01").empty());
}

// ---------------------------------------------------------------- 70 to 74: times, ids, order, bytes

TEST_CASE("attack 70: an event of long ago says when it was written", "[database]")
{
    fixture f;
    event old = sample();
    old.occurred_at = parse_time("1999-01-01T00:00:00Z");

    const bool told = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        const receipt r = log_audit(tx, old, write_now);
        return tx.sql().query_value<bool>(
            "select occurred_at = '1999-01-01Z' and recorded_at > now() - interval '1 hour' "
            "from daybook.events where id = $1",
            pqxx::params{to_string(r.id)});
    });

    CHECK(told);
}

TEST_CASE("attack 70: a time that is not finite, or in the future, is refused", "[database]")
{
    fixture f;
    const auto insert = [](const std::string& time) {
        return "insert into daybook.audit_logs (id, action, actor_type, actor_id) values (daybook.new_id(" + time +
               "), 'a', 'user', 'u1')";
    };
    REQUIRE(f.refused_to_application(insert("now() + interval '4 minutes'")).empty());

    CHECK_THAT(f.refused_to_application(insert("now() + interval '6 minutes'")),
               ContainsSubstring("five minutes ahead"));
    for (const std::string time : {"'infinity'", "'-infinity'", "'294276-12-31'"}) {
        CAPTURE(time);
        CHECK_FALSE(f.refused_to_application(insert(time)).empty());
    }
}

TEST_CASE("attack 71: what the database says of an event cannot be chosen", "[database]")
{
    fixture f;
    const auto insert = [](const std::string& column, const std::string& value) {
        return "insert into daybook.audit_logs (" + column + ", actor_type, actor_id) values (" + value +
               ", 'user', 'u1')";
    };
    REQUIRE(f.refused_to_application(insert("action", "'forged'")).empty());

    for (const auto& [column, value] : {std::pair<std::string, std::string>{"recorded_at", "timestamptz '2100-01-01'"},
                                        {"db_role", "'somebody_else'"},
                                        {"schema_version", "7"}}) {
        const std::string sql = insert("action, " + column, "'forged', " + value);
        CAPTURE(sql);
        REQUIRE(f.is_possible("select daybook.set_tenant('" + to_string(f.acme) + "'); " + sql));
        CHECK_THAT(f.refused_to_application(sql), ContainsSubstring("permission denied for table audit_logs"));
    }
    CHECK_FALSE(f.refused_to_application(insert("action, target_id", "'forged', '42'")).empty());
    // There is no number that a caller could override.
    CHECK(f.database.ask_superuser("select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid "
                                   "where c.relnamespace = 'daybook'::regnamespace and a.attidentity <> ''") == "0");
}

TEST_CASE("attack 71: a facet that is too large is refused by its own table, too", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    database.as_superuser("alter table daybook.audit_logs drop constraint audit_logs_row_is_valid");
    pqxx::connection connection = database.connect_as_application();
    const auto insert = [&](std::size_t bytes) {
        try {
            with_tenant(connection, acme, [&](tenant_tx& tx) {
                tx.sql().exec("insert into daybook.audit_logs (action, actor_type, actor_id, facets) values ('a.b', 'user', 'u1', "
                              "json_build_object('k', $1::text))",
                              pqxx::params{std::string(bytes, 'v')});
            });
        } catch (const pqxx::check_violation&) {
            return false;
        }
        return true;
    };

    CHECK(insert(1024));
    CHECK_FALSE(insert(1025));
}

TEST_CASE("attack 71: facets cannot be forged", "[database]")
{
    fixture f;
    const std::string forged = "insert into daybook.facets (organization_id, key, value, id) values ('" +
                               to_string(f.acme) + "', 'region', 'moon', gen_random_uuid())";
    REQUIRE(f.would_change(forged));
    REQUIRE(f.rows_for_application("select * from daybook.facets") == 1);

    CHECK_THAT(f.refused_to_application(forged), ContainsSubstring("permission denied for table facets"));
    // With the right given by mistake there is still no policy for it.
    f.database.as_superuser("grant insert on daybook.facets to daybook_app");
    CHECK_THAT(f.refused_to_application(forged), ContainsSubstring("row-level security"));
}

TEST_CASE("attack 71: an id that another organization took is free, and tells nothing", "[database]")
{
    fixture f;
    const std::string taken = f.database.ask_superuser("select id from daybook.audit_logs where organization_id = '" +
                                                       to_string(f.globex) + "'");
    event e = sample();
    e.id = event_id::parse(taken);

    CHECK_NOTHROW(with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); }));
    CHECK_FALSE(f.refused_to_application("insert into daybook.audit_logs (id, action, actor_type, actor_id) "
                                         "values (gen_random_uuid(), 'a', 'user', 'u1')")
                    .empty());
}

TEST_CASE("attack 72: an event that is sent twice is there once", "[database]")
{
    fixture f;
    f.database.as_superuser("create table public.invoices (id int); grant insert on public.invoices to daybook_app");
    event e = sample();
    e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    const auto work = [&] {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("insert into public.invoices values (42)");
            log_audit(tx, e);
        });
    };
    REQUIRE_NOTHROW(work());

    CHECK(kind_of(work) == error_kind::duplicate_event);
    CHECK(f.database.ask_superuser("select count(*) from public.invoices") == "1");
    const auto outcome_of = [&](const event& given) {
        return with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            return log_new(tx, std::span{&given, 1}).front();
        });
    };
    CHECK(outcome_of(e) == write_outcome::already_there);
    e.action = "invoice.cancelled";
    CHECK(outcome_of(e) == write_outcome::conflict);
    CHECK(f.database.ask_superuser("select string_agg(action, ' ') from daybook.audit_logs where id = '" +
                                   to_string(*e.id) + "'") == "invoice.paid");
}

TEST_CASE("attack 74: an event reads the same after its table was rewritten", "[database]")
{
    fixture f;
    const receipt r = with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return log_audit(tx, full_sample()); });
    const auto read = [&] {
        return with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return to_json(find_event(tx, r.id).value()); });
    };
    const auto place = [&] {
        return f.database.ask_superuser(
            "select min(pg_relation_filenode(tableoid)) from daybook.audit_logs where id = '" + to_string(r.id) + "'");
    };
    const std::string before = read();
    const std::string place_before = place();

    f.database.as_superuser("vacuum full daybook.audit_logs");

    CHECK(place() != place_before);
    CHECK(read() == before);
}
