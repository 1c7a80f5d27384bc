// What one organization's SQL can learn of another's events, as the application's role.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <memory>
#include <set>

#include <libpq-fe.h>

#include <daybook/daybook.hpp>

#include "attack.hpp"

using namespace daybook;
using namespace daybook::testing;

using Catch::Matchers::ContainsSubstring;

namespace {

// "2 of <organization>": the whole of what a select without a WHERE sees.
std::string all_of(const std::string& relation)
{
    return "select count(*) || ' of ' || coalesce(string_agg(distinct organization_id::text, ' '), 'nobody') "
           "from " + relation;
}

// The organizations that the rows of `sql` name.
std::set<std::string> organizations_in(pqxx::transaction_base& work, const std::string& sql)
{
    std::set<std::string> found;
    for (const auto& row : work.exec(sql)) {
        found.insert(row[0].as<std::string>());
    }
    return found;
}

// Every relation, outside of the system's schemas, that the application's role may read.
std::vector<std::string> readable(const temporary_database& database)
{
    pqxx::connection connection{database.superuser_url()};
    pqxx::work work{connection};
    std::vector<std::string> names;
    for (const auto& [name] : work.query<std::string>(
             "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
             "where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema$)' "
             "and has_schema_privilege('daybook_app', n.oid, 'usage') "
             "and has_any_column_privilege('daybook_app', c.oid, 'select') order by 1")) {
        names.push_back(name);
    }
    return names;
}

// Those of them that show, in the scope of `reader`, something of `victim`'s.
std::vector<std::string> relations_that_show(two_organizations& f, const org_id& victim, const org_id& reader)
{
    std::vector<std::string> names = readable(f.database);
    std::erase_if(names, [&](const std::string& name) {
        return ask<long>(f.connection, reader, "select count(*) from " + name + " r where r::text like '%' || $1 || '%'",
                         pqxx::params{to_string(victim)}) == 0;
    });
    return names;
}

bool has(const std::vector<std::string>& names, const std::string& name)
{
    return std::ranges::find(names, name) != names.end();
}

// What `sql`, a list of names, finds in the catalog; empty if nothing.
std::string found(const temporary_database& database, const std::string& sql)
{
    return database.ask_superuser("select coalesce(string_agg(name, ' ' order by name), '') from (" + sql + ") as f (name)");
}

const std::string insert_with_id =
    "insert into daybook.audit_logs (organization_id, id, action, actor_type, actor_id) "
    "values ($1, $2, 'a.b', 'user', 'u1')";

const std::string tables_without_protection =
    "select c.relname from pg_class c where c.relkind in ('r', 'p') "
    "and (c.relnamespace = 'daybook'::regnamespace or c.oid in (select inhrelid from pg_inherits)) "
    "and c.relname not in ('migrations', 'roles', 'expected_schema', 'partitioning', 'retired_partitions') and not (c.relrowsecurity and c.relforcerowsecurity)";

}  // namespace

TEST_CASE("attack 1: a select without a WHERE sees this organization and nothing else", "[database]")
{
    two_organizations f;
    REQUIRE(f.events() == "5");

    CHECK(ask<std::string>(f.connection, f.acme, all_of("daybook.audit_logs")) == "2 of " + to_string(f.acme));
    CHECK(ask<std::string>(f.connection, f.globex, all_of("daybook.audit_logs")) == "3 of " + to_string(f.globex));
}

TEST_CASE("attack 1: the facets without a WHERE are this organization's", "[database]")
{
    two_organizations f;

    CHECK(ask<std::string>(f.connection, f.acme, all_of("daybook.facets")) == "2 of " + to_string(f.acme));
    CHECK(ask<std::string>(f.connection, f.globex, all_of("daybook.facets")) == "3 of " + to_string(f.globex));
}

TEST_CASE("attack 1: the view without a WHERE is this organization's", "[database]")
{
    two_organizations f;

    CHECK(ask<std::string>(f.connection, f.acme, all_of("daybook.events")) == "2 of " + to_string(f.acme));
    CHECK(ask<std::string>(f.connection, f.globex, all_of("daybook.events")) == "3 of " + to_string(f.globex));
}

TEST_CASE("attack 1: of the organizations only the own one is visible", "[database]")
{
    two_organizations f;
    const std::string keys = "select string_agg(key, ' ') from daybook.organizations";

    CHECK(ask<std::string>(f.connection, f.acme, keys) == "acme");
    CHECK(ask<std::string>(f.connection, f.globex, keys) == "globex");
}

