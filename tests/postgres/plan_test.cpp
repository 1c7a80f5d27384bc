// Reads that stay flat: what the server really does for each kind of query, in a large log of many organizations. auto_explain
// says it of the engine's own statements, whatever they are.

#include <catch2/catch_test_macros.hpp>

#include <concepts>

#include <daybook/daybook.hpp>

#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

constexpr long events_of_largest = 30'000;
constexpr long rows_of_page = 50;

// 300,000 events of 1,000 organizations in 24 months; the largest has a tenth. Every second event reads, one in three is by a
// service, and a few of each kind are rare. Made once, since nobody writes to it.
struct large_log {
    temporary_database database;
    org_id largest = org_id::parse("00000000-0000-4000-8000-000000000001");
    org_id small = org_id::parse("00000000-0000-4000-8000-000000000321");

    large_log()
    {
        {
            pqxx::connection owner{database.owner_url()};
            pqxx::nontransaction{owner}.exec("select daybook.make_partitions(date_trunc('month', now()) - interval '23 months')");
        }
        database.as_superuser(R"sql(
            alter table daybook.audit_logs disable trigger write_facets;
            insert into daybook.audit_logs (organization_id, id, action, outcome, actor_type, actor_id, targets, reason, source_ip,
                                            correlation_id, facets)
            select ('00000000-0000-4000-8000-' || lpad(to_hex(e.organization), 12, '0'))::uuid,
                   daybook.new_id(e.since + e.i * (now() - e.since) / 300000),
                   case when e.j % 5000 = 77 then 'role.grant'
                        when e.j % 2 = 0 then 'doc.read'
                        else 'doc.' || (array['write', 'delete', 'share', 'move', 'list'])[1 + e.j % 5] end,
                   case when e.j % 1000 = 3 then 'denied' else 'success' end,
                   'user',
                   case when e.j % 3 = 0 then 'ci' when e.j % 10000 = 7 then 'rare' else 'u' || e.j % 200 end,
                   -- As the engine writes JSON: the row's check is quick then.
                   format('[{"type":"doc","id":"d%s"}]', case when e.j % 4 = 0 then 0 else e.j % 2000 end)::json,
                   case when e.j % 1000 = 3 then 'not yours' end,
                   '10.0.0.' || e.j % 250,
                   'c' || e.j / 3,
                   case when e.j % 10 < 7
                        then format('{"region":"eu","tier":"%s"}', case when e.j % 3000 = 5 then 'gold' else 'free' end)::json end
            from (select i,
                         i / 10 + i % 10 * 7 as j,
                         date_trunc('month', now()) - interval '23 months' as since,
                         -- Every tenth is the largest's; the others have from some to some thousand.
                         case when i % 10 = 0 then 1 else 2 + floor(999 * power((i * 0.6180339887498949) % 1, 2))::int end as organization
                  from generate_series(0, 299999) as i) e;
            insert into daybook.facets (organization_id, key, value, id)
            select a.organization_id, f.key, f.value, a.id
            from daybook.audit_logs a, json_each_text(a.facets) f
            where a.facets is not null;
            alter table daybook.audit_logs enable always trigger write_facets;
        )sql");
        database.as_superuser("vacuum analyze daybook.audit_logs, daybook.facets");
        for (const char* const setting :
             {"session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0", "auto_explain.log_level = 'notice'",
              "auto_explain.log_analyze = on", "auto_explain.log_timing = off", "auto_explain.log_buffers = on",
              "auto_explain.log_format = 'json'"}) {
            database.as_superuser("alter role daybook_app in database " + database.name() + " set " + setting);
        }
    }
};

const large_log& log()
{
    static const large_log one;
    return one;
}

filter all_of(std::initializer_list<const char*> assignments)
{
    filter f;
    for (const char* const assignment : assignments) {
        add_to_filter(f, assignment);
    }
    return f;
}

