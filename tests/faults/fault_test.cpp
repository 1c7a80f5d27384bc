// What happens when the connection, the server or the statement fails, at each statement of a transaction in turn.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

#include <daybook/daybook.hpp>

#include "cutting_proxy.hpp"
#include "expect_error.hpp"
#include "sample.hpp"
#include "socket_directory.hpp"
#include "temporary_database.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

using events = std::vector<event>;

// How a transaction ended, as its caller learns it.
enum class fate { done, unknown, duplicate, lost, refused };

}  // namespace

template <>
struct Catch::StringMaker<fate> {
    static std::string convert(fate value)
    {
        constexpr const char* names[] = {"done", "unknown", "duplicate", "lost", "refused"};
        return names[static_cast<int>(value)];
    }
};

namespace {

template <typename Work>
fate fate_of(Work&& work)
{
    try {
        work();
        return fate::done;
    } catch (const error& e) {
        switch (e.kind()) {
        case error_kind::commit_unknown: return fate::unknown;
        case error_kind::duplicate_event: return fate::duplicate;
        case error_kind::cannot_connect:
        case error_kind::connection_lost: return fate::lost;
        default: UNSCOPED_INFO(describe(e.kind()).name << ": " << e.what()); return fate::refused;
        }
    } catch (const pqxx::in_doubt_error&) {
        return fate::unknown;  // libpqxx's own word for it, where the host commits
    } catch (const pqxx::broken_connection&) {
        return fate::lost;
    } catch (const pqxx::sql_error& e) {
        return e.sqlstate() == "57P01" || e.sqlstate().empty() ? fate::lost : fate::refused;
    }
}

// A table of the host's own, each row of which names its event, and a proxy before the server.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    cutting_proxy proxy{socket_directory()};
    pqxx::connection superuser{database.superuser_url()};

    fixture()
    {
        database.as_superuser("create table public.payments (organization uuid not null, event uuid not null); "
                              "grant select, insert on public.payments to daybook_app");
        pqxx::connection connection = database.connect_as_application();
        with_tenant(connection, globex, [](tenant_tx& tx) { log_audit(tx, sample("of.globex")); });
    }

    [[nodiscard]] pool make(const std::string& options = {}) const
    {
        const std::string url = proxy.url("daybook_app", database.name()) + options;
        return pool{pool_options{.url = url, .size = 1, .wait = std::chrono::seconds{20}}};
    }

    template <typename T>
    T ask(const std::string& sql)
    {
        pqxx::nontransaction work{superuser};
        return work.query_value<T>(sql);
    }

    void kill(int backend)
    {
        pqxx::connection connection{database.superuser_url()};
        pqxx::nontransaction{connection}.exec("select pg_terminate_backend($1, 10000)", pqxx::params{backend});
    }
};

events some(std::size_t number)
{
    events result(number, sample());
    for (event& e : result) {
        e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    }
    return result;
}

std::string ids_of(const events& all)
{
    std::string list = "{";
    for (const event& e : all) {
        list += (list.size() > 1 ? "," : "") + to_string(*e.id);
    }
    return list + "}";
}

// What the database holds of these events, as "payments and events".
std::string stored(fixture& f, const events& all)
{
    pqxx::nontransaction work{f.superuser};
    return work
        .exec("select (select count(*) from public.payments where event = any ($1::uuid[])) || ' and ' || "
              "(select count(*) from daybook.audit_logs where id = any ($1::uuid[]))",
              pqxx::params{ids_of(all)})
        .one_field()
        .as<std::string>();
}

std::string both(std::size_t number)
{
    return std::to_string(number) + " and " + std::to_string(number);
}

constexpr const char* insert_payments = "insert into public.payments select $1, unnest($2::uuid[])";

void pay(pqxx::transaction_base& sql, const org_id& organization, const events& all)
{
    sql.exec(insert_payments, pqxx::params{to_string(organization), ids_of(all)});
}

void pay(tenant_tx& tx, const event& e)
{
    pay(tx.sql(), tx.organization(), {e});
}