TEST_CASE("attack 2: no shape of a query reaches around the policy", "[database]")
{
    two_organizations f;
    pqxx::connection superuser{f.database.superuser_url()};
    const std::set<std::string> own{to_string(f.acme)};
    const std::set<std::string> both{to_string(f.acme), to_string(f.globex)};

    for (const char* const sql : {
             "select organization_id from daybook.audit_logs where action = 'none' or 1 = 1",
             "select organization_id from daybook.audit_logs where action = 'none' union all "
             "select organization_id from daybook.audit_logs",
             "with c as materialized (select * from daybook.audit_logs) select organization_id from c",
             "with recursive c as (select organization_id from daybook.audit_logs "
             "union select organization_id from c) select * from c",
             "select l.organization_id from (values (1)) v, lateral (select * from daybook.audit_logs) l",
             "select organization_id from daybook.audit_logs tablesample system (100)",
             "select organization_id from daybook.facets tablesample bernoulli (100)",
             "select (a).organization_id from (select a from daybook.audit_logs a) w",
             "select row_to_json(a) ->> 'organization_id' from daybook.audit_logs a",
             "select unnest(array_agg(organization_id)) from daybook.audit_logs",
             "select b.organization_id from daybook.audit_logs a "
             "right join daybook.audit_logs b on a.organization_id <> b.organization_id",
             "select first_value(organization_id) over (partition by organization_id) from daybook.events",
             "select organization_id from daybook.facets where id in (select id from daybook.events)",
             "select organization_id from daybook.audit_logs group by rollup (organization_id) "
             "having organization_id is not null",
         }) {
        INFO(sql);
        pqxx::work everything{superuser};
        CHECK(organizations_in(everything, sql) == both);

        CHECK(with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return organizations_in(tx.sql(), sql); }) == own);
    }
}

TEST_CASE("attack 2: a self-join finds no row of a second organization", "[database]")
{
    two_organizations f;
    const std::string pairs = "select count(*) from daybook.audit_logs a "
                              "join daybook.audit_logs b on a.organization_id <> b.organization_id";
    REQUIRE(f.database.ask_superuser(pairs) == "12");

    CHECK(ask<long>(f.connection, f.acme, pairs) == 0);
}

TEST_CASE("attack 3: asking for another organization by its id finds nothing", "[database]")
{
    two_organizations f;
    const pqxx::params globex{to_string(f.globex)};

    for (const auto& [place, rows] : {std::pair<std::string, long>{"daybook.audit_logs where organization_id", 3},
                                      {"daybook.facets where organization_id", 3},
                                      {"daybook.events where organization_id", 3},
                                      {"daybook.organizations where id", 1}}) {
        INFO(place);
        const std::string sql = "select count(*) from " + place + " = $1";
        CHECK(ask<long>(f.connection, f.globex, sql, globex) == rows);
        CHECK(ask<long>(f.connection, f.acme, sql, globex) == 0);
    }
}

TEST_CASE("attack 4: nothing that the application may read shows another organization", "[database]")
{
    two_organizations f;
    const std::vector<std::string> own = relations_that_show(f, f.globex, f.globex);
    for (const char* const name : {"daybook.audit_logs", "daybook.events", "daybook.facets", "daybook.organizations"}) {
        CHECK(has(own, name));
    }

    CHECK(relations_that_show(f, f.globex, f.acme).empty());
}

TEST_CASE("attack 4: a view that reads with a superuser's rights is noticed, also below another view", "[database]")
{
    two_organizations f;
    f.database.as_superuser("create view public.all_events as select * from daybook.audit_logs; "
                            "create view public.stacked with (security_invoker = true) as select * from public.all_events; "
                            "grant select on public.all_events, public.stacked to daybook_app");

    CHECK(relations_that_show(f, f.globex, f.acme) == std::vector<std::string>{"public.all_events", "public.stacked"});
}

TEST_CASE("attack 4: a view that reads with the owner's rights is empty", "[database]")
{
    two_organizations f;
    f.database.as_superuser("create view daybook.owned as select * from daybook.audit_logs; "
                            "alter view daybook.owned owner to daybook_owner; grant select on daybook.owned to daybook_app");
    REQUIRE(ask<long>(f.connection, f.acme, "select count(*) from daybook.events") == 2);

    CHECK(ask<long>(f.connection, f.acme, "select count(*) from daybook.owned") == 0);
}

TEST_CASE("attack 4: every view of the schema reads with the rights of whoever asks", "[database]")
{
    const temporary_database database;
    const std::string others = "select c.relname from pg_class c where c.relkind = 'v' "
                               "and c.relnamespace = 'daybook'::regnamespace "
                               "and not coalesce(c.reloptions @> array['security_invoker=true'], false)";
    CHECK(found(database, others).empty());

    database.as_superuser("create view daybook.bare as select * from daybook.audit_logs");
    CHECK(found(database, others) == "bare");
}

