// Random writers against a model: long and late transactions, savepoints, rollbacks, every isolation level, backends
// that are killed, and sealers that come and go. At the end what was committed is sealed, each event once.

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include <daybook/daybook.hpp>

#include "sealing.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

constexpr int writers = 6;
constexpr int steps_of_a_writer = 1500;
constexpr int connections_of_a_writer = 4;
constexpr int steps_between_kills = 30;

using random_source = std::mt19937_64;
using ids = std::vector<std::string>;

// 0 to `bound` - 1; the same on every machine, unlike std::uniform_int_distribution.
std::size_t below(random_source& random, std::size_t bound)
{
    return random() % bound;
}

// A backend was killed.
bool is_lost(const std::exception& e)
{
    const auto* const of_sql = dynamic_cast<const pqxx::sql_error*>(&e);
    const auto* const of_daybook = dynamic_cast<const error*>(&e);
    return dynamic_cast<const pqxx::broken_connection*>(&e) != nullptr ||
           (of_sql != nullptr && of_sql->sqlstate() == "57P01") ||
           (of_daybook != nullptr &&
            (of_daybook->kind() == error_kind::connection_lost || of_daybook->kind() == error_kind::cannot_connect));
}

struct outcomes {
    std::map<org_id, std::set<std::string>> committed;
    std::map<org_id, std::set<std::string>> doubtful;  // the connection was lost while committing
    std::vector<std::string> complaints;
    int lost = 0;

    void merge(outcomes& other)
    {
        for (auto& [organization, of_one] : other.committed) {
            committed[organization].merge(of_one);
        }
        for (auto& [organization, of_one] : other.doubtful) {
            doubtful[organization].merge(of_one);
        }
        complaints.insert(complaints.end(), other.complaints.begin(), other.complaints.end());
        lost += other.lost;
    }
};

// One connection, with a transaction that goes on while its writer turns to others.
class slow_transaction {
public:
    slow_transaction(std::string url, random_source& random, outcomes& out)
        : m_url{std::move(url)}, m_random{random}, m_out{out}
    {
    }

    void step(const std::array<org_id, 3>& organizations)
    {
        try {
            try_step(organizations);
        } catch (const pqxx::in_doubt_error&) {
            m_out.doubtful[*m_organization].insert(m_written.begin(), m_written.end());
            drop();
        } catch (const std::exception& e) {
            if (m_committing) {
                m_out.doubtful[*m_organization].insert(m_written.begin(), m_written.end());
            }
            if (!is_lost(e)) {
                m_out.complaints.push_back(e.what());
            }
            drop();
        }
    }

    // To the end, whatever becomes of it.
    void finish()
    {
        if (m_open) {
            try {
                commit();
            } catch (const std::exception&) {
                m_out.doubtful[*m_organization].insert(m_written.begin(), m_written.end());
                drop();
            }
        }
    }

private:
    void commit()
    {
        m_committing = true;
        run("commit");
        m_out.committed[*m_organization].insert(m_written.begin(), m_written.end());
        m_open = false;
    }

    void try_step(const std::array<org_id, 3>& organizations)
    {
        if (!m_open) {
            begin(organizations[below(m_random, organizations.size())]);
            return;
        }
        switch (below(m_random, 10)) {
        case 0: commit(); break;
        case 1:
            run("rollback");
            m_open = false;
            break;
        case 2:
            run("savepoint here");
            m_before_savepoint = m_written.size();
            break;
        case 3:
            if (m_before_savepoint) {
                run("rollback to savepoint here");
                m_written.resize(*m_before_savepoint);
            }
            break;
        default: write();
        }
    }

    void begin(const org_id& organization)
    {
        if (!m_connection) {
            m_connection = std::make_unique<pqxx::connection>(m_url);
        }
        constexpr const char* levels[] = {"read committed", "repeatable read", "serializable"};
        m_organization = organization;
        m_written.clear();
        m_before_savepoint.reset();
        m_committing = false;
        run(std::string{"begin isolation level "} + levels[below(m_random, 3)]);
        run("select daybook.set_tenant('" + to_string(organization) + "')");
        m_open = true;
    }

    // Of now, or of some day before: ids are in no order.
    void write()
    {
        const std::size_t events = below(m_random, 10) == 0 ? 200 : 1 + below(m_random, 5);
        const std::size_t hours = below(m_random, 3) == 0 ? below(m_random, 100) : 0;
        for (const auto& row : run("insert into daybook.audit_logs (id, action, actor_type, actor_id) "
                                   "select daybook.new_id(clock_timestamp() - interval '1 hour' * " +
                                   std::to_string(hours) + "), 'a.b', 'user', 'u1' from generate_series(1, " +
                                   std::to_string(events) + ") returning id")) {
            m_written.push_back(row[0].as<std::string>());
        }
    }

    pqxx::result run(const std::string& sql) { return pqxx::nontransaction{*m_connection}.exec(sql); }

    void drop()
    {
        m_out.lost += 1;
        m_open = false;
        m_connection.reset();
    }

