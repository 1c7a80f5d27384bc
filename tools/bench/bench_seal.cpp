// daybook_bench seal: what sealing costs whoever writes, how fast it is, and what it leaves behind.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <daybook/daybook.hpp>
#include <daybook/json.hpp>

#include "bench.hpp"
#include "seal_parts.hpp"
#include "spread.hpp"

namespace daybook::bench {

// ---------------------------------------------------------------- what the parts share

event event_to_seal(std::size_t number)
{
    event e;
    e.action = "account." + std::string{number % 3 == 0 ? "charged" : number % 3 == 1 ? "viewed" : "changed"};
    e.actor = {.type = "user", .id = "u" + std::to_string(number % 500)};
    e.targets = {{.type = "account", .id = std::to_string(number)}};
    e.source_ip = "192.0.2." + std::to_string(number % 250);
    e.correlation_id = "request-" + std::to_string(number / 4);
    e.metadata = R"({"amount":)" + std::to_string(number % 997) + R"(,"currency":"EUR","channel":"web"})";
    return e;
}

void load(const database_urls& urls, const org_id& organization, std::size_t count, std::size_t batch)
{
    pqxx::connection connection{urls.app};
    std::vector<event> events;
    for (std::size_t done = 0; done < count; done += events.size()) {
        events.clear();
        while (events.size() < std::min(batch, count - done)) {
            events.push_back(event_to_seal(done + events.size()));
        }
        with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, events); });
    }
}

sealer_options sealing(const database_urls& urls, std::size_t batch)
{
    return {.url = urls.sealer, .key = signing_key::generate("bench"), .batch = batch};
}

void seal_exactly(sealer& one, std::uint64_t events)
{
    const seal_pass pass = one.seal();
    if (!pass.problems.empty()) {
        throw pass.problems.front().why;
    }
    // A figure for work that was not done would be a fine figure.
    if (pass.events != events) {
        throw std::runtime_error{"of " + std::to_string(events) + " events " + std::to_string(pass.events) + " were sealed"};
    }
}

std::string ask(const database_urls& urls, const std::string& sql)
{
    pqxx::connection connection{urls.superuser};
    return pqxx::nontransaction{connection}.query_value<std::string>(sql);
}

double ask_number(const database_urls& urls, const std::string& sql)
{
    return std::stod(ask(urls, sql));
}

namespace {

struct part {
    const char* name;
    const char* about;
    figures (*measure)(const seal_ground&);
};

// In the order of the table.
constexpr part parts[] = {
    {"queue", "What feeds the sealer: the writer with and without the queue", measure_queue},
    {"feeds", "Ways to tell a sealer what is new, on plain tables", measure_feeds},
    {"writers", "Sixteen writers of one organization, with and without a sealer", measure_writers},
    {"pass", "Sealing beside reading the same rows", measure_pass},
    {"lag", "From an event's commit to its checkpoint's, 2,000 events a second", measure_lag},
    {"proofs", "Out of a large tree", measure_proofs},
    {"storage", "Leaves, tiles and checkpoints", measure_storage},
};

constexpr std::size_t organizations = 16;

class seal_bench {
public:
    seal_bench(const global_flags& flags, const seal_options& options, const std::vector<std::string>& chosen)
        : m_flags{flags}, m_options{options}, m_chosen{chosen},
          m_server{false, [this](const database_urls& urls) { prepare(urls); }, {.durable = options.durable, .preload = ""}}
    {
    }

    int run()
    {
        const seal_ground ground{m_server, m_organizations, m_options};
        std::string json = "{\"benchmark\":\"seal\",\"postgresql\":\"" + m_server.version() + "\",\"fsync\":\"" + m_server.fsync() +
                           "\",\"cores\":" + std::to_string(std::thread::hardware_concurrency()) +
                           ",\"rows\":" + std::to_string(m_options.rows) + ",\"leaves\":" + std::to_string(m_options.leaves) +
                           ",\"parts\":{";
        std::string table = "seal: PostgreSQL " + m_server.version() + ", private, fsync " + m_server.fsync() + ", " +
                            std::to_string(std::thread::hardware_concurrency()) + " cores; medians of the rounds (least - most)\n";
        const char* separator = "";
        for (const part& p : parts) {
            if (!m_chosen.empty() && std::ranges::find(m_chosen, p.name) == m_chosen.end()) {
                continue;
            }
            if (!m_flags.quiet) {
                std::fprintf(stderr, "%s\n", p.name);
            }
            const figures measured = p.measure(ground);
            table += std::string{p.about} + ":\n" + table_of(measured);
            json += separator + ("\"" + std::string{p.name}) + "\":" + json_of(measured);
            separator = ",";
        }
        std::printf("%s\n", m_flags.json ? (json + "}}").c_str() : table.c_str());
        return 0;
    }

private:
    void prepare(const database_urls& urls)
    {
        for (std::size_t i = 0; i < organizations; ++i) {
            m_organizations.push_back(add_organization(urls.owner, "bench-" + std::to_string(i), "").id);
        }
    }

    const global_flags& m_flags;
    const seal_options& m_options;
    const std::vector<std::string>& m_chosen;
    std::vector<org_id> m_organizations;
    server m_server;
};

}  // namespace

void add_seal(CLI::App& app, const global_flags& flags, action& chosen)
{
    struct all_options {
        seal_options of_parts;
        std::vector<std::string> chosen;
    };
    auto o = std::make_shared<all_options>();
    std::vector<std::string> names;
    for (const part& p : parts) {
        names.emplace_back(p.name);
    }
    CLI::App* const command = app.add_subcommand("seal", "What sealing costs, and what it leaves behind");
    command->add_option("--rows", o->of_parts.rows, "Events of a sealing pass")
        ->capture_default_str()
        ->check(CLI::Range(10'000, 10'000'000));
    command->add_option("--slices", o->of_parts.rounds, "Rounds")->capture_default_str()->check(CLI::Range(1, 16));
    command->add_option("--leaves", o->of_parts.leaves, "Of the tree that proofs are from")
        ->capture_default_str()
        ->check(CLI::Range(1'000, 1'000'000'000));
    command->add_option("--part", o->chosen, "Only these")->delimiter(',')->check(CLI::IsMember(names));
    command->add_flag("--fsync", o->of_parts.durable, "With fsync and synchronous_commit on");
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            if (flags.use_database) {
                throw std::runtime_error{"seal needs a private PostgreSQL: it disables a trigger, and makes a tree of its own"};
            }
            seal_bench work{flags, o->of_parts, o->chosen};
            return work.run();
        };
    });
}

}  // namespace daybook::bench
