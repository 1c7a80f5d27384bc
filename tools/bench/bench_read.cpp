// daybook_bench read: what isolation costs a reader, and whether a page of a large log costs more than one of a small one.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <daybook/daybook.hpp>

#include "bench.hpp"
#include "by_hand.hpp"
#include "delaying_proxy.hpp"
#include "latency.hpp"
#include "ratios.hpp"
#include "server.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

namespace {

using words = std::vector<std::vector<statement>>;

struct read_options {
    std::uint64_t rows = 1'000'000;
    std::size_t rounds = 20;
    std::size_t times = 20;
};

constexpr std::uint64_t rows_of_small = 100'000;
constexpr const char* bypass = "daybook_bench_bypass";

// Of organizations() below: the one that has a tenth, and one of the least.
const org_id largest = org_id::parse("00000000-0000-4000-8000-000000000001");
const org_id tiny = org_id::parse("00000000-0000-4000-8000-000000000321");

// The log of 1,000 organizations in 24 months. Its rows are not checked one by one, and its facets are written afterwards.
void load(const database_urls& urls, std::uint64_t rows)
{
    {
        pqxx::connection owner{urls.owner};
        pqxx::nontransaction{owner}.exec("select daybook.make_partitions(date_trunc('month', now()) - interval '23 months')");
    }
    pqxx::connection superuser{urls.superuser};
    pqxx::nontransaction work{superuser};
    work.exec("alter table daybook.audit_logs disable trigger write_facets");
    work.exec("alter table daybook.audit_logs drop constraint audit_logs_row_is_valid");
    work.exec(R"sql(
        insert into daybook.audit_logs (organization_id, id, action, actor_type, actor_id, targets, correlation_id, metadata, facets)
        select ('00000000-0000-4000-8000-' || lpad(to_hex(e.organization), 12, '0'))::uuid,
               daybook.new_id(e.since + e.i::double precision / $1 * (now() - e.since)),
               case when e.j % 5000 = 77 then 'role.grant'
                    when e.j % 2 = 0 then 'doc.read'
                    else 'doc.' || (array['write', 'delete', 'share', 'move', 'list'])[1 + e.j % 5] end,
               'user',
               case when e.j % 3 = 0 then 'ci' when e.j % 10000 = 7 then 'rare' else 'u' || e.j % 200 end,
               format('[{"type":"doc","id":"d%s"}]', case when e.j % 4 = 0 then 0 else e.j % 2000 end)::json,
               'c' || e.j / 3,
               format('{"region":"%s","tier":"%s","request":{"method":"GET","path":"/docs/%s"},"status":200}',
                      e.region, e.tier, e.j % 2000)::json,
               format('{"region":"%s","tier":"%s"}', e.region, e.tier)::json
        from (select i, i / 10 + i % 10 * 7 as j,
                     date_trunc('month', now()) - interval '23 months' as since,
                     case when i % 10 < 7 then 'eu' else 'us' end as region,
                     case when i / 10 % 3000 = 5 then 'gold' else 'free' end as tier,
                     case when i % 10 = 0 then 1 else 2 + floor(999 * power((i * 0.6180339887498949) % 1, 2))::int end as organization
              from generate_series(0, $1::bigint - 1) as i) e)sql",
              pqxx::params{rows});
    work.exec("insert into daybook.facets (organization_id, key, value, id) "
              "select a.organization_id, f.key, f.value, a.id from daybook.audit_logs a, json_each_text(a.facets) f");
    work.exec("vacuum analyze daybook.audit_logs, daybook.facets");
    work.exec("checkpoint");
}

// A role that row-level security does not ask, for the same words.
void make_bypass(const database_urls& urls)
{
    pqxx::connection superuser{urls.superuser};
    pqxx::nontransaction work{superuser};
    work.exec(std::string{"create role "} + bypass + " login bypassrls");
    work.exec(std::string{"grant usage on schema daybook to "} + bypass);
    work.exec(std::string{"grant select on daybook.audit_logs, daybook.facets to "} + bypass);
    work.exec(std::string{"grant execute on all functions in schema daybook to "} + bypass);
}

std::string as_role(const std::string& url, const std::string& role)
{
    const std::size_t begin = url.find("//") + 2;
    return url.substr(0, begin) + role + url.substr(url.find('@'));
}