TEST_CASE("attack 5: no function lends the application rights that no policy holds", "[database]")
{
    two_organizations f;
    const std::string lenders = "select p.proname from pg_proc p join pg_roles r on r.oid = p.proowner "
                                "where p.prosecdef and (r.rolsuper or r.rolbypassrls) "
                                "and has_function_privilege('daybook_app', p.oid, 'execute')";
    CHECK(found(f.database, lenders).empty());

    f.database.as_superuser("create function daybook.lent() returns bigint language sql security definer as "
                            "'select count(*) from daybook.audit_logs'");
    CHECK(ask<long>(f.connection, f.acme, "select daybook.lent()") == 5);
    CHECK(found(f.database, lenders) == "lent");
}

TEST_CASE("attack 5: a function that runs as the owner sees no event either", "[database]")
{
    two_organizations f;
    f.database.as_superuser("create function daybook.owned() returns bigint language sql security definer as "
                            "'select (select count(*) from daybook.audit_logs) + (select count(*) from daybook.facets)'; "
                            "alter function daybook.owned() owner to daybook_owner");
    REQUIRE(ask<long>(f.connection, f.acme, "select count(*) from daybook.audit_logs") == 2);

    CHECK(ask<long>(f.connection, f.acme, "select daybook.owned()") == 0);
}

TEST_CASE("attack 5: no function of the schema is everybody's", "[database]")
{
    const temporary_database database;
    const std::string open = "select p.proname from pg_proc p where p.pronamespace = 'daybook'::regnamespace "
                             "and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a "
                             "where a.grantee = 0)";
    CHECK(found(database, open).empty());

    database.as_superuser("create function daybook.forgotten() returns int language sql as 'select 1'");
    CHECK(found(database, open) == "forgotten");
}

TEST_CASE("attack 6: no materialized view is there, since no policy can hold one", "[database]")
{
    two_organizations f;
    const std::string views = "select relname from pg_class where relkind = 'm'";
    CHECK(found(f.database, views).empty());

    f.database.as_superuser("create materialized view daybook.copied as select * from daybook.audit_logs; "
                            "grant select on daybook.copied to daybook_app");
    CHECK(relations_that_show(f, f.globex, f.acme) == std::vector<std::string>{"daybook.copied"});
    CHECK(found(f.database, views) == "copied");
}

TEST_CASE("attack 7: a cheap function in a query is shown this organization's values only", "[database]")
{
    two_organizations f;
    f.database.as_superuser("create function public.leak(text) returns boolean language plpgsql cost 0.0000001 as $$ begin "
                            "perform set_config('leak.seen', "
                            "coalesce(current_setting('leak.seen', true), '') || $1 || ';', true); "
                            "return true; end $$");
    const auto seen = [](pqxx::transaction_base& work, const std::string& sql) {
        work.exec(sql);
        return work.query_value<std::string>("select coalesce(current_setting('leak.seen', true), '')");
    };
    pqxx::connection superuser{f.database.superuser_url()};

    for (const char* const sql : {
             "select count(*) from daybook.audit_logs where public.leak(actor_id)",
             "select count(*) from daybook.events where public.leak(actor_id)",
             "select count(*) from daybook.facets where public.leak(value)",
             "select count(*) from daybook.audit_logs a join daybook.facets f on public.leak(a.actor_id || f.value)",
             "select count(case when public.leak(actor_id) then 1 end) from daybook.audit_logs",
             "select count(*) from daybook.audit_logs where public.leak(actor_id) or organization_id is null",
         }) {
        INFO(sql);
        pqxx::work everything{superuser};
        CHECK_THAT(seen(everything, sql), ContainsSubstring("secret of globex"));

        const std::string text = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return seen(tx.sql(), sql); });
        CHECK_THAT(text, ContainsSubstring("secret of acme"));
        CHECK_THAT(text, !ContainsSubstring("globex"));
    }
}

TEST_CASE("attack 8: an error that waits in another organization's row does not happen", "[database]")
{
    two_organizations f;

    for (const auto& [sql, state] : {
             std::pair{"select count(*) from daybook.audit_logs "
                       "where 1 / (case when actor_id = 'secret of globex' then 0 else 1 end) = 1", "22012"},
             std::pair{"select sum(1 / (case when value = 'secret of globex' then 0 else 1 end)) "
                       "from daybook.facets", "22012"},
             std::pair{"select count(*) from daybook.events "
                       "where (case when actor_id = 'secret of globex' then 'x' else '1' end)::int = 1", "22P02"},
             std::pair{"select count(*) from daybook.organizations "
                       "where (case when key = 'globex' then 'x' else '1' end)::int = 1", "22P02"},
         }) {
        INFO(sql);
        CHECK(attempt(f.connection, f.globex, sql) == state);
        CHECK(attempt(f.connection, f.acme, sql).empty());
    }
}

