// The sealer at work: beside sixteen writers, beside somebody who only reads, and how far it is behind.

#include "seal_parts.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include <pqxx/pqxx>

#include <daybook/daybook.hpp>
#include <daybook/merkle.hpp>

#include "by_hand.hpp"
#include "cpu_time.hpp"

namespace daybook::bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t writers = 16;

// A sealer that follows until it is destroyed.
class follower {
public:
    using listener = std::function<void(const seal_pass&)>;

    follower(sealer& one, std::chrono::milliseconds interval, listener after = [](const seal_pass&) {})
        : m_thread{[this, &one, interval, after = std::move(after)](const std::stop_token& stop) {
              one.follow(stop, interval, [&](const seal_pass& pass, const std::optional<error>& failed) {
                  after(pass);
                  const std::scoped_lock lock{m_mutex};
                  if (failed || !pass.problems.empty()) {
                      m_failure = failed ? failed->what() : pass.problems.front().why.what();
                  }
                  m_events += pass.events;
                  m_changed.notify_all();
              });
          }}
    {
    }

    void stop()
    {
        m_thread.request_stop();
        m_thread.join();
        const std::scoped_lock lock{m_mutex};
        if (!m_failure.empty()) {
            throw std::runtime_error{"the sealer: " + m_failure};
        }
    }

    [[nodiscard]] std::uint64_t events()
    {
        const std::scoped_lock lock{m_mutex};
        return m_events;
    }

    /// Returns when it has sealed so many, or failed.
    void wait_for(std::uint64_t events)
    {
        std::unique_lock lock{m_mutex};
        m_changed.wait(lock, [&] { return m_events >= events || !m_failure.empty(); });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::string m_failure;
    std::uint64_t m_events = 0;
    std::jthread m_thread;
};

// Each `work(i)` in a thread of its own, all begun together. Returns how long it took them all.
double seconds_of(std::size_t count, const std::function<void(std::size_t)>& work)
{
    std::latch ready{static_cast<std::ptrdiff_t>(count) + 1};
    std::vector<std::exception_ptr> failures(count);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            ready.arrive_and_wait();
            try {
                work(i);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        });
    }
    ready.arrive_and_wait();
    const auto begin = steady::now();
    for (std::jthread& one : threads) {
        one.join();
    }
    const double seconds = std::chrono::duration<double>(steady::now() - begin).count();
    for (const std::exception_ptr& failure : failures) {
        if (failure != nullptr) {
            std::rethrow_exception(failure);
        }
    }
    return seconds;
}

}  // namespace

// ---------------------------------------------------------------- writers

figures measure_writers(const seal_ground& ground)
{
    struct turn {
        std::optional<std::chrono::milliseconds> interval;
        std::vector<double> rates{};
        std::vector<double> sealed{};
    };
    const org_id& organization = ground.organizations.front();
    const std::size_t times = std::max<std::size_t>(ground.options.rows / 10 / writers, 100);
    std::vector<turn> turns{{std::nullopt}, {std::chrono::milliseconds{500}}, {std::chrono::milliseconds{0}}};
    ground.postgres.with_database([&](const database_urls& urls) {
        std::vector<std::unique_ptr<pqxx::connection>> connections;
        for (std::size_t i = 0; i < writers; ++i) {
            connections.push_back(std::make_unique<pqxx::connection>(urls.app));
        }
        const auto write = [&](std::size_t count) {
            return static_cast<double>(writers * count) / seconds_of(writers, [&](std::size_t i) {
                for (std::size_t n = 0; n < count; ++n) {
                    with_tenant(*connections[i], organization, [&](tenant_tx& tx) { log_audit(tx, event_to_seal(n)); });
                }
            });
        };
        sealer one{sealing(urls)};
        write(10);
        seal_exactly(one, writers * 10);
        for (std::size_t round = 0; round < 2 * ground.options.rounds; ++round) {
            for (std::size_t i = 0; i < turns.size(); ++i) {
                turn& now = turns[(round + i) % turns.size()];
                std::optional<follower> beside;
                if (now.interval) {
                    beside.emplace(one, *now.interval);
                }
                now.rates.push_back(write(times));
                std::uint64_t sealed = 0;
                if (beside) {
                    sealed = beside->events();
                    beside->stop();
                    sealed = beside->events();
                }
                now.sealed.push_back(static_cast<double>(sealed) / static_cast<double>(writers * times));
                seal_exactly(one, writers * times - sealed);
            }
        }
    });
    return {
        {"none", "16 writers, none sealed meanwhile, events/s", turns[0].rates},
        {"every_500_ms", "a sealer every 500 ms / none", divide(turns[1].rates, turns[0].rates), at_least(0.97)},
        {"back_to_back", "a sealer without pause / none", divide(turns[2].rates, turns[0].rates), at_least(0.97)},
        {"sealed_500_ms", "share of the events sealed when the writers ended, every 500 ms", turns[1].sealed},
        {"sealed_back_to_back", "the same, without pause", turns[2].sealed},
    };
}

