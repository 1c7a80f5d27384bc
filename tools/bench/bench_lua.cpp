// daybook_bench lua: what a Lua script costs beside the same program in C++, what hooks and a catalogue cost an event,
// and how fast a mapping reads somebody else's log.

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <lua.hpp>
#include <pqxx/pqxx>

#include <daybook/catalogue.hpp>
#include <daybook/daybook.hpp>
#include <daybook/hooks.hpp>
#include <daybook/json.hpp>
#include <daybook/mapping.hpp>
#include <daybook/rule_files.hpp>
#include <daybook/script_host.hpp>

#include "bench.hpp"
#include "cloudtrail_lines.hpp"
#include "cpu_time.hpp"
#include "delaying_proxy.hpp"
#include "latency.hpp"
#include "lua_rules.hpp"
#include "ratios.hpp"
#include "server.hpp"
#include "spread.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

namespace {

struct lua_options {
    std::vector<std::string> parts{"transaction", "rules", "mapping"};
    std::size_t rounds = 20;
    std::size_t times = 100;
    std::size_t rows = 2'000;
    std::uint64_t round_trip = 0;  // microseconds
    std::string map = "cloudtrail";
    std::string lines;
};

// A part's figures, as they are printed.
void print(const global_flags& flags, const std::string& part, const latencies& times, const std::vector<ratio>& ratios)
{
    if (flags.json) {
        std::printf("{\"benchmark\":\"lua\",\"part\":\"%s\",\"variants\":%s,\"ratios\":%s}\n", part.c_str(),
                    times.json_of_variants().c_str(), json_of(ratios).c_str());
    } else {
        std::printf("lua, %s: %s%s\n", part.c_str(), times.table().c_str(), table_of(ratios).c_str());
    }
}

// ---------------------------------------------------------------- a transaction

constexpr int accounts_of_host = 10'000;

constexpr const char* host_table = R"(
create schema daybook_bench;
create table daybook_bench.accounts (
    id int primary key,
    balance bigint not null default 0,
    updated_at timestamptz not null default now()
) with (fillfactor = 50);
insert into daybook_bench.accounts (id) select generate_series(1, 10000);
grant usage on schema daybook_bench to public;
grant select, update on daybook_bench.accounts to public;
)";

constexpr const char* update =
    "update daybook_bench.accounts set balance = balance + 1, updated_at = now() where id = $1";

constexpr const char* charge_script = R"(
local daybook = require "daybook"
local organization = ...
local update = "update daybook_bench.accounts set balance = balance + 1, updated_at = now() where id = $1"

local function bare(tx, account)
  tx:sql(update, account)
end

local function audited(tx, account)
  tx:sql(update, account)
  tx:log_audit{
    action = "account.charged",
    actor = { type = "user", id = "u1" },
    targets = { { type = "account", id = "42" } },
    metadata = { amount = 1, currency = "EUR" },
  }
end

function charge(account) daybook.with_tenant(organization, bare, account) end
function charge_audited(account) daybook.with_tenant(organization, audited, account) end
function backend()
  return daybook.with_tenant(organization, function(tx) return tx:sql("select pg_backend_pid() as pid")[1].pid end)
end
)";

// The session that works for a pool of one connection.
int backend_of(pool& connections, const org_id& organization)
{
    return with_tenant(connections, organization,
                       [](tenant_tx& tx) { return tx.exec("select pg_backend_pid()", {}).one_field().as<int>(); });
}

int any_account()
{
    static std::minstd_rand random{1};
    return std::uniform_int_distribution<int>{1, accounts_of_host}(random);
}

variant in_cpp(const std::string& name, const std::string& url, const org_id& organization, bool audited)
{
    auto connections = std::make_shared<pool>(pool_options{.url = url, .size = 1});
    event e;
    e.action = "account.charged";
    e.actor = {.type = "user", .id = "u1"};
    e.targets = {{.type = "account", .id = "42"}};
    e.metadata = R"({"amount":1,"currency":"EUR"})";
    return {.name = name,
            .once =
                [=] {
                    const int account = any_account();
                    with_tenant(*connections, organization, [&](tenant_tx& tx) {
                        tx.exec(update, pqxx::params{account});
                        if (audited) {
                            log_audit(tx, e);
                        }
                    });
                },
            .backend = backend_of(*connections, organization)};
}

variant in_lua(const std::string& name, const std::string& url, const org_id& organization, const char* function)
{
    struct program {
        explicit program(const std::string& url) : connections{pool_options{.url = url, .size = 1}}, host{connections}
        {
        }

        pool connections;
        script_host host;
    };
    auto one = std::make_shared<program>(url);
    const std::vector<std::string> arguments{to_string(organization)};
    one->host.run(charge_script, "charge.lua", arguments);
    const int backend = backend_of(one->connections, organization);
    return {.name = name,
            .once =
                [one, function] {
                    lua_State* const L = one->host.state();
                    lua_getglobal(L, function);
                    lua_pushinteger(L, any_account());
                    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
                        const std::string what = luaL_tolstring(L, -1, nullptr);
                        lua_settop(L, 0);
                        throw std::runtime_error{what};
                    }
                },
            .backend = backend};
}