std::string through(const std::string& url, const std::string& directory)
{
    return url.substr(0, url.find("host=")) + "host=" + directory;
}

filter all_of(std::initializer_list<const char*> assignments)
{
    filter f;
    for (const char* const assignment : assignments) {
        add_to_filter(f, assignment);
    }
    return f;
}

struct shape {
    std::string name;
    filter wanted;
    query_options options{};
};

std::vector<shape> shapes()
{
    using namespace std::chrono;
    const timestamp middle = floor<days>(system_clock::now()) - days{365};
    filter range;
    range.since = middle;
    range.until = middle + days{7};
    return {
        {"newest 50", {}},
        {"time range", range},
        {"next page, a year ago", {}, {.after = cursor{largest, event_id::generate(middle), reading_order::newest_first}}},
        {"action, common", all_of({"action=doc.read"})},
        {"action, rare", all_of({"action=role.grant"})},
        {"actions", all_of({"action=doc.read", "action=doc.write", "action=role.grant"})},
        {"action prefix", all_of({"action=doc.*"})},
        {"actor, common", all_of({"actor=ci"})},
        {"actor, rare", all_of({"actor=rare"})},
        {"target, common", all_of({"target=d0"})},
        {"correlation id", all_of({"correlation_id=c500"})},
        {"facet, common", all_of({"facet.region=eu"})},
        {"facet, rare", all_of({"facet.tier=gold"})},
        {"actor and action", all_of({"actor=ci", "action=doc.read"})},
    };
}

// The library, on a connection of a pool, as a program has it.
class library_reader {
public:
    explicit library_reader(const std::string& url) : m_connections{pool_options{.url = url, .size = 1}} {}

    std::size_t read(const org_id& organization, const shape& s)
    {
        return with_tenant(m_connections, organization, [&](tenant_tx& tx) { return query(tx, s.wanted, s.options).events.size(); });
    }

    [[nodiscard]] int backend()
    {
        return with_tenant(m_connections, org_id::generate(),
                           [](tenant_tx& tx) { return tx.exec("select pg_backend_pid()").one_field().as<int>(); });
    }

private:
    pool m_connections;
};

bool reads_log(const statement& s)
{
    return s.sql.find("from daybook.audit_logs") != std::string::npos;
}

// What the library says to read a page on a connection of the host's, where it prepares nothing, after a first page that may
// say more.
words words_of(delaying_proxy& proxy, const std::string& url, const org_id& organization, const shape& s)
{
    proxy.record();
    pqxx::connection own{url};
    const auto read = [&] {
        with_tenant(own, organization, [&](tenant_tx& tx) { static_cast<void>(query(tx, s.wanted, s.options)); });
    };
    read();
    std::vector<std::string> said = proxy.recorded();
    const std::size_t before = decode(said).size();
    proxy.record();
    read();
    std::ranges::move(proxy.recorded(), std::back_inserter(said));
    words all = decode(said);
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
    return all;
}

// Says them again.
std::function<void()> again(const std::shared_ptr<hand>& connection, const words& said)
{
    return [connection, said] {
        for (const std::vector<statement>& flush : said) {
            connection->flush(flush);
        }
    };
}

std::string role_of(const std::string& url)
{
    const std::size_t begin = url.find("//") + 2;
    return url.substr(begin, url.find('@') - begin);
}

// The library tells the server which role it takes itself for.
words by_bypass(words said, const std::string& app_url)
{
    for (std::vector<statement>& flush : said) {
        for (statement& s : flush) {
            std::ranges::replace(s.values, std::optional{role_of(app_url)}, std::optional{std::string{bypass}});
        }
    }
    return said;
}

words prepared(words said)
{
    for (std::vector<statement>& flush : said) {
        for (statement& s : flush) {
            if (reads_log(s)) {
                s.name = "page";
            }
        }
    }
    return said;
}

class read_bench {
public:
    read_bench(const global_flags& flags, const read_options& options)
        : m_flags{flags}, m_options{options}, m_server{false, make_bypass}
    {
    }

    int run()
    {
        m_server.with_database([&](const database_urls& large) {
            say("loading " + std::to_string(m_options.rows) + " events");
            load(large, m_options.rows);
            m_server.with_database([&](const database_urls& small) {
                say("loading " + std::to_string(rows_of_small) + " events");
                load(small, rows_of_small);
                measure(large, small);
            });
        });
        return 0;
    }

private:
    void say(const std::string& text) const
    {
        if (!m_flags.quiet) {
            std::fprintf(stderr, "%s\n", text.c_str());
        }
    }