TEST_CASE("attack 12: the application reads no statistics of the log", "[database]")
{
    two_organizations f;
    f.database.as_superuser("create statistics daybook.pairs (dependencies) on action, outcome from daybook.audit_logs; "
                            "analyze daybook.audit_logs; analyze daybook.facets; analyze daybook.organizations");

    for (const std::string view : {"pg_stats", "pg_stats_ext"}) {
        INFO(view);
        const std::string rows = "select count(*) from " + view + " where schemaname = 'daybook'";
        CHECK(f.database.ask_superuser(rows) != "0");
        CHECK(ask<long>(f.connection, f.acme, rows) == 0);
    }
    for (const std::string table : {"pg_statistic", "pg_statistic_ext_data"}) {
        INFO(table);
        CHECK(f.database.ask_superuser("select count(*) from " + table) != "0");
        CHECK(attempt(f.connection, f.acme, "select count(*) from " + table) == "42501");
    }
}

TEST_CASE("attack 12: texts of the log do not get into the statistics at all", "[database]")
{
    two_organizations f;
    const auto tables_with = [&](const std::string& text) {
        f.database.as_superuser("analyze daybook.audit_logs; analyze daybook.facets");
        return f.database.ask_superuser("select count(*) from pg_stats s where s.schemaname = 'daybook' "
                                        "and s::text like '%" + text + "%'");
    };
    REQUIRE(tables_with("invoice.paid") != "0");
    CHECK(tables_with("secret of globex") == "0");

    f.database.as_superuser("alter table daybook.audit_logs alter column actor_id set statistics 100");
    CHECK(tables_with("secret of globex") != "0");
}

TEST_CASE("attack 12: keys and names of organizations do not get into the statistics", "[database]")
{
    const two_organizations f;
    const auto in_statistics = [&](const std::string& text) {
        f.database.as_superuser("analyze daybook.organizations");
        return f.database.ask_superuser("select count(*) from pg_stats s where s.schemaname = 'daybook' "
                                        "and s.tablename = 'organizations' and s::text like '%" + text + "%'");
    };
    REQUIRE(in_statistics(to_string(f.globex)) != "0");

    CHECK(in_statistics("globex") == "0");
}

TEST_CASE("attack 14: every unique key begins with the organization", "[database]")
{
    const temporary_database database;
    const std::string others = "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid "
                               "join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' "
                               "where c.relnamespace = 'daybook'::regnamespace "
                               "and (i.indisunique or i.indisexclusion) and i.indkey[0] <> a.attnum";
    CHECK(found(database, others).empty());

    database.as_superuser("create unique index by_id on only daybook.audit_logs (id)");
    CHECK(found(database, others) == "daybook.by_id");
}

TEST_CASE("attack 14: an insert does not tell whether another organization has the id", "[database]")
{
    two_organizations f;
    const pqxx::params taken_by_globex{to_string(f.acme), to_string(f.of_globex.front().id)};
    const auto written = [&] {
        pqxx::work work{f.connection};
        const tenant_tx scope = bind_tenant(work, f.acme);
        return work.exec(insert_with_id + " on conflict do nothing", taken_by_globex).affected_rows();
    };
    CHECK(attempt(f.connection, f.acme, insert_with_id, taken_by_globex).empty());
    CHECK(written() == 1);

    // With a key across organizations it would.
    f.database.as_superuser("create unique index by_id on daybook.audit_logs (id)");
    CHECK(attempt(f.connection, f.acme, insert_with_id, taken_by_globex) == "23505");
    CHECK(written() == 0);
}

TEST_CASE("attack 15: no foreign key leads to the log, since its check would tell what exists", "[database]")
{
    two_organizations f;
    const std::string keys = "select distinct c.conname from pg_constraint c "
                             "join pg_class t on t.oid in (c.conrelid, c.confrelid) "
                             "where c.contype = 'f' and t.relnamespace = 'daybook'::regnamespace and c.conparentid = 0";
    CHECK(found(f.database, keys).empty());

    f.database.as_superuser("create table public.notes (organization_id uuid, event uuid, constraint to_the_log "
                            "foreign key (organization_id, event) references daybook.audit_logs); "
                            "grant insert on public.notes to daybook_app");
    const auto note = [&](const event_id& id) {
        return attempt(f.connection, f.acme, "insert into public.notes values ($1, $2)",
                       {to_string(f.globex), to_string(id)});
    };
    CHECK(note(f.of_globex.front().id).empty());
    CHECK(note(event_id::generate(parse_time("2026-03-02T10:00:00Z"))) == "23503");
    CHECK(found(f.database, keys) == "to_the_log");
}