constexpr const char* bare_cpp = "C++, not audited";
constexpr const char* bare_lua = "Lua, not audited";
constexpr const char* audited_cpp = "C++, audited";
constexpr const char* audited_lua = "Lua, audited";

std::uint64_t events(const database_urls& urls)
{
    pqxx::connection connection{urls.superuser};
    return pqxx::nontransaction{connection}.query_value<std::uint64_t>("select count(*) from daybook.audit_logs");
}

void measure_transactions(const global_flags& flags, const lua_options& o)
{
    std::optional<org_id> organization;
    server database{false, [&](const database_urls& urls) {
                        organization = add_organization(urls.owner, "bench", "").id;
                        pqxx::connection connection{urls.superuser};
                        pqxx::nontransaction{connection}.exec(host_table);
                    }};
    database.with_database([&](const database_urls& urls) {
        const one_processor together;
        const work_directory files;
        std::string url = urls.app;
        std::unique_ptr<delaying_proxy> between;
        if (o.round_trip > 0) {
            url = url.substr(0, url.find("host=")) +
                  "host=" + std::filesystem::path{files.file("")}.parent_path().string();
            between = std::make_unique<delaying_proxy>(files.file(".s.PGSQL.5432"), database.socket(),
                                                       std::chrono::microseconds{o.round_trip});
        }
        const std::vector<variant> variants{
            in_cpp(bare_cpp, url, *organization, false), in_lua(bare_lua, url, *organization, "charge"),
            in_cpp(audited_cpp, url, *organization, true), in_lua(audited_lua, url, *organization, "charge_audited")};
        for (const variant& v : variants) {
            together.add(v.backend.value());
        }
        const latencies times{variants, o.rounds, o.times};
        // A figure for work that was not done would be a fine figure.
        if (const std::uint64_t expected = (o.rounds * o.times + 1) * 2; events(urls) != expected) {
            throw std::runtime_error{"the log did not take " + std::to_string(expected) + " events"};
        }
        const bool at_half_a_millisecond = o.round_trip == 500;
        std::vector<ratio> ratios{{"time", "time, audited, Lua / C++",
                                   divide(times.of(audited_lua).microseconds, times.of(audited_cpp).microseconds),
                                   at_half_a_millisecond ? std::optional{at_most(1.10)} : std::nullopt}};
        // After each wait the caches are cold: behind a network the CPU time says more about the machine than about the
        // work.
        if (o.round_trip == 0) {
            ratios.push_back({"client", "client CPU, audited, Lua / C++",
                              divide(times.of(audited_lua).client, times.of(audited_cpp).client), at_most(2.5)});
            ratios.push_back({"client_added", "client CPU that Lua adds to an audited transaction, us",
                              subtract(times.of(audited_lua).client, times.of(audited_cpp).client)});
            ratios.push_back({"client_added_bare", "client CPU that Lua adds to one without event, us",
                              subtract(times.of(bare_lua).client, times.of(bare_cpp).client)});
        }
        print(flags, "transaction, network of " + number(static_cast<double>(o.round_trip) / 1000, 3) + " ms", times,
              ratios);
    });
}

// ---------------------------------------------------------------- hooks and a catalogue

event paid(const char* note)
{
    event e;
    e.action = "invoice.paid";
    e.actor = {.type = "user", .id = "u_8471", .name = "Ann Example"};
    e.targets = {{.type = "invoice", .id = "2026-000042"}};
    e.source_ip = "203.0.113.7";
    e.request_id = "7f9c2ba4e88f827d";
    e.metadata =
        std::string{
            R"({"amount":129900,"currency":"EUR","region":"eu-west","method":"transfer","attempt":1,)"
            R"("vat":{"rate":0.19,"country":"DE"},"tags":["b2b","renewal"],"email":"ann@example.org","note":")"} +
        note + "\"}";
    return e;
}