    std::string m_url;
    random_source& m_random;
    outcomes& m_out;
    std::unique_ptr<pqxx::connection> m_connection;
    std::optional<org_id> m_organization;
    ids m_written;
    std::optional<std::size_t> m_before_savepoint;
    bool m_open = false;
    bool m_committing = false;
};

void write_history(const temporary_database& database, const std::array<org_id, 3>& organizations, std::uint64_t seed,
                   std::atomic<int>& steps, outcomes& out)
{
    random_source random{seed};
    std::vector<slow_transaction> all;
    for (int i = 0; i < connections_of_a_writer; ++i) {
        all.emplace_back(database.app_url(), random, out);
    }
    for (int i = 0; i < steps_of_a_writer; ++i) {
        all[below(random, all.size())].step(organizations);
        ++steps;
        steps.notify_one();
    }
    for (slow_transaction& one : all) {
        one.finish();
    }
}

// Sealers, one after another, each for a few passes.
void seal_history(const sealing& f, const std::atomic<bool>& over, std::uint64_t seed, outcomes& out)
{
    random_source random{seed};
    while (!over) {
        try {
            sealer one = f.make_sealer(1 + below(random, 500));
            for (std::size_t passes = below(random, 5); passes > 0; --passes) {
                const seal_pass pass = one.seal();
                for (const seal_problem& problem : pass.problems) {
                    out.complaints.push_back(problem.why.what());
                }
                if (pass.missed > 0) {
                    out.complaints.push_back(std::to_string(pass.missed) + " events missed");
                }
            }
        } catch (const error& e) {
            out.lost += 1;
            if (!is_lost(e)) {
                out.complaints.push_back(e.what());
            }
        }
    }
}

// Ends a backend of `role`, whichever it is.
void kill_one(const temporary_database& database, const std::string& role)
{
    database.as_superuser("select pg_terminate_backend(pid, 10000) from (select pid from pg_stat_activity "
                          "where datname = current_database() and usename = '" +
                          role + "' order by random() limit 1) one");
}

}  // namespace

TEST_CASE("after any history, what was committed is sealed, each event once, and nothing else is", "[database]")
{
    const std::uint64_t seed = Catch::getSeed();
    INFO("to repeat it: --rng-seed " << seed);
    sealing f;
    const std::array<org_id, 3> organizations{f.acme, f.globex, f.database.add("initech")};
    std::array<outcomes, writers> of_writers;
    std::array<outcomes, 2> of_sealers;
    std::atomic<bool> over{false};
    std::atomic<int> steps{0};
    {
        std::vector<std::jthread> sealing_threads;
        for (std::size_t i = 0; i < of_sealers.size(); ++i) {
            sealing_threads.emplace_back([&, i] { seal_history(f, over, seed + 1000 + i, of_sealers[i]); });
        }
        {
            std::vector<std::jthread> writing_threads;
            for (std::size_t i = 0; i < writers; ++i) {
                writing_threads.emplace_back(
                    [&, i] { write_history(f.database, organizations, seed + i, steps, of_writers[i]); });
            }
            random_source random{seed};
            for (int due = steps_between_kills; due < writers * steps_of_a_writer; due += steps_between_kills) {
                for (int now = steps; now < due; now = steps) {
                    steps.wait(now);
                }
                kill_one(f.database, below(random, 3) == 0 ? "daybook_sealer" : "daybook_app");
            }
        }
        over = true;
    }
    const seal_pass rest = f.make_sealer(64).seal();

    outcomes all;
    for (outcomes& one : of_writers) {
        all.merge(one);
    }
    int sealers_lost = 0;
    for (outcomes& one : of_sealers) {
        sealers_lost += one.lost;
        all.complaints.insert(all.complaints.end(), one.complaints.begin(), one.complaints.end());
    }
    REQUIRE(all.complaints == std::vector<std::string>{});
    CHECK(rest.problems.empty());
    CHECK(f.waiting() == "0");

    bool out_of_order = false;
    std::size_t events = 0;
    for (const org_id& organization : organizations) {
        const sealed_log log = f.sealed(organization);
        CHECK(log.complaint() == "");
        const std::set<std::string> sealed{log.ids.begin(), log.ids.end()};
        std::set<std::string> missing;
        std::ranges::set_difference(all.committed[organization], sealed, std::inserter(missing, missing.end()));
        CHECK(missing.empty());
        std::set<std::string> possible = all.committed[organization];
        possible.merge(all.doubtful[organization]);
        CHECK(std::ranges::includes(possible, sealed));
        CHECK(std::to_string(sealed.size()) ==
              f.database.ask_superuser("select count(*) from daybook.audit_logs where organization_id = '" +
                                       to_string(organization) + "'"));
        // Whoever seals what is greater than the last one loses these.
        for (std::size_t i = 1; i < log.rows.size(); ++i) {
            const auto before = log.ids.begin() + static_cast<std::ptrdiff_t>(log.rows[i].first);
            out_of_order = out_of_order || *before < *std::max_element(log.ids.begin(), before);
        }
        events += sealed.size();
    }
    CHECK(out_of_order);
    CHECK(events > 10'000);
    // The harm did reach them.
    CAPTURE(all.lost, sealers_lost);
    CHECK(all.lost > 10);
    CHECK(sealers_lost > 5);
}