// What the statements that read the log did.
struct work {
    std::size_t statements = 0;
    long seq_scans = 0;     // that were executed
    long unbound = 0;       // scans of the log or its facets without the organization as an index condition
    long partitions = 0;    // that were looked into
    long rows_found = 0;    // by scans
    long rows_removed = 0;  // that a scan, a recheck or a join found and dropped again
    long blocks = 0;
    long events = 0;  // that the query returned
};

class explained_connection {
public:
    explained_connection() : m_application{log().database.connect_as_application()}, m_superuser{log().database.superuser_url()}
    {
        m_application.set_notice_handler([this](pqxx::zview text) noexcept { m_notices.emplace_back(text); });
    }

    template <std::invocable<tenant_tx&> Read>
    work work_of(const org_id& organization, Read&& read, const std::string& plans = "auto")
    {
        work done;
        with_tenant(m_application, organization, [&](tenant_tx& tx) {
            tx.sql().exec("set local plan_cache_mode = " + plans);
            m_notices.clear();
            done.events = read(tx);
        });
        for (const std::string& notice : m_notices) {
            if (notice.find("from daybook.audit_logs") != std::string::npos) {
                add(done, notice.substr(notice.find('{')));
            }
        }
        REQUIRE(done.statements > 0);
        return done;
    }

    work work_of(const org_id& organization, const filter& f, const query_options& options = {}, const std::string& plans = "auto")
    {
        const auto read = [&](tenant_tx& tx) { return static_cast<long>(query(tx, f, options).events.size()); };
        return work_of(organization, read, plans);
    }

private:
    void add(work& done, const std::string& plan)
    {
        pqxx::nontransaction ask{m_superuser};
        const pqxx::row found = ask.exec(R"sql(
            with recursive node (n) as (
                select $1::jsonb -> 'Plan'
                union all
                select child from node, jsonb_array_elements(n -> 'Plans') as child
            ), executed as (
                select n, (n ->> 'Actual Loops')::numeric as loops, n ->> 'Relation Name' ~ '^(audit_logs|facets)' as reads_log
                from node
                where (n ->> 'Actual Loops')::numeric > 0
            )
            select count(*) filter (where n ->> 'Node Type' = 'Seq Scan'),
                   count(*) filter (where reads_log and (n ->> 'Index Cond' ~ 'organization_id = ') is not true),
                   count(distinct n ->> 'Relation Name') filter (where reads_log),
                   coalesce(sum(loops * (n ->> 'Actual Rows')::numeric) filter (where reads_log), 0)::bigint,
                   coalesce(sum(loops * (coalesce((n ->> 'Rows Removed by Filter')::numeric, 0)
                                         + coalesce((n ->> 'Rows Removed by Index Recheck')::numeric, 0)
                                         + coalesce((n ->> 'Rows Removed by Join Filter')::numeric, 0))), 0)::bigint,
                   (select (n ->> 'Shared Hit Blocks')::bigint + (n ->> 'Shared Read Blocks')::bigint from node limit 1),
                   $1::jsonb ->> 'Query Text' ~ 'organization_id = [$]1' as by_parameter
            from executed)sql",
                                         pqxx::params{plan}).one_row();
        ++done.statements;
        done.seq_scans += found[0].as<long>();
        done.unbound += found[1].as<long>();
        done.partitions = std::max(done.partitions, found[2].as<long>());
        done.rows_found += found[3].as<long>();
        done.rows_removed += found[4].as<long>();
        done.blocks += found[5].as<long>();
        CHECK(found[6].as<bool>());
    }

    std::vector<std::string> m_notices;
    pqxx::connection m_application;
    pqxx::connection m_superuser;
};

// Every kind of filter that an index serves, with values that nearly every event has and with rare ones.
struct shape {
    const char* name;
    filter wanted;
};

