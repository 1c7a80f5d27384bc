// What feeds the sealer: what the queue costs whoever writes, and other ways to say what is new, on plain tables.

#include "seal_parts.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>

#include <pqxx/pqxx>

#include <daybook/daybook.hpp>
#include <daybook/merkle.hpp>

#include "by_hand.hpp"
#include "cpu_time.hpp"
#include "delaying_proxy.hpp"
#include "latency.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

namespace {

constexpr int accounts = 10'000;
constexpr std::size_t batch = 1000;

void tell(const database_urls& urls, const std::string& sql)
{
    hand{urls.superuser}.run(sql.c_str());
}

// ---------------------------------------------------------------- with and without the queue

constexpr const char* host_table = R"(
create schema daybook_bench;
create table daybook_bench.accounts (id int primary key, balance bigint not null default 0, updated_at timestamptz)
    with (fillfactor = 50);
insert into daybook_bench.accounts (id) select i from generate_series(1, 10000) i;
analyze daybook_bench.accounts;
grant usage on schema daybook_bench to public;
grant select, update on daybook_bench.accounts to public;
)";

constexpr const char* queued = "an event";
constexpr const char* unqueued = "an event, not queued";
constexpr const char* bare = "no event";
constexpr const char* queued_batch = "a batch";
constexpr const char* unqueued_batch = "a batch, not queued";

// Three round trips, as a host has them: BEGIN with the organization, its own UPDATE, the event with COMMIT.
variant charge(const char* name, const std::string& url, const org_id& organization, bool audited)
{
    auto connection = std::make_shared<pqxx::connection>(url);
    connection->prepare("bench_update",
                        "update daybook_bench.accounts set balance = balance + 1, updated_at = now() where id = $1");
    return {name,
            [=, number = std::size_t{0}]() mutable {
                ++number;
                with_tenant(*connection, organization, [&](tenant_tx& tx) {
                    tx.sql().exec(pqxx::prepped{"bench_update"}, pqxx::params{static_cast<int>(number * 7919 % accounts) + 1});
                    if (audited) {
                        log_audit(tx, event_to_seal(number));
                    }
                });
            },
            connection->backendpid()};
}

variant log_batch(const char* name, const std::string& url, const org_id& organization)
{
    auto connection = std::make_shared<pqxx::connection>(url);
    std::vector<event> events;
    for (std::size_t i = 0; i < batch; ++i) {
        events.push_back(event_to_seal(i));
    }
    return {name, [=] { with_tenant(*connection, organization, [&](tenant_tx& tx) { log_audit(tx, events); }); },
            connection->backendpid()};
}

latencies together(const std::vector<variant>& variants, std::size_t rounds, std::size_t times)
{
    const one_processor shared;
    for (const variant& v : variants) {
        shared.add(v.backend.value());
    }
    return {variants, rounds, times};
}

}  // namespace

figures measure_queue(const seal_ground& ground)
{
    const org_id& organization = ground.organizations.front();
    const std::size_t rounds = 6 * ground.options.rounds;
    figures all;
    const auto measure = [&](const database_urls& with, const database_urls& without) {
        tell(with, host_table);
        tell(without, host_table);
        tell(without, "alter table daybook.audit_logs disable trigger queue_for_seal");

        const work_directory files;
        const std::string directory = files.file("network");
        std::filesystem::create_directory(directory);
        const delaying_proxy network{directory + "/.s.PGSQL.5432", ground.postgres.socket(), std::chrono::microseconds{500}};
        const auto far = [&](const std::string& url) { return url.substr(0, url.find("host=")) + "host=" + directory; };

        const auto singles = [&](const std::string& queue_url, const std::string& no_queue_url) {
            return together({charge(queued, queue_url, organization, true), charge(unqueued, no_queue_url, organization, true),
                             charge(bare, no_queue_url, organization, false)},
                            rounds, 50);
        };
        const latencies near_times = singles(with.app, without.app);
        const latencies far_times = singles(far(with.app), far(without.app));
        const latencies batch_times = together({log_batch(queued_batch, with.app, organization),
                                                log_batch(unqueued_batch, without.app, organization)}, rounds, 2);
        // The first of each variant is not measured, and waits all the same.
        const std::size_t expected = 2 * (rounds * 50 + 1) + rounds * 2 + 1;
        if (ask_number(with, "select count(*) from daybook.seal_queue") != static_cast<double>(expected) ||
            ask_number(without, "select count(*) from daybook.seal_queue") != 0) {
            throw std::runtime_error{"the queue does not hold one row for each statement"};
        }

        const auto time = [](const latencies& of, const char* above, const char* below) {
            return divide(of.of(above).microseconds, of.of(below).microseconds);
        };
        const auto server = [](const latencies& of, const char* above, const char* below) {
            return subtract(of.of(above).server, of.of(below).server);
        };
        all = {
            {"time_far", "time at 0.5 ms, an event / the same, not queued", time(far_times, queued, unqueued), at_most(1.05)},
            {"time_near", "time on a socket, an event / the same, not queued", time(near_times, queued, unqueued)},
            {"time_batch", "time on a socket, 1,000 events / the same, not queued",
             time(batch_times, queued_batch, unqueued_batch)},
            {"far_us", "an event at 0.5 ms, us", far_times.of(queued).microseconds},
            {"near_us", "an event on a socket, us", near_times.of(queued).microseconds},
            {"near_not_queued_us", "an event on a socket, not queued, us", near_times.of(unqueued).microseconds},
            {"server_added_us", "server CPU that the queue adds to an event, us", server(near_times, queued, unqueued)},
            {"server_event_us", "server CPU that an event adds without it, us", server(near_times, unqueued, bare)},
            {"server_batch_us", "server CPU that the queue adds to 1,000 events, us",
             server(batch_times, queued_batch, unqueued_batch)},
        };
    };
    ground.postgres.with_database([&](const database_urls& with) {
        ground.postgres.with_database([&](const database_urls& without) { measure(with, without); });
    });
    return all;
}

