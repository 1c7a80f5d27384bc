// The isolation test, and the proof that it can fail: one protection is removed at a time, and it must notice.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <functional>

#include <daybook/daybook.hpp>

#include "sample.hpp"
#include "sql/events_newest_first.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

using findings = std::vector<std::string>;

// Looks at a database as the application's role, with no WHERE, and names each promise that does not hold.
class inspection {
public:
    explicit inspection(const temporary_database& database)
        : m_database{database}, m_acme{database.add("acme")}, m_globex{database.add("globex")}
    {
    }

    findings run()
    {
        // Each on connections of its own, since one failure must not hide another.
        expect("each organization can log and read its own", [&] {
            return log_and_count(m_acme, 2) == 2 && log_and_count(m_globex, 1) == 1;
        });
        expect("a select without a WHERE sees one organization", [&] {
            return in(m_acme, "select count(distinct organization_id) = 1 and count(*) = 2 from daybook.audit_logs") &&
                   in(m_globex, "select count(distinct organization_id) = 1 and count(*) = 1 from daybook.audit_logs");
        });
        expect("facets are isolated", [&] { return in(m_acme, "select count(*) = 2 from daybook.facets"); });
        expect("the view is isolated", [&] { return in(m_acme, "select count(*) = 2 from daybook.events"); });
        expect("only the own organization's row is visible", [&] {
            return in(m_acme, "select string_agg(key, ' ') = 'acme' from daybook.organizations");
        });
        expect("the owner can add an organization", [&] { return to_string(m_database.add("initech")).size() == 36; });
        expect("a key is found", [&] { return outside("select daybook.organization_of('acme') is not null"); });
        expect("without an organization nothing is seen", [&] {
            pqxx::connection reused = m_database.connect_as_application();
            with_tenant(reused, m_acme, [](tenant_tx& tx) { tx.sql().exec("select 1"); });
            pqxx::work work{reused};
            return work.query_value<bool>("select count(*) = 0 from daybook.audit_logs") &&
                   outside("select count(*) = 0 from daybook.audit_logs") &&
                   outside("select count(*) = 0 from daybook.facets") &&
                   outside("select count(*) = 0 from daybook.organizations");
        });
        expect("an insert for another organization is refused", [&] {
            return is_refused(m_acme, "insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) values ('" +
                                          to_string(m_globex) + "', 'forged', 'user', 'u1')");
        });
        expect("an insert without an organization is refused", [&] {
            return is_refused_outside("insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) values ('" +
                                      to_string(m_globex) + "', 'forged', 'user', 'u1')");
        });
        for (const char* const table : {"audit_logs", "facets"}) {
            for (const char* const change : {"update daybook.%s set organization_id = organization_id",
                                             "delete from daybook.%s", "truncate daybook.%s"}) {
                std::string statement = change;
                statement.replace(statement.find("%s"), 2, table);
                expect(statement + " is refused", [&] { return is_refused(m_acme, statement); });
            }
        }
        expect("facets cannot be forged", [&] {
            return is_refused(m_acme, "insert into daybook.facets values ('" + to_string(m_acme) + "', 'k', 'v', gen_random_uuid())");
        });
        expect("the database's own columns cannot be chosen", [&] {
            return is_refused(m_acme, "insert into daybook.audit_logs (recorded_at, action, actor_type, actor_id) values "
                                      "('1999-01-01', 'forged', 'user', 'u1')");
        });
        expect("partitions cannot be named directly", [&] {
            return is_refused(m_acme, "select count(*) from daybook.audit_logs_default");
        });
        expect("the owner sees no event and changes none", [&] { return owner_is_bound(); });
        expect("restrictive policies hold against a permissive one", [&] { return restrictive_policies_hold(); });
        expect("triggers hold under session_replication_role", [&] { return triggers_are_always_enabled(); });
        expect("every table is closed", [&] { return every_table_is_closed(); });
        expect("the database filters when the engine does not", [&] { return database_filters_alone(); });
        expect("the auditor reads across, and the sealer", [&] { return system_tasks_read(); });
        return m_findings;
    }

private:
    void expect(const std::string& promise, const std::function<bool()>& holds)
    {
        bool held = false;
        try {
            held = holds();
        } catch (const std::exception& e) {
            m_findings.push_back(promise + " (" + e.what() + ")");
            return;
        }
        if (!held) {
            m_findings.push_back(promise);
        }
    }

    long log_and_count(const org_id& organization, int count)
    {
        pqxx::connection connection = m_database.connect_as_application();
        event e = sample();
        e.facets = {{.key = "k", .value = "v"}};
        return with_tenant(connection, organization, [&](tenant_tx& tx) {
            log_audit(tx, std::vector<event>(static_cast<std::size_t>(count), e));
            return static_cast<long>(query(tx, {}).events.size());
        });
    }

    bool in(const org_id& organization, const std::string& question)
    {
        pqxx::connection connection = m_database.connect_as_application();
        return with_tenant(connection, organization,
                           [&](tenant_tx& tx) { return tx.sql().query_value<bool>(question); });
    }

