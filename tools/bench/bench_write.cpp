// daybook_bench write: what it costs that a business transaction writes an event, beside the same transaction without one,
// with the same statements sent by hand, and with what others do instead.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <latch>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <daybook/daybook.hpp>
#include <daybook/json.hpp>

#include "bench.hpp"
#include "by_hand.hpp"
#include "cpu_time.hpp"
#include "delaying_proxy.hpp"
#include "latency.hpp"
#include "ratios.hpp"
#include "server.hpp"
#include "spread.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

namespace {

struct write_options {
    // Short turns, and many: a busy minute of the machine then falls on all alike.
    std::size_t rounds = 40;
    std::size_t times = 50;
    std::uint64_t round_trip = 0;  // microseconds
    bool durable = false;
};

constexpr int accounts = 10'000;
constexpr std::size_t writers = 16;

// In the order of the table.
constexpr const char* bare_hand = "not audited, by hand";
constexpr const char* bare_sql = "not audited, tx.sql()";
constexpr const char* bare_exec = "not audited, tx.exec()";
constexpr const char* audited_sql = "audited, tx.sql()";
constexpr const char* audited_exec = "audited, tx.exec()";
constexpr const char* floor_sql = "the words of tx.sql(), by hand";
constexpr const char* floor_exec = "the words of tx.exec(), by hand";
constexpr const char* floor_values = "prepared VALUES, by hand";
constexpr const char* five_hand = "five round trips, by hand";
constexpr const char* classic = "classic trigger, by hand";
constexpr const char* pgaudit = "pgaudit, by hand";

// ---------------------------------------------------------------- what is there before

// The host's own table, and a copy that a trigger watches, as programs without an audit library have it.
constexpr const char* host_tables = R"(
create schema daybook_bench;
create table daybook_bench.accounts (
    id int primary key,
    name text not null,
    email text not null,
    plan text not null,
    balance bigint not null default 0,
    note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
) with (fillfactor = 50);
create table daybook_bench.watched (like daybook_bench.accounts including all) with (fillfactor = 50);
create table daybook_bench.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    role text not null default session_user,
    table_name text not null,
    operation text not null,
    old_row json,
    new_row json
);
create function daybook_bench.audit_row() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    insert into daybook_bench.audit (table_name, operation, old_row, new_row)
    values (tg_table_name, tg_op, row_to_json(old), row_to_json(new));
    return null;
end
$$;
create trigger audit_row after insert or update or delete on daybook_bench.watched
    for each row execute function daybook_bench.audit_row();
grant usage on schema daybook_bench to public;
grant select, insert, update on daybook_bench.accounts, daybook_bench.watched to public;
)";

void prepare(const database_urls& urls, std::vector<org_id>& organizations)
{
    for (std::size_t i = 0; i < writers; ++i) {
        organizations.push_back(add_organization(urls.owner, "bench-" + std::to_string(i), "").id);
    }
    pqxx::connection connection{urls.superuser};
    pqxx::work work{connection};
    work.exec(host_tables);
    for (const char* const table : {"accounts", "watched"}) {
        work.exec(std::string{"insert into daybook_bench."} + table +
                      " (id, name, email, plan) select i, 'Customer ' || i, 'customer' || i || '@example.org', 'basic' "
                      "from generate_series(1, $1) i",
                  pqxx::params{accounts});
    }
    if (work.query_value<std::string>("show shared_preload_libraries") == "pgaudit") {
        work.exec("create role daybook_bench_pgaudit login");
        work.exec("alter role daybook_bench_pgaudit set pgaudit.log = 'write'");
    }
    work.commit();
    pqxx::nontransaction{connection}.exec("analyze daybook_bench.accounts, daybook_bench.watched");
}

// The role and the database of `url` on another socket.
std::string through(const std::string& url, const std::string& directory)
{
    return url.substr(0, url.find("host=")) + "host=" + directory;
}

std::string as_role(const std::string& url, const std::string& role)
{
    const std::size_t begin = url.find("//") + 2;
    return url.substr(0, begin) + role + url.substr(url.find('@'));
}

event sample()
{
    event e;
    e.action = "account.charged";
    e.actor = {.type = "user", .id = "u1"};
    e.targets = {{.type = "account", .id = "42"}};
    e.metadata = R"({"amount":1,"currency":"EUR"})";
    return e;
}

