// Random histories of transactions on failing connections, against a model: whatever happens, the log and the host's own
// table hold what was committed, each once, and nothing else.

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <daybook/daybook.hpp>

#include "cutting_proxy.hpp"
#include "expect_error.hpp"
#include "sample.hpp"
#include "socket_directory.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

constexpr int rounds = 5;
constexpr int threads = 8;
constexpr int histories_of_a_thread = 50;

// ---------------------------------------------------------------- what a history is

using random_source = std::mt19937_64;

// 0 to `bound` - 1; the same on every machine, unlike std::uniform_int_distribution.
std::size_t below(random_source& random, std::size_t bound)
{
    return random() % bound;
}

enum class ending {
    kept,
    thrown,     // an exception of the host's leaves the scope
    sql_error,  // a failed statement: of a nested scope, it leaves it; of the outermost, the work swallows it
};

enum class action {
    pay,          // a row of the host's, and its event with the commit
    pay_at_once,  // and its event written now
    pay_new,      // and its event written unless it is there
    attempt,      // an event in a transaction of its own
    nest,
};

struct step {
    action what;
    event logged{};
    ending how = ending::kept;  // of nest
    std::vector<step> inside{};
};

struct history {
    std::string name;
    org_id organization;
    std::vector<step> steps;
    ending how;
    bool repeated;  // after its success
};

class history_maker {
public:
    history_maker(std::string name, std::uint64_t seed) : m_name{std::move(name)}, m_random{seed} {}

    history make(const std::array<org_id, 2>& organizations)
    {
        const org_id organization = organizations[below(m_random, 2)];
        // With an event that is queued first, a repetition of what was committed is always noticed.
        std::vector<step> all{one(action::pay)};
        append_steps(all, 3, 2);
        const std::size_t how = below(m_random, 8);
        return {m_name, organization, std::move(all),
                how == 0 ? ending::thrown : how == 1 ? ending::sql_error : ending::kept, below(m_random, 4) == 0};
    }

private:
    step one(action what)
    {
        step result{what};
        result.logged = sample(what == action::attempt ? "payment.refused" : "payment.made");
        result.logged.id = event_id::derive(parse_time("2026-03-02T10:00:00Z"), m_name + "." + std::to_string(++m_events));
        return result;
    }

    void append_steps(std::vector<step>& all, std::size_t most, int depth)
    {
        for (std::size_t i = below(m_random, most + 1); i > 0; --i) {
            const auto what = static_cast<action>(below(m_random, depth > 0 ? 5 : 4));
            step next = one(what);
            if (what == action::nest) {
                append_steps(next.inside, 2, depth - 1);
                next.how = static_cast<ending>(below(m_random, 3));
            }
            all.push_back(std::move(next));
        }
    }

    std::string m_name;
    random_source m_random;
    int m_events = 0;
};

// ---------------------------------------------------------------- what should be there

struct contents {
    std::multiset<std::string> payments;
    std::multiset<std::string> events;

    friend bool operator==(const contents&, const contents&) = default;
};

// What the steps leave behind: with the commit, or, of attempts, in any case.
void expect_steps(contents& expected, const std::vector<step>& steps, bool committed)
{
    for (const step& s : steps) {
        const std::string id = to_string(*s.logged.id);
        if (s.what == action::nest) {
            expect_steps(expected, s.inside, committed && s.how == ending::kept);
        } else if (s.what == action::attempt) {
            expected.events.insert(id);
        } else if (committed) {
            expected.payments.insert(id);
            expected.events.insert(id);
        }
    }
}

// ---------------------------------------------------------------- running it

struct of_the_host {};

enum class fate { committed, thrown, not_committed, duplicate, lost, unknown };

class runner {
public:
    runner(pool& connections, cutting_proxy& proxy, const temporary_database& database, std::uint64_t seed)
        : m_pool{connections}, m_proxy{proxy}, m_database{database}, m_random{seed}
    {
    }

    void run(const history& h)
    {
        const bool committed = finish(h, h.how == ending::kept, "");
        expect_steps(expected[h.organization], h.steps, committed);
        if (committed && h.repeated) {
            finish(h, false, " again");
        }
    }

    std::map<org_id, contents> expected;
    std::vector<std::string> complaints;
    int lost = 0;
    int unknown = 0;
    int resolved = 0;  // unknown outcomes that were commits

private:
    // Runs until the outcome is known. True if it was committed by this.
    bool finish(const history& h, bool may_commit, const std::string& which)
    {
        bool doubtful = false;
        for (int trial = 0; trial < 30; ++trial) {
            if (trial < 10 && below(m_random, 3) == 0) {
                m_proxy.arm(some_fault(), 1 + static_cast<int>(below(m_random, 8)));
            }
            const auto complain = [&](const std::string& what) { complaints.push_back(h.name + which + ": " + what); };
            try {
                switch (run_once(h)) {
                case fate::lost: ++lost; continue;
                case fate::unknown:
                    ++unknown;
                    doubtful = true;
                    continue;
                case fate::committed:
                    if (!may_commit) {
                        complain("committed, and should not");
                    }
                    return true;
                case fate::duplicate:
                    if (may_commit && !doubtful) {
                        complain("there already, though every earlier trial was reported as failed");
                    }
                    resolved += may_commit ? 1 : 0;
                    return may_commit;
                case fate::thrown:
                    if (h.how != ending::thrown) {
                        complain("thrown");
                    }
                    return false;
                case fate::not_committed:
                    if (h.how != ending::sql_error) {
                        complain("not committed");
                    }
                    return false;
                }
            } catch (const std::exception& e) {
                complain(e.what());
                return false;
            }
        }
        complaints.push_back(h.name + which + ": no end in 30 trials");
        return false;
    }