// ---------------------------------------------------------------- a pass

namespace {

constexpr const char* sealed_columns =
    "organization_id, id, recorded_at, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason, changes, "
    "source_ip, user_agent, request_id, correlation_id, trace_id, source, metadata, facets, shaped_by, db_role, schema_version, "
    "target_type, target_id";

struct work_figures {
    std::vector<double> rate;
    std::vector<double> client;
    std::vector<double> server;
};

void measure(std::size_t rows, int backend, work_figures& into, const std::function<void()>& work)
{
    const double server_before = process_cpu_seconds(backend).value_or(0);
    const double client_before = thread_cpu_seconds();
    const auto begin = steady::now();
    work();
    const double seconds = std::chrono::duration<double>(steady::now() - begin).count();
    const double each = 1e6 / static_cast<double>(rows);
    into.rate.push_back(static_cast<double>(rows) / seconds);
    into.client.push_back((thread_cpu_seconds() - client_before) * each);
    into.server.push_back((process_cpu_seconds(backend).value_or(0) - server_before) * each);
}

// The same rows in the same role, one by one as they come.
class hand_reader {
public:
    hand_reader(const std::string& url, const org_id& organization) : m_connection{url}
    {
        m_all = statement{.sql = std::string{"select "} + sealed_columns +
                                 " from daybook.audit_logs where organization_id = $1 order by id",
                          .types = {2950}}
                    .with({to_string(organization)});
        m_all.answer = 1;
    }

    [[nodiscard]] int backend() const { return m_connection.backend(); }