// What the next user of the pool sees: its own event, nobody else's, and nothing left behind.
std::string next_user_sees(fixture& f, pool& connections)
{
    std::string seen = with_tenant(connections, f.globex, [](tenant_tx& tx) {
        return tx.sql().query_value<std::string>("select string_agg(action, ' ') || ', ' || current_setting('lock_timeout') "
                                                 "from daybook.audit_logs");
    });
    connections.check();  // reads the answer to the reset, so that the proxy counts no more
    return seen;
}

constexpr const char* its_own = "of.globex, 0";

struct scenario {
    const char* name;
    int round_trips;
    std::size_t logged;
    std::size_t kept;  // the first so many of them
    void (*run)(const fixture&, pool&, const events&);
};

struct undone {};

const scenario scenarios[] = {
    {"one statement and one event", 3, 1, 1,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             pay(tx, all[0]);
             log_audit(tx, all[0]);
         });
     }},
    {"one statement and one event in two round trips", 2, 1, 1,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             tx.exec(insert_payments, pqxx::params{to_string(f.acme), ids_of(all)});
             log_audit(tx, all[0]);
         });
     }},
    {"an event that is sent at once", 3, 1, 1,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             log_audit(tx, all[0], write_now);
             pay(tx, all[0]);
         });
     }},
    {"a list of events", 3, 40, 40,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             pay(tx.sql(), f.acme, all);
             log_audit(tx, all);
         });
     }},
    {"a nested scope", 6, 2, 2,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             pay(tx, all[0]);
             log_audit(tx, all[0]);
             with_tenant(connections, f.acme, [&](tenant_tx& inner) {
                 pay(inner, all[1]);
                 log_audit(inner, all[1]);
             });
         });
     }},
    {"a nested scope that is rolled back", 6, 2, 1,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             pay(tx, all[0]);
             log_audit(tx, all[0]);
             try {
                 with_tenant(tx, f.acme, [&](tenant_tx& inner) {
                     pay(inner, all[1]);
                     log_audit(inner, all[1]);
                     throw undone{};
                 });
             } catch (const undone&) {
             }
         });
     }},
    {"events that may be there already", 4, 2, 2,
     [](const fixture& f, pool& connections, const events& all) {
         with_tenant(connections, f.acme, [&](tenant_tx& tx) {
             pay(tx.sql(), f.acme, all);
             const auto outcomes = log_new(tx, all);
             if (outcomes != std::vector(all.size(), write_outcome::written)) {
                 throw error{error_kind::duplicate_event, "an earlier attempt was committed"};
             }
         });
     }},
};

struct injury {
    const char* name;
    bool answer_arrives;
    fault (*make)(fixture&);
};

const injury injuries[] = {
    {"cut before", false, [](fixture&) { return fault{.of_request = 0}; }},
    {"cut in what the client says", false, [](fixture&) { return fault{.of_request = 5}; }},
    {"cut after", false, [](fixture&) { return fault{.of_answer = 0}; }},
    {"cut in the answer", false, [](fixture&) { return fault{.of_answer = 9}; }},
    {"the backend killed before", false,
     [](fixture& f) { return fault{.before = [&f](int backend) { f.kill(backend); }}; }},
    {"the backend killed after", true,
     [](fixture& f) { return fault{.between = [&f](int backend) { f.kill(backend); }}; }},
    {"a farewell before", false,
     [](fixture&) {
         return fault{.of_request = 0, .last_words = error_message("FATAL", "57P01", "terminating connection")};
     }},
    {"a farewell instead of the answer", false,
     [](fixture&) {
         return fault{.of_answer = 0, .last_words = error_message("FATAL", "08P01", "server conn crashed?")};
     }},
};

// Where the backend was killed once its answer had arrived, whoever is handed the connection at this very moment may hear
// of it; the one after may not.
bool heals(fixture& f, pool& connections, bool may_hear)
{
    std::string seen = its_own;
    const fate next = fate_of([&] { seen = next_user_sees(f, connections); });
    return seen == its_own && (next == fate::done || (next == fate::lost && may_hear)) &&
           next_user_sees(f, connections) == its_own;
}

}  // namespace