void measure_rules(const global_flags& flags, const lua_options& o)
{
    constexpr const char* copied = "a copy of the event";
    constexpr const char* hooked = "hooks, ten rules";
    constexpr const char* hooked_card = "hooks, a card number redacted";
    constexpr const char* hooked_other = "hooks, five of the rules";
    constexpr const char* checked = "catalogue of 50 actions";
    constexpr int batch = 20;  // events between two looks at the clock

    const work_directory files;
    const std::string file = files.file("catalogue.lua");
    std::ofstream{file} << bench_catalogue;
    const auto declared = read_catalogue(file);
    const hooks rules{std::string_view{bench_hooks}, "bench.lua"};
    const outgoing_event plain{.organization = org_id::generate(),
                               .content = paid("paid by bank transfer, reference 2026/42")};
    const outgoing_event card{.organization = plain.organization,
                              .content = paid("paid with 4111 1111 1111 1111 by telephone")};
    outgoing_event other = plain;
    other.content.action = "newsletter.sent";

    // What the figures below are figures of.
    outgoing_event looked_at = plain;
    rules.apply(looked_at);
    outgoing_event redacted = card;
    rules.apply(redacted);
    outgoing_event shaped = plain;
    declared->apply(shaped);
    if (looked_at.content.metadata != plain.content.metadata || looked_at.content.facets.size() != 1 ||
        redacted.content.metadata->find("4111 1111") != std::string::npos ||
        shaped.content.metadata->find("ann@") != std::string::npos) {
        throw std::runtime_error{"the rules of the benchmark do not do what they are there for"};
    }

    const auto each = [](const outgoing_event& from, const event_rules* by) {
        return [&from, by] {
            for (int i = 0; i < batch; ++i) {
                outgoing_event e = from;
                if (by != nullptr) {
                    by->apply(e);
                }
            }
        };
    };
    const latencies times{{{copied, each(plain, nullptr)},
                           {hooked, each(plain, &rules)},
                           {hooked_card, each(card, &rules)},
                           {hooked_other, each(other, &rules)},
                           {checked, each(plain, declared.get())}},
                          o.rounds,
                          o.times};
    const auto alone = [&](const char* name) {
        std::vector<double> values = subtract(times.of(name).client, times.of(copied).client);
        for (double& value : values) {
            value /= batch;
        }
        return values;
    };
    print(flags, "rules, " + std::to_string(batch) + " events each", times,
          {{"hooks", "hooks, CPU us an event", alone(hooked), at_most(10)},
           {"hooks_card", "hooks that change metadata, CPU us an event", alone(hooked_card)},
           {"hooks_other", "hooks of which five look at the event, CPU us an event", alone(hooked_other)},
           {"catalogue", "catalogue, CPU us an event", alone(checked)}});
}

// ---------------------------------------------------------------- a mapping

void measure_mapping(const global_flags& flags, const lua_options& o)
{
    constexpr const char* read = "JSON checked, not mapped";
    constexpr const char* mapped = "mapped";

    mapping map{o.map};
    std::vector<std::string> lines;
    double bytes = 0;
    if (o.lines.empty()) {
        for (std::uint64_t i = 0; i < o.rows; ++i) {
            lines.push_back(cloudtrail_line(i, 0));
        }
    } else {
        std::ifstream in{o.lines};
        for (std::string line; lines.size() < o.rows && std::getline(in, line);) {
            lines.push_back(line);
        }
        if (lines.empty()) {
            throw std::runtime_error{"there is no line in " + o.lines};
        }
    }
    for (const std::string& line : lines) {
        bytes += static_cast<double>(line.size()) + 1;
    }
    const latencies times{{{read,
                            [&] {
                                for (const std::string& line : lines) {
                                    check_json_object(line, "the line");
                                }
                            }},
                           {mapped,
                            [&] {
                                for (const std::string& line : lines) {
                                    static_cast<void>(map.map(line));
                                }
                            }}},
                          o.rounds,
                          1};
    const auto rate = [&](const char* name) {
        std::vector<double> values;
        for (const double microseconds : times.of(name).client) {
            values.push_back(bytes / microseconds);
        }
        return values;
    };
    print(flags,
          "mapping " + o.map + ", " + std::to_string(lines.size()) + " lines, " + number(bytes / 1e6, 1) + " MB each",
          times,
          {{"read", "MB/s of CPU time, checked", rate(read)},
           {"mapped", "MB/s of CPU time, mapped", rate(mapped), at_least(30)}});
}

}  // namespace

void add_lua(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<lua_options>();
    CLI::App* const command =
        app.add_subcommand("lua", "Transactions from Lua beside C++, hooks and a catalogue, mappings");
    command->add_option("--part", o->parts, "transaction, rules, mapping")
        ->delimiter(',')
        ->check(CLI::IsMember{{"transaction", "rules", "mapping"}});
    command->add_option("--rtt", o->round_trip, "Round trip of the network between, as in 0.5ms; 0 is a Unix socket")
        ->capture_default_str()
        ->transform(CLI::AsNumberWithUnit{std::map<std::string, double>{{"us", 1.0}, {"ms", 1000.0}}});
    command->add_option("--slices", o->rounds, "Rounds")->capture_default_str()->check(CLI::Range(1, 1000));
    command->add_option("--times", o->times, "Transactions of each variant in a round")
        ->capture_default_str()
        ->check(CLI::Range(10, 100'000));
    command->add_option("--rows", o->rows, "Lines to map in a round, at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("--map", o->map, "The mapping")->capture_default_str();
    command->add_option("--lines", o->lines, "A file of lines to map, instead of CloudTrail's that are made here");
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            if (flags.use_database) {
                throw std::runtime_error{"lua needs a private PostgreSQL: it makes a table of its own"};
            }
            if (std::ranges::find(o->parts, "transaction") != o->parts.end()) {
                measure_transactions(flags, *o);
            }
            if (std::ranges::find(o->parts, "rules") != o->parts.end()) {
                measure_rules(flags, *o);
            }
            if (std::ranges::find(o->parts, "mapping") != o->parts.end()) {
                measure_mapping(flags, *o);
            }
            return 0;
        };
    });
}

}  // namespace daybook::bench