    /// Looks at each value, and hashes them all if it is told to. Throws std::runtime_error unless there are `rows`.
    void read(std::size_t rows, bool hashing)
    {
        std::size_t count = 0;
        compact_range tree;
        std::string line;
        m_connection.stream(m_all, [&](const PGresult* row) {
            line.clear();
            for (int column = 0; column < PQnfields(row); ++column) {
                line.append(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
            }
            if (hashing) {
                tree.append(leaf_hash(line));
            }
            ++count;
        });
        if (count != rows) {
            throw std::runtime_error{"by hand " + std::to_string(count) + " events were read"};
        }
    }

private:
    hand m_connection;
    statement m_all;
};

void verify_exactly(pool& connections, const org_id& organization, const sealer_options& by, std::size_t rows)
{
    const verification result =
        verify_log(connections, organization, {.keys = {{by.key.public_half()}}}, [](const finding& one) { throw std::runtime_error{one.detail}; });
    if (result.checked != rows) {
        throw std::runtime_error{std::to_string(result.checked) + " events were verified"};
    }
}

}  // namespace

figures measure_pass(const seal_ground& ground)
{
    const std::size_t rows = ground.options.rows;
    work_figures reading;
    work_figures hashing;
    work_figures sealed;
    work_figures verified;
    work_figures singly;
    const std::size_t single_rows = rows / 20;
    ground.postgres.with_database([&](const database_urls& urls) {
        for (std::size_t round = 0; round < ground.options.rounds; ++round) {
            const org_id& organization = ground.organizations[round];
            load(urls, organization, rows, 1000);
            hand_reader by_hand{urls.sealer, organization};
            by_hand.read(rows, false);  // whoever comes first notes in the rows that they are committed
            const sealer_options options = sealing(urls);
            sealer one{options};
            const int backend = std::stoi(ask(urls, "select pid from pg_stat_activity where usename = 'daybook_sealer' and pid <> " +
                                                    std::to_string(by_hand.backend())));
            std::vector<std::function<void()>> order{
                [&] { measure(rows, by_hand.backend(), reading, [&] { by_hand.read(rows, false); }); },
                [&] { measure(rows, by_hand.backend(), hashing, [&] { by_hand.read(rows, true); }); },
                [&] { measure(rows, backend, sealed, [&] { seal_exactly(one, rows); }); },
            };
            std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(round % order.size()));
            std::ranges::for_each(order, [](const auto& work) { work(); });
            pool connections{urls.app};
            connections.check();
            const int verifying = std::stoi(
                ask(urls, "select pid from pg_stat_activity where usename = 'daybook_app' order by backend_start desc limit 1"));
            measure(rows, verifying, verified, [&] { verify_exactly(connections, organization, options, rows); });
            load(urls, organization, single_rows, 1);
            measure(single_rows, backend, singly, [&] { seal_exactly(one, single_rows); });
        }
    });
    return {
        {"to_reading", "sealing / reading the same rows by libpq, one by one", divide(sealed.rate, reading.rate), at_least(0.6)},
        {"to_hashing", "sealing / the same, and their bytes hashed", divide(sealed.rate, hashing.rate)},
        {"verified_to_reading", "full verification / reading the same rows", divide(verified.rate, reading.rate), at_least(0.8)},
        {"verified_per_s", "verified, events/s", verified.rate},
        {"verified_client_us", "verified, client CPU an event, us", verified.client},
        {"verified_server_us", "verified, server CPU an event, us", verified.server},
        {"sealed_per_s", "sealed, events/s", sealed.rate},
        {"sealed_client_us", "sealed, client CPU an event, us", sealed.client},
        {"sealed_server_us", "sealed, server CPU an event, us", sealed.server},
        {"singly_client_us", "sealed, logged one a statement, client CPU an event, us", singly.client},
        {"singly_server_us", "sealed, logged one a statement, server CPU an event, us", singly.server},
        {"read_per_s", "read, events/s", reading.rate},
        {"read_client_us", "read, client CPU an event, us", reading.client},
        {"read_server_us", "read, server CPU an event, us", reading.server},
        {"hashed_per_s", "read and hashed, events/s", hashing.rate},
        {"hashed_client_us", "read and hashed, client CPU an event, us", hashing.client},
    };
}

// ---------------------------------------------------------------- how far behind