std::vector<shape> shapes()
{
    return {
        {"all", {}},
        {"action, common", all_of({"action=doc.read"})},
        {"action, rare", all_of({"action=role.grant"})},
        {"action, unknown", all_of({"action=role.revoke"})},
        {"actions", all_of({"action=doc.read", "action=doc.write", "action=role.grant"})},
        {"prefix, common", all_of({"action=doc.*"})},
        {"prefix, rare", all_of({"action=role.*"})},
        {"prefix of all", all_of({"action=*"})},
        {"prefix and action", all_of({"action=role.*", "action=doc.write"})},
        {"actor, common", all_of({"actor=ci"})},
        {"actor, rare", all_of({"actor=rare"})},
        {"actor with type", all_of({"actor=user:ci"})},
        {"actors", all_of({"actor=ci", "actor=u7", "actor=rare"})},
        {"target, common", all_of({"target=d0"})},
        {"target with type", all_of({"target=doc:d17"})},
        {"correlation id", all_of({"correlation_id=c500"})},
        {"facet, common", all_of({"facet.region=eu"})},
        {"facet, rare", all_of({"facet.tier=gold"})},
        {"facet, unknown", all_of({"facet.tier=silver"})},
        {"facet, two values", all_of({"facet.tier=gold", "facet.tier=free"})},
        {"facets, common", all_of({"facet.region=eu", "facet.tier=free"})},
        {"facets, common and rare", all_of({"facet.region=eu", "facet.tier=gold"})},
        {"actor and action, common", all_of({"actor=ci", "action=doc.read"})},
        {"common actor, rare action", all_of({"actor=ci", "action=role.grant"})},
        {"rare actor, common action", all_of({"actor=rare", "action=doc.*"})},
        {"common actor, rare facet", all_of({"actor=ci", "facet.tier=gold"})},
        {"target and outcome", all_of({"target=d0", "outcome=success"})},
        {"target, actor and action", all_of({"target=d0", "actor=ci", "action=doc.read"})},
    };
}

timestamp months_ago(int months)
{
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) - std::chrono::days{30 * months};
}

}  // namespace

TEST_CASE("a page costs about its own rows, whatever the filter and however large the organization", "[database]")
{
    explained_connection connection;
    for (const shape& s : shapes()) {
        for (const reading_order order : {reading_order::newest_first, reading_order::oldest_first}) {
            INFO(s.name << (order == reading_order::newest_first ? ", newest first" : ", oldest first"));
            const work done = connection.work_of(log().largest, s.wanted, {.order = order});

            CHECK(done.seq_scans == 0);
            CHECK(done.unbound == 0);
            CHECK(done.rows_removed <= 10 * rows_of_page);
        }
    }
}

TEST_CASE("a plan that knows no values is as good as one that does", "[database]")
{
    explained_connection connection;
    for (const shape& s : shapes()) {
        INFO(s.name);
        const work fresh = connection.work_of(log().largest, s.wanted, {}, "force_custom_plan");
        const work generic = connection.work_of(log().largest, s.wanted, {}, "force_generic_plan");

        CHECK(generic.events == fresh.events);
        CHECK(generic.seq_scans == 0);
        CHECK(generic.unbound == 0);
        CHECK(static_cast<double>(generic.blocks) <= 1.2 * static_cast<double>(fresh.blocks));
        CHECK(static_cast<double>(generic.rows_found + generic.rows_removed) <=
              1.2 * static_cast<double>(fresh.rows_found + fresh.rows_removed));
    }
}

