// The host's statements through exec(): what libpqxx would give, with BEGIN in the same round trip.

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    pqxx::connection connection = database.connect_as_application();

    fixture()
    {
        database.as_superuser("create table public.payments (id int primary key, note text); "
                              "grant select, insert, update on public.payments to daybook_app");
    }

    [[nodiscard]] std::string stored() const
    {
        return database.ask_superuser("select (select count(*) from public.payments) || ' payments, ' || "
                                      "(select count(*) from daybook.audit_logs) || ' events'");
    }

    /// What a scope with this work ends in.
    template <typename Work>
    std::optional<error_kind> end_of(const Work& work)
    {
        return kind_of([&] { with_tenant(connection, acme, work); });
    }
};

template <typename Exception, typename Work>
std::string message_of_host_error(const Work& work)
{
    try {
        work();
    } catch (const Exception& e) {
        return e.what();
    }
    return {};
}

constexpr const char* pay = "insert into public.payments values ($1, $2)";

}  // namespace

TEST_CASE("a result of exec() is what libpqxx gives", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        const pqxx::result inserted = tx.exec(pay, pqxx::params{1, std::optional<std::string>{}});
        CHECK(inserted.affected_rows() == 1);
        tx.exec(pay, pqxx::params{2, "naïve \" ' \\"});

        constexpr const char* question = "select id, note, id > $1 as later from public.payments order by id";
        const pqxx::result ours = tx.exec(question, pqxx::params{1});
        const pqxx::result theirs = tx.sql().exec(question, pqxx::params{1});
        REQUIRE(ours.size() == 2);
        CHECK(ours == theirs);
        CHECK(ours.column_type("later") == theirs.column_type("later"));
        CHECK(ours[0]["note"].is_null());
        CHECK(ours[1]["note"].as<std::string>() == "naïve \" ' \\");
    });
    CHECK(f.stored() == "2 payments, 0 events");
}

TEST_CASE("a statement that fails throws what libpqxx throws, and rolls everything back", "[database]")
{
    fixture f;
    const auto twice = [&](bool by_exec) {
        return message_of_host_error<pqxx::unique_violation>([&] {
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                log_audit(tx, sample());
                tx.exec(pay, pqxx::params{1, "one"});
                if (by_exec) {
                    tx.exec(pay, pqxx::params{1, "one"});
                } else {
                    tx.sql().exec(pay, pqxx::params{1, "one"});
                }
            });
        });
    };

    CHECK_FALSE(twice(true).empty());
    CHECK(twice(true) == twice(false));
    CHECK(f.stored() == "0 payments, 0 events");
}

TEST_CASE("an error of exec() that the work swallows does not pass for a commit", "[database]")
{
    fixture f;

    CHECK(f.end_of([](tenant_tx& tx) {
              log_audit(tx, sample());
              CHECK_FALSE(message_of_host_error<pqxx::sql_error>([&] { tx.exec("select 1 / 0"); }).empty());
          }) == error_kind::not_committed);
    CHECK(f.stored() == "0 payments, 0 events");
}

TEST_CASE("COPY through exec() is refused, and the connection goes on", "[database]")
{
    fixture f;

    for (const char* const copy : {"copy (select generate_series(1, 100000)) to stdout", "copy public.payments from stdin"}) {
        CAPTURE(copy);
        CHECK(f.end_of([&](tenant_tx& tx) {
                  tx.exec(pay, pqxx::params{1, "one"});
                  tx.exec(copy);
              }) == error_kind::wrong_usage);
        CHECK(f.end_of([&](tenant_tx& tx) { tx.exec(copy); }) == error_kind::wrong_usage);
    }
    CHECK(f.end_of([](tenant_tx& tx) { tx.exec(pay, pqxx::params{1, "one"}); }) == std::nullopt);
    CHECK(f.stored() == "1 payments, 0 events");
}