TEST_CASE("each scenario takes the round trips that the faults below are put at", "[database]")
{
    fixture f;
    for (const scenario& s : scenarios) {
        INFO(s.name);
        pool connections = f.make();
        connections.check();
        const events all = some(s.logged);
        f.proxy.arm(cut::never, 0);

        s.run(f, connections, all);
        connections.check();  // reads the answer to the reset

        CHECK(f.proxy.round_trips() == s.round_trips + 1);
        CHECK(stored(f, all) == both(s.kept));
        CHECK(next_user_sees(f, connections) == its_own);
    }
}

TEST_CASE("whatever is lost at whatever statement, event and business row share their fate", "[database]")
{
    fixture f;
    for (const scenario& s : scenarios) {
        for (const injury& i : injuries) {
            for (int at = 1; at <= s.round_trips; ++at) {
                INFO(s.name << ", " << i.name << " round trip " << at);
                pool connections = f.make();
                connections.check();
                const events all = some(s.logged);

                f.proxy.arm(i.make(f), at);
                const fate first = fate_of([&] { s.run(f, connections, all); });
                const std::string then = stored(f, all);
                const bool committed = then == both(s.kept);

                CHECK((committed || then == both(0)));
                // The last round trip carries the COMMIT: before it nothing can be in doubt, and nothing be committed.
                const bool at_commit = at == s.round_trips;
                if (i.answer_arrives && at + 1 == s.round_trips) {
                    // The COMMIT may have been sent before the news arrived.
                    CHECK((first == fate::lost || first == fate::unknown));
                } else {
                    CHECK(first == (!at_commit ? fate::lost : i.answer_arrives ? fate::done : fate::unknown));
                }
                CHECK((!committed || at_commit));

                CHECK(heals(f, connections, i.answer_arrives && at_commit));
                CHECK(fate_of([&] { s.run(f, connections, all); }) == (committed ? fate::duplicate : fate::done));
                CHECK(stored(f, all) == both(s.kept));
                CHECK(connections.open_connections() == 1);
            }
        }
    }
}

TEST_CASE("a connection that is lost while it is reset, or while it is made, is nobody's", "[database]")
{
    fixture f;
    const scenario& s = scenarios[0];
    for (const injury& i : injuries) {
        INFO(i.name);
        pool connections = f.make();
        connections.check();
        const events all = some(s.logged);

        f.proxy.arm(i.make(f), s.round_trips + 1);
        CHECK(fate_of([&] { s.run(f, connections, all); }) == fate::done);
        CHECK(heals(f, connections, i.answer_arrives));
        CHECK(stored(f, all) == both(1));
        CHECK(connections.open_connections() == 1);

        for (int at = 1; at <= 4; ++at) {
            INFO("new connection, round trip " << at);
            pool fresh = f.make();
            const fault harm = i.make(f);
            if (at == 1 && harm.before) {
                continue;  // there is no backend yet
            }
            f.proxy.arm(harm, at);
            // The last word of an examination may have arrived whole.
            const fate first = fate_of([&] { fresh.check(); });
            const bool arrived = i.answer_arrives && at == 4;
            CHECK(first == (arrived ? fate::done : fate::lost));
            CHECK(heals(f, fresh, arrived));
            CHECK(fresh.open_connections() == 1);
        }
    }
}

TEST_CASE("a commit is done as soon as its own answer has arrived, and unknown one byte earlier", "[database]")
{
    fixture f;
    const scenario& s = scenarios[0];
    std::vector<fate> fates;
    for (std::size_t bytes = 0;; ++bytes) {
        INFO(bytes << " bytes of the answer");
        pool connections = f.make();
        connections.check();
        const events all = some(s.logged);

        f.proxy.arm(fault{.of_answer = bytes}, s.round_trips);
        fates.push_back(fate_of([&] { s.run(f, connections, all); }));
        CHECK(stored(f, all) == both(1));
        CHECK(next_user_sees(f, connections) == its_own);
        if (f.proxy.cuts() == 0) {
            break;  // that was the whole answer
        }
    }

    const auto done = std::find(fates.begin(), fates.end(), fate::done);
    CHECK(std::all_of(fates.begin(), done, [](fate one) { return one == fate::unknown; }));
    CHECK(std::all_of(done, fates.end(), [](fate one) { return one == fate::done; }));
    // What may be missing is the server's "ready": 6 bytes.
    CHECK(fates.end() - done == 7);
}