    bool outside(const std::string& question)
    {
        pqxx::connection connection = m_database.connect_as_application();
        pqxx::work work{connection};
        return work.query_value<bool>(question);
    }

    // Loudly: "permission denied" or a violated policy, never a silent success and never a mistake of the test.
    static bool is_refusal(const std::exception& e)
    {
        const std::string what = e.what();
        return what.find("permission denied") != std::string::npos || what.find("row-level security") != std::string::npos ||
               what.find("append-only") != std::string::npos;
    }

    bool is_refused(const org_id& organization, const std::string& statement)
    {
        pqxx::connection connection = m_database.connect_as_application();
        try {
            with_tenant(connection, organization, [&](tenant_tx& tx) {
                tx.sql().exec(statement);
                throw 0;  // it went through: undo it
            });
        } catch (const pqxx::sql_error& e) {
            return is_refusal(e);
        } catch (int) {
        }
        return false;
    }

    bool is_refused_outside(const std::string& statement)
    {
        pqxx::connection connection = m_database.connect_as_application();
        pqxx::work work{connection};
        try {
            work.exec(statement);
        } catch (const pqxx::sql_error& e) {
            return is_refusal(e);
        }
        return false;
    }

    bool owner_is_bound()
    {
        pqxx::connection connection{m_database.owner_url()};
        {
            pqxx::work work{connection};
            if (!work.query_value<bool>("select count(*) = 0 from daybook.audit_logs") ||
                !work.query_value<bool>("select count(*) = 0 from daybook.facets")) {
                return false;
            }
        }
        for (const char* const statement : {"update daybook.audit_logs set action = 'x'", "delete from daybook.audit_logs",
                                            "truncate daybook.audit_logs", "truncate daybook.facets",
                                            "delete from daybook.audit_logs_default", "truncate daybook.audit_logs_default"}) {
            pqxx::work work{connection};
            try {
                work.exec(statement);
                return false;
            } catch (const pqxx::sql_error& e) {
                if (!is_refusal(e)) {
                    throw;
                }
            }
        }
        return true;
    }

    // With a right, a permissive policy and without the trigger, what is left is the restrictive policy.
    bool restrictive_policies_hold()
    {
        pqxx::connection connection{m_database.superuser_url()};
        for (const std::string table : {"audit_logs", "facets"}) {
            pqxx::work work{connection};
            work.exec("grant select, update, delete on daybook." + table + " to daybook_app");
            work.exec("create policy too_kind on daybook." + table + " for all using (true) with check (true)");
            work.exec("alter table daybook." + table + " disable trigger append_only");
            work.exec("set local role daybook_app");
            work.exec("select daybook.set_tenant('" + to_string(m_acme) + "')");
            if (work.exec("update daybook." + table + " set organization_id = organization_id").affected_rows() != 0 ||
                work.exec("delete from daybook." + table).affected_rows() != 0) {
                return false;
            }
        }
        return true;
    }

    bool triggers_are_always_enabled()
    {
        pqxx::connection connection{m_database.superuser_url()};
        pqxx::work work{connection};
        work.exec("set local session_replication_role = replica");
        try {
            work.exec("delete from daybook.audit_logs");
        } catch (const pqxx::sql_error& e) {
            return is_refusal(e) && m_database.ask_superuser(
                "select count(*) = 0 from pg_trigger t join pg_class c on c.oid = t.tgrelid "
                "where c.relnamespace = 'daybook'::regnamespace and t.tgname in ('append_only', 'write_facets') and t.tgenabled <> 'A'") == "t";
        }
        return false;
    }

    bool every_table_is_closed()
    {
        return m_database.ask_superuser(
                   "select count(*) = 0 from pg_class c where c.relnamespace = 'daybook'::regnamespace and c.relkind in ('r', 'p') "
                   "and c.relname not in ('migrations', 'roles', 'expected_schema') "
                   "and not (c.relrowsecurity and c.relforcerowsecurity)") == "t";
    }

    // The engine's statement with its predicate taken out: the other layer alone must hold.
    bool database_filters_alone()
    {
        std::string sql = embedded::sql::events_newest_first;
        const std::string predicate = "a.organization_id = $1::uuid";
        const std::size_t at = sql.find(predicate);
        if (at == std::string::npos) {
            return false;
        }
        sql.replace(at, predicate.size(), "$1::uuid is not null");
        pqxx::connection connection = m_database.connect_as_application();
        return with_tenant(connection, m_acme, [&](tenant_tx& tx) {
            pqxx::params values{to_string(m_globex), "00000000-0000-0000-0000-000000000000",
                                "ffffffff-ffff-ffff-ffff-ffffffffffff", 100};
            values.append_multi(std::vector<std::optional<std::string>>(25));
            const pqxx::result rows = tx.sql().exec(sql, values);
            return rows.size() == 2 &&
                   std::ranges::all_of(rows, [&](const auto& row) { return row[0].template as<std::string>() == to_string(m_acme); });
        });
    }