    void add(std::vector<variant>& variants, const std::string& name, const std::string& url, const shape& s) const
    {
        auto reader = std::make_shared<library_reader>(url);
        variants.push_back({name, [reader, s] { reader->read(largest, s); }, reader->backend()});
    }

    static void add(std::vector<variant>& variants, const std::string& name, const std::string& url, const words& said)
    {
        auto connection = std::make_shared<hand>(url);
        variants.push_back({name, again(connection, said), connection->backend()});
    }

    // A statement that was prepared, and used for a small organization until the server settled on a plan, or was told to make
    // one for any values, as the library does.
    void add_pooled(std::vector<variant>& variants, const std::string& name, const std::string& url, const words& of_tiny,
                    const words& of_largest, bool for_any_values) const
    {
        auto connection = std::make_shared<hand>(url);
        if (for_any_values) {
            connection->run("set plan_cache_mode = force_generic_plan");
        }
        for (const std::vector<statement>& flush : prepared(of_largest)) {
            for (const statement& s : flush) {
                if (!s.name.empty()) {
                    connection->prepare(s);
                }
            }
        }
        for (int i = 0; i < 10; ++i) {
            again(connection, prepared(of_tiny))();
        }
        variants.push_back({name, again(connection, prepared(of_largest)), connection->backend()});
    }

    void measure(const database_urls& large, const database_urls& small)
    {
        work_directory files;
        delaying_proxy proxy{files.file(".s.PGSQL.5432"), m_server.socket(), std::chrono::nanoseconds{0}};
        const std::string proxied = through(large.app, std::filesystem::path{files.file("x")}.parent_path().string());
        std::vector<variant> variants;
        std::vector<std::function<void(const latencies&)>> wanted;
        const auto compare = [&](const std::string& name, const std::string& above, const std::string& below, std::optional<goal> g) {
            wanted.push_back([=, this](const latencies& l) {
                m_ratios.push_back({name, above + " / " + below, divide(l.of(above).microseconds, l.of(below).microseconds), g});
            });
        };

        const std::vector<shape> all = shapes();
        for (const shape& s : all) {
            const words said = words_of(proxy, proxied, largest, s);
            add(variants, s.name, large.app, s);
            add(variants, s.name + ", by hand", large.app, said);
            add(variants, s.name + ", bypassing", as_role(large.app, bypass), by_bypass(said, large.app));
            compare(s.name + ": library", s.name, s.name + ", bypassing", at_most(1.05));
            compare(s.name + ": isolation", s.name + ", by hand", s.name + ", bypassing", at_most(1.05));
            // A part of the filter that is asked first makes two statements, of which each would be prepared by itself.
            if (std::ranges::count_if(said, [](const auto& flush) { return std::ranges::any_of(flush, reads_log); }) == 1) {
                const words of_tiny = words_of(proxy, proxied, tiny, of_organization(s, tiny));
                add_pooled(variants, s.name + ", prepared", large.app, of_tiny, said, false);
                compare(s.name + ": prepared", s.name + ", prepared", s.name + ", by hand", at_most(1.2));
                add_pooled(variants, s.name + ", one plan", large.app, of_tiny, said, true);
                add_pooled(variants, s.name + ", one plan, bypassing", as_role(large.app, bypass), by_bypass(of_tiny, large.app),
                           by_bypass(said, large.app), true);
                compare(s.name + ": isolation, one plan", s.name + ", one plan", s.name + ", one plan, bypassing", at_most(1.05));
                compare(s.name + ": library, one plan", s.name, s.name + ", one plan, bypassing", at_most(1.05));
            }
        }
        for (const shape& s : {all.front(), all.at(7), all.at(11)}) {
            add(variants, s.name + ", small log", small.app, s);
            compare(s.name + ": flat", s.name, s.name + ", small log", at_most(1.2));
        }
        say("pages");
        const latencies pages{variants, m_options.rounds, m_options.times};
        for (const auto& one : wanted) {
            one(pages);
        }

        say("a GIN index on metadata");
        const latencies facets = measure_gin(large);
        print(pages, facets);
    }