TEST_CASE("a refusal is a refusal as soon as it has arrived, and unknown one byte earlier", "[database]")
{
    fixture f;
    const scenario& s = scenarios[0];
    const events all = some(s.logged);
    pool first = f.make();
    s.run(f, first, all);

    std::vector<fate> fates;
    for (std::size_t bytes = 0; fates.empty() || f.proxy.cuts() == 1; bytes += 3) {
        INFO(bytes << " bytes of the answer");
        pool connections = f.make();
        connections.check();

        f.proxy.arm(fault{.of_answer = bytes}, s.round_trips);
        fates.push_back(fate_of([&] { s.run(f, connections, all); }));
        CHECK(stored(f, all) == both(1));
    }

    const auto refused = std::find(fates.begin(), fates.end(), fate::duplicate);
    CHECK(refused != fates.begin());
    CHECK(refused != fates.end());
    CHECK(std::all_of(fates.begin(), refused, [](fate one) { return one == fate::unknown; }));
    CHECK(std::all_of(refused, fates.end(), [](fate one) { return one == fate::duplicate; }));
}

TEST_CASE("a flush of which the server receives only a part is committed wholly or not at all", "[database]")
{
    fixture f;
    const scenario& s = scenarios[0];
    bool ever_absent = false;
    bool ever_present = false;
    // Coarsely through the INSERT, then byte by byte through the COMMIT, up to the first that is long enough.
    std::size_t step = 97;
    for (std::size_t bytes = 0;; bytes += step) {
        INFO(bytes << " bytes of the last flush");
        pool connections = f.make();
        connections.check();
        const events all = some(s.logged);

        f.proxy.arm(fault{.of_request = bytes}, s.round_trips);
        const fate first = fate_of([&] { s.run(f, connections, all); });
        const std::string then = stored(f, all);
        const bool committed = then == both(1);
        const bool whole = f.proxy.cuts() == 0;
        CHECK((committed || then == both(0)));
        CHECK(first == (whole ? fate::done : fate::unknown));
        ever_absent = ever_absent || !committed;
        ever_present = ever_present || (committed && !whole);

        CHECK(fate_of([&] { s.run(f, connections, all); }) == (committed ? fate::duplicate : fate::done));
        CHECK(stored(f, all) == both(1));
        if (whole && step == 1) {
            break;
        }
        if (whole) {
            bytes -= std::min(bytes, 2 * step);
            step = 1;
        }
    }
    CHECK(ever_absent);
    CHECK(ever_present);  // the server does not wait for the end of the flush
}

TEST_CASE("a pooler that answers for the server leaves the outcome unknown", "[database]")
{
    fixture f;
    const scenario& s = scenarios[0];
    const std::string words[] = {
        error_message("FATAL", "08P01", "server conn crashed?"),
        error_message("FATAL", "58000", "error receiving data from server"),
        error_message("ERROR", "08006", "remote server read/write error"),
    };
    for (const std::string& said : words) {
        for (const bool hang_up : {true, false}) {
            INFO(said.substr(6) << (hang_up ? "and hangs up" : "and stays"));
            pool connections = f.make();
            connections.check();
            const events all = some(s.logged);

            f.proxy.arm(fault{.of_answer = 0, .last_words = hang_up ? said : said + ready_message(), .hang_up = hang_up},
                        s.round_trips);
            CHECK(fate_of([&] { s.run(f, connections, all); }) == fate::unknown);

            CHECK(stored(f, all) == both(1));
            CHECK(next_user_sees(f, connections) == its_own);
            CHECK(fate_of([&] { s.run(f, connections, all); }) == fate::duplicate);
            CHECK(stored(f, all) == both(1));
        }
    }
}