TEST_CASE("attack 16: nothing in the schema counts across organizations", "[database]")
{
    const temporary_database database;
    const std::string counters = "select c.relname from pg_class c where c.relnamespace = 'daybook'::regnamespace "
                                 "and c.relkind = 'S' "
                                 "union select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid "
                                 "where c.relnamespace = 'daybook'::regnamespace and a.attidentity <> ''";
    CHECK(found(database, counters).empty());
    CHECK(database.ask_superuser("select format_type(atttypid, atttypmod) from pg_attribute "
                                 "where attrelid = 'daybook.audit_logs'::regclass and attname = 'id'") == "uuid");

    database.as_superuser("create table daybook.numbered (number bigint generated always as identity)");
    CHECK(found(database, counters) == "number numbered_number_seq");
}

TEST_CASE("attack 17: a sequence is out of the application's reach unless somebody grants it", "[database]")
{
    two_organizations f;
    CHECK(found(f.database, "select relname from pg_class where case relkind when 'S' then "
                            "has_sequence_privilege('daybook_app', oid, 'usage, select, update') end")
              .empty());
    {
        pqxx::connection owner{f.database.owner_url()};
        pqxx::nontransaction work{owner};
        work.exec("create sequence daybook.numbers");
    }
    const std::vector<std::string> ways{"select nextval('daybook.numbers')", "select setval('daybook.numbers', 7)",
                                        "select last_value from daybook.numbers"};

    for (const std::string& sql : ways) {
        INFO(sql);
        CHECK(attempt(f.connection, f.acme, sql) == "42501");
    }
    f.database.as_superuser("grant all on sequence daybook.numbers to daybook_app");
    for (const std::string& sql : ways) {
        INFO(sql);
        CHECK(attempt(f.connection, f.acme, sql).empty());
    }
}

TEST_CASE("attack 26: COPY of a query takes this organization's rows only", "[database]")
{
    two_organizations f;
    const auto copied = [](pqxx::transaction_base& work, const std::string& query) {
        std::multiset<std::string> organizations;
        for (const auto& [organization] : work.stream<std::string>(query)) {
            organizations.insert(organization);
        }
        return organizations;
    };
    pqxx::connection superuser{f.database.superuser_url()};
    pqxx::work everything{superuser};

    for (const std::string relation : {"daybook.audit_logs", "daybook.facets", "daybook.events"}) {
        INFO(relation);
        const std::string query = "select organization_id from " + relation;
        CHECK(copied(everything, query).size() == 5);
        CHECK(with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return copied(tx.sql(), query); }) ==
              std::multiset<std::string>{to_string(f.acme), to_string(f.acme)});
    }
}

TEST_CASE("attack 26: COPY of a table takes this organization's rows at most", "[database]")
{
    two_organizations f;
    // libpqxx copies queries only.
    const auto copied = [&](const std::string& role, const std::string& what) {
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(f.database.url(role).c_str()), &PQfinish};
        PQclear(PQexec(connection.get(), ("begin; select daybook.set_tenant('" + to_string(f.acme) + "')").c_str()));
        PGresult* const begun = PQexec(connection.get(), ("copy " + what + " to stdout").c_str());
        REQUIRE(PQresultStatus(begun) == PGRES_COPY_OUT);
        PQclear(begun);
        std::string lines;
        char* line = nullptr;
        while (PQgetCopyData(connection.get(), &line, 0) > 0) {
            lines += line;
            PQfreemem(line);
        }
        return lines;
    };

    CHECK_THAT(copied("postgres", "daybook.organizations (id)"), ContainsSubstring(to_string(f.globex)));
    CHECK(copied("daybook_app", "daybook.organizations (id)") == to_string(f.acme) + "\n");
    // The rows of a partitioned table are in its partitions, and policies make COPY look at the table alone.
    CHECK(copied("daybook_app", "daybook.audit_logs (organization_id)").empty());
    CHECK(copied("daybook_app", "daybook.facets (organization_id)").empty());
}

TEST_CASE("attack 26: COPY reaches neither files nor programs of the server", "[database]")
{
    two_organizations f;

    for (const std::string sql : {"copy (select * from daybook.audit_logs) to '/dev/null'",
                                  "copy (select * from daybook.audit_logs) to program 'cat > /dev/null'"}) {
        INFO(sql);
        f.database.as_superuser(sql);
        CHECK(attempt(f.connection, f.acme, sql) == "42501");
    }
}