// ---------------------------------------------------------------- other ways

namespace {

// One way: a copy of the log without its rules, and what it has besides.
struct feed {
    const char* name;
    const char* about;
    const char* made;         // after the table daybook_bench.<name> was
    const char* column = "";  // that the writer fills
    const char* value = "";
    const char* pass = "";    // takes about so many events as one transaction of the sealer, and returns what is to be hashed
};

constexpr const char* no_feed = "nothing";
constexpr const char* statement_feed = "statement";
constexpr const char* event_feed = "event";
constexpr const char* xid_feed = "xid";
constexpr const char* digest_feed = "digest";

constexpr const char* whole_row =
    "a.organization_id, a.id, a.recorded_at, a.action, a.outcome, a.actor_type, a.actor_id, a.actor_name, a.on_behalf_of, a.targets, "
    "a.reason, a.changes, a.source_ip, a.user_agent, a.request_id, a.correlation_id, a.trace_id, a.source, a.metadata, a.facets, "
    "a.shaped_by, a.db_role, a.schema_version, a.target_type, a.target_id";

const std::vector<feed>& feeds()
{
    static const std::vector<feed> all{
        {no_feed, "nothing says what is new", ""},

        {statement_feed, "a queue row a statement, whole rows read", R"(
create table daybook_bench.statement_queue (organization_id uuid, id uuid, ids uuid[] not null, primary key (organization_id, id));
create function daybook_bench.queue_statement() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from fresh offset 1) then
        insert into daybook_bench.statement_queue select n.organization_id, n.id, array[n.id] from fresh n;
    else
        insert into daybook_bench.statement_queue
        select n.organization_id, (array_agg(n.id order by n.id))[1], array_agg(n.id order by n.id)
        from fresh n
        group by n.organization_id;
    end if;
    return null;
end $$;
create trigger queue after insert on daybook_bench.statement referencing new table as fresh
    for each statement execute function daybook_bench.queue_statement())",
         "", "", R"(
with taken as (
    delete from daybook_bench.statement_queue q
    where q.organization_id = $1
      and q.id = any (array(select w.id from daybook_bench.statement_queue w where w.organization_id = $1 order by w.id limit 4))
    returning q.ids)
select %columns from daybook_bench.statement a
where a.organization_id = $1 and a.id = any (array(select unnest(t.ids) from taken t)))"},

        {event_feed, "a queue row an event, whole rows read", R"(
create table daybook_bench.event_queue (organization_id uuid, id uuid, primary key (organization_id, id));
create function daybook_bench.queue_event() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    insert into daybook_bench.event_queue select n.organization_id, n.id from fresh n;
    return null;
end $$;
create trigger queue after insert on daybook_bench.event referencing new table as fresh
    for each statement execute function daybook_bench.queue_event())",
         "", "", R"(
with taken as (
    delete from daybook_bench.event_queue q
    where q.organization_id = $1
      and q.id = any (array(select w.id from daybook_bench.event_queue w where w.organization_id = $1 order by w.id limit 4000))
    returning q.id)
select %columns from daybook_bench.event a
where a.organization_id = $1 and a.id = any (array(select t.id from taken t)))"},

        // Whatever has a transaction id from $2 on, and below any that still runs, is new.
        {xid_feed, "a transaction id with BRIN, whole rows read", R"(
alter table daybook_bench.xid add column xid bigint not null default pg_current_xact_id()::text::bigint;
create index on daybook_bench.xid using brin (xid))",
         "", "", "select %columns from daybook_bench.xid a where a.organization_id = $1 and a.xid >= $2 and a.xid < $3"},

        {digest_feed, "a queue row a statement, 32 bytes read that the writer hashed", R"(
create table daybook_bench.digest_queue (organization_id uuid, id uuid, ids uuid[] not null, primary key (organization_id, id));
create function daybook_bench.queue_digest() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from fresh offset 1) then
        insert into daybook_bench.digest_queue select n.organization_id, n.id, array[n.id] from fresh n;
    else
        insert into daybook_bench.digest_queue
        select n.organization_id, (array_agg(n.id order by n.id))[1], array_agg(n.id order by n.id)
        from fresh n
        group by n.organization_id;
    end if;
    return null;