TEST_CASE("what a refused COPY set is taken back before a pool hands the connection on", "[database]")
{
    const fixture f;
    pool connections{pool_options{.url = f.database.app_url(), .size = 1}};

    with_tenant(connections, f.acme, [](tenant_tx& tx) {
        CHECK(kind_of([&] { tx.exec("copy (select set_config('work_mem', '5MB', false)) to stdout"); }) == error_kind::wrong_usage);
        CHECK(tx.exec("show work_mem").one_field().as<std::string>() == "5MB");
    });

    CHECK(with_tenant(connections, f.acme, [](tenant_tx& tx) { return tx.exec("show work_mem").one_field().as<std::string>(); }) == "4MB");
}

TEST_CASE("what cannot be sent is no lost connection", "[database]")
{
    fixture f;

    CHECK(f.end_of([](tenant_tx& tx) {
              pqxx::params many;
              for (int i = 0; i < 70'000; ++i) {
                  many.append(i);
              }
              tx.exec("select 1", many);
          }) == error_kind::wrong_usage);
    CHECK(f.end_of([](tenant_tx& tx) { tx.exec(std::string_view{"select 1\0", 9}); }) == error_kind::invalid_text);
    CHECK(f.end_of([](tenant_tx& tx) { tx.exec("select 1"); }) == std::nullopt);
}

TEST_CASE("a transaction that raw SQL ended, and began anew, does not pass for the scope's", "[database]")
{
    fixture f;

    for (const std::string ending : {"rollback and chain", "commit and chain", "rollback", "commit"}) {
        CAPTURE(ending);
        const auto by_exec = [&](tenant_tx& tx) { tx.exec(ending); };
        const auto by_sql = [&](tenant_tx& tx) { tx.sql().exec(ending); };
        CHECK(f.end_of(by_exec) == error_kind::not_committed);
        CHECK(f.end_of(by_sql) == error_kind::not_committed);
        CHECK(f.end_of([&](tenant_tx& tx) {
                  log_audit(tx, sample(), write_now);
                  by_exec(tx);
              }) == error_kind::not_committed);
        CHECK(f.end_of([&](tenant_tx& tx) {
                  by_sql(tx);
                  log_audit(tx, sample());
              }) != std::nullopt);
    }
    CHECK(f.end_of([](tenant_tx& tx) {
              tx.exec("savepoint mine");
              tx.exec(pay, pqxx::params{1, "one"});
              tx.exec("rollback to savepoint mine");
              log_audit(tx, sample());
          }) == std::nullopt);
}

TEST_CASE("an encoding that raw SQL set stores no other characters", "[database]")
{
    fixture f;

    CHECK(f.end_of([](tenant_tx& tx) {
              log_audit(tx, sample("café.opened"));
              tx.sql().exec("set local client_encoding = 'latin1'");
          }) == error_kind::unsuitable_transaction);
    CHECK(f.stored() == "0 payments, 0 events");
}

TEST_CASE("nothing of a host's own connection is disturbed", "[database]")
{
    fixture f;
    f.connection.prepare("theirs", "select 42");
    std::vector<std::string> notices;
    f.connection.set_notice_handler([&](pqxx::zview text) noexcept { notices.emplace_back(text); });
    std::vector<std::string> heard;
    f.connection.listen("payments", [&](pqxx::notification n) { heard.emplace_back(n.payload); });

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        tx.exec("do $$ begin raise notice 'from exec'; end $$");
        tx.exec("select pg_notify('payments', 'one')");
        log_audit(tx, sample());
        CHECK(tx.sql().exec(pqxx::prepped{"theirs"}).one_field().as<int>() == 42);
    });
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { CHECK(query(tx, filter{}).events.size() == 1); });
    f.connection.get_notifs();

    REQUIRE(notices.size() == 1);
    CHECK(notices.front().find("from exec") != std::string::npos);
    CHECK(heard == std::vector<std::string>{"one"});
    CHECK(pqxx::nontransaction{f.connection}.exec(pqxx::prepped{"theirs"}).one_field().as<int>() == 42);
}

TEST_CASE("a transaction that the host owns takes statements through exec() too", "[database]")
{
    fixture f;
    {
        pqxx::work work{f.connection};
        tenant_tx tx = bind_tenant(work, f.acme);
        tx.exec(pay, pqxx::params{1, "one"});
        log_audit(tx, sample());
        work.commit();
    }
    CHECK(f.stored() == "1 payments, 1 events");
}