namespace {

// Runs a transaction until it waits in the server during its COMMIT, does `meanwhile` to its backend, and says how the
// transaction ended; nothing if it did not wait.
std::optional<fate> fate_of_commit_that_waits(fixture& f, pool& connections, const events& all, const std::string& wait_event,
                                              const std::string& meanwhile)
{
    std::atomic<int> backend = 0;
    std::atomic<bool> over = false;
    fate result{};
    std::jthread runner{[&] {
        result = fate_of([&] {
            with_tenant(connections, f.acme, [&](tenant_tx& tx) {
                pay(tx, all[0]);
                log_audit(tx, all[0]);
                backend = tx.sql().conn().backendpid();
            });
        });
        over = true;
    }};
    bool waits = false;
    const bool in_time = wait_until([&] {
        waits = backend != 0 && f.ask<bool>("select exists (select from pg_stat_activity where pid = " +
                                            std::to_string(backend) + " and wait_event = '" + wait_event + "')");
        return waits || over;
    });
    REQUIRE(in_time);
    if (waits) {
        f.ask<bool>("select " + meanwhile + "(" + std::to_string(backend) + ")");
    }
    runner.join();
    return waits ? std::optional{result} : std::nullopt;
}

}  // namespace

TEST_CASE("a backend that is killed while COMMIT checks a deferred constraint has not committed", "[database]")
{
    fixture f;
    f.database.as_superuser("create function public.wait() returns trigger language plpgsql as "
                            "$$ begin perform pg_advisory_xact_lock_shared(7); return null; end $$; "
                            "create constraint trigger wait after insert on public.payments deferrable initially deferred "
                            "for each row execute function public.wait()");
    pool connections = f.make();
    const events all = some(1);
    pqxx::connection other{f.database.superuser_url()};
    {
        pqxx::work holder{other};
        holder.exec("select pg_advisory_xact_lock(7)");

        CHECK(fate_of_commit_that_waits(f, connections, all, "advisory", "pg_terminate_backend") == fate::unknown);
        CHECK(stored(f, all) == both(0));
        // Cancelled, the server says itself that it refuses.
        CHECK(fate_of_commit_that_waits(f, connections, all, "advisory", "pg_cancel_backend") == fate::refused);
        CHECK(stored(f, all) == both(0));
    }

    CHECK(fate_of([&] { scenarios[0].run(f, connections, all); }) == fate::done);
    CHECK(stored(f, all) == both(1));
    CHECK(next_user_sees(f, connections) == its_own);
}

TEST_CASE("a backend that is killed while COMMIT waits for a replica has committed, and nobody says so", "[database]")
{
    fixture f;
    // Only connections that ask for it wait for the replica, which does not exist.
    pool connections = f.make("&options=-c%20synchronous_commit%3Don");
    f.database.as_superuser("alter system set synchronous_standby_names = 'nobody'");
    f.database.as_superuser("select pg_reload_conf()");

    // Until the server has read its configuration, COMMIT does not wait.
    std::optional<fate> killed;
    events all;
    while (!killed) {
        all = some(1);
        killed = fate_of_commit_that_waits(f, connections, all, "SyncRep", "pg_terminate_backend");
    }
    CHECK(killed == fate::unknown);
    CHECK(stored(f, all) == both(1));
    const events others = some(1);
    CHECK(fate_of_commit_that_waits(f, connections, others, "SyncRep", "pg_cancel_backend") == fate::done);
    CHECK(stored(f, others) == both(1));

    f.database.as_superuser("alter system reset synchronous_standby_names");
    f.database.as_superuser("select pg_reload_conf()");
    CHECK(fate_of([&] { scenarios[0].run(f, connections, all); }) == fate::duplicate);
    CHECK(stored(f, all) == both(1));
}

// ---------------------------------------------------------------- the server refuses

namespace {

// What `work` throws, or a failed test.
template <typename Work>
error error_of(Work&& work)
{
    try {
        work();
    } catch (const error& e) {
        return e;
    }
    FAIL("nothing was thrown");
    throw std::logic_error{"unreachable"};
}

// One payment and its event, after the host's own `statement`.
void pay_after(const fixture& f, pool& connections, const events& all, const std::string& statement)
{
    with_tenant(connections, f.acme, [&](tenant_tx& tx) {
        tx.sql().exec(statement);
        pay(tx, all[0]);
        log_audit(tx, all[0]);
    });
}

}  // namespace

