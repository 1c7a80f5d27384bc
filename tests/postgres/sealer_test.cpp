// What the sealer promises: everything that was committed is sealed once, whoever writes and however many sealers there
// are.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sealing.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

using strings = std::vector<std::string>;

strings sorted(strings texts)
{
    std::ranges::sort(texts);
    return texts;
}

std::vector<std::uint64_t> sizes(const sealed_log& log)
{
    std::vector<std::uint64_t> all;
    for (const signed_checkpoint& one : log.checkpoints) {
        all.push_back(one.said.size);
    }
    return all;
}

// The log of acme is sealed as a whole, and agrees with itself.
void check_whole(const sealing& f, std::size_t events)
{
    const sealed_log log = f.sealed(f.acme);
    CHECK(log.complaint() == "");
    CHECK(log.ids.size() == events);
    CHECK(f.waiting() == "0");
}

// Sealers' backends in this database; ends them.
void end_sealers(const sealing& f)
{
    f.database.as_superuser("select pg_terminate_backend(pid, 10000) from pg_stat_activity "
                            "where usename = 'daybook_sealer' and datname = current_database()");
}

bool a_sealer_waits(const sealing& f)
{
    return wait_until([&] {
        return f.database.ask_superuser("select count(*) from pg_stat_activity where usename = 'daybook_sealer' "
                                        "and datname = current_database() and wait_event_type = 'Lock'") == "1";
    });
}

struct undone {};

}  // namespace

// ---------------------------------------------------------------- what is sealed

TEST_CASE("a pass seals every event that was committed, of every organization", "[database]")
{
    sealing f;
    strings of_acme = f.log(f.acme, 3);
    const strings of_globex = f.log(f.globex, 2);
    std::ranges::copy(f.log(f.acme), std::back_inserter(of_acme));

    const seal_pass pass = f.make_sealer().seal();

    CHECK(pass.events == 6);
    CHECK(pass.checkpoints == 2);
    CHECK(pass.missed == 0);
    CHECK(pass.problems.empty());
    CHECK(f.sealed(f.acme).ids == sorted(of_acme));
    CHECK(f.sealed(f.globex).ids == of_globex);
    CHECK(f.sealed(f.acme).complaint() == "");
    CHECK(f.sealed(f.globex).complaint() == "");
    CHECK(f.waiting() == "0");
}

TEST_CASE("a pass with nothing to seal makes no checkpoint", "[database]")
{
    sealing f;
    f.log(f.acme);
    sealer one = f.make_sealer();
    REQUIRE(one.seal().checkpoints == 1);

    const seal_pass pass = one.seal();

    CHECK(pass.events == 0);
    CHECK(pass.checkpoints == 0);
    CHECK(f.sealed(f.acme).checkpoints.size() == 1);
}

TEST_CASE("nothing of a transaction or a savepoint that was rolled back is sealed", "[database]")
{
    sealing f;
    const auto undo = [](auto&& work) {
        try {
            work();
        } catch (const undone&) {
        }
    };
    undo([&] {
        with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
            log_audit(tx, sample(), write_now);
            throw undone{};
        });
    });
    std::string kept;
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        undo([&] {
            with_tenant(tx, f.acme, [](tenant_tx& inner) {
                log_audit(inner, sample(), write_now);
                throw undone{};
            });
        });
        kept = to_string(log_audit(tx, sample()).id);
    });

    CHECK(f.make_sealer().seal().events == 1);
    CHECK(f.sealed(f.acme).ids == strings{kept});
    check_whole(f, 1);
}

TEST_CASE("a leaf is the hash of every column of its event", "[database]")
{
    sealing f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, full_sample()); });

    f.make_sealer().seal();

    check_whole(f, 1);
}

TEST_CASE("rows and tiles are right wherever a batch ends", "[database]")
{
    for (const std::size_t events : {255, 256, 257, 4096, 4097}) {
        INFO(events << " events");
        sealing f;
        sealer one = f.make_sealer();
        f.log_many(f.acme, events);
        CHECK(one.seal().events == events);
        check_whole(f, events);

        f.log_many(f.acme, 300);
        CHECK(one.seal().events == 300);
        check_whole(f, events + 300);
    }
}