TEST_CASE("the plans of the tests see the largest organization's events", "[database]")
{
    explained_connection connection;
    const auto events = [&](std::initializer_list<const char*> assignments) {
        return connection.work_of(log().largest, all_of(assignments), {.limit = 10'000}).events;
    };

    CHECK(events({"action=role.grant"}) == 6);
    CHECK(events({"actor=rare"}) == 2);
    CHECK(events({"actor=rare", "action=doc.*"}) == 2);
    CHECK(events({"facet.tier=gold"}) == 10);
    CHECK(events({"facet.tier=gold", "facet.region=eu"}) == 10);
    CHECK(events({"actor=ci", "facet.tier=gold"}) == 0);
    CHECK(events({"outcome=denied"}) == 30);
    CHECK(events({"actor=ci"}) == 10'000);
    CHECK(events({"facet.region=eu"}) == 10'000);
    CHECK(events({"correlation_id=c500"}) == 3);
}

TEST_CASE("a page deep in the log costs what the first one does", "[database]")
{
    explained_connection connection;
    for (const shape& s : {shape{"all", {}}, shape{"facet", all_of({"facet.region=eu"})}, shape{"actor", all_of({"actor=ci"})}}) {
        INFO(s.name);
        const work first = connection.work_of(log().largest, s.wanted);
        const cursor deep{log().largest, event_id::generate(months_ago(12)), reading_order::newest_first};
        const work later = connection.work_of(log().largest, s.wanted, {.after = deep});

        CHECK(later.events == rows_of_page);
        CHECK(later.rows_removed == 0);
        CHECK(static_cast<double>(later.blocks) <= 1.2 * static_cast<double>(first.blocks));
    }
}

TEST_CASE("a time range looks into its own partitions only", "[database]")
{
    explained_connection connection;
    for (shape s : shapes()) {
        for (const char* const plans : {"force_custom_plan", "force_generic_plan"}) {
            INFO(s.name << ", " << plans);
            s.wanted.since = months_ago(12);
            s.wanted.until = *s.wanted.since + std::chrono::hours{48};
            const work done = connection.work_of(log().largest, s.wanted, {}, plans);

            // One or two months of the log, and of the facets; a prefix is looked up in whole months.
            CHECK(done.partitions <= (s.wanted.facets.empty() ? 3 : 4));
            CHECK(done.rows_removed <= 10 * rows_of_page);
        }
    }
}

TEST_CASE("events are found by their ids in the partitions of those ids", "[database]")
{
    explained_connection connection;
    const filter f = [&] {
        filter ids;
        pqxx::connection application = log().database.connect_as_application();
        with_tenant(application, log().largest, [&](tenant_tx& tx) {
            for (const int months : {3, 9, 15}) {
                filter before;
                before.until = months_ago(months);
                ids.id.push_back(*query(tx, before, {.limit = 1}).events.at(0).id);
            }
        });
        return ids;
    }();

    const auto find_first = [&](tenant_tx& tx) { return find_event(tx, f.id.front()) ? 1L : 0L; };
    for (const char* const plans : {"force_custom_plan", "force_generic_plan"}) {
        const work one = connection.work_of(log().largest, find_first, plans);
        CHECK(one.events == 1);
        CHECK(one.partitions == 1);
        CHECK(one.blocks <= 10);
        const work three = connection.work_of(log().largest, f, {}, plans);
        CHECK(three.events == 3);
        CHECK(three.partitions == 3);
        CHECK(three.blocks <= 30);
    }
}

TEST_CASE("what no index serves costs one reading of the organization's own events at most", "[database]")
{
    explained_connection connection;
    for (const shape& s : {shape{"outcome", all_of({"outcome=denied"})}, shape{"source_ip", all_of({"source_ip=10.0.0.7"})},
                           shape{"actor_name", all_of({"actor_name=Nobody"})}, shape{"request_id", all_of({"request_id=r-1"})}}) {
        INFO(s.name);
        const work done = connection.work_of(log().largest, s.wanted);
        CHECK(done.seq_scans == 0);
        CHECK(done.unbound == 0);
        CHECK(done.rows_found + done.rows_removed <= events_of_largest);
        const work of_small = connection.work_of(log().small, s.wanted);
        CHECK(of_small.rows_found + of_small.rows_removed <= 1'000);

        filter two_days = s.wanted;
        two_days.since = months_ago(12);
        two_days.until = *two_days.since + std::chrono::hours{48};
        const work in_range = connection.work_of(log().largest, two_days);
        CHECK(in_range.rows_found + in_range.rows_removed <= 200);
    }
}

TEST_CASE("parts of a filter that never meet cost the events of the rarest", "[database]")
{
    explained_connection connection;
    const work done = connection.work_of(log().largest, all_of({"actor=u7", "action=doc.read"}));

    CHECK(done.events == 0);
    CHECK(done.rows_removed <= 150);
}