    fate run_once(const history& h)
    {
        try {
            with_tenant(m_pool, h.organization, [&](tenant_tx& tx) {
                run_steps(tx, h.steps);
                if (h.how == ending::thrown) {
                    throw of_the_host{};
                }
                if (h.how == ending::sql_error) {
                    swallow_sql_error([&] { fail(tx); });
                }
            });
            return fate::committed;
        } catch (const of_the_host&) {
            return fate::thrown;
        } catch (const error& e) {
            return fate_of(e);
        } catch (const pqxx::broken_connection&) {
            return fate::lost;
        } catch (const pqxx::sql_error& e) {
            if (e.sqlstate() == "57P01" || e.sqlstate() == "08P01") {
                return fate::lost;
            }
            throw;
        }
    }

    static fate fate_of(const error& e)
    {
        switch (e.kind()) {
        case error_kind::commit_unknown: return fate::unknown;
        case error_kind::duplicate_event: return fate::duplicate;
        case error_kind::not_committed: return fate::not_committed;
        case error_kind::connection_lost:
        case error_kind::cannot_connect: return fate::lost;
        default: throw e;
        }
    }

    void run_steps(tenant_tx& tx, const std::vector<step>& steps)
    {
        for (const step& s : steps) {
            switch (s.what) {
            case action::pay:
                pay(tx, s.logged);
                log_audit(tx, s.logged);
                break;
            case action::pay_at_once:
                log_audit(tx, s.logged, write_now);
                pay(tx, s.logged);
                break;
            case action::pay_new:
                pay(tx, s.logged);
                static_cast<void>(log_new(tx, std::span{&s.logged, 1}));
                break;
            case action::attempt: attempt(tx.organization(), s.logged); break;
            case action::nest: nest(tx, s); break;
            }
        }
    }

    void nest(tenant_tx& tx, const step& s)
    {
        const auto work = [&](tenant_tx& inner) {
            run_steps(inner, s.inside);
            if (s.how == ending::thrown) {
                throw of_the_host{};
            }
            if (s.how == ending::sql_error) {
                fail(inner);
            }
        };
        try {
            swallow_sql_error([&] { with_tenant(m_pool, tx.organization(), work); });
        } catch (const of_the_host&) {
        }
    }

    // On a connection of its own, which fails like any other; the same event again is no second one.
    void attempt(const org_id& organization, const event& e)
    {
        for (int trial = 0; trial < 30; ++trial) {
            try {
                log_attempt(m_pool, organization, e);
                return;
            } catch (const error& failed) {
                const fate how = fate_of(failed);
                lost += how == fate::lost ? 1 : 0;
                unknown += how == fate::unknown ? 1 : 0;
                if (how != fate::lost && how != fate::unknown) {
                    throw std::runtime_error{std::string{"attempt: "} + failed.what()};
                }
            }
        }
        throw std::runtime_error{"attempt: no end in 30 trials"};
    }

    static void pay(tenant_tx& tx, const event& e)
    {
        tx.sql().exec("insert into public.payments values ($1, $2)",
                      pqxx::params{to_string(tx.organization()), to_string(*e.id)});
    }

    static void fail(tenant_tx& tx) { tx.sql().exec("select 1/0"); }

    template <typename Work>
    static void swallow_sql_error(Work&& work)
    {
        try {
            work();
        } catch (const pqxx::sql_error& e) {
            if (e.sqlstate() != "22012") {  // division_by_zero
                throw;
            }
        }
    }

    fault some_fault()
    {
        switch (below(m_random, 8)) {
        case 0: return fault{.of_request = 0};
        case 1: return fault{.of_answer = 0};
        case 2: return fault{.of_request = below(m_random, 4000)};
        case 3: return fault{.of_answer = below(m_random, 150)};
        case 4: return fault{.of_request = 0, .last_words = error_message("FATAL", "57P01", "terminating connection")};
        case 5: return fault{.of_answer = 0, .last_words = error_message("FATAL", "08P01", "server conn crashed?")};
        case 6: return fault{.before = [this](int backend) { kill(backend); }};
        default: return fault{.between = [this](int backend) { kill(backend); }};
        }
    }

    void kill(int backend) const
    {
        pqxx::connection connection{m_database.superuser_url()};
        pqxx::nontransaction{connection}.exec("select pg_terminate_backend($1, 10000)", pqxx::params{backend});
    }