event_id new_id()
{
    return event_id::generate(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

// ---------------------------------------------------------------- the ways to do it

// One way, on a connection of its own: charges one account, and says which event it wrote.
struct subject {
    std::string name;
    std::function<std::optional<event_id>(int account)> once;
    int backend;
};

std::string update_of(const char* table)
{
    return std::string{"update daybook_bench."} + table + " set balance = balance + 1, updated_at = now() where id = $1";
}

// What a program has that writes SQL itself: everything prepared, values as text.
struct own_statements {
    own_statements(const std::string& url, const char* table, const org_id& organization) : connection{url}
    {
        const statement set{.name = "bench_set", .sql = "select set_config('app.org_id', $1, true)"};
        update = {.name = "bench_update", .sql = update_of(table)};
        for (const statement& s : {begin, set, update, commit}) {
            connection.prepare(s);
        }
        scope = {begin, set.with({to_string(organization)})};
    }

    hand connection;
    statement begin{.name = "bench_begin", .sql = "begin"};
    statement commit{.name = "bench_commit", .sql = "commit"};
    statement update;
    std::vector<statement> scope;
};

subject not_audited_by_hand(const char* name, const std::string& url, const org_id& organization,
                            const char* table = "accounts")
{
    auto own = std::make_shared<own_statements>(url, table, organization);
    return {name,
            [own](int account) {
                own->connection.flush(own->scope);
                own->connection.flush(own->update.with({std::to_string(account)}));
                own->connection.flush(own->commit);
                return std::nullopt;
            },
            own->connection.backend()};
}

// The event as one prepared INSERT of what it has: together with the COMMIT, or everything in a round trip of its own.
subject insert_by_hand(const char* name, const std::string& url, const org_id& organization, bool five)
{
    struct with_insert : own_statements {
        using own_statements::own_statements;
        statement insert{.name = "bench_insert",
                         .sql = "insert into daybook.audit_logs (organization_id, id, action, outcome, actor_type, actor_id, "
                                "targets, metadata) values ($1, $2, $3, $4, $5, $6, $7, $8)"};
    };
    auto own = std::make_shared<with_insert>(url, "accounts", organization);
    own->connection.prepare(own->insert);
    return {name,
            [own, five, organization = to_string(organization)](int account) {
                const event_id id = new_id();
                const statement insert = own->insert.with({organization, to_string(id), "account.charged", "success", "user",
                                                           "u1", R"([{"type":"account","id":"42"}])",
                                                           R"({"amount":1,"currency":"EUR"})"});
                hand& connection = own->connection;
                if (five) {
                    connection.flush(own->scope[0]);
                    connection.flush(own->scope[1]);
                } else {
                    connection.flush(own->scope);
                }
                connection.flush(own->update.with({std::to_string(account)}));
                if (five) {
                    connection.flush(insert);
                    connection.flush(own->commit);
                } else {
                    connection.flush(std::vector{insert, own->commit});
                }
                return std::optional{id};
            },
            own->connection.backend()};
}

enum class call { sql, exec };

void charge(tenant_tx& tx, call how, int account)
{
    static const std::string update = update_of("accounts");
    if (how == call::sql) {
        tx.sql().exec(pqxx::prepped{"bench_update"}, pqxx::params{account});
    } else {
        tx.exec(update, pqxx::params{account});
    }
}

subject library(const char* name, const std::string& url, const org_id& organization, call how, bool audited)
{
    auto connection = std::make_shared<pqxx::connection>(url);
    connection->prepare("bench_update", update_of("accounts"));
    return {name,
            [connection, organization, how, audited, e = sample()](int account) -> std::optional<event_id> {
                return with_tenant(*connection, organization, [&](tenant_tx& tx) -> std::optional<event_id> {
                    charge(tx, how, account);
                    return audited ? std::optional{log_audit(tx, e).id} : std::nullopt;
                });
            },
            connection->backendpid()};
}

// What the library said in one transaction, to be said again by libpq alone: the same statements with the same forms of
// parameters in the same round trips. Only the account and the event's id are new each time.
class script {
public:
    script(std::vector<std::vector<statement>> flushes, int account, const event_id& id) : m_flushes{std::move(flushes)}
    {
        const auto& bytes = id.value().bytes;
        const std::string raw(bytes.begin(), bytes.end());
        for (auto& flush : m_flushes) {
            for (statement& s : flush) {
                for (std::optional<std::string>& value : s.values) {
                    const std::size_t at = value ? value->find(raw) : std::string::npos;
                    if (at != std::string::npos) {
                        m_id = value->data() + at;
                    } else if (value == std::to_string(account)) {
                        m_account = &*value;
                    }
                }
            }
        }
        if (m_id == nullptr || m_account == nullptr) {
            throw std::runtime_error{"the library's words hold no event id in binary, or no account as text"};
        }
    }
    script(const script&) = delete;
    script& operator=(const script&) = delete;

    void prepare(hand& connection) const
    {
        std::set<std::string> names{""};
        for (const auto& flush : m_flushes) {
            for (const statement& s : flush) {
                if (names.insert(s.name).second) {
                    connection.prepare(s);
                }
            }
        }
    }

    void say(hand& connection, int account, const event_id& id)
    {
        *m_account = std::to_string(account);
        std::memcpy(m_id, id.value().bytes.data(), id.value().bytes.size());
        for (const auto& flush : m_flushes) {
            connection.flush(flush);
        }
    }

    [[nodiscard]] const std::vector<std::vector<statement>>& flushes() const { return m_flushes; }

private:
    std::vector<std::vector<statement>> m_flushes;
    char* m_id = nullptr;
    std::string* m_account = nullptr;
};

subject repeated(const char* name, const std::string& url, const std::vector<std::vector<statement>>& words, int account,
                 const event_id& id)
{
    auto connection = std::make_shared<hand>(url);
    auto text = std::make_shared<script>(words, account, id);
    text->prepare(*connection);
    return {name,
            [connection, text](int account) {
                const event_id id = new_id();
                text->say(*connection, account, id);
                return std::optional{id};
            },
            connection->backend()};
}

// ---------------------------------------------------------------- the measurement

int any_account()
{
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_int_distribution<int>{1, accounts}(random);
}

// Transactions a second of all writers together.
double rate_of(const std::vector<subject>& all, std::size_t times)
{
    std::latch ready{static_cast<std::ptrdiff_t>(all.size()) + 1};
    std::vector<std::exception_ptr> failures(all.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < all.size(); ++i) {
        threads.emplace_back([&, i] {
            ready.arrive_and_wait();
            try {
                for (std::size_t n = 0; n < times; ++n) {
                    all[i].once(any_account());
                }
            } catch (...) {
                failures[i] = std::current_exception();
            }
        });
    }
    ready.arrive_and_wait();
    const auto begin = std::chrono::steady_clock::now();
    for (std::thread& one : threads) {
        one.join();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    for (const std::exception_ptr& failure : failures) {
        if (failure != nullptr) {
            std::rethrow_exception(failure);
        }
    }
    return static_cast<double>(all.size() * times) / took.count();
}

class write_bench {
public:
    write_bench(const global_flags& flags, const write_options& options)
        : m_flags{flags}, m_options{options},
          m_server{false, [this](const database_urls& urls) { prepare(urls, m_organizations); },
                   {.durable = options.durable, .preload = "pgaudit"}}
    {
    }

    int run()
    {
        m_server.with_database([&](const database_urls& urls) { measure(urls); });
        return 0;
    }

private:
    using words = std::vector<std::vector<statement>>;

    struct recorded_words {
        words flushes;
        int account;
        event_id id;
    };

    void say(const std::string& text) const
    {
        if (!m_flags.quiet) {
            std::fprintf(stderr, "%s\n", text.c_str());
        }
    }

    // The words of one transaction, after a first one that may say more. `make` connects through `proxy`.
    static recorded_words record(delaying_proxy& proxy, const std::function<subject()>& make)
    {
        constexpr int account = 4242;
        proxy.record();
        const subject s = make();
        s.once(1);
        std::vector<std::string> said = proxy.recorded();
        const std::size_t before = decode(said).size();
        proxy.record();
        const std::optional<event_id> id = s.once(account);
        std::ranges::move(proxy.recorded(), std::back_inserter(said));
        words all = decode(said);
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
        return {std::move(all), account, id.value()};
    }

    // By hand what the library says; it must come out the same.
    static recorded_words words_of(delaying_proxy& proxy, const std::string& url, const org_id& organization, call how)
    {
        recorded_words r = record(proxy, [&] { return library("", url, organization, how, true); });
        const recorded_words again = record(proxy, [&] { return repeated("", url, r.flushes, r.account, r.id); });
        if (!same_words(r.flushes, again.flushes)) {
            throw std::runtime_error{"what is sent by hand is not what the library sends"};
        }
        return r;
    }

    [[nodiscard]] std::vector<subject> subjects(const std::string& url) const
    {
        const org_id& organization = m_organizations.front();
        std::vector<subject> all{
            not_audited_by_hand(bare_hand, url, organization),
            library(bare_sql, url, organization, call::sql, false),
            library(bare_exec, url, organization, call::exec, false),
            library(audited_sql, url, organization, call::sql, true),
            library(audited_exec, url, organization, call::exec, true),
            repeated(floor_sql, url, m_words_sql->flushes, m_words_sql->account, m_words_sql->id),
            repeated(floor_exec, url, m_words_exec->flushes, m_words_exec->account, m_words_exec->id),
            insert_by_hand(floor_values, url, organization, false),
            insert_by_hand(five_hand, url, organization, true),
            not_audited_by_hand(classic, url, organization, "watched"),
        };
        if (m_server.has_preloaded()) {
            all.push_back(not_audited_by_hand(pgaudit, as_role(url, "daybook_bench_pgaudit"), organization));
        }
        return all;
    }

    // How often each of them waits for the server.
    std::vector<double> count_round_trips(delaying_proxy& proxy, const std::string& url)
    {
        constexpr int times = 20;
        std::vector<double> counts;
        for (const subject& s : subjects(url)) {
            s.once(1);
            const std::uint64_t before = proxy.round_trips();
            for (int i = 0; i < times; ++i) {
                s.once(any_account());
            }
            counts.push_back(static_cast<double>(proxy.round_trips() - before) / times);
        }
        return counts;
    }

    // A proxy in front of the server; its URL in `url`.
    [[nodiscard]] std::unique_ptr<delaying_proxy> proxy(const std::string& name, std::chrono::nanoseconds round_trip,
                                                        std::string& url) const
    {
        const std::string directory = m_files.file(name);
        std::filesystem::create_directory(directory);
        url = through(url, directory);
        return std::make_unique<delaying_proxy>(directory + "/.s.PGSQL.5432", m_server.socket(), round_trip);
    }

    // The network that was asked for, if any.
    [[nodiscard]] std::unique_ptr<delaying_proxy> network(const std::string& name, std::string& url) const
    {
        return is_far() ? proxy(name, std::chrono::microseconds{m_options.round_trip}, url) : nullptr;
    }

    [[nodiscard]] bool is_far() const { return m_options.round_trip > 0; }

    void measure(const database_urls& urls)
    {
        std::string url = urls.app;
        const auto counting = proxy("counted", std::chrono::nanoseconds{0}, url);
        m_words_sql = words_of(*counting, url, m_organizations.front(), call::sql);
        m_words_exec = words_of(*counting, url, m_organizations.front(), call::exec);
        const std::vector<double> counts = count_round_trips(*counting, url);

        say("one at a time");
        const latencies times = measure_one(urls, counts);
        say("sixteen at a time");
        measure_many(urls);
        print(times);
    }

    [[nodiscard]] latencies measure_one(const database_urls& urls, const std::vector<double>& counts) const
    {
        const one_processor together;
        std::string url = urls.app;
        const auto between = network("one", url);
        std::vector<variant> variants;
        auto waiting = std::make_shared<hand>(url);
        variants.push_back({"an empty statement", [waiting] { waiting->run(""); }, waiting->backend(), 1.0});
        const std::vector<subject> all = subjects(url);
        for (std::size_t i = 0; i < all.size(); ++i) {
            variants.push_back({all[i].name, [once = all[i].once] { once(any_account()); }, all[i].backend, counts.at(i)});
        }
        for (const variant& v : variants) {
            together.add(v.backend.value());
        }
        const std::uint64_t before = events(urls);
        latencies times{variants, m_options.rounds, m_options.times};
        // A figure for work that was not done would be a fine figure.
        const std::uint64_t expected =
            (m_options.rounds * m_options.times + 1) *
            static_cast<std::uint64_t>(std::ranges::count_if(all, [](const subject& s) { return writes_events(s.name); }));
        if (events(urls) - before != expected) {
            throw std::runtime_error{"the log did not take " + std::to_string(expected) + " events"};
        }
        return times;
    }

    static bool writes_events(const std::string& name)
    {
        return name != bare_hand && name != bare_sql && name != bare_exec && name != classic && name != pgaudit;
    }

    static std::uint64_t events(const database_urls& urls)
    {
        pqxx::connection connection{urls.superuser};
        return pqxx::nontransaction{connection}.query_value<std::uint64_t>("select count(*) from daybook.audit_logs");
    }

    void measure_many(const database_urls& urls)
    {
        std::string url = urls.app;
        const auto between = network("many", url);
        std::vector<subject> one;
        std::vector<subject> many;
        std::vector<subject> bare;
        for (std::size_t i = 0; i < writers; ++i) {
            one.push_back(library("", url, m_organizations.front(), call::sql, true));
            many.push_back(library("", url, m_organizations[i], call::sql, true));
            bare.push_back(not_audited_by_hand("", url, m_organizations[i]));
        }
        std::vector<std::pair<const std::vector<subject>*, std::vector<double>*>> order{
            {&one, &m_one_organization}, {&many, &m_many_organizations}, {&bare, &m_many_bare}};
        for (const auto& [subjects, rates] : order) {
            rate_of(*subjects, 10);
        }
        for (std::size_t round = 0; round < m_options.rounds; ++round) {
            for (const auto& [subjects, rates] : order) {
                rates->push_back(rate_of(*subjects, m_options.times));
            }
            std::ranges::rotate(order, order.begin() + 1);
        }
    }

    [[nodiscard]] std::vector<ratio> ratios(const latencies& times) const
    {
        const bool at_half_a_millisecond = m_options.round_trip == 500;
        const auto there = [&](const goal& g) { return at_half_a_millisecond ? std::optional{g} : std::nullopt; };
        const auto time = [&](const char* above, const char* below) {
            return divide(times.of(above).microseconds, times.of(below).microseconds);
        };
        const auto client = [&](const char* above, const char* below) {
            return divide(times.of(above).client, times.of(below).client);
        };
        const auto added = [&](const char* above, const char* below) {
            return subtract(times.of(above).server, times.of(below).server);
        };
        // By its median: a difference that is nearly nothing in one round would be a fine divisor there.
        const auto beside_trigger = [&](std::vector<double> values) {
            const double trigger = spread_of(added(classic, bare_hand)).median;
            for (double& value : values) {
                value /= trigger;
            }
            return values;
        };
        std::vector<ratio> all{
            {"audited_sql", "time, audited by tx.sql() / not audited by hand", time(audited_sql, bare_hand), there(at_most(1.06))},
            {"audited_exec", "time, audited by tx.exec() / not audited by hand", time(audited_exec, bare_hand), there(at_most(0.75))},
            {"audited_sql_to_library", "time, audited by tx.sql() / not audited by tx.sql()", time(audited_sql, bare_sql)},
            {"audited_exec_to_library", "time, audited by tx.exec() / not audited by tx.exec()", time(audited_exec, bare_exec)},
            {"sql_to_five", "time, audited by tx.sql() / five round trips by hand", time(audited_sql, five_hand), there(at_most(0.65))},
            {"exec_to_five", "time, audited by tx.exec() / five round trips by hand", time(audited_exec, five_hand), there(at_most(0.45))},
            {"sql_to_floor", "time, tx.sql() / the same words by hand", time(audited_sql, floor_sql), at_most(1.02)},
            {"exec_to_floor", "time, tx.exec() / the same words by hand", time(audited_exec, floor_exec), at_most(1.02)},
            {"sql_to_values", "time, tx.sql() / prepared VALUES by hand", time(audited_sql, floor_values)},
        };
        // After each wait the caches are cold: behind a network the CPU time says more about the machine than about the work.
        if (!is_far()) {
            all.push_back({"client_sql_to_floor", "client CPU, tx.sql() / the same words by hand", client(audited_sql, floor_sql),
                           at_most(1.15)});
            all.push_back({"client_exec_to_floor", "client CPU, tx.exec() / the same words by hand",
                           client(audited_exec, floor_exec), at_most(1.15)});
        }
        if (!is_far() && !times.of(bare_hand).server.empty()) {
            all.push_back({"server_added", "server CPU added, tx.sql() with - without event / classic trigger - none",
                           beside_trigger(added(audited_sql, bare_sql)), at_most(0.8)});
            all.push_back({"server_added_exec", "server CPU added, tx.exec() with - without event / classic trigger - none",
                           beside_trigger(added(audited_exec, bare_exec)), at_most(0.8)});
            all.push_back({"server_added_with_scope", "server CPU added, tx.sql() with event - none by hand / classic trigger - none",
                           beside_trigger(added(audited_sql, bare_hand))});
        }
        all.push_back({"one_organization", "16 writers, one organization / 16 organizations",
                       divide(m_one_organization, m_many_organizations), at_least(0.97)});
        all.push_back({"many_audited", "16 writers, audited by tx.sql() / not audited by hand",
                       divide(m_many_organizations, m_many_bare), there(at_least(0.93))});
        return all;
    }

    void print(const latencies& times) const
    {
        const std::vector<std::pair<const char*, const std::vector<double>*>> rates{
            {"audited, one organization", &m_one_organization},
            {"audited, 16 organizations", &m_many_organizations},
            {"not audited, by hand", &m_many_bare}};
        const auto all = ratios(times);
        const std::string round_trip = number(static_cast<double>(m_options.round_trip) / 1000, 3);
        if (m_flags.json) {
            std::string out = "{\"benchmark\":\"write\",\"postgresql\":\"" + m_server.version() + "\",\"fsync\":\"" +
                              m_server.fsync() + "\",\"cores\":" + std::to_string(std::thread::hardware_concurrency()) +
                              ",\"round_trip_ms\":" + round_trip + ",\"pgaudit\":" +
                              (m_server.has_preloaded() ? "true" : "false") + ",\"variants\":" + times.json_of_variants() +
                              ",\"transactions_per_second\":{";
            for (const auto& [name, values] : rates) {
                out += std::string{values == &m_one_organization ? "\"" : ",\""} + name + "\":" + json_of(spread_of(*values), 0);
            }
            std::printf("%s},\"ratios\":%s}\n", out.c_str(), json_of(all).c_str());
            return;
        }
        std::printf("write: PostgreSQL %s, private, fsync %s, %u cores, network of %s ms; pgaudit is %s\n", m_server.version().c_str(),
                    m_server.fsync().c_str(), std::thread::hardware_concurrency(), round_trip.c_str(),
                    m_server.has_preloaded() ? "installed" : "not installed");
        std::printf("%s16 writers, transactions/s:\n", times.table().c_str());
        for (const auto& [name, values] : rates) {
            const spread s = spread_of(*values);
            std::printf("  %-32s%s (%s - %s)\n", name, number(s.median, 0).c_str(), number(s.least, 0).c_str(), number(s.most, 0).c_str());
        }
        std::printf("within a round, of %zu rounds:\n%s", m_options.rounds, table_of(all).c_str());
    }

    const global_flags& m_flags;
    const write_options& m_options;
    work_directory m_files;
    std::vector<org_id> m_organizations;
    server m_server;
    std::optional<recorded_words> m_words_sql;
    std::optional<recorded_words> m_words_exec;
    std::vector<double> m_one_organization;
    std::vector<double> m_many_organizations;
    std::vector<double> m_many_bare;
};

}  // namespace

void add_write(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<write_options>();
    CLI::App* const command = app.add_subcommand("write", "A business transaction with and without an event, beside what others do");
    command->add_option("--rtt", o->round_trip, "Round trip of the network between, as in 0.5ms; 0 is a Unix socket")
        ->capture_default_str()
        ->transform(CLI::AsNumberWithUnit{std::map<std::string, double>{{"us", 1.0}, {"ms", 1000.0}}});
    command->add_option("--slices", o->rounds, "Rounds")->capture_default_str()->check(CLI::Range(1, 1000));
    command->add_option("--times", o->times, "Transactions of each variant in a round")->capture_default_str()->check(CLI::Range(10, 100'000));
    command->add_flag("--fsync", o->durable, "With fsync and synchronous_commit on");
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            if (flags.use_database) {
                throw std::runtime_error{"write needs a private PostgreSQL: it makes tables and roles of its own"};
            }
            write_bench work{flags, *o};
            return work.run();
        };
    });
}

}  // namespace daybook::bench