TEST_CASE("what the server refuses at INSERT or at COMMIT is no unknown outcome", "[database]")
{
    fixture f;
    f.database.as_superuser(
        "create function public.refuse() returns trigger language plpgsql as "
        "$$ begin if current_setting('app.refuse', true) = tg_argv[0] then "
        "raise exception 'refused at %', tg_argv[0] using errcode = 'DB999'; end if; return null; end $$; "
        "create constraint trigger at_commit after insert on public.payments deferrable initially deferred "
        "for each row execute function public.refuse('commit'); "
        "create trigger at_insert after insert on daybook.audit_logs for each row execute function public.refuse('insert')");
    pool connections = f.make();
    const auto backend = [&] {
        return with_tenant(connections, f.acme, [](tenant_tx& tx) { return tx.sql().conn().backendpid(); });
    };
    const auto before = backend();

    for (const char* const where : {"insert", "commit"}) {
        INFO(where);
        const events all = some(1);
        const std::string set = std::string{"set local app.refuse = '"} + where + "'";

        const error refused = error_of([&] { pay_after(f, connections, all, set); });
        CHECK(refused.kind() == error_kind::statement_failed);
        CHECK(refused.sqlstate() == "DB999");
        CHECK_FALSE(refused.retryable());
        CHECK(stored(f, all) == both(0));
        CHECK(next_user_sees(f, connections) == its_own);

        pay_after(f, connections, all, "select 1");
        CHECK(stored(f, all) == both(1));
    }
    CHECK(backend() == before);  // none of it was a reason to throw the connection away
}

TEST_CASE("a serialization failure at COMMIT says that a retry makes sense, and the retry writes once", "[database]")
{
    fixture f;
    pool connections = f.make("&options=-c%20default_transaction_isolation%3Dserializable");
    pool others = f.make("&options=-c%20default_transaction_isolation%3Dserializable");
    const events all = some(2);
    // Each counts what the other inserts: only one of the two can have come first.
    const auto count_and_pay = [&](tenant_tx& tx, const event& e) {
        tx.sql().exec("select count(*) from public.payments");
        pay(tx, e);
        log_audit(tx, e);
    };

    const error conflict = error_of([&] {
        with_tenant(connections, f.acme, [&](tenant_tx& tx) {
            count_and_pay(tx, all[0]);
            with_tenant(others, f.acme, [&](tenant_tx& other) { count_and_pay(other, all[1]); });
        });
    });

    CHECK(conflict.kind() == error_kind::transaction_conflict);
    CHECK(conflict.sqlstate() == "40001");
    CHECK(conflict.retryable());
    CHECK(stored(f, {all[0]}) == both(0));
    CHECK(stored(f, {all[1]}) == both(1));
    with_tenant(connections, f.acme, [&](tenant_tx& tx) { count_and_pay(tx, all[0]); });
    CHECK(stored(f, all) == both(2));
}

TEST_CASE("a time-out during the INSERT or the COMMIT is a refusal", "[database]")
{
    fixture f;
    f.database.as_superuser("create function public.wait() returns trigger language plpgsql as "
                            "$$ begin perform pg_advisory_xact_lock_shared(7); return null; end $$; "
                            "create constraint trigger wait after insert on public.payments deferrable initially deferred "
                            "for each row execute function public.wait()");
    pool connections = f.make();
    struct wait {
        const char* lock;
        const char* setting;
        const char* sqlstate;
    };
    // PostgreSQL's statement_timeout does not cover what COMMIT waits for.
    for (const wait& one : {wait{"lock table daybook.audit_logs in share mode", "lock_timeout", "55P03"},
                            wait{"lock table daybook.audit_logs in share mode", "statement_timeout", "57014"},
                            wait{"select pg_advisory_xact_lock(7)", "lock_timeout", "55P03"}}) {
        INFO(one.lock << ", " << one.setting);
        const events all = some(1);
        pqxx::connection other{f.database.superuser_url()};
        {
            pqxx::work holder{other};
            holder.exec(one.lock);
            const error refused = error_of(
                [&] { pay_after(f, connections, all, std::string{"set local "} + one.setting + " = '200ms'"); });
            CHECK(refused.kind() == error_kind::statement_failed);
            CHECK(refused.sqlstate() == one.sqlstate);
        }
        CHECK(stored(f, all) == both(0));
        CHECK(next_user_sees(f, connections) == its_own);
        pay_after(f, connections, all, "select 1");
        CHECK(stored(f, all) == both(1));
    }
}