    pool& m_pool;
    cutting_proxy& m_proxy;
    const temporary_database& m_database;
    random_source m_random;
};

// ---------------------------------------------------------------- what is there

std::multiset<std::string> column(pqxx::transaction_base& work, const std::string& sql, const pqxx::params& values = {})
{
    std::multiset<std::string> result;
    for (const auto& row : work.exec(sql, values)) {
        result.insert(row[0].template as<std::string>());
    }
    return result;
}

// The host's table has no policy; the log is read as the application, without a WHERE.
contents stored(const temporary_database& database, const org_id& organization)
{
    pqxx::connection connection = database.connect_as_application();
    return with_tenant(connection, organization, [&](tenant_tx& tx) {
        return contents{column(tx.sql(), "select event from public.payments where organization = $1",
                               pqxx::params{to_string(organization)}),
                        column(tx.sql(), "select id from daybook.audit_logs")};
    });
}

// The first few of those in one set and not in the other, with the names of their histories.
std::string difference(const std::multiset<std::string>& there, const std::multiset<std::string>& expected,
                       const std::map<std::string, std::string>& names)
{
    std::string text;
    const auto list = [&](const char* how, const auto& these, const auto& those) {
        std::vector<std::string> only;
        std::set_difference(these.begin(), these.end(), those.begin(), those.end(), std::back_inserter(only));
        for (std::size_t i = 0; i < only.size() && i < 5; ++i) {
            const auto name = names.find(only[i]);
            text += how + only[i] + " of " + (name == names.end() ? "nobody" : name->second);
        }
    };
    list("\n  too many: ", there, expected);
    list("\n  missing: ", expected, there);
    return text;
}

void note_names(std::map<std::string, std::string>& names, const std::vector<step>& steps, const std::string& name)
{
    for (const step& s : steps) {
        names[to_string(*s.logged.id)] = name;
        note_names(names, s.inside, name);
    }
}

}  // namespace

TEST_CASE("after any history, the log and the host's table hold what was committed, once, and nothing else", "[database]")
{
    const std::uint64_t seed = Catch::getSeed();
    INFO("to repeat it: --rng-seed " << seed);
    const temporary_database database;
    const std::array<org_id, 2> organizations{database.add("acme"), database.add("globex")};
    database.as_superuser("create table public.payments (organization uuid not null, event uuid not null); "
                          "grant select, insert on public.payments to daybook_app");
    cutting_proxy proxy{socket_directory()};
    pool connections{pool_options{
        .url = proxy.url("daybook_app", database.name()), .size = 4, .wait = std::chrono::minutes{1}}};

    std::map<org_id, contents> expected;
    std::map<std::string, std::string> names;
    int histories = 0;
    int lost = 0;
    int unknown = 0;
    int resolved = 0;
    for (int round = 0; round < rounds; ++round) {
        std::mutex mutex;
        std::vector<std::string> complaints;
        std::vector<std::jthread> crowd;
        for (int t = 0; t < threads; ++t) {
            crowd.emplace_back([&, t] {
                runner one{connections, proxy, database, seed + static_cast<std::uint64_t>(round * threads + t)};
                std::vector<history> all;
                for (int i = 0; i < histories_of_a_thread; ++i) {
                    const int number = (round * threads + t) * histories_of_a_thread + i;
                    const std::uint64_t of_history = seed * 1'000'003 + static_cast<std::uint64_t>(number);
                    all.push_back(history_maker{"history " + std::to_string(number), of_history}.make(organizations));
                    one.run(all.back());
                }
                const std::lock_guard lock{mutex};
                for (const history& h : all) {
                    note_names(names, h.steps, h.name);
                }
                histories += static_cast<int>(all.size());
                lost += one.lost;
                unknown += one.unknown;
                resolved += one.resolved;
                complaints.insert(complaints.end(), one.complaints.begin(), one.complaints.end());
                for (auto& [organization, of_one] : one.expected) {
                    expected[organization].payments.merge(of_one.payments);
                    expected[organization].events.merge(of_one.events);
                }
            });
        }
        crowd.clear();
        proxy.arm(cut::never, 0);

        REQUIRE(complaints == std::vector<std::string>{});
        for (const org_id& organization : organizations) {
            const contents there = stored(database, organization);
            REQUIRE(difference(there.events, expected[organization].events, names) == "");
            REQUIRE(difference(there.payments, expected[organization].payments, names) == "");
            REQUIRE(there == expected[organization]);
        }
    }

    CHECK(histories >= 2000);
    CHECK(connections.open_connections() <= 4);
    // The harm did reach them, also where it hurts.
    CAPTURE(lost, unknown, resolved);
    CHECK(lost > 100);
    CHECK(unknown > 30);
    CHECK(resolved > 3);
    CHECK(database.ask_superuser("select count(*) from daybook.audit_logs") ==
          std::to_string(expected[organizations[0]].events.size() + expected[organizations[1]].events.size()));
}