    static shape of_organization(shape s, const org_id& organization)
    {
        if (s.options.after) {
            s.options.after->organization = organization;
        }
        return s;
    }

    // What the owner of a table without row-level security has: a GIN index on the document.
    latencies measure_gin(const database_urls& urls)
    {
        {
            pqxx::connection superuser{urls.superuser};
            pqxx::nontransaction work{superuser};
            work.exec("create index on daybook.audit_logs using gin ((metadata::jsonb) jsonb_path_ops)");
            work.exec("vacuum analyze daybook.audit_logs");
        }
        std::vector<variant> variants;
        for (const shape& s : {shape{"facet, common", all_of({"facet.region=eu"})}, shape{"facet, rare", all_of({"facet.tier=gold"})}}) {
            add(variants, s.name, urls.app, s);
            const facet& wanted = s.wanted.facets.front();
            statement page;
            page.sql = "select organization_id, id, recorded_at, action, outcome, actor_type, actor_id, targets, metadata, facets "
                       "from daybook.audit_logs where organization_id = $1::uuid and metadata::jsonb @> $2::jsonb "
                       "order by id desc limit 51";
            const statement bound = page.with({to_string(largest), R"({")" + wanted.key + R"(":")" + wanted.value + R"("})"});
            for (const bool forced : {false, true}) {
                auto connection = std::make_shared<hand>(as_role(urls.app, bypass));
                if (forced) {
                    // The primary key in its order would find a common value too.
                    connection->run("set enable_indexscan = off");
                }
                const std::string name = s.name + (forced ? ", GIN" : ", as PostgreSQL chooses");
                variants.push_back({name, [connection, bound] { connection->flush(bound); }, connection->backend()});
            }
        }
        latencies result{variants, std::max<std::size_t>(m_options.rounds / 4, 3), std::max<std::size_t>(m_options.times / 4, 3)};
        for (const std::string name : {"facet, common", "facet, rare"}) {
            m_ratios.push_back({name + ": facet beside GIN", name + " / " + name + ", GIN",
                                divide(result.of(name).microseconds, result.of(name + ", GIN").microseconds), at_most(0.1)});
            m_ratios.push_back({name + ": facet beside jsonb", name + " / " + name + ", as PostgreSQL chooses",
                                divide(result.of(name).microseconds, result.of(name + ", as PostgreSQL chooses").microseconds)});
        }
        return result;
    }

    void print(const latencies& pages, const latencies& facets) const
    {
        if (m_flags.json) {
            std::printf("{\"benchmark\":\"read\",\"postgresql\":\"%s\",\"cores\":%u,\"rows\":%llu,\"variants\":%s,\"facets\":%s,\"ratios\":%s}\n",
                        m_server.version().c_str(), std::thread::hardware_concurrency(),
                        static_cast<unsigned long long>(m_options.rows), pages.json_of_variants().c_str(),
                        facets.json_of_variants().c_str(), json_of(m_ratios).c_str());
            return;
        }
        std::printf("read: PostgreSQL %s, private, %u cores, %llu events, the organization has a tenth\n%s%s%s", m_server.version().c_str(),
                    std::thread::hardware_concurrency(), static_cast<unsigned long long>(m_options.rows), pages.table().c_str(),
                    facets.table().c_str(), table_of(m_ratios).c_str());
    }

    const global_flags& m_flags;
    const read_options& m_options;
    server m_server;
    std::vector<ratio> m_ratios;
};

}  // namespace

void add_read(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<read_options>();
    CLI::App* const command = app.add_subcommand("read", "Pages of a large log, beside the same by a role that bypasses isolation");
    command->add_option("--rows", o->rows, "Events in the log")->capture_default_str()->check(CLI::Range(100'000, 100'000'000));
    command->add_option("--slices", o->rounds, "Rounds")->capture_default_str()->check(CLI::Range(1, 1000));
    command->add_option("--times", o->times, "Pages of each variant in a round")->capture_default_str()->check(CLI::Range(1, 10'000));
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            if (flags.use_database) {
                throw std::runtime_error{"read needs a private PostgreSQL: it makes a role that bypasses row-level security"};
            }
            read_bench work{flags, *o};
            return work.run();
        };
    });
}

}  // namespace daybook::bench