end $$;
alter table daybook_bench.digest add column digest bytea not null;
create trigger queue after insert on daybook_bench.digest referencing new table as fresh
    for each statement execute function daybook_bench.queue_digest())",
         ", digest", ", sha256('')", R"(
with taken as (
    delete from daybook_bench.digest_queue q
    where q.organization_id = $1
      and q.id = any (array(select w.id from daybook_bench.digest_queue w where w.organization_id = $1 order by w.id limit 4))
    returning q.ids)
select a.id, a.recorded_at, a.digest from daybook_bench.digest a
where a.organization_id = $1 and a.id = any (array(select unnest(t.ids) from taken t)))"},
    };
    return all;
}

void make_feeds(const database_urls& urls)
{
    tell(urls, "create schema daybook_bench; grant usage on schema daybook_bench to public");
    for (const feed& f : feeds()) {
        const std::string table = std::string{"daybook_bench."} + f.name;
        tell(urls, "create table " + table +
                       " (like daybook.audit_logs including defaults including generated including indexes)");
        tell(urls, f.made);
        tell(urls, "grant select, insert on " + table + " to public");
    }
}

// So many events of one statement.
statement insertion(const feed& f, const org_id& organization, std::size_t count)
{
    return statement{.name = "insert_" + std::to_string(count),
                     .sql = std::string{"insert into daybook_bench."} + f.name +
                            " (organization_id, action, actor_type, actor_id, targets, source_ip, correlation_id, metadata" + f.column +
                            ") select $1, 'account.charged', 'user', 'u' || i.n % 500, "
                            "('[{\"type\":\"account\",\"id\":\"' || i.n || '\"}]')::json, '192.0.2.1', 'request-' || i.n / 4, "
                            "'{\"amount\":1,\"currency\":\"EUR\",\"channel\":\"web\"}'" + f.value + " from generate_series(1, " +
                            std::to_string(count) + ") i (n)",
                     .types = {2950}}
        .with({to_string(organization)});
}

variant inserting(const feed& f, const std::string& url, const org_id& organization, std::size_t count)
{
    auto connection = std::make_shared<hand>(url);
    const statement insert = insertion(f, organization, count);
    connection->prepare(insert);
    return {f.name, [=] { connection->flush(insert); }, connection->backend()};
}

// What a sealer would do with one of them: reads what is new, hashes it, and remembers that it did.
class hand_sealer {
public:
    hand_sealer(const feed& f, const std::string& url, const org_id& organization)
        : m_feed{f}, m_organization{to_string(organization)}, m_connection{url}, m_horizon{horizon()}
    {
    }

    /// Returns the number of events that were new.
    std::size_t pass()
    {
        std::string sql = m_feed.pass;
        const std::size_t at = sql.find("%columns");
        if (at != std::string::npos) {
            sql.replace(at, 8, whole_row);
        }
        if (m_feed.name == std::string_view{xid_feed}) {
            const std::string until = horizon();
            const statement take{.sql = sql, .types = {2950, 20, 20}};
            const std::size_t count = hash(take.with({m_organization, m_horizon, until}));
            m_horizon = until;
            return count;
        }
        const statement take = statement{.sql = sql, .types = {2950}}.with({m_organization});
        std::size_t all = 0;
        while (const std::size_t count = hash(take)) {
            all += count;
        }
        return all;
    }