TEST_CASE("seventy thousand events of one statement are sealed by one checkpoint", "[database]")
{
    sealing f;
    f.log_many(f.acme, 70'000);

    const seal_pass pass = f.make_sealer().seal();

    CHECK(pass.events == 70'000);
    CHECK(pass.checkpoints == 1);
    check_whole(f, 70'000);
    CHECK(f.database.ask_superuser("select max(level) from daybook.tiles") == "2");
}

TEST_CASE("a batch is as many statements as it takes to reach its size", "[database]")
{
    sealing f;
    for (int i = 0; i < 7; ++i) {
        f.log(f.acme, 3);
    }

    CHECK(f.make_sealer(5).seal().events == 21);
    CHECK(sizes(f.sealed(f.acme)) == std::vector<std::uint64_t>{6, 12, 18, 21});
    check_whole(f, 21);
}

TEST_CASE("with a batch of one, a log grows statement by statement across its tiles", "[database]")
{
    sealing f;
    for (int i = 0; i < 258; ++i) {
        f.log(f.acme);
    }

    CHECK(f.make_sealer(1).seal().checkpoints == 258);
    CHECK(f.sealed(f.acme).rows.size() == 258);
    check_whole(f, 258);
}

TEST_CASE("each checkpoint names the one before", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    for (const std::size_t events : {2, 5, 1}) {
        f.log(f.acme, events);
        one.seal();
    }

    const sealed_log log = f.sealed(f.acme);
    std::vector<std::uint64_t> previous;
    for (const signed_checkpoint& checkpoint : log.checkpoints) {
        previous.push_back(checkpoint.said.previous);
    }
    CHECK(sizes(log) == std::vector<std::uint64_t>{2, 7, 8});
    CHECK(previous == std::vector<std::uint64_t>{0, 2, 7});
}

TEST_CASE("a sealer that starts anew goes on from the stored tree", "[database]")
{
    sealing f;
    std::size_t all = 0;
    for (const std::size_t events : {1, 254, 1, 1, 300, 513, 66'000, 3}) {
        f.log_many(f.acme, events);
        all += events;
        REQUIRE(f.make_sealer().seal().events == events);
    }

    check_whole(f, all);
}

TEST_CASE("events that are committed hours late, and out of order, are sealed", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    const auto of_time = [](int hours_ago) {
        event e = sample();
        e.occurred_at = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()) -
                        std::chrono::hours{hours_ago};
        return e;
    };
    pqxx::connection first = f.database.connect_as_application();
    pqxx::connection second = f.database.connect_as_application();
    pqxx::work of_first{first};
    pqxx::work of_second{second};
    const std::string oldest = [&] {
        tenant_tx tx = bind_tenant(of_first, f.acme);
        return to_string(log_audit(tx, of_time(9)).id);
    }();
    const std::string old = [&] {
        tenant_tx tx = bind_tenant(of_second, f.acme);
        return to_string(log_audit(tx, of_time(5)).id);
    }();
    const std::string recent = f.log(f.acme).front();
    REQUIRE(one.seal().events == 1);

    of_second.commit();
    REQUIRE(one.seal().events == 1);
    of_first.commit();
    REQUIRE(one.seal().events == 1);

    CHECK(f.sealed(f.acme).ids == strings{recent, old, oldest});
    check_whole(f, 3);
}

// ---------------------------------------------------------------- several sealers, and writers

TEST_CASE("two sealers at once seal everything once", "[database]")
{
    sealing f;
    for (int i = 0; i < 200; ++i) {
        f.log(i % 2 == 0 ? f.acme : f.globex, 3);
    }
    const auto run = [&f](seal_pass& pass) { pass = f.make_sealer(7).seal(); };
    seal_pass first;
    seal_pass second;
    {
        const std::jthread one{run, std::ref(first)};
        const std::jthread two{run, std::ref(second)};
    }

    CHECK(first.problems.empty());
    CHECK(second.problems.empty());
    CHECK(first.events + second.events == 600);
    CHECK(f.sealed(f.globex).ids.size() == 300);
    CHECK(f.sealed(f.globex).complaint() == "");
    check_whole(f, 300);
}

TEST_CASE("a sealer that comes second time after time has no problem", "[database]")
{
    sealing f;
    for (int i = 0; i < 400; ++i) {
        f.log(f.acme);
    }
    const auto run = [&f](seal_pass& pass) { pass = f.make_sealer(1).seal(); };
    std::array<seal_pass, 8> passes;
    {
        std::vector<std::jthread> crowd;
        for (seal_pass& pass : passes) {
            crowd.emplace_back(run, std::ref(pass));
        }
    }

    for (const seal_pass& pass : passes) {
        CHECK(pass.problems.empty());
    }
    check_whole(f, 400);
}

TEST_CASE("a sealer that was ahead of another one's memory does not mislead it", "[database]")
{
    sealing f;
    sealer first = f.make_sealer();
    sealer second = f.make_sealer();
    for (int i = 0; i < 3; ++i) {
        f.log(f.acme, 2);
        REQUIRE(first.seal().events == 2);
        f.log(f.acme, 3);
        REQUIRE(second.seal().events == 3);
    }

    check_whole(f, 15);
}

namespace {

// A transaction that reads, writes before and after the sealer was at work, and commits; then a pass that seals it.
template <pqxx::isolation_level Level>
void write_around_a_sealer(sealing& f, sealer& one)
{
    f.log(f.acme);
    {
        pqxx::transaction<Level> work{f.connection};
        tenant_tx tx = bind_tenant(work, f.acme);
        REQUIRE(read_backlog(tx).events == 1);
        log_audit(tx, sample());
        {
            pqxx::connection other = f.database.connect_as_application();
            with_tenant(other, f.acme, [](tenant_tx& quick) { log_audit(quick, sample()); });
        }
        CHECK(one.seal().events == 2);
        CHECK(work.template query_value<bool>("select count(*) > 0 from daybook.leaves"));
        log_audit(tx, sample());
        work.commit();
    }
    CHECK(one.seal().events == 2);
}

}  // namespace

TEST_CASE("a writer of any isolation level is neither missed nor failed by a sealer", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    one.seal();
    f.log(f.acme);
    REQUIRE(one.seal().events == 1);

    write_around_a_sealer<pqxx::isolation_level::read_committed>(f, one);
    write_around_a_sealer<pqxx::isolation_level::repeatable_read>(f, one);
    write_around_a_sealer<pqxx::isolation_level::serializable>(f, one);

    check_whole(f, 13);
}

namespace {

// Two serializable writers at once, which only write; whether both commit.
bool both_commit(sealing& f, const std::function<void()>& meanwhile)
{
    using serializable = pqxx::transaction<pqxx::isolation_level::serializable>;
    pqxx::connection other = f.database.connect_as_application();
    serializable first{f.connection};
    serializable second{other};
    tenant_tx of_first = bind_tenant(first, f.acme);
    tenant_tx of_second = bind_tenant(second, f.acme);
    log_audit(of_first, sample());
    log_audit(of_second, sample());
    meanwhile();
    log_audit(of_first, sample());
    try {
        first.commit();
        second.commit();
        return true;
    } catch (const pqxx::serialization_failure&) {
        return false;
    }
}

}  // namespace

TEST_CASE("serializable writers commit with a sealer at work as they do without", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();

    CHECK(both_commit(f, [] {}));
    CHECK(both_commit(f, [&] { CHECK(one.seal().events == 3); }));
    CHECK(one.seal().events == 3);
}

TEST_CASE("a writer waits for no sealer, however long its transaction lasts", "[database]")
{
    sealing f;
    f.log(f.acme, 300);
    // Stops the sealer when all that is left to do is the commit.
    f.database.as_superuser(
        "create function public.hold() returns trigger language plpgsql security definer as "
        "'begin perform pg_catalog.pg_advisory_xact_lock(7); return null; end'; "
        "create trigger hold after delete on daybook.seal_queue for each statement execute function public.hold()");
    pqxx::connection superuser{f.database.superuser_url()};
    pqxx::nontransaction holding{superuser};
    holding.exec("select pg_advisory_lock(7)");
    seal_pass pass;
    std::thread at_work{[&] { pass = f.make_sealer().seal(); }};
    const bool held = a_sealer_waits(f);

    std::optional<error_kind> failed;
    const auto write = [&](const org_id& organization) {
        return kind_of([&] {
            with_tenant(f.connection, organization, [](tenant_tx& tx) {
                tx.sql().exec("set local lock_timeout = '10s'; set local statement_timeout = '10s'");
                log_audit(tx, sample());
            });
        });
    };
    failed = write(f.acme);
    const std::optional<error_kind> failed_too = write(f.globex);
    const std::string waiting = f.waiting();
    holding.exec("select pg_advisory_unlock(7)");
    at_work.join();

    CHECK(held);
    CHECK(failed == std::nullopt);
    CHECK(failed_too == std::nullopt);
    CHECK(waiting == "302");  // the sealer had not committed
    CHECK(pass.events == 300);
    CHECK(f.make_sealer().seal().events == 2);
    check_whole(f, 301);
}

TEST_CASE("a sealer that loses its connection says so, and goes on with the next call", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    f.log(f.acme, 2);
    end_sealers(f);

    CHECK(kind_of([&] { one.seal(); }) == error_kind::connection_lost);
    CHECK(one.seal().events == 2);
    check_whole(f, 2);
}

TEST_CASE("a sealer whose backend ends in the middle of its transaction leaves nothing half done", "[database]")
{
    sealing f;
    f.log(f.acme, 300);
    sealer one = f.make_sealer();
    for (const char* const table : {"checkpoints", "leaves", "tiles", "seal_queue"}) {
        INFO(table);
        pqxx::connection superuser{f.database.superuser_url()};
        pqxx::work holding{superuser};
        holding.exec(std::string{"lock table daybook."} + table + " in share mode");
        std::optional<error_kind> failed;
        std::thread at_work{[&] { failed = kind_of([&] { one.seal(); }); }};
        const bool waits = a_sealer_waits(f);
        end_sealers(f);
        at_work.join();

        CHECK(waits);
        CHECK(failed == error_kind::connection_lost);
        CHECK(f.database.ask_superuser(
                  "select (select count(*) from daybook.leaves) + (select count(*) from daybook.tiles) "
                  "+ (select count(*) from daybook.checkpoints)") == "0");
        CHECK(f.waiting() == "300");
    }

    CHECK(one.seal().events == 300);
    check_whole(f, 300);
}

TEST_CASE("where there is no schema, the sealer says so", "[database]")
{
    const sealing f;
    f.database.as_superuser("drop schema daybook cascade");

    CHECK(kind_of([&] { static_cast<void>(f.make_sealer()); }) == error_kind::schema_missing);
}

// ---------------------------------------------------------------- keys

TEST_CASE("a sealer goes on behind the checkpoint of a key that it is told of", "[database]")
{
    sealing f;
    f.log(f.acme, 2);
    f.make_sealer().seal();
    f.log(f.acme);
    const trusted_key before{f.key.public_half()};
    const signing_key next = signing_key::generate("seal.example/2");

    CHECK(sealer{{.url = f.database.sealer_url(), .key = next}}.seal().problems.size() == 1);
    CHECK(sealer{{.url = f.database.sealer_url(), .key = next, .trusted = {before}}}.seal().events == 1);

    CHECK(read_sealed(f.database, f.acme, {before, {next.public_half()}}).complaint() == "");
}

TEST_CASE("a sealer does not go on behind a checkpoint of a time for which its key is not believed", "[database]")
{
    sealing f;
    f.log(f.acme, 2);
    f.make_sealer().seal();
    f.log(f.acme);
    const trusted_key once{f.key.public_half(), std::nullopt, parse_time("2020-01-01T00:00:00Z")};
    sealer one{{.url = f.database.sealer_url(), .key = signing_key::generate("seal.example/2"), .trusted = {once}}};

    const seal_pass pass = one.seal();

    CHECK(pass.events == 0);
    REQUIRE(pass.problems.size() == 1);
    CHECK(pass.problems.front().why.kind() == error_kind::broken_seal);
}

TEST_CASE("a sealer trusts its own key, even if it is told of it with another time", "[database]")
{
    sealing f;
    const trusted_key once{f.key.public_half(), std::nullopt, parse_time("2020-01-01T00:00:00Z")};
    for (int i = 0; i < 2; ++i) {
        f.log(f.acme);
        sealer one{{.url = f.database.sealer_url(), .key = f.key, .trusted = {once}}};
        CHECK(one.seal().problems.empty());
    }

    check_whole(f, 2);
}

TEST_CASE("who cannot seal a log says so when the next key is announced", "[database]")
{
    sealing f;
    f.log(f.acme);
    f.make_sealer().seal();
    f.tamper("checkpoints", "update daybook.checkpoints set note = 'nothing'");

    sealer one = f.make_sealer();

    CHECK(kind_of([&] { one.announce(signing_key::generate("seal.example/2").public_half(), ""); }) ==
          error_kind::broken_seal);
}

// ---------------------------------------------------------------- what waits

TEST_CASE("a backlog says how many events wait, and since when", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    CHECK(one.backlog().events == 0);
    CHECK(one.backlog().oldest == std::nullopt);
    f.log(f.acme, 3);
    f.log(f.globex, 2);

    const seal_backlog all = one.backlog();
    const seal_backlog of_globex = with_tenant(f.connection, f.globex, [](tenant_tx& tx) { return read_backlog(tx); });

    CHECK(all.events == 5);
    CHECK(all.missed == 0);
    CHECK(of_globex.events == 2);
    const auto recorded = [&](const org_id& organization) {
        return parse_time(f.database.ask_superuser(
            "select to_char(min(recorded_at) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from daybook.audit_logs "
            "where organization_id = '" +
            to_string(organization) + "'"));
    };
    CHECK(all.oldest == recorded(f.acme));
    CHECK(of_globex.oldest == recorded(f.globex));
    one.seal();
    CHECK(one.backlog().events == 0);
    CHECK(with_tenant(f.connection, f.globex, [](tenant_tx& tx) { return read_backlog(tx); }).events == 0);
}

TEST_CASE("events that are gone are missed, and wait no more", "[database]")
{
    sealing f;
    f.log(f.acme, 3);
    f.tamper("audit_logs", "delete from daybook.audit_logs");
    f.log(f.acme);
    sealer one = f.make_sealer();
    CHECK(one.backlog().events == 4);
    CHECK(one.backlog().missed == 0);

    const seal_pass pass = one.seal();

    CHECK(pass.events == 1);
    CHECK(pass.missed == 3);
    CHECK(one.backlog().events == 0);
    CHECK(one.backlog().oldest == std::nullopt);
    CHECK(one.backlog().missed == 3);
    CHECK(one.seal().missed == 0);
    CHECK(with_tenant(f.connection, f.globex, [](tenant_tx& tx) { return read_backlog(tx); }).missed == 0);
}

TEST_CASE("where all that waits is gone, there is no checkpoint", "[database]")
{
    sealing f;
    f.log(f.acme, 3);
    f.tamper("audit_logs", "delete from daybook.audit_logs");

    const seal_pass pass = f.make_sealer().seal();

    CHECK(pass.missed == 3);
    CHECK(pass.checkpoints == 0);
    CHECK(f.sealed(f.acme).checkpoints.empty());
    f.log(f.acme);
    CHECK(f.make_sealer().seal().events == 1);
    check_whole(f, 1);
}

// ---------------------------------------------------------------- going on

TEST_CASE("a pass that is to stop seals nothing more", "[database]")
{
    sealing f;
    f.log(f.acme);
    sealer one = f.make_sealer();
    std::stop_source stop;
    stop.request_stop();

    CHECK(one.seal(stop.get_token()).events == 0);
    CHECK(f.waiting() == "1");
    CHECK(one.seal().events == 1);
}

TEST_CASE("follow seals what comes, pass after pass, until it is stopped", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    std::stop_source stop;
    std::vector<std::uint64_t> events;

    one.follow(stop.get_token(), std::chrono::milliseconds{1},
               [&](const seal_pass& pass, const std::optional<error>& failed) {
                   CHECK_FALSE(failed);
                   events.push_back(pass.events);
                   if (events.size() == 3) {
                       stop.request_stop();
                   } else {
                       f.log(f.acme, events.size());
                   }
               });

    CHECK(events == std::vector<std::uint64_t>{0, 1, 2});
}

TEST_CASE("follow ends its pause when it is stopped", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    std::stop_source stop;
    std::atomic<int> passes{0};
    std::thread following{[&] {
        one.follow(stop.get_token(), std::chrono::hours{24},
                   [&](const seal_pass&, const std::optional<error>&) { ++passes; });
    }};

    const bool paused = wait_until([&] { return passes == 1; });
    stop.request_stop();
    following.join();

    CHECK(paused);
    CHECK(passes == 1);
}

TEST_CASE("follow tells of a lost connection, and goes on", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();
    std::stop_source stop;
    std::vector<std::optional<error_kind>> failures;
    std::vector<std::uint64_t> events;

    one.follow(stop.get_token(), std::chrono::milliseconds{1},
               [&](const seal_pass& pass, const std::optional<error>& failed) {
                   failures.push_back(failed ? std::optional{failed->kind()} : std::nullopt);
                   events.push_back(pass.events);
                   if (events.size() == 1) {
                       f.log(f.acme);
                       end_sealers(f);
                   } else if (events.size() == 3) {
                       stop.request_stop();
                   }
               });

    CHECK(failures == std::vector<std::optional<error_kind>>{std::nullopt, error_kind::connection_lost, std::nullopt});
    CHECK(events == std::vector<std::uint64_t>{0, 0, 1});
}

TEST_CASE("what the listener of follow throws passes through", "[database]")
{
    sealing f;
    sealer one = f.make_sealer();

    CHECK_THROWS_AS(
        one.follow({}, std::chrono::hours{1}, [](const seal_pass&, const std::optional<error>&) { throw undone{}; }),
        undone);
}