    bool system_tasks_read()
    {
        for (const char* const role : {"daybook_auditor", "daybook_sealer"}) {
            pqxx::connection connection{m_database.url(role)};
            pqxx::work work{connection};
            if (!work.query_value<bool>("select count(distinct organization_id) = 2 from daybook.audit_logs") ||
                !work.query_value<bool>("select count(*) = 3 from daybook.organizations")) {
                return false;
            }
        }
        pqxx::connection connection{m_database.auditor_url()};
        pqxx::work work{connection};
        return work.query_value<bool>("select count(distinct organization_id) = 2 from daybook.facets");
    }

    const temporary_database& m_database;
    org_id m_acme;
    org_id m_globex;
    findings m_findings;
};

std::string joined(const findings& all)
{
    std::string text;
    for (const std::string& one : all) {
        text += "\n  " + one;
    }
    return text;
}

}  // namespace

TEST_CASE("the isolation test passes as the application's role", "[database]")
{
    const temporary_database database;

    CHECK(joined(inspection{database}.run()).empty());
}

TEST_CASE("the isolation test notices when a protection is removed", "[database]")
{
    struct mutant {
        std::string what;
        std::string sql;
    };
    std::vector<mutant> mutants;
    {
        // Every policy that there is.
        const temporary_database database;
        pqxx::connection connection{database.superuser_url()};
        pqxx::work work{connection};
        for (const auto& [name, table] : work.query<std::string, std::string>(
                 "select policyname, tablename from pg_policies where schemaname = 'daybook' and policyname <> 'organizations_owner_change'")) {
            mutants.push_back({"policy " + name, "drop policy " + name + " on daybook." + table});
        }
        REQUIRE(mutants.size() >= 14);
    }
    for (const std::string table : {"audit_logs", "facets", "organizations", "audit_logs_default"}) {
        mutants.push_back({"FORCE on " + table, "alter table daybook." + table + " no force row level security"});
        mutants.push_back({"row-level security on " + table, "alter table daybook." + table + " disable row level security"});
    }
    const std::string setting = "nullif(current_setting('app.org_id', true), '')::uuid";
    for (const auto& [what, predicate] : {std::pair<std::string, std::string>{"missing_ok", "nullif(current_setting('app.org_id'), '')::uuid"},
                                          {"the empty string", "current_setting('app.org_id', true)::uuid"},
                                          {"unset means all", "coalesce(" + setting + ", organization_id)"}}) {
        mutants.push_back({"isolation predicate without " + what,
                           "alter policy audit_logs_org_isolation_read on daybook.audit_logs using (organization_id = (select " + predicate + "))"});
    }
    mutants.push_back({"USING", "alter policy audit_logs_org_isolation_read on daybook.audit_logs using (true)"});
    mutants.push_back({"WITH CHECK", "alter policy audit_logs_org_isolation_write on daybook.audit_logs with check (true)"});
    mutants.push_back({"a second permissive policy", "create policy kind on daybook.audit_logs for insert with check (true)"});
    for (const std::string table : {"audit_logs", "facets"}) {
        mutants.push_back({"trigger on " + table, "drop trigger append_only on daybook." + table});
        mutants.push_back({"ENABLE ALWAYS on " + table, "alter table daybook." + table + " enable trigger append_only"});
        mutants.push_back({"no TRUNCATE right on " + table, "grant truncate on daybook." + table + " to daybook_app; "
                                                            "drop trigger append_only on daybook." + table});
        mutants.push_back({"no UPDATE right on " + table, "grant update on daybook." + table + " to daybook_app; "
                                                          "alter table daybook." + table + " disable trigger append_only"});
    }
    mutants.push_back({"trigger on a partition", "drop trigger append_only on daybook.audit_logs_default"});
    mutants.push_back({"no grant on a partition", "grant select on daybook.audit_logs_default to daybook_app"});
    mutants.push_back({"no right to write facets", "grant insert on daybook.facets to daybook_app; "
                                                   "create policy x on daybook.facets for insert with check (true)"});
    mutants.push_back({"column grants", "grant insert on daybook.audit_logs to daybook_app"});
    mutants.push_back({"security_invoker of the view", "alter view daybook.events set (security_invoker = false); "
                                                       "alter view daybook.events owner to postgres"});
    mutants.push_back({"security definer of the look-up", "alter function daybook.organization_of(text) security invoker"});
    mutants.push_back({"an IMMUTABLE wrapper", "create function public.org() returns uuid language sql immutable as "
                                               "'select nullif(current_setting(''app.org_id'', true), '''')::uuid'; "
                                               "alter policy organizations_own on daybook.organizations using (public.org() is not null)"});

    int killed = 0;
    for (const mutant& m : mutants) {
        const temporary_database database;
        inspection inspect{database};
        database.as_superuser(m.sql);
        const findings found = inspect.run();
        INFO("not noticed: " << m.what);
        CHECK_FALSE(found.empty());
        killed += found.empty() ? 0 : 1;
    }
    WARN(mutants.size() << " mutants, " << killed << " killed");
}