TEST_CASE("attack 27: COPY into the log is refused", "[database]")
{
    two_organizations f;
    const auto copy = [](pqxx::transaction_base& work) {
        auto stream = pqxx::stream_to::table(work, {"daybook", "audit_logs"}, {"action", "actor_type", "actor_id"});
        stream.write_values("a.b", "user", "u1");
        stream.complete();
    };
    {
        pqxx::connection superuser{f.database.superuser_url()};
        pqxx::work work{superuser};
        work.exec("select daybook.set_tenant($1)", pqxx::params{to_string(f.acme)});
        copy(work);
        work.commit();
    }
    REQUIRE(f.events() == "6");

    CHECK(sqlstate_of([&] { with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { copy(tx.sql()); }); }) == "0A000");
    CHECK(f.events() == "6");
}

TEST_CASE("attack 28: a dump by a role that policies hold fails, rather than being empty or partial", "[database]")
{
    two_organizations f;
    // pg_dump begins with this setting.
    const auto dump = [&](const std::string& role, const std::string& table) {
        pqxx::connection connection{f.database.url(role)};
        pqxx::work work{connection};
        work.exec("set row_security = off");
        return sqlstate_of([&] { work.exec("select count(*) from " + table); });
    };

    for (const std::string table : {"daybook.audit_logs", "daybook.facets"}) {
        INFO(table);
        CHECK(f.database.ask_superuser("set row_security = off; select count(*) from " + table) == "5");
        for (const char* const role : {"daybook_owner", "daybook_app", "daybook_auditor"}) {
            INFO(role);
            CHECK(dump(role, table) == "42501");
        }
    }
}

TEST_CASE("attack 52: an error tells nothing of another organization's rows", "[database]")
{
    two_organizations f;
    const auto words = [](pqxx::transaction_base& work, const std::string& sql) {
        try {
            work.exec(sql);
        } catch (const pqxx::sql_error& e) {
            return std::string{e.what()};
        }
        return std::string{"no error"};
    };
    pqxx::connection superuser{f.database.superuser_url()};

    for (const std::string sql : {"select sum(actor_id::int) from daybook.audit_logs where actor_id ~ $1",
                                  "insert into daybook.audit_logs (organization_id, action, actor_id) "
                                  "select organization_id, action, actor_id from daybook.audit_logs where actor_id ~ $1"}) {
        INFO(sql);
        const auto about = [&](const std::string& text) {
            return std::string{sql}.replace(sql.find("$1"), 2, "'" + text + "'");
        };
        pqxx::work everything{superuser};
        CHECK_THAT(words(everything, about("globex")), ContainsSubstring("secret of globex"));

        const auto told = [&](const std::string& text) {
            pqxx::work work{f.connection};
            tenant_tx tx = bind_tenant(work, f.acme);
            return words(tx.sql(), about(text));
        };
        CHECK_THAT(told("acme"), ContainsSubstring("ERROR"));
        CHECK_THAT(told("."), ContainsSubstring("ERROR") && !ContainsSubstring("globex"));
        CHECK(told("globex") == "no error");
    }
}

TEST_CASE("attack 52: a forged event is refused in the same words, whether its id is taken or not", "[database]")
{
    two_organizations f;
    const auto refusal = [&](const org_id& organization, const event_id& id) {
        std::string text;
        CHECK_THROWS_AS(with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            try {
                tx.sql().exec(insert_with_id, {to_string(organization), to_string(id)});
            } catch (const pqxx::sql_error& e) {
                text = e.what();
                throw;
            }
        }), pqxx::sql_error);
        return text;
    };
    CHECK_THAT(refusal(f.acme, f.of_acme.front().id), ContainsSubstring("duplicate key"));

    const std::string taken = refusal(f.globex, f.of_globex.front().id);
    CHECK_THAT(taken, ContainsSubstring("row-level security"));
    CHECK(taken == refusal(f.globex, event_id::generate(parse_time("2026-03-02T10:00:00Z"))));
}

TEST_CASE("attack 53: an insert gives back what its scope may see, or is refused as a whole", "[database]")
{
    two_organizations f;
    const auto returned = [&](const org_id& organization, const std::string& conflict) {
        return attempt(f.connection, f.acme, insert_with_id + conflict + " returning actor_id",
                       {to_string(organization), to_string(f.of_globex.front().id)});
    };
    CHECK(returned(f.acme, "").empty());
    CHECK(returned(f.acme, " on conflict do nothing").empty());

    CHECK(returned(f.globex, "") == "42501");
    CHECK(returned(f.globex, " on conflict do nothing") == "42501");
    // Who may write but not read learns nothing by writing.
    f.database.as_superuser("drop policy audit_logs_org_isolation_read on daybook.audit_logs");
    CHECK(returned(f.acme, "") == "42501");
}