TEST_CASE("a server that ended the transaction before its COMMIT has written nothing", "[database]")
{
    fixture f;
    pool connections = f.make();
    const events all = some(1);
    const auto leave_idle = [&](const char* limit) {
        return fate_of([&] {
            with_tenant(connections, f.acme, [&](tenant_tx& tx) {
                tx.sql().exec(std::string{"set local idle_in_transaction_session_timeout = '"} + limit + "'");
                pay(tx, all[0]);
                log_audit(tx, all[0]);
                const std::string gone = "select not exists (select from pg_stat_activity where pid = " +
                                         std::to_string(tx.sql().conn().backendpid()) + ")";
                if (std::string_view{limit} != "0") {
                    REQUIRE(wait_until([&] { return f.ask<bool>(gone); }));
                }
            });
        });
    };

    const fate first = leave_idle("200ms");
    CHECK((first == fate::unknown || first == fate::lost));
    CHECK(stored(f, all) == both(0));
    CHECK(next_user_sees(f, connections) == its_own);
    CHECK(leave_idle("0") == fate::done);
    CHECK(stored(f, all) == both(1));
}

TEST_CASE("a nested scope that was rolled back leaves no savepoint behind", "[database]")
{
    fixture f;
    pool connections = f.make();
    const char* const back = "rollback to savepoint daybook_1";

    const auto work = [&](tenant_tx& tx) {
        CHECK_THROWS_AS(with_tenant(tx, f.acme,
                                    [&](tenant_tx& inner) {
                                        inner.sql().exec(back);  // so it is called
                                        throw undone{};
                                    }),
                        undone);
        try {
            tx.sql().exec(back);
            FAIL_CHECK("it is still there");
        } catch (const pqxx::sql_error& e) {
            CHECK(e.sqlstate() == "3B001");  // no such savepoint
        }
        throw undone{};
    };
    CHECK_THROWS_AS(with_tenant(connections, f.acme, work), undone);
}

// ---------------------------------------------------------------- transactions that the host owns

TEST_CASE("with bind_tenant too, event and business row share their fate wherever the connection fails", "[database]")
{
    fixture f;
    const std::string url = f.proxy.url("daybook_app", f.database.name());
    const auto run = [&](pqxx::connection& connection, const events& all) {
        pqxx::work host{connection};                                // 1
        pay(host, f.acme, all);                                     // 2
        tenant_tx bound = bind_tenant(host, f.acme);                // 3
        log_audit(bound, all[0]);                                   // 4
        host.commit();                                              // 5
    };
    const auto connect = [&] {
        pqxx::connection connection{url};
        with_tenant(connection, f.acme, [](tenant_tx&) {});  // examined
        return connection;
    };
    constexpr int round_trips = 5;
    for (const injury& i : injuries) {
        for (int at = 1; at <= round_trips; ++at) {
            INFO(i.name << " round trip " << at);
            const events all = some(1);
            pqxx::connection connection = connect();

            f.proxy.arm(i.make(f), at);
            const fate first = fate_of([&] { run(connection, all); });
            const std::string then = stored(f, all);
            const bool committed = then == both(1);
            CHECK((committed || then == both(0)));
            CHECK((!committed || at == round_trips));
            CHECK((first == fate::done ? committed : at == round_trips || !committed));
            // After a kill, the COMMIT may have been sent before the news arrived.
            CHECK((first != fate::unknown || at == round_trips || (i.answer_arrives && at == round_trips - 1)));
            CHECK(first != fate::duplicate);

            pqxx::connection again = connect();
            f.proxy.arm(cut::never, 0);
            CHECK(fate_of([&] { run(again, all); }) == (committed ? fate::duplicate : fate::done));
            CHECK(stored(f, all) == both(1));
            CHECK(f.proxy.round_trips() >= (committed ? 4 : 5));
        }
    }
}