namespace {

constexpr std::size_t paced_writers = 4;
constexpr std::size_t paced_rate = 2000;

struct paced {
    std::vector<double> lags;  // milliseconds, in the order of the tree
    double rate = 0;           // that the writers kept
};

// Every writer commits an event at each tick of its own clock. A pass is over when follow() says so, a moment after its last
// checkpoint was committed.
paced write_paced(const database_urls& urls, const org_id& organization, std::chrono::milliseconds interval, std::size_t count)
{
    struct written {
        event_id id;
        steady::time_point committed;
    };
    std::vector<std::vector<written>> by_writer(paced_writers);
    std::vector<std::pair<std::uint64_t, steady::time_point>> passes;  // events sealed until then
    std::vector<std::unique_ptr<pqxx::connection>> connections;
    for (std::size_t i = 0; i < paced_writers; ++i) {
        connections.push_back(std::make_unique<pqxx::connection>(urls.app));
        with_tenant(*connections[i], organization, [&](tenant_tx& tx) { log_audit(tx, event_to_seal(i)); });
    }
    sealer one{sealing(urls)};
    seal_exactly(one, paced_writers);
    std::uint64_t sealed = 0;
    follower beside{one, interval, [&](const seal_pass& pass) {
                        sealed += pass.events;
                        passes.emplace_back(sealed, steady::now());
                    }};
    const std::size_t each = count / paced_writers;
    const double seconds = seconds_of(paced_writers, [&](std::size_t i) {
        const std::chrono::nanoseconds tick{1'000'000'000 * paced_writers / paced_rate};
        auto next = steady::now() + tick * i / paced_writers;
        for (std::size_t n = 0; n < each; ++n) {
            std::this_thread::sleep_until(next);
            next += tick;
            const event_id id = with_tenant(*connections[i], organization,
                                            [&](tenant_tx& tx) { return log_audit(tx, event_to_seal(n)).id; });
            by_writer[i].push_back({id, steady::now()});
        }
    });
    beside.wait_for(each * paced_writers);
    beside.stop();

    std::unordered_map<std::string, steady::time_point> committed;
    for (const auto& all : by_writer) {
        for (const written& w : all) {
            committed.emplace(to_string(w.id), w.committed);
        }
    }
    paced result{{}, static_cast<double>(each * paced_writers) / seconds};
    pqxx::connection connection{urls.superuser};
    pqxx::nontransaction work{connection};
    std::uint64_t at = 0;
    auto pass = passes.begin();
    for (const auto& [id] : work.query<std::string>("select i.id::text "
                                                    "from daybook.leaves l, unnest(l.ids) with ordinality i (id, place) "
                                                    "where l.organization_id = $1 order by l.first, i.place",
                                                    pqxx::params{to_string(organization)})) {
        const auto found = committed.find(id);
        if (found == committed.end()) {
            continue;  // one of those before
        }
        for (++at; pass->first < at; ++pass) {
        }
        result.lags.push_back(std::chrono::duration<double, std::milli>(pass->second - found->second).count());
    }
    if (result.lags.size() != each * paced_writers) {
        throw std::runtime_error{"the tree does not hold the events that were written"};
    }
    return result;
}

double share(std::vector<double> values, double part)
{
    std::ranges::sort(values);
    return values.at(static_cast<std::size_t>(part * static_cast<double>(values.size() - 1)));
}

}  // namespace

figures measure_lag(const seal_ground& ground)
{
    struct at_interval {
        std::chrono::milliseconds interval;
        std::vector<double> half{};
        std::vector<double> most{};
    };
    std::vector<at_interval> all{{std::chrono::milliseconds{500}}, {std::chrono::milliseconds{200}}};
    std::vector<double> rates;
    // Five seconds for each round, so that there are ten passes at least.
    const std::size_t count = std::max<std::size_t>(ground.options.rows / 10, 5 * paced_rate);
    ground.postgres.with_database([&](const database_urls& urls) {
        std::size_t organization = 0;
        for (std::size_t round = 0; round < (ground.options.rounds + 1) / 2; ++round) {
            for (at_interval& one : all) {
                const paced measured = write_paced(urls, ground.organizations.at(organization++), one.interval, count);
                one.half.push_back(share(measured.lags, 0.5));
                one.most.push_back(share(measured.lags, 0.99));
                rates.push_back(measured.rate);
            }
        }
    });
    return {
        {"p99_500_ms", "lag of 99 % of the events, every 500 ms, ms", all[0].most, at_most(1000)},
        {"p50_500_ms", "lag of half of the events, every 500 ms, ms", all[0].half},
        {"p99_200_ms", "lag of 99 % of the events, every 200 ms, ms", all[1].most, at_most(1000)},
        {"p50_200_ms", "lag of half of the events, every 200 ms, ms", all[1].half},
        {"rate", "events/s that the writers kept", rates},
    };
}

}  // namespace daybook::bench