TEST_CASE("attack 54: row_security = off is an error, never rows", "[database]")
{
    two_organizations f;
    const auto set = [&](const std::string& value) {
        pqxx::nontransaction{f.connection}.exec("set row_security = " + value);
    };

    for (const std::string relation : {"daybook.audit_logs", "daybook.facets", "daybook.events", "daybook.organizations"}) {
        INFO(relation);
        const std::string select = "select count(*) from " + relation;
        set("on");
        CHECK(attempt(f.connection, f.acme, select).empty());
        set("off");
        CHECK(attempt(f.connection, f.acme, select) == "42501");
        CHECK(attempt(f.connection, select) == "42501");
    }
}

TEST_CASE("attack 55: every table of the schema and every partition is under policies that bind its owner too", "[database]")
{
    const temporary_database database;
    CHECK(found(database, tables_without_protection).empty());

    database.as_superuser("create table daybook.receipts (organization_id uuid, size bigint)");
    CHECK(found(database, tables_without_protection) == "receipts");
}

TEST_CASE("attack 55: the tables that have no organization are not the application's", "[database]")
{
    two_organizations f;

    for (const std::string table : {"migrations", "roles", "expected_schema", "partitioning", "retired_partitions"}) {
        INFO(table);
        CHECK(f.database.ask_superuser("select count(*) >= 0 from daybook." + table) == "t");
        CHECK(attempt(f.connection, f.acme, "select count(*) from daybook." + table) == "42501");
    }
}

TEST_CASE("attack 55: every permissive policy of the application asks for the organization", "[database]")
{
    const temporary_database database;
    const std::string kind = "select policyname from pg_policies where schemaname = 'daybook' and permissive = 'PERMISSIVE' "
                             "and roles && array['public', 'daybook_app']::name[] "
                             "and (cmd not in ('SELECT', 'INSERT') or coalesce(qual, with_check) !~ "
                             "'^[(](organization_id|id) = [(] SELECT [(]NULLIF[(]current_setting[(]''app.org_id''::text, "
                             "true[)], ''''::text[)][)]::uuid')";
    CHECK(found(database, kind).empty());

    database.as_superuser("create policy kind on daybook.audit_logs for insert with check (true)");
    CHECK(found(database, kind) == "kind");
}

TEST_CASE("a partition cannot be named directly, the one of a new month neither", "[database]")
{
    two_organizations f;
    {
        pqxx::connection owner{f.database.owner_url()};
        pqxx::nontransaction work{owner};
        work.exec("select daybook.make_partitions(p_until => '2028-02-01')");
    }
    pqxx::connection superuser{f.database.superuser_url()};
    pqxx::work work{superuser};
    std::set<std::string> partitions;
    for (const auto& [name] : work.query<std::string>("select inhrelid::regclass::text from pg_inherits "
                                                      "where inhparent in ('daybook.audit_logs'::regclass, 'daybook.facets'::regclass)")) {
        partitions.insert(name);
    }
    REQUIRE(partitions.contains("daybook.audit_logs_default"));
    REQUIRE(partitions.contains("daybook.audit_logs_2028_01"));
    REQUIRE(partitions.contains("daybook.facets_2028_01"));

    for (const std::string& partition : partitions) {
        INFO(partition);
        const std::string select = "select count(*) from " + partition;
        CHECK(sqlstate_of([&] { work.exec(select); }).empty());
        CHECK(attempt(f.connection, f.acme, select) == "42501");
        // Refused twice: without a grant, and by row-level security without a policy.
        CHECK_FALSE(work.query_value<bool>("select has_any_column_privilege('daybook_app', '" + partition +
                                           "', 'select, insert, update, references')"));
        const std::string insert = partition.starts_with("daybook.facets")
                                       ? " (organization_id, key, value, id) values (gen_random_uuid(), 'k', 'v', gen_random_uuid())"
                                       : " (action, actor_type, actor_id) values ('a.b', 'user', 'u1')";
        CHECK(attempt(f.connection, f.acme, "insert into " + partition + insert) == "42501");
    }
}

TEST_CASE("a partition that somebody granted by mistake still shows nothing", "[database]")
{
    two_organizations f;
    const std::string partition = f.database.ask_superuser("select distinct tableoid::regclass::text "
                                                           "from daybook.audit_logs");
    const std::string rows = "select count(*) from " + partition;
    f.database.as_superuser("grant select on " + partition + " to daybook_app");

    CHECK(f.database.ask_superuser(rows) == "5");
    CHECK(ask<long>(f.connection, f.acme, rows) == 0);
    f.database.as_superuser("alter table " + partition + " disable row level security");
    CHECK(ask<long>(f.connection, f.acme, rows) == 5);
}