// ---------------------------------------------------------------- attempts

namespace {

event denied_attempt()
{
    event e = some(1).front();
    e.action = "invoice.delete";
    e.outcome = outcome::denied;
    e.reason = "not an administrator";
    return e;
}

}  // namespace

TEST_CASE("an attempt is written exactly once, wherever its connection fails", "[database]")
{
    fixture f;
    constexpr int round_trips = 3;  // BEGIN and the bound on waiting, INSERT, COMMIT
    for (const injury& i : injuries) {
        for (int at = 1; at <= round_trips; ++at) {
            INFO(i.name << " round trip " << at);
            pool connections = f.make();
            log_attempt(connections, f.acme, denied_attempt());
            const event attempt = denied_attempt();

            f.proxy.arm(i.make(f), at);
            const fate first = fate_of([&] { log_attempt(connections, f.acme, attempt); });
            const std::string then = stored(f, {attempt});
            if (i.answer_arrives && at == round_trips - 1) {
                CHECK((first == fate::lost || first == fate::unknown));
            } else {
                CHECK(first == (at < round_trips ? fate::lost : i.answer_arrives ? fate::done : fate::unknown));
            }
            CHECK((then == "0 and 0" || (then == "0 and 1" && at == round_trips)));

            CHECK(fate_of([&] { log_attempt(connections, f.acme, attempt); }) == fate::done);
            CHECK(stored(f, {attempt}) == "0 and 1");
            CHECK(next_user_sees(f, connections) == its_own);
        }
    }
}

TEST_CASE("an attempt survives the failure of the business transaction, whatever that is", "[database]")
{
    fixture f;
    const scenario& s = scenarios[0];
    for (const injury& i : injuries) {
        INFO(i.name);
        pool connections = f.make();
        log_attempt(connections, f.acme, denied_attempt());
        const event attempt = denied_attempt();
        const events all = some(1);

        const fate business = fate_of([&] {
            with_tenant(connections, f.acme, [&](tenant_tx& tx) {
                log_attempt(connections, f.acme, attempt);
                f.proxy.arm(i.make(f), 1);
                pay(tx, all[0]);
                log_audit(tx, all[0], write_now);
            });
        });

        CHECK(business == fate::lost);
        CHECK(stored(f, all) == both(0));
        CHECK(stored(f, {attempt}) == "0 and 1");
        // And the other way round: what cuts the attempt does not touch the business transaction.
        const event second = denied_attempt();
        with_tenant(connections, f.acme, [&](tenant_tx& tx) {
            pay(tx, all[0]);
            log_audit(tx, all[0], write_now);
            f.proxy.arm(i.make(f), 1);
            CHECK(fate_of([&] { log_attempt(connections, f.acme, second); }) == fate::lost);
        });
        CHECK(stored(f, all) == both(s.kept));
        CHECK(stored(f, {second}) == both(0));
    }
}

TEST_CASE("an attempt waits for no lock of the business transaction", "[database]")
{
    fixture f;
    f.database.as_superuser("create table public.accounts (id int primary key, balance int); "
                            "insert into public.accounts values (1, 100); "
                            "grant select, update, truncate on public.accounts to daybook_app");
    // If it waited, it would fail rather than hang.
    pool connections = f.make("&options=-c%20lock_timeout%3D20s");
    const event attempt = denied_attempt();
    const events all = some(1);

    CHECK_THROWS_AS(with_tenant(connections, f.acme,
                                [&](tenant_tx& tx) {
                                    tx.sql().exec("update public.accounts set balance = 0 where id = 1");
                                    tx.sql().exec("lock table public.accounts in access exclusive mode");
                                    tx.sql().exec("select pg_advisory_lock(n), pg_advisory_xact_lock(n) from "
                                                  "generate_series(0, 9) n");
                                    log_audit(tx, all[0], write_now);
                                    log_attempt(connections, f.acme, attempt);
                                    throw undone{};
                                }),
                    undone);

    CHECK(stored(f, {attempt}) == "0 and 1");
    CHECK(stored(f, all) == both(0));
    CHECK(f.ask<int>("select balance from public.accounts") == 100);
}