    [[nodiscard]] int backend() const { return m_connection.backend(); }

private:
    std::size_t hash(statement s)
    {
        s.answer = 1;
        std::size_t count = 0;
        compact_range tree;
        std::string line;
        m_connection.stream(s, [&](const PGresult* row) {
            line.clear();
            for (int column = 0; column < PQnfields(row); ++column) {
                line.append(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
            }
            tree.append(leaf_hash(line));
            ++count;
        });
        return count;
    }

    std::string horizon()
    {
        std::string value;
        m_connection.stream({.sql = "select pg_snapshot_xmin(pg_current_snapshot())::text"},
                            [&](const PGresult* row) { value = PQgetvalue(row, 0, 0); });
        return value;
    }

    const feed& m_feed;
    std::string m_organization;
    hand m_connection;
    std::string m_horizon;
};

// What is known of one way, round by round.
struct feed_figures {
    std::vector<double> rate;
    std::vector<double> client;
    std::vector<double> server;
    std::vector<double> empty;
};

void measure_feed(hand_sealer& sealer, std::size_t rows, feed_figures& into)
{
    const one_processor shared;
    shared.add(sealer.backend());
    const double server_before = process_cpu_seconds(sealer.backend()).value_or(0);
    const double client_before = thread_cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t count = sealer.pass();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (count != rows) {
        throw std::runtime_error{"a pass by hand saw " + std::to_string(count) + " events, not " + std::to_string(rows)};
    }
    const double each = 1e6 / static_cast<double>(rows);
    into.rate.push_back(static_cast<double>(rows) / seconds);
    into.client.push_back((thread_cpu_seconds() - client_before) * each);
    into.server.push_back((process_cpu_seconds(sealer.backend()).value_or(0) - server_before) * each);

    const auto again = std::chrono::steady_clock::now();
    if (sealer.pass() != 0) {
        throw std::runtime_error{"a pass by hand saw events a second time"};
    }
    into.empty.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - again).count());
}

}  // namespace

figures measure_feeds(const seal_ground& ground)
{
    const org_id& organization = ground.organizations.front();
    const std::size_t batches = ground.options.rows / batch;
    const std::size_t rounds = ground.options.rounds;
    figures all;
    ground.postgres.with_database([&](const database_urls& urls) {
        make_feeds(urls);
        std::vector<variant> one;
        std::vector<variant> many;
        std::vector<std::unique_ptr<hand_sealer>> sealers;
        for (const feed& f : feeds()) {
            one.push_back(inserting(f, urls.app, organization, 1));
            many.push_back(inserting(f, urls.app, organization, batch));
            sealers.push_back(std::make_unique<hand_sealer>(f, urls.superuser, organization));
        }
        const latencies of_one = together(one, 6 * rounds, 50);
        for (std::size_t i = 1; i < sealers.size(); ++i) {
            sealers[i]->pass();
        }
        std::vector<feed_figures> passes(feeds().size());
        std::vector<std::vector<double>> written(feeds().size());
        for (std::size_t round = 0; round < rounds; ++round) {
            // The first batch of each is not measured, and sealed all the same.
            const latencies of_many = together(many, batches - 1, 1);
            for (std::size_t i = 0; i < feeds().size(); ++i) {
                double sum = 0;
                for (const double microseconds : of_many.of(feeds()[i].name).server) {
                    sum += microseconds;
                }
                written[i].push_back(sum / static_cast<double>((batches - 1) * batch));
            }
            // Takes out what earlier passes deleted, and puts new pages into the BRIN index, as autovacuum does elsewhere.
            tell(urls, "vacuum analyze");
            for (std::size_t i = 1; i < sealers.size(); ++i) {
                const std::size_t which = 1 + (i + round) % (sealers.size() - 1);
                measure_feed(*sealers[which], batches * batch, passes[which]);
            }
        }
        const auto for_each_feed = [&](const char* name, const char* about, const auto& of_feed) {
            for (std::size_t i = 1; i < feeds().size(); ++i) {
                all.push_back({name + ("_" + std::string{feeds()[i].name}), feeds()[i].about + std::string{": "} + about, of_feed(i)});
            }
        };
        const std::vector<double>& nothing = of_one.of(no_feed).server;
        all.push_back({"one_nothing", "one event, server CPU, us", nothing});
        for_each_feed("one", "server CPU added to one event, us",
                      [&](std::size_t i) { return subtract(of_one.of(feeds()[i].name).server, nothing); });
        all.push_back({"batch_nothing", "1,000 events a statement, server CPU an event, us", written[0]});
        for_each_feed("batch", "added to one of 1,000, us", [&](std::size_t i) { return subtract(written[i], written[0]); });
        for_each_feed("pass", "a pass, events/s", [&](std::size_t i) { return passes[i].rate; });
        for_each_feed("pass_server", "a pass, server CPU an event, us", [&](std::size_t i) { return passes[i].server; });
        for_each_feed("pass_client", "a pass, client CPU an event, us", [&](std::size_t i) { return passes[i].client; });
        for_each_feed("empty", "a pass that finds nothing, us", [&](std::size_t i) { return passes[i].empty; });
        for (std::size_t i = 2; i < feeds().size(); ++i) {
            all.push_back({feeds()[i].name + std::string{"_to_statement"}, feeds()[i].about + std::string{": a pass / with a row a statement"},
                           divide(passes[i].rate, passes[1].rate)});
        }
    });
    return all;
}

}  // namespace daybook::bench