TEST_CASE("the owner of the log sees no event and writes none", "[database]")
{
    two_organizations f;
    pqxx::connection owner{f.database.owner_url()};
    pqxx::work work{owner};
    work.exec("select daybook.set_tenant($1)", pqxx::params{to_string(f.acme)});

    CHECK(work.query_value<long>("select count(*) from daybook.audit_logs") == 0);
    CHECK(work.query_value<long>("select count(*) from daybook.facets") == 0);
    CHECK(work.query_value<long>("select count(*) from daybook.events") == 0);
    const pqxx::params values{to_string(f.acme), to_string(event_id::generate(parse_time("2026-03-02T10:00:00Z")))};
    CHECK(attempt(f.connection, f.acme, insert_with_id, values).empty());
    CHECK(sqlstate_of([&] { work.exec(insert_with_id, values); }) == "42501");
}

TEST_CASE("the auditor and the sealer read across organizations", "[database]")
{
    two_organizations f;
    const auto [first, second] = std::minmax({to_string(f.acme), to_string(f.globex)});
    const std::string both = "5 of " + first + " " + second;

    for (const char* const role : {"daybook_auditor", "daybook_sealer"}) {
        INFO(role);
        pqxx::connection connection{f.database.url(role)};
        CHECK(ask<std::string>(connection, all_of("daybook.audit_logs")) == both);
        CHECK(ask<long>(connection, "select count(*) from daybook.organizations") == 2);
    }
    pqxx::connection auditor{f.database.auditor_url()};
    CHECK(ask<std::string>(auditor, all_of("daybook.facets")) == both);
    CHECK(ask<std::string>(auditor, all_of("daybook.events")) == both);
}

TEST_CASE("the auditor and the sealer write no event", "[database]")
{
    two_organizations f;
    const pqxx::params values{to_string(f.acme), to_string(event_id::generate(parse_time("2026-03-02T10:00:00Z")))};
    CHECK(attempt(f.connection, f.acme, insert_with_id, values).empty());

    for (const char* const role : {"daybook_auditor", "daybook_sealer"}) {
        INFO(role);
        pqxx::connection connection{f.database.url(role)};
        CHECK(attempt(connection, insert_with_id, values) == "42501");
    }
    // Policies would refuse even if somebody granted it; nobody has.
    const std::string writers = "select string_agg(r.rolname, ' ' order by r.rolname) from pg_roles r where r.rolname like 'daybook\\_%' "
                                "and has_any_column_privilege(r.oid, 'daybook.audit_logs', 'insert')";
    CHECK(f.database.ask_superuser(writers) == "daybook_app daybook_owner");
}

TEST_CASE("a key is found by organization_of, whole and exact, and by nothing else", "[database]")
{
    two_organizations f;
    const auto id_of = [&](const std::string& key) {
        return ask<std::string>(f.connection, "select coalesce(daybook.organization_of($1)::text, 'none')",
                                pqxx::params{key});
    };

    CHECK(id_of("globex") == to_string(f.globex));
    for (const char* const key : {"glob", "globe_", "%", "GLOBEX", "globex ", "globex' or 'a' = 'a", ""}) {
        INFO(key);
        CHECK(id_of(key) == "none");
    }
    CHECK(ask<long>(f.connection, "select count(*) from daybook.organizations where key = 'globex'") == 0);
    CHECK(ask<long>(f.connection, f.acme, "select count(*) from daybook.organizations where key = 'globex'") == 0);
}

TEST_CASE("the owner adds organizations and sees them", "[database]")
{
    const temporary_database database;
    database.add("acme");
    database.add("globex");

    const std::vector<organization> all = list_organizations(database.owner_url());

    REQUIRE(all.size() == 2);
    CHECK(all[1].key == "globex");
}

TEST_CASE("the owner renames an organization", "[database]")
{
    const temporary_database database;
    database.add("acme");
    pqxx::connection owner{database.owner_url()};

    pqxx::nontransaction{owner}.exec("update daybook.organizations set name = 'Acme Limited' where key = 'acme'");

    CHECK(list_organizations(database.owner_url()).front().name == "Acme Limited");
}

TEST_CASE("a key in the form of a uuid, or that cannot be printed, is no key", "[database]")
{
    const temporary_database database;
    pqxx::connection owner{database.owner_url()};
    const std::string add = "insert into daybook.organizations (key) values ($1)";
    CHECK(attempt(owner, add, {"acme"}).empty());

    for (const std::string& key : {to_string(org_id::generate()), std::string{}, std::string(201, 'k'), std::string{"two\nlines"}}) {
        INFO(key);
        CHECK(attempt(owner, add, {key}) == "23514");
    }
}

TEST_CASE("a connection asks for the schema's level, and for nothing else of its history", "[database]")
{
    two_organizations f;

    CHECK(ask<std::string>(f.connection, "select daybook.schema_level()") == "0003_seal");
    CHECK(attempt(f.connection, "select name from daybook.migrations") == "42501");
}
